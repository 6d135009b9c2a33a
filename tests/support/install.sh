#!/usr/bin/env bash
# Installs what is missing, and says nothing if nothing is. `install.sh build|demo|check|slow|bench`:
# demo includes build, check demo, slow and bench check.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=(gcc make pkg-config libmicrohttpd-dev libcjson-dev libzip-dev libsqlite3-dev check
       libuv1-dev libcbor-dev libssl-dev libcurl4-openssl-dev libgsl-dev libpcre2-dev zlib1g-dev
       libcairo2-dev fonts-dejavu-core bubblewrap tzdata)
demo=(python3 awscli curl jq zip unzip)
check=(python3-boto3 python3-pytest python3-pytest-xdist python3-jsonschema clang-format clang git openssl)
slow=(clang-tidy cppcheck valgrind)
bench=(wrk autoconf automake libtool cmake g++)

wanted=("${build[@]}")
case "${1:-build}" in
build) ;;
demo) wanted+=("${demo[@]}") ;;
check) wanted+=("${demo[@]}" "${check[@]}") ;;
slow) wanted+=("${demo[@]}" "${check[@]}" "${slow[@]}") ;;
bench) wanted+=("${demo[@]}" "${check[@]}" "${bench[@]}") ;;
*) echo "usage: install.sh build|demo|check|slow|bench" >&2; exit 2 ;;
esac
# A node or npm of the user's own is as good as Debian's.
[ "${1:-build}" = build ] || command -v node > /dev/null || wanted+=(nodejs)
[[ "${1:-build}" != @(check|slow|bench) ]] || command -v npm > /dev/null || wanted+=(npm)
# clang's runtime, with libFuzzer, is a package of its own, named by clang's version; the one without a version
# follows Debian's clang.
[[ "${1:-build}" != @(check|slow|bench) ]] ||
    [ -e "$(clang --rtlib=compiler-rt --print-libgcc-file-name 2> /dev/null)" ] || wanted+=(libclang-rt-dev)
# Debian has node's headers in a package of their own; others bring them with node.
node=$(command -v node || echo /usr/bin/node)
[ "${1:-build}" != bench ] || [ "$node" != /usr/bin/node ] || [ -e /usr/include/node/node.h ] ||
    wanted+=(libnode-dev)

# Runs a command without a word; if it fails, shows the end of its log and gives up.
quietly() {
    local log
    log=$(mktemp)
    if ! "$@" > "$log" 2>&1; then
        tail -20 "$log" >&2
        echo "install.sh: failed: $* (whole log: $log)" >&2
        exit 1
    fi
    rm -f "$log"
}

missing=()
for package in "${wanted[@]}"; do
    dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2> /dev/null | grep -q '^ii' ||
        missing+=("$package")
done

if [ "${#missing[@]}" -gt 0 ]; then
    if ! command -v apt-get > /dev/null; then
        echo "This is not Debian. Install what these Debian 12 packages hold:" >&2
        echo "  ${missing[*]}" >&2
        echo "Then \`make all\` builds, client/demo.sh plays the demo, and \`make check-unit check-api\` tests." >&2
        exit 1
    fi
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    echo "Installing: ${missing[*]}"
    quietly "${as_root[@]}" apt-get update
    quietly "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y \
        --no-install-recommends "${missing[@]}"
fi

if [[ "${1:-build}" = @(check|slow|bench) ]] && [ -f tests/js/package-lock.json ] &&
   [ ! tests/js/node_modules/.package-lock.json -nt tests/js/package-lock.json ]; then
    quietly env -C tests/js npm ci --no-audit --no-fund
    touch tests/js/node_modules/.package-lock.json
fi
