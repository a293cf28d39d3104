#!/bin/bash
# one_contact.sh - one contact by its id, from the command to verified: `expunge erase ID`, the start of the process included.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
root=$PWD
expunge=$root/build/expunge
: "${BENCH_DIR:?is set by bench/run.sh}"
work=$BENCH_DIR/one_contact
times=$(awk -v s="${BENCH_SCALE:-1}" 'BEGIN { n = int(500 * s); print n < 20 ? 20 : n }')
trap 'rm -rf "$work"' EXIT
rm -rf "$work"
mkdir -p "$work"
python3 bench/purge_world.py "$work/world" $((20 * times))
cd "$work/world"
(mv expunge.yaml ours.yaml && "$expunge" init . && mv ours.yaml expunge.yaml && "$expunge" ingest --source calls contacts.csv) >../log 2>&1 ||
    { cat ../log >&2; exit 1; }
sync
# Spread over the days, so that no folder is warm because of the one before.
for ((i = 0; i < times; i++)); do
    id=$(sed -n "$((2 + 20 * i))s/,.*//p" contacts.csv)
    python3 "$root/bench/lib/timed.py" "$expunge" erase "$id" --reason bench
done | sort -g >../times
left=$(find recordings transcripts -type f ! -name .mounted | wc -l)
[ "$left" -eq $((2 * 19 * times)) ] || { echo "bench: $left files are left" >&2; exit 2; }
at() { awk -v n="$times" -v p="$1" 'NR == int(n * p + 0.999999) { print 1000 * $1; exit }' ../times; }
tell() { printf '%s\t%.6g\tms\t%s\t%s\n' "$1" "$2" "<= $3" "$(awk -v v="$2" -v g="$3" 'BEGIN { print v <= g ? "met" : "MISSED" }')"; }
tell "one contact in three stores, $times times: median" "$(at 0.5)" 50
tell "one contact in three stores, $times times: p99" "$(at 0.99)" 100
