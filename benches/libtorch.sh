#!/usr/bin/env bash
# A CPU-only libtorch for `--features tch`, made of Python wheels: no Python at run time, no CUDA.
#
#   benches/libtorch.sh FOLDER
#   LIBTORCH=FOLDER LD_LIBRARY_PATH=FOLDER/lib cargo run --release --features tch -- run SPEC --device tch
#
# Needs pip, unzip, gcc and 3 GB of disk while it works (500 MB stay). burn-tch 0.22.1 wants exactly libtorch 2.9.0.
set -euo pipefail
folder=${1:?folder for libtorch}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$folder/lib"
python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$work" \
  torch==2.9.0 nvidia-cuda-runtime-cu12==12.8.90 nvidia-cuda-cupti-cu12==12.8.90
unzip -q "$work"/torch-2.9.0-*.whl 'torch/include/*' \
  torch/lib/libtorch_cpu.so torch/lib/libc10.so torch/lib/libgomp.so.1 -d "$work/torch"
rm -rf "$folder/include"
mv "$work/torch/torch/include" "$folder/include"
mv "$work"/torch/torch/lib/* "$folder/lib/"
# libtorch_cpu.so of the wheel names two small libraries of the CUDA tool kit; they are loaded, never used
unzip -q -o -j "$work"/nvidia_cuda_runtime_cu12-*.whl 'nvidia/cuda_runtime/lib/libcudart.so.12' -d "$folder/lib"
unzip -q -o -j "$work"/nvidia_cuda_cupti_cu12-*.whl 'nvidia/cuda_cupti/lib/libcupti.so.12' -d "$folder/lib"
chmod +x "$folder"/lib/*
# libtorch.so is an umbrella that would load libtorch_cuda.so: an empty one takes its place
echo | gcc -shared -fPIC -x c - -o "$folder/lib/libtorch.so" -Wl,-soname,libtorch.so
echo 2.9.0+cpu > "$folder/build-version"
du -sh "$folder"
