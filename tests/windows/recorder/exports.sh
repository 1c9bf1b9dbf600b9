#!/usr/bin/env bash
# Prints the .def file of the recording advapi32.dll: what its source exports, and
# every other export of wine's own DLL forwarded to a copy of that.
#
#   exports.sh recorder/advapi32.c .../x86_64-windows/advapi32.dll > advapi32.def
set -euo pipefail

source=$1
real=$2

ours=$(sed -nE 's/^EXPORT .*EVNTAPI ([A-Za-z]+)\(.*/\1/p' "$source" | sort)
theirs=$(x86_64-w64-mingw32-objdump -p "$real" |
    awk '/\[Ordinal\/Name Pointer\] Table/ { table = 1; next }
         table && NF == 0 { table = 0 }
         table { print $NF }' | sort)

if [[ -z $ours || -z $theirs ]]; then
    echo "exports.sh: found no exports in $source or none in $real" >&2
    exit 1
fi

echo "LIBRARY advapi32.dll"
echo "EXPORTS"
echo "$ours"
comm -13 <(echo "$ours") <(echo "$theirs") | sed 's/.*/& = advapi_real.&/'
