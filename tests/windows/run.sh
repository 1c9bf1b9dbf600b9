#!/usr/bin/env bash
# Tests the Windows side of the crate on Debian 12: builds Windows executables, runs
# them under wine with a recorder between them and ETW, and checks the recordings.
#
#   run.sh                  every step, in this order
#   run.sh STEP...          these steps only; the steps that they need must have run before
#
#   setup       installs the compilers and wine from Debian's packages
#   dlls        builds the recorder, and replacements for DLLs that wine lacks
#   prefix      creates the wine prefix
#   build       builds the test programs
#   prove       checks the decoder, then runs the programs and checks their recordings
#   suite       runs the crate's ordinary tests under wine
#   typecheck   checks the crate for further targets, without a linker
#
# Everything is built in target/windows, and built again only if its source has
# changed. Exits with 77 if packages are missing and cannot be installed.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
project=$(cd -- "$here/../.." && pwd)
out=$project/target/windows

# The package with the test programs, and the checks of their recordings. Set the
# variables to use others.
programs=${WINDOWS_PROGRAMS:-$here/programs}
checks=${WINDOWS_CHECKS:-$here/checks}

packages=(rustc-web cargo-web rust-web-src gcc-mingw-w64-x86-64 wine64 wine python3)
target=x86_64-pc-windows-gnu
other_targets=(x86_64-pc-windows-msvc aarch64-apple-darwin)
wine_dlls=/usr/lib/x86_64-linux-gnu/wine/x86_64-windows

# Debian's compiler instead of rustup's: it comes with the source of the standard
# library, which has to be built too. RUSTC_BOOTSTRAP lets it accept -Z.
export PATH=/usr/bin:$PATH
export RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc RUSTC_BOOTSTRAP=1
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine

# One parameter for all steps, so that they share one standard library.
build_std=-Zbuild-std=std,panic_unwind,test

export WINEPREFIX=$out/prefix WINEDEBUG=-all
# Under LC_ALL=C wine treats file names and arguments as ASCII.
export LC_ALL=C.UTF-8
export WINDOWS_OUT=$out PYTHONDONTWRITEBYTECODE=1

# Exits because this machine cannot run the tests.
exit_unsupported() {
    echo "run.sh: $1" >&2
    exit 77
}

say() { printf '\n== %s\n' "$*"; }

debian_cargo() { CARGO_TARGET_DIR=$out/cargo /usr/bin/cargo "$@"; }

# Whether a product has to be built: it is missing, or older than a source.
outdated() {
    local product=$1 source
    shift
    for source in "$@"; do
        [[ $product -nt $source ]] || return 0
    done
    return 1
}

