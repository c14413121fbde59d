#!/usr/bin/env bash
# Publishes the program of this folder in every way, and prints a table: size, files, time from the start of the process to the first
# detection (ResNet-18, 320×320, weights and picture from files; median of seven starts), the same with eight training steps, and memory.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

dotnet build -c Release > "$work/build.log" || { cat "$work/build.log"; exit 1; }
dotnet bin/Release/net10.0/Deployment.dll save "$work/weights" "$work/picture.png"

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# row NAME FOLDER COMMAND...: measures what is published in a folder.
row() {
  local name=$1 folder=$2
  shift 2
  for _ in 1 2 3 4 5 6 7; do "$@" detect "$work/weights" "$work/picture.png"; done > "$work/detect.log"
  for _ in 1 2 3; do "$@" train "$work/weights"; done > "$work/train.log"
  local files size
  files=$(find "$folder" -type f ! -name '*.xml' | wc -l)
  size=$(find "$folder" -type f ! -name '*.xml' -printf '%s\n' | awk '{ n += $1 } END { printf "%.1f", n / 1e6 }')
  printf '| %s | %s | %s MB | %s ms | %s MB | %s ms | %s MB |\n' "$name" "$files" "$size" \
    "$(sed -E 's/.*, ([0-9]+) ms.*/\1/' "$work/detect.log" | median)" "$(sed -E 's/.*, ([0-9]+) MB/\1/' "$work/detect.log" | median)" \
    "$(sed -E 's/.*, ([0-9]+) ms.*/\1/' "$work/train.log" | median)" "$(sed -E 's/.*, ([0-9]+) MB/\1/' "$work/train.log" | median)"
}

# publish FOLDER PROPERTIES...: the trimmer's warnings are told on the error stream.
publish() {
  local folder="$work/$1"
  shift
  dotnet publish -c Release -p:DebugType=none "$@" -o "$folder" > "$work/publish.log" || { cat "$work/publish.log"; exit 1; }
  grep -oE 'warning IL[0-9]+: .*' "$work/publish.log" | sort -u >&2 || true
  rm -rf obj/Release/net10.0
}

echo '| published as | files | size | first detection | memory | eight training steps | memory |'
echo '|---|---|---|---|---|---|---|'
publish framework
row 'framework-dependent' "$work/framework" dotnet "$work/framework/Deployment.dll"
publish trimmed -p:Publish=Trimmed
row 'one file, trimmed' "$work/trimmed" "$work/trimmed/Deployment"
publish ready -p:Publish=ReadyToRun
row 'one file, trimmed, ReadyToRun' "$work/ready" "$work/ready/Deployment"
publish native -p:Publish=Native
row 'NativeAOT' "$work/native" "$work/native/Deployment"
publish native-cpu -p:Publish=Native -p:FoveaCuda=false
row 'NativeAOT without CUDA' "$work/native-cpu" "$work/native-cpu/Deployment"
publish native-least -p:Publish=Native -p:FoveaCuda=false -p:FoveaImageSharp=false
row 'NativeAOT without CUDA and ImageSharp' "$work/native-least" "$work/native-least/Deployment"
