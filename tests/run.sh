#!/bin/bash
# run.sh PROGRAM... - runs cmocka test programs two at a time, each for at most 300 seconds.
#
# Shows the output of failing programs only, names every skipped test, and ends with "N passed, N failed, N skipped".
# A program that crashes, runs out of time or reports fewer tests than it announced counts as one failed test more.
# RUN_TIMEOUT_S and RUN_JOBS change the two numbers.
set -uo pipefail
export LC_ALL=C CMOCKA_MESSAGE_OUTPUT=TAP RUN_TIMEOUT_S=${RUN_TIMEOUT_S:-300}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export work

run_one() {
    local number=$1 program=$2
    timeout -k 5 "$RUN_TIMEOUT_S" "$program" >"$work/$number.out" 2>&1 </dev/null
    echo $? >"$work/$number.status"
}
export -f run_one

number=0
for program in "$@"; do
    number=$((number + 1))
    printf '%s\0%s\0' "$number" "$program"
done | xargs -0 -r -n 2 -P "${RUN_JOBS:-2}" bash -c 'run_one "$@"' run

# TAP of one program: "passed failed skipped announced", skipped tests named on standard error.
count() {
    awk -v program="$2" '
        /^1\.\.[0-9]+/ { announced += substr($0, 4) }
        /^ok [0-9]+.*# SKIP/ || /^not ok [0-9]+.*# SKIP/ {
            skipped++
            print "SKIPPED: " program ": " $0 > "/dev/stderr"
            next
        }
        /^ok [0-9]/ { passed++ }
        /^not ok [0-9]/ { failed++ }
        END { print passed + 0, failed + 0, skipped + 0, announced + 0 }' "$1"
}

passed=0 failed=0 skipped=0 number=0
for program in "$@"; do
    number=$((number + 1))
    out=$work/$number.out status=$(cat "$work/$number.status" 2>/dev/null || echo 126)
    [ -f "$out" ] || : >"$out"
    read -r ok bad left announced < <(count "$out" "$program")
    reason=
    if [ "$status" -eq 124 ]; then
        reason="no end within $RUN_TIMEOUT_S seconds"
    elif [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
        reason="ended with status $status"
    elif [ "$announced" -eq 0 ]; then
        reason="ran no test"
    elif [ $((ok + bad + left)) -lt "$announced" ]; then
        reason="announced $announced tests, reported $((ok + bad + left))"
    fi
    [ -n "$reason" ] && bad=$((bad + 1))
    if [ "$bad" -gt 0 ]; then
        echo "FAILED: $program${reason:+: $reason}"
        sed 's/^/    /' "$out"
    fi
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
