#!/bin/sh
# Tests the sink `journald` with the real systemd-journald, and its catalogs with the real journalctl.
#
#     tests/journald/run.sh [PROGRAM]
#
# PROGRAM writes the records. It can be any program that is configured by the environment and fails a
# dispatch. The default is the example `order_gateway`, or `quickstart` where there is none.
#
# Runs as root on Debian or Ubuntu, and installs missing packages. It uses its own mount namespace, which
# takes everything with it and leaves alone a journald that the machine may run. Where namespaces are
# forbidden, as in many containers, and no journald runs, it works in place and cleans up.
set -eu
cd "$(dirname "$0")/../.."

if [ "${1:-}" = --inside ]; then
    for folder in /run/systemd /run/log /usr/lib/systemd/catalog /var/lib/systemd/catalog; do
        mkdir -p "$folder"
        mount -t tmpfs tmpfs "$folder"
    done
    shift
    exec python3 tests/journald/check.py "$@"
fi

if [ ! -x /lib/systemd/systemd-journald ] || [ ! -e /usr/share/i18n/locales/ja_JP ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends systemd locales
fi

if [ -e examples/order_gateway ] || [ -e examples/order_gateway.rs ]; then
    example=order_gateway
else
    example=quickstart
fi
cargo build --features journald --example journald_program --example "$example"
built="${CARGO_TARGET_DIR:-target}/debug/examples"
program="${1:-$built/$example}"

if unshare --mount --propagation private true 2>/dev/null; then
    exec unshare --mount --propagation private "$0" --inside "$program" "$built/journald_program"
fi
if python3 -c '
import socket
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).connect("/run/systemd/journal/socket")' 2>/dev/null; then
    echo "run.sh: a journald runs here, and this user may not create a mount namespace beside it" >&2
    exit 1
fi
exec python3 tests/journald/check.py "$program" "$built/journald_program"
