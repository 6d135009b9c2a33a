#!/usr/bin/env bash
# Pages that are written from the source are up to date, and links and paths lead somewhere.
set -euo pipefail
cd "$(dirname "$0")/../.."
status=0
diff -u docs/operations.md <(build/coalmine operations) || {
    echo "docs/operations.md is stale: run make operations"
    status=1
}
diff -u docs/canary.schema.json <(build/canary schema) || {
    echo "docs/canary.schema.json is stale: run make schema"
    status=1
}
while IFS=: read -r file link; do
    target="$(dirname "$file")/${link%%#*}"
    [ -e "$target" ] || { echo "$file: broken link $link"; status=1; }
done < <(grep -oE '\]\([^):]+\)' README.md docs/*.md | sed -E 's/\]\(([^)]*)\)/\1/' | grep -v ':#' || true)
while read -r path; do
    [ -e "$path" ] || { echo "a page names $path, which does not exist"; status=1; }
done < <(grep -ohE '`(emulator|client|tests|include)/[a-zA-Z_/.]+`' README.md docs/*.md | tr -d '`')
exit $status
