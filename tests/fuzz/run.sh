#!/usr/bin/env bash
# run.sh [NAME...] - runs the fuzz targets (all, or those named) for FUZZ_SECONDS each (30), FUZZ_JOBS at a time (2).
#
# Starts from tests/fuzz/corpus/NAME; what is found lands in build/fuzz/found/NAME and is taken up by the next run. An
# input that breaks a target is kept in build/fuzz/findings: mend the program, then add the input to the corpus.
# Ends with "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C FUZZ_SECONDS=${FUZZ_SECONDS:-30} UBSAN_OPTIONS=print_stacktrace=1
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    for file in tests/fuzz/fuzz_*.c; do
        name=${file##*/fuzz_}
        names+=("${name%.c}")
    done
fi
mkdir -p build/fuzz/findings build/fuzz/log

fuzz_one() {
    local name=$1 status
    local dictionary=() found=build/fuzz/found/$1 log=build/fuzz/log/$1
    mkdir -p "$found" "tests/fuzz/corpus/$name"
    [ -f "tests/fuzz/$name.dict" ] && dictionary=("-dict=tests/fuzz/$name.dict")
    build/fuzz/tests/fuzz/fuzz_"$name" -max_total_time="$FUZZ_SECONDS" -max_len=8192 -timeout=20 -rss_limit_mb=2048 \
        -print_final_stats=1 "${dictionary[@]}" -artifact_prefix=build/fuzz/findings/"$name"- "$found" \
        "tests/fuzz/corpus/$name" >"$log" 2>&1 </dev/null
    status=$?
    echo "$status" >"$log.status"
    printf '%-12s %10s inputs  %s\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
        "$([ "$status" -eq 0 ] && echo "nothing broken" || echo "BROKEN (status $status), see $log")"
    if [ "$status" -ne 0 ]; then
        grep -E 'does not hold|ERROR: |runtime error|Test unit written' "$log" | head -n 5 | sed 's/^/    /'
    fi
}
export -f fuzz_one
printf '%s\0' "${names[@]}" | xargs -0 -n 1 -P "${FUZZ_JOBS:-2}" bash -c 'fuzz_one "$1"' fuzz

passed=0 failed=0
for name in "${names[@]}"; do
    if [ "$(cat "build/fuzz/log/$name.status" 2>/dev/null)" = 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
