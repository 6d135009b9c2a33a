#!/usr/bin/env bash
# Every header compiles alone. The compiler and its flags are the arguments.
set -euo pipefail
cd "$(dirname "$0")/../.."
git ls-files -co --exclude-standard 'include/*.h' 'emulator/*.h' 'client/*.h' | grep -vx include/banned.h |
    xargs -P "$(nproc)" -I '{}' bash -c 'printf "#include \"%s\"\n" "$1" | "${@:2}" -I. -x c -fsyntax-only -' _ '{}' "$@"
