#!/usr/bin/env bash
# Publishes the GPU check into artifacts/gpu: a binary that needs no .NET, the goldens it compares with, and the PyTorch reference.
#   publish.sh [native | single]    NativeAOT (the default; needs clang or gcc), or a trimmed, compressed single file
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/artifacts/gpu
limit=$((60 << 20))

case ${1:-native} in
  native) kind=-p:NativeAot=true ;;
  single) kind=-p:SingleFile=true ;;
  *) echo "publish.sh: expected native or single, found $1" >&2; exit 2 ;;
esac

rm -rf "$out"
dotnet publish "$here/Gpu.csproj" -c Release -r linux-x64 "$kind" -o "$out"

# Symbols, documentation, what only a simulation needs, and the image codec, which nothing here uses.
rm -rf "$out"/*.pdb "$out"/*.dbg "$out"/*.xml "$out"/Kernels "$out"/Simulator "$out"/libSkiaSharp.so
cp "$here/run.sh" "$here/README.md" "$out/"
chmod +x "$out/run.sh"

goldens=${FOVEA_GOLDENS:-$root/../shared/goldens}
if [ -f "$goldens/manifest.json" ]; then
  mkdir -p "$out/goldens/meta"
  cp "$goldens"/narrow_*.safetensors "$out/goldens/"
  cp "$goldens"/meta/narrow_*.json "$out/goldens/meta/"
else
  echo "publish.sh: no goldens in $goldens; that stage will say so" >&2
fi

size=$(du -sb "$out" | cut -f1)
echo "artifacts/gpu: $((size >> 10)) KiB, of which the binary $(($(stat -c %s "$out/Gpu") >> 10)) KiB"
if [ "$size" -gt "$limit" ]; then
  echo "publish.sh: over the limit of $((limit >> 10)) KiB" >&2
  exit 1
fi
