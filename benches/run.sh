#!/usr/bin/env bash
# Measures this crate and its peers, and prints the results.
#
#   benches/run.sh            prints the results
#   benches/run.sh --record   also replaces the results in BENCHMARKS.md
#
# It needs Linux, valgrind and strace; root installs missing tools from Debian's packages. It takes some
# minutes on an idle machine. On a busy machine, the times are not reliable.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
source ./tools.sh

table() {
    cargo build --quiet --release --features peers
    target/release/bench table
    # Counted costs are counted as in CI, without the peers: these enable features of `tracing` that this
    # crate does not need.
    cargo build --quiet --release
    cargo build --quiet --profile plain
    printf '\n### Counted budgets\n\n'
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
sed -i '/^## Results$/q' ../BENCHMARKS.md
{
    echo
    cat "$output"
} >>../BENCHMARKS.md
