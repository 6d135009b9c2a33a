#!/usr/bin/env bash
# judgement.sh PROGRAM check|write: runs the simulation and compares its tables with those in
# docs/judgement.md, or puts them there. Fails too if the program found a judge wanting.
set -euo pipefail
cd "$(dirname "$0")/../.."
page=docs/judgement.md
tables=$(mktemp)
trap 'rm -f "$tables" "$tables.page"' EXIT
"$1" > "$tables"
awk -v tables="$tables" '
    /^<!-- tables: end -->/ { inside = 0 }
    !inside { print }
    /^<!-- tables: begin/ { inside = 1; print ""; while ((getline line < tables) > 0) print line }
' "$page" > "$tables.page"
if [ "$2" = write ]; then
    cp "$tables.page" "$page"
else
    diff -u "$page" "$tables.page" || { echo "$page is stale: run make judgement"; exit 1; }
fi
