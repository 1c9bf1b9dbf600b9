#!/usr/bin/env bash
# Large input: checks that `render --where` needs constant memory, and is faster than jq.
#
#   tests/large/run.sh [SIZE]    SIZE in MiB, by default 200; 5120 for the large run
#
# Needs python3, jq and /usr/bin/time (Debian: python3, jq, time).
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

size=${1:-200}
most_memory=100000 # KiB
folder=${CARGO_TARGET_DIR:-target}/large
program=${CARGO_TARGET_DIR:-target}/release/dispatch-failure
mkdir -p "$folder"
cargo build --release --quiet --features cli --bin dispatch-failure

records=$folder/records-$size.jsonl
if [[ ! -e $records ]]; then
    python3 tests/large/records.py --bytes $((size * 1024 * 1024)) >"$records.new"
    mv "$records.new" "$records"
fi
ls -l "$records"

# Runs a command, and prints its seconds and its peak memory in KiB.
measure() {
    local out=$1
    shift
    /usr/bin/time -f '%e %M' -o "$folder/time" "$@" >"$out"
    cat "$folder/time"
}

# Both select the same records, and print JSON, so that their output can be compared.
read -r ours memory < <(measure "$folder/ours" \
    "$program" render --format json --where worker=worker-c --where attempt=3 "$records")
# jq reads the file right after `render`, so that the disk does not slow down only one of them.
read -r theirs _ < <(measure "$folder/theirs" \
    jq -c 'select(.fields.worker == "worker-c" and .fields.attempt == 3)' "$records")

compare() {
    # Both outputs go through jq, so that their numbers have the same notation.
    jq -c '[.timestamp, .activity_id, .fields["session.id"], .fields.worker, .fields.attempt]' "$1"
}
cmp <(compare "$folder/ours") <(compare "$folder/theirs")
lines=$(wc -l <"$folder/ours")
echo "$lines records selected; dispatch-failure: $ours s, $memory KiB; jq: $theirs s"
((lines > 1000))
if ((memory > most_memory)); then
    echo "render took $memory KiB; the limit is $most_memory KiB" >&2
    exit 1
fi
awk -v ours="$ours" -v theirs="$theirs" 'BEGIN {
    printf "jq takes %.1f times as long\n", theirs / (ours > 0 ? ours : 0.01)
    exit !(ours < theirs)
}'
