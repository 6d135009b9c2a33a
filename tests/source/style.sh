#!/usr/bin/env bash
# House rules that a script can see: sizes, comments, layout.
set -euo pipefail
cd "$(dirname "$0")/../.."
status=0
complain() { echo "$1"; status=1; }

# Each rule looks at all files at once: a tool started for each would take a minute.
mapfile -t files < <(git ls-files -co --exclude-standard '*.c' '*.h')
# Tests hold their tables, and turn loops by hand.
mapfile -t programs < <(printf '%s\n' "${files[@]}" | grep -v '^tests/')
mapfile -t emulator < <(printf '%s\n' "${files[@]}" | grep '^emulator/')
mapfile -t outside_loop < <(printf '%s\n' "${programs[@]}" | grep -v '^emulator/loop/')

# forbid WHY PATTERN FILE...: no line matches, unless a string says it.
forbid() {
    local why=$1 pattern=$2
    shift 2
    if grep -HnE "$pattern" "$@" | grep -vE ':[0-9]+:.*".*('"$pattern"')'; then complain "$why"; fi
}
forbid "// is for debugging" '^\s*//' "${files[@]}"
forbid "goto is not used here" '\bgoto\b' "${files[@]}"
forbid "other threads may be reading the environment" '\b(un)?setenv\(|\bputenv\(' "${emulator[@]}"
forbid "uv_run() does not sleep after loop_stop(); loop_turn() does" '\buv_run\(' "${outside_loop[@]}"

wc -l "${files[@]}" | awk '$2 != "total" && $1 > 600 { print $2 ": " $1 " lines; 600 is the most"; bad = 1 }
                           END { exit bad }' || status=1
# A function: from an opening brace in column 0 to the closing one.
awk 'FNR == 1 { start = 0 }
     /^\{/ { start = FNR }
     /^\}/ { if (start && FNR - start > 61) {
                 print FILENAME ":" start ": a function of " FNR - start - 1 " lines; 60 is the most"; bad = 1 }
             start = 0 }
     END { exit bad }' "${programs[@]}" || status=1

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
