#!/bin/bash
# run.sh [NAME...] - runs the benchmarks of this folder one after another and lines their figures up.
#
# A benchmark is build/bench/NAME (from NAME.c) or NAME.sh; it prints figures as tab-separated fields (bench/lib/bench.h).
# BENCH_DIR (default: a scratch folder under /var/tmp, on a real disk) is where they work; BENCH_SCALE makes all counts smaller.
set -uo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
own=
if [ -z "${BENCH_DIR:-}" ]; then
    BENCH_DIR=$(mktemp -d -p /var/tmp expunge-bench.XXXXXX)
    own=$BENCH_DIR
    chmod 711 "$own" # a PostgreSQL that runs as another user reaches its folder in it
fi
export BENCH_DIR
trap '[ -n "$own" ] && rm -rf "$own"' EXIT
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
echo "machine: $(nproc) cores, ${cpu:-unknown}, $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), $(uname -r)"
echo "date: $(date -u +%Y-%m-%d), load before: $(cut -d' ' -f1-3 /proc/loadavg), scale: ${BENCH_SCALE:-1}, commit: $(git rev-parse --short HEAD 2>/dev/null)"
names=("$@")
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(cd bench && ls -1 -- *.c *.sh 2>/dev/null | grep -v '^run\.sh$' | sed 's/\.[a-z]*$//' | sort -u)
failed=0
for name in "${names[@]}"; do
    printf '\n== %s\n' "$name"
    program=bench/$name.sh
    [ -f "$program" ] || program=build/bench/$name
    "$program" | awk -F'\t' 'NF == 5 { printf "  %-62s %14s %-14s %-14s %s\n", $1, $2, $3, $4 == "-" ? "" : $4, $5 == "-" ? "" : $5; fflush(); next } { print "  " $0; fflush() }'
    [ "${PIPESTATUS[0]}" -eq 0 ] || { echo "  $name did not come to its end"; failed=1; }
done
exit "$failed"
