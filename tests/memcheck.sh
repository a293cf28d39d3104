#!/usr/bin/env bash
# memcheck.sh PROGRAM... - runs cmocka test programs under valgrind: a leak or a wrong access fails the program.
#
# Counts as run.sh does, through run.sh. The programs must be built without sanitizers.
set -euo pipefail
command -v valgrind >/dev/null || { echo "memcheck: valgrind is not installed" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

wrapped=()
for program in "$@"; do
    wrapper=valgrind_${program//\//_}
    cat >"$work/$wrapper" <<SH
#!/bin/sh
cd "$PWD" && exec valgrind --quiet --leak-check=full --error-exitcode=99 "$program"
SH
    chmod +x "$work/$wrapper"
    wrapped+=("./$wrapper")
done
cd "$work"
RUN_TIMEOUT_S=${RUN_TIMEOUT_S:-600} "$here/run.sh" "${wrapped[@]}"