setup() {
    local package missing=()
    for package in "${packages[@]}"; do
        [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    echo "installing ${missing[*]}"
    local as_root=()
    if ((EUID != 0)); then
        as_root=(sudo -n)
        "${as_root[@]}" true || exit_unsupported "only root can install ${missing[*]}"
    fi
    "${as_root[@]}" apt-get update -qq
    for package in "${missing[@]}"; do
        apt-cache show "$package" &>/dev/null || exit_unsupported "there is no package $package; Debian 12 has it"
    done
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

dlls() {
    local recorder=$here/recorder dlls=$out/dlls
    local compile=(x86_64-w64-mingw32-gcc -std=c11 -O2 -Wall -Wextra -Werror
        -D_WIN32_WINNT=0x0A00 -shared -static-libgcc -s)
    mkdir -p "$dlls"
    if outdated "$dlls/advapi_real.dll" "$wine_dlls/advapi32.dll"; then
        cp "$wine_dlls/advapi32.dll" "$dlls/advapi_real.dll"
    fi
    if outdated "$dlls/advapi32.dll" "$recorder"/* "$dlls/advapi_real.dll"; then
        echo "building advapi32.dll"
        bash "$recorder/exports.sh" "$recorder/advapi32.c" "$dlls/advapi_real.dll" \
            >"$dlls/advapi32.def"
        "${compile[@]}" -o "$dlls/advapi32.dll" "$dlls/advapi32.def" \
            "$recorder"/{advapi32,line,registration,session}.c
    fi
    if outdated "$dlls/bcryptprimitives.dll" "$recorder/bcryptprimitives.c"; then
        echo "building bcryptprimitives.dll"
        "${compile[@]}" -o "$dlls/bcryptprimitives.dll" "$recorder/bcryptprimitives.c"
    fi
}

# Starts wine's services once for all programs. If the first program started them, they
# would keep its stdout open for seconds, and stop and start again between programs.
start_wine() {
    local log=$out/wine.log
    wineserver --persistent </dev/null &>"$log" || true # fails if it runs already
    WINEDLLOVERRIDES="winemenubuilder.exe=" wine cmd /c exit </dev/null &>>"$log" || {
        echo "wine does not start:" && cat "$log"
        return 1
    } >&2
}

prefix() {
    local system32=$WINEPREFIX/drive_c/windows/system32 ready=$WINEPREFIX/ready
    if [[ ! -e $ready ]]; then
        echo "creating the wine prefix"
        rm -rf "$WINEPREFIX"
        mkdir -p "$WINEPREFIX"
        # Without the .NET and HTML engines, which wine would try to download.
        WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe=" \
            wine wineboot --init </dev/null &>"$WINEPREFIX/wineboot.log"
        # Rust's standard library needs Windows 10 or later; wine says 7 by default.
        wine winecfg -v win10 </dev/null &>>"$WINEPREFIX/wineboot.log"
        # Waits until wine has written the registry to disk.
        wineserver -w
        touch "$ready"
    fi
    # In system32 rather than beside each program, because tests run copies of themselves.
    if outdated "$system32/bcryptprimitives.dll" "$out/dlls/bcryptprimitives.dll"; then
        cp "$out/dlls/bcryptprimitives.dll" "$system32/"
    fi
}

build() {
    local bin=$out/bin file
    if [[ ! -e $programs/Cargo.toml ]]; then
        echo "there are no test programs in $programs" >&2
        return 1
    fi
    debian_cargo build --manifest-path "$programs/Cargo.toml" --bins $build_std --target $target
    mkdir -p "$bin"
    # A program finds the recorder only beside itself.
    for file in "$out/dlls"/advapi{32,_real}.dll "$out/cargo/$target/debug"/*.exe; do
        if outdated "$bin/${file##*/}" "$file"; then
            cp "$file" "$bin/"
        fi
    done
}

prove() {
    (cd "$here" && python3 -m unittest)
    # Older versions of Python report success for "Ran 0 tests".
    if ! compgen -G "$checks/check_*.py" >/dev/null; then
        echo "there are no checks in $checks" >&2
        return 1
    fi
    start_wine
    PYTHONPATH=$here python3 -m unittest discover --start-directory "$checks" \
        --pattern 'check_*.py' --verbose
}

suite() {
    start_wine
    # wine appends to a file in two steps, the first of which asks for its length, so
    # processes overwrite each other's records. Windows appends in one step.
    # Tests that need a Unix tool cannot run here, and skip themselves without
    # REQUIRE_ALL_TESTS.
    (cd "$project" && unset REQUIRE_ALL_TESTS && debian_cargo test --no-fail-fast $build_std --target $target -- \
        --skip several_processes)
}

typecheck() {
    local other
    for other in "${other_targets[@]}"; do
        echo "checking for $other"
        (cd "$project" &&
            debian_cargo check --all-targets $build_std --target "$other")
    done
}

steps=(setup dlls prefix build prove suite typecheck)
(($#)) || set -- "${steps[@]}"
for step in "$@"; do
    if [[ " ${steps[*]} " != *" $step "* ]]; then
        echo "run.sh: no step is called $step; there are: ${steps[*]}" >&2
        exit 2
    fi
done

[[ -x /usr/bin/apt-get ]] || exit_unsupported "this needs Debian 12"

# One run at a time, because runs share the prefix and the programs. Addresses are fixed
# where that is allowed: Debian's wine lacks the preloader that keeps addresses free, and
# of 20,000 starts 5 failed without fixed addresses and none with them.
if [[ ${WINDOWS_LOCKED:-} != "$out" ]]; then
    mkdir -p "$out"
    fixed_addresses=()
    ! setarch --addr-no-randomize true 2>/dev/null || fixed_addresses=(setarch --addr-no-randomize)
    WINDOWS_LOCKED=$out exec flock --close "$out/lock" "${fixed_addresses[@]}" \
        bash "${BASH_SOURCE[0]}" "$@"
fi
# Ends only the processes that wine started in this prefix.
trap '[[ ! -d $WINEPREFIX ]] || wineserver --kill || true' EXIT

for step in "$@"; do
    say "$step"
    start=$SECONDS
    "$step"
    echo "($step: $((SECONDS - start)) s)"
done
