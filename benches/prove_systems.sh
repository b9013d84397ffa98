#!/usr/bin/env bash
# Proves every system of the survey whose data are in the repository, and writes docs/systems.json; of it
# `UPDATE=1 cargo test --release systems` makes the table in docs/systems.md. Figures do not depend on the machine, seconds do.
#   benches/prove_systems.sh [SPEC...]     a few, which replace their part of the file only by hand
set -euo pipefail
cd "$(dirname "$0")/.."

cargo build --release
specs=("$@")
if [ ${#specs[@]} = 0 ]; then
    for spec in examples/systems/*.mtl; do
        # a spec whose data are not all there, or that does not run yet, has nothing to prove
        if grep -q '^expect .*[<>=]' "$spec"; then specs+=("$spec"); fi
    done
fi
store=$(mktemp -d)
trap 'rm -rf "$store"' EXIT
code=0
found=$(target/release/mtlc prove "${specs[@]}" --json --quiet --store "$store") || code=$?
printf '{"commit":"%s","proofs":%s}\n' "$(git rev-parse --short HEAD)" "$found" > docs/systems.json
exit "$code"
