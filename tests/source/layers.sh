#!/usr/bin/env bash
# Each folder may include only itself and what stands to its left.
set -euo pipefail
cd "$(dirname "$0")/../.."
order=(base loop http store operation runtime cloudwatch logs lambda sts iam admin edge command)
status=0
allowed=""
for folder in "${order[@]}"; do
    allowed="$allowed $folder"
    [ -d "emulator/$folder" ] || continue
    while IFS=: read -r file line include; do
        [[ " $allowed " == *" $include "* ]] ||
            { echo "$file:$line: $folder may not include $include"; status=1; }
    done < <(grep -rnoE '^#include "[a-z0-9_]+/' "emulator/$folder" --include='*.[ch]' |
             sed -E 's/#include "([a-z0-9_]+)\/$/\1/')
done
for folder in emulator/*/; do
    name=$(basename "$folder")
    [[ " ${order[*]} " == *" $name "* ]] || { echo "emulator/$name has no place in the order"; status=1; }
done
if grep -rnE '^#include "(loop|http|store|operation|runtime|cloudwatch|lambda|edge)/' client; then
    echo "client may include include/ and itself only"
    status=1
fi
exit $status
