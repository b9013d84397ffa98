#!/usr/bin/env bash
# A fuzz target with coverage and AddressSanitizer, on the stable toolchain and without cargo-fuzz.
#
#   tests/fuzz/run.sh parse|check|format [SECONDS]
#
# Begins with the specs of `examples`; what it finds is kept in target/fuzz. Needs a C++ compiler for libFuzzer.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${1:?parse, check or format}
export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$PWD/target/fuzz"
export RUSTFLAGS="-Cpasses=sancov-module"
for what in level=4 inline-8bit-counters pc-table trace-compares; do
  RUSTFLAGS+=" -Cllvm-args=-sanitizer-coverage-$what"
done
RUSTFLAGS+=" -Zsanitizer=address -Ccodegen-units=1 --cfg fuzzing"
cargo build --release --manifest-path tests/fuzz/Cargo.toml --target x86_64-unknown-linux-gnu --bin "$target"
mkdir -p "target/fuzz/found/$target" target/fuzz/seeds
cp examples/*.mtl examples/systems/*.mtl target/fuzz/seeds
cd target/fuzz
x86_64-unknown-linux-gnu/release/"$target" -max_total_time="${2:-60}" -max_len=3000 -timeout=20 "found/$target" seeds
