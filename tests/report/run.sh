#!/usr/bin/env bash
# Tests the report in a real, headless browser.
#
#   tests/report/run.sh               tests the page
#   tests/report/run.sh --pictures    takes the pictures of docs/ again
#
# Needs Debian's chromium and fonts-noto-cjk, python3, node and npm; as root it installs the first two.
# The pages and screenshots are in target/report/ afterwards.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
folder=$target/report
program=$target/release/dispatch-failure
playwright=1.65.1

if ! command -v chromium >/dev/null; then
    apt-get update -q
    apt-get install -qy --no-install-recommends chromium fonts-noto-cjk
fi
mkdir -p "$folder/node"
if [[ ! -e $folder/node/node_modules/playwright-core ]]; then
    npm install --prefix "$folder/node" --no-save --no-audit --no-fund "playwright-core@$playwright"
fi
cargo build --release --quiet --features cli --bin dispatch-failure

if [[ ${1-} == --pictures ]]; then
    source=$PWD
    python3 tests/large/records.py 20000 >"$folder/week.jsonl"
    "$program" report --force --locale en --out "$folder/week.html" "$folder/week.jsonl"
    ln -f "$folder/week.jsonl" "$folder/failures.jsonl"
    # Prints a command and its output.
    show() {
        printf '\e[2m$\e[0m dispatch-failure %s\n' "${*@Q}"
        (cd "$folder" && "$program" "$@" --color always)
    }
    {
        show render failures.jsonl --tail 2 --locale fr
        echo
        show render failures.jsonl --where worker=worker-c --tail 1 --format pretty --locale ja
    } | sed "s/'//g" >"$folder/terminal"
    cd "$folder/node"
    node "$source/tests/report/pictures.mjs" "$(command -v chromium)" "$folder/week.html" "$folder/terminal" "$source/docs"
    cd "$source"
    if ! command -v pngquant >/dev/null; then
        apt-get update -q
        apt-get install -qy --no-install-recommends pngquant
    fi
    pngquant --nofs --strip --force --ext .png 32 docs/render.png docs/report.png
    # The documentation site gets them as data.
    UPDATE_PICTURES=1 cargo test --quiet --test documents pictures
    exit
fi

rm -f "$folder"/*.png
python3 tests/large/records.py 3000 >"$folder/ordinary.jsonl"
python3 tests/large/records.py 100000 >"$folder/large.jsonl"
python3 tests/report/hostile.py >"$folder/hostile.jsonl"
for page in ordinary large hostile; do
    "$program" report --force --locale en --out "$folder/$page.html" "$folder/$page.jsonl"
done
cd "$folder/node"
node "$OLDPWD/tests/report/page.mjs" "$(command -v chromium)" "$folder"
