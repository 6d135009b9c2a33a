#!/usr/bin/env bash
# Each folder may include only itself and what stands to its left; each program only its own folders.
set -euo pipefail
cd "$(dirname "$0")/../.."
status=0

# check PROGRAM FOLDER...: the folders of a program in their order.
check() {
    local program=$1 allowed="" folder file line include
    shift
    for folder in "$@"; do
        allowed="$allowed $folder"
        [ -d "$program/$folder" ] || continue
        while IFS=: read -r file line include; do
            [[ " $allowed " == *" $include "* ]] ||
                { echo "$file:$line: $folder may not include $include"; status=1; }
        done < <(grep -rnoE '^#include "[a-z0-9_]+/' "$program/$folder" --include='*.[ch]' |
                 sed -E 's/#include "([a-z0-9_]+)\/$/\1/')
    done
    for folder in "$program"/*/; do
        [[ " $* " == *" $(basename "$folder") "* ]] ||
            { echo "$folder has no place in the order"; status=1; }
    done
}

check emulator base loop http store operation runtime widget cloudwatch alarms logs lambda iam sts admin \
    edge command
check client statistics aws judge plan traffic rollout report cli
exit $status
