#!/usr/bin/env bash
# House rules that a script can see: sizes, comments, layout.
set -euo pipefail
cd "$(dirname "$0")/../.."
status=0
complain() { echo "$1"; status=1; }

while read -r file; do
    lines=$(wc -l < "$file")
    [ "$lines" -le 600 ] || complain "$file: $lines lines; 600 is the most"
    grep -nE '^\s*//' "$file" | sed "s|^|$file:|" | grep . && complain "$file: // is for debugging" || true
    grep -nE '\bgoto\b' "$file" | grep -v '"' | sed "s|^|$file:|" | grep . && complain "$file: goto" || true
    [[ "$file" == tests/* ]] && continue # they hold their tables, and turn loops by hand
    [[ "$file" == emulator/* ]] && grep -nE '\b(un)?setenv\(|\bputenv\(' "$file" | sed "s|^|$file:|" | grep . &&
        complain "$file: other threads may be reading the environment" || true
    [[ "$file" != emulator/loop/* ]] && grep -nE '\buv_run\(' "$file" | sed "s|^|$file:|" | grep . &&
        complain "$file: uv_run() does not sleep after loop_stop(); loop_turn() does" || true
    # A function: from an opening brace in column 0 to the closing one.
    awk -v file="$file" '
        /^\{/ { start = NR }
        /^\}/ { if (start && NR - start > 62) {
                    print file ":" start ": a function of " NR - start - 1 " lines; 60 is the most"; bad = 1 }
                start = 0 }
        END { exit bad }' "$file" || status=1
done < <(git ls-files -co --exclude-standard '*.c' '*.h')

# tags PROGRAM: a tag that a header defines stands for nothing else in a file of the program.
tags() {
    git ls-files -co --exclude-standard "include/*.h" "$1/*.h" "$1/*.c" |
        xargs grep -oE '\b(struct|enum|union) \w+ \{' |
        awk -F '[: ]' '
            { places[$3] = places[$3] " " $1; count[$3]++; if ($1 ~ /h$/) is_public[$3] = 1 }
            END { for (tag in count) if (count[tag] > 1 && is_public[tag]) {
                      print tag ": a public tag with more than one meaning:" places[tag]; bad = 1 }
                  exit bad }'
}
tags emulator || status=1
tags client || status=1

# Each release of clang-format lays the same code out differently.
if ! clang-format --version | grep -q ' version 14\.'; then
    echo "the layout is not looked at: it is clang-format 14's, and here is another"
elif ! layout=$(git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format --dry-run -Werror 2>&1); then
    printf '%s\n' "$layout" | sed -n 1,20p
    complain "the layout differs from .clang-format's: run make format"
fi
exit $status
