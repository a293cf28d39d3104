#!/bin/bash
# planted_test.sh - each sanitizer is really on: a program with one planted fault, built by the Makefile's own rules and run by
# run.sh, counts as a failure and names the fault. PLANTED_SAN: asan (leak, freed, undefined; the default) or tsan (race).
set -uo pipefail
cd "$(dirname "$0")/.."
san=${PLANTED_SAN:-asan}
number=0 failures=0

# caught NAME TEXT: the program tests/planted/NAME.c fails with this in its report
caught() {
    local program=build/$san/tests/planted/$1 out
    number=$((number + 1))
    if ! out=$(make --no-print-directory "SAN=$san" "$program" 2>&1); then
        echo "not ok $number - $1 is built"
    elif out=$(tests/run.sh "$program" 2>&1) || ! grep -qF -- "$2" <<<"$out"; then
        echo "not ok $number - $1 is caught"
    else
        echo "ok $number - $1 is caught"
        return
    fi
    failures=$((failures + 1))
    sed 's/^/#   /' <<<"$out"
}

if [ "$san" = tsan ]; then
    caught race 'data race'
else
    caught leak 'LeakSanitizer: detected memory leaks'
    caught freed 'heap-use-after-free'
    caught undefined 'signed integer overflow'
fi
echo "1..$number"
[ "$failures" -eq 0 ]
