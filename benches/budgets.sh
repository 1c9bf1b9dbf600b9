#!/usr/bin/env bash
# Counts instructions, allocations and system calls, and checks them against the budgets. It fails if a
# budget is missed by more than 5 %, or if a known miss gets worse by more than 5 %. The overhead of the
# layer for the application is counted in two builds: with all optimisations, and with cargo's defaults
# for a release.
#
# It needs Linux, valgrind and strace; root installs missing tools from Debian's packages.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
source ./tools.sh

need valgrind strace
cargo build --quiet --release
cargo build --quiet --profile plain
exec target/release/bench budgets target/plain/bench
