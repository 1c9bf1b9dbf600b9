# What the benches need besides Rust; sourced by the scripts here.

# need TOOL...: they are there, or are installed, or the script ends and says that it is skipped.
need() {
    local missing=() tool
    if [[ $(uname) != Linux ]]; then
        echo "SKIPPED: instructions are counted on Linux alone"
        exit 0
    fi
    for tool in "$@"; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    ((${#missing[@]})) || return 0
    if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
        apt-get update -q >&2
        apt-get install -qy --no-install-recommends "${missing[@]}" >&2
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo apt-get update -q >&2
        sudo apt-get install -qy --no-install-recommends "${missing[@]}" >&2
    else
        echo "SKIPPED: these are missing: ${missing[*]}; REQUIRE_ALL_TESTS=1 makes this a failure" >&2
        exit $([[ -n ${REQUIRE_ALL_TESTS:-} ]] && echo 1 || echo 0)
    fi
}
