# Installs the tools that the benches need besides Rust; sourced by the scripts in this folder.

# need TOOL...: installs the missing tools, or prints SKIPPED and exits.
need() {
    local missing=() tool
    if [[ $(uname) != Linux ]]; then
        echo "SKIPPED: instructions can be counted only on Linux"
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
        echo "SKIPPED: missing tools: ${missing[*]}; with REQUIRE_ALL_TESTS=1 this is a failure" >&2
        exit $([[ -n ${REQUIRE_ALL_TESTS:-} ]] && echo 1 || echo 0)
    fi
}
