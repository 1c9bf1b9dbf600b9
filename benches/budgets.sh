#!/usr/bin/env bash
# Counts instructions, allocations and system calls against the budgets, and fails where one is
# exceeded by more than 5 %, or where what is known to exceed it is exceeded by more than that. What the
# layer adds to the application is counted in two builds: with all optimisations, and with cargo's own
# settings for a release.
#
# It needs Linux, valgrind and strace; root gets them from Debian's packages where they are missing.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
source ./tools.sh

need valgrind strace
cargo build --quiet --release
cargo build --quiet --profile plain
exec target/release/bench budgets target/plain/bench
