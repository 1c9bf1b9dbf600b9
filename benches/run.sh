#!/usr/bin/env bash
# Measures this crate beside its peers and prints one table.
#
#   benches/run.sh            prints it
#   benches/run.sh --record   puts it into BENCHMARKS.md as well, in place of the last one
#
# It needs Linux, valgrind and strace; root gets them from Debian's packages where they are missing. It
# takes some minutes, of which it wants every one: on a busy machine the times say little.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
source ./tools.sh

table() {
    cargo build --quiet --release --features peers
    target/release/bench table
    # What is counted, as CI counts it: the peers switch on features of `tracing` that this crate does
    # without.
    cargo build --quiet --release
    cargo build --quiet --profile plain
    printf '\n### Budgets that are counted\n\n'
    target/release/bench budgets target/plain/bench || true
}

need valgrind strace
if [[ ${1:-} != --record ]]; then
    table
    exit
fi
output=$(mktemp)
trap 'rm -f "$output"' EXIT
table | tee "$output"
sed -i '/^## A run$/q' ../BENCHMARKS.md
{
    echo
    cat "$output"
} >>../BENCHMARKS.md
