#!/bin/sh
# Checks Fovea on this machine's NVIDIA GPU and compares it with PyTorch: see README.md.
here=$(cd "$(dirname "$0")" && pwd)
[ -d "$here/goldens" ] && [ -z "$FOVEA_GOLDENS" ] && export FOVEA_GOLDENS="$here/goldens"
exec "$here/Gpu" --out "$here/results" "$@"
