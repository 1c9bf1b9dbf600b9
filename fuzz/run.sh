#!/usr/bin/env bash
# Runs every fuzz target for the given number of seconds (default: 60), and exits with an error if one fails.
#
#   fuzz/run.sh [SECONDS [TARGET...]]
#
# It needs a C++ compiler and cargo-fuzz; it installs cargo-fuzz from crates.io if it is missing. The
# sanitizers are off: they need a nightly compiler, and the crate has no unsafe code on Unix. Failing
# inputs are in `fuzz/artifacts`; `cargo fuzz run -s none TARGET FILE` runs one again. The corpus is in
# `fuzz/corpus`. It starts with `fuzz/seeds`; only the seeds are in the repository.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

seconds=${1:-60}
shift || true
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --version 0.13.2 --locked
if (($# == 0)); then
    mapfile -t targets < <(cargo fuzz list)
    set -- "${targets[@]}"
fi
# Build all targets first, so that build time does not count.
cargo fuzz build -s none
for target; do
    echo "=== $target: $seconds s ==="
    mkdir -p "fuzz/corpus/$target"
    # Callsites are never freed, including the ones that a target makes, so the memory limit is high. The
    # crate's warnings about unknown texts are expected, so they are filtered out.
    cargo fuzz run -s none "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 -verbosity=0 2>&1 |
        { grep -av '^tracing-dispatch-failure: ' || true; }
done
