#!/usr/bin/env bash
# Runs every fuzz target for so many seconds, 60 by default, and fails where one finds something.
#
#   fuzz/run.sh [SECONDS [TARGET...]]
#
# It needs a C++ compiler and, from crates.io, cargo-fuzz, which it installs where it is missing. The
# sanitizers want a nightly compiler, and the crate has no unsafe code on Unix: they stay off. What was
# found lies in `fuzz/artifacts`; `cargo fuzz run -s none TARGET FILE` shows it again. What the runs
# learn lies in `fuzz/corpus`, and is begun with `fuzz/seeds`, which alone is in the repository.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

seconds=${1:-60}
shift || true
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --version 0.13.2 --locked
if (($# == 0)); then
    mapfile -t targets < <(cargo fuzz list)
    set -- "${targets[@]}"
fi
# Once for all, so that the time of a target is its own.
cargo fuzz build -s none
for target; do
    echo "=== $target: $seconds s ==="
    mkdir -p "fuzz/corpus/$target"
    # The callsites that a target makes live for ever, as all callsites do, hence the memory. Warnings
    # about unknown texts are what the crate should say, and no news here.
    cargo fuzz run -s none "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 -verbosity=0 2>&1 |
        { grep -av '^tracing-dispatch-failure: ' || true; }
done
