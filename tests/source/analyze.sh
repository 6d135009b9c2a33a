#!/usr/bin/env bash
# cppcheck and gcc's analyzer over the programs' C files; whatever they say fails, but for what
# cppcheck.suppressions and analyzer.known name with a reason. `analyze.sh CC FLAG...`: the
# compiler and its flags.
set -euo pipefail
cd "$(dirname "$0")/../.."
status=0

cppcheck --quiet --std=c11 --enable=warning,performance,portability --error-exitcode=1 \
    --suppressions-list=tests/source/cppcheck.suppressions --template=gcc -D_GNU_SOURCE \
    --include=/usr/include/cjson/cJSON.h -Iinclude -Iemulator -Iclient -Ibuild/normal/generated \
    emulator client tests/support tests/fuzz || status=1

known=$(grep -v '^#' tests/source/analyzer.known)
# A warning and nothing of its path: `make flags` tells how to compile one file by hand.
found=$(git ls-files 'emulator/*.c' 'client/*.c' | xargs -P "$(nproc)" -n 1 "$@" -fanalyzer \
    -Wno-error -include tests/source/analyzer_models.h -c -o /dev/null 2>&1 | grep -E '(warning|error): ' || true)
while IFS= read -r line; do
    [ -n "$line" ] || continue
    is_known=0
    while IFS='|' read -r file message _; do
        [[ "$line" == "$file:"*"$message"* ]] && is_known=1
    done <<< "$known"
    [ "$is_known" = 1 ] || { echo "$line"; status=1; }
done <<< "$found"
exit $status
