#!/bin/bash
# run_test.sh - run.sh counts passes, failures, skips, crashes and time-outs.
set -uo pipefail
run=$(cd "$(dirname "$0")" && pwd)/run.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# program NAME COMMANDS
program() {
    printf '#!/bin/bash\n%s\n' "$2" >"$work/$1"
    chmod +x "$work/$1"
}

# gives STATUS LAST_LINE TEXT PROGRAM...: TEXT stands somewhere in the output
gives() {
    local status=$1 last=$2 text=$3 out got
    shift 3
    out=$(cd "$work" && RUN_TIMEOUT_S=1 "$run" "$@" 2>&1)
    got=$?
    if [ "$got" -ne "$status" ] || [ "$(tail -n 1 <<<"$out")" != "$last" ] || ! grep -qF -- "$text" <<<"$out"; then
        echo "wrong for $*: status $got"
        echo "$out"
        failed=1
    fi
}

program good 'echo 1..2; echo "ok 1 - a"; echo "ok 2 - b"'
program bad 'echo 1..2; echo "ok 1 - a"; echo "not ok 2 - b"; echo "# 1 != 2"; exit 1'
program skips 'echo 1..2; echo "ok 1 - a"; echo "not ok 2 # SKIP b"'
program crash 'echo 1..2; echo "ok 1 - a"; kill -SEGV $$'
program short 'echo 1..2; echo "ok 1 - a"'
program slow 'sleep 20'
program quiet 'exit 0'
gives 0 '2 passed, 0 failed, 0 skipped' 'passed' ./good
gives 1 '3 passed, 1 failed, 0 skipped' '# 1 != 2' ./good ./bad
gives 0 '3 passed, 0 failed, 1 skipped' 'SKIPPED: ./skips' ./good ./skips
gives 1 '1 passed, 1 failed, 0 skipped' 'ended with status 139' ./crash
gives 1 '1 passed, 1 failed, 0 skipped' 'announced 2 tests, reported 1' ./short
gives 1 '2 passed, 1 failed, 0 skipped' 'no end within 1 seconds' ./slow ./good
gives 1 '0 passed, 1 failed, 0 skipped' 'ran no test' ./quiet
gives 1 '0 passed, 1 failed, 0 skipped' 'FAILED: ./missing' ./missing
gives 1 '0 passed, 0 failed, 0 skipped' '0 passed'
echo 1..1
[ "$failed" -eq 0 ] && echo "ok 1 - run.sh counts passes, failures, skips, crashes and time-outs" || echo "not ok 1 - run.sh"
exit "$failed"
