#!/bin/bash
# purge.sh - what is due goes from two folders and a warehouse: Expunge, a plain Python loop, a batched one, and unlinking alone.
#
# Each run has a world of its own (purge_world.py), written out to disk before (sync): removing what was never written is cheap.
# Rounds are interleaved, so that a busy machine is busy for all; figures are medians. The plain loop does a tenth of the contacts.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
root=$PWD
expunge=$root/build/expunge
: "${BENCH_DIR:?is set by bench/run.sh}"
work=$BENCH_DIR/purge
rounds=${BENCH_ROUNDS:-3}
due=$(awk -v s="${BENCH_SCALE:-1}" 'BEGIN { n = int(100000 * s); print n < 1000 ? 1000 : n }')
some=$((due / 10))
trap 'rm -rf "$work"' EXIT
rm -rf "$work"
mkdir -p "$work"

lay_out() { # DIR DUE KEPT
    rm -rf "$work/world"
    python3 bench/purge_world.py "$work/world" "$1" "$2"
    sync
}
registry() { # contacts.csv registered, the schedule in force
    (cd "$work/world" && mv expunge.yaml ours.yaml && "$expunge" init . && mv ours.yaml expunge.yaml &&
        "$expunge" policy activate --by "Bench Example" && "$expunge" ingest --source calls contacts.csv) >"$work/log" 2>&1 ||
        { cat "$work/log" >&2; exit 1; }
    sync
}
left() { find "$work/world/recordings" "$work/world/transcripts" -type f ! -name .mounted | wc -l; }
must_be_left() { [ "$(left)" -eq "$1" ] || { echo "bench: $(left) files are left, not $1 ($2)" >&2; exit 2; }; }
ours() { # DUE KEPT: "seconds MiB"
    lay_out "$1" "$2"
    registry
    (cd "$work/world" && python3 "$root/bench/lib/timed.py" "$expunge" purge)
    must_be_left $((2 * $2)) expunge
}
loop() {
    lay_out "$due" 0
    python3 bench/purge_loop.py "$work/world" "$some"
    must_be_left $((2 * (due - some))) loop
}
batched() {
    lay_out "$due" 0
    python3 bench/purge_batched.py "$work/world"
    must_be_left 0 batched
}
raw() {
    lay_out "$due" 0
    find "$work/world/recordings" "$work/world/transcripts" -type f ! -name .mounted | sort | build/bench/raw/unlink 16
    must_be_left 0 raw
}
median() { sort -g | awk '{ a[NR] = $1 } END { print NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2 }'; }
tell() { # WHAT VALUE UNIT [GOAL TEST]: TEST is an awk comparison, ">= 20"
    local met
    met=$([ $# -lt 4 ] && echo - || awk -v v="$2" "BEGIN { print (v $4) ? \"met\" : \"MISSED\" }")
    printf '%s\t%.6g\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4:--}" "$met"
}
divide() { awk -v a="$1" -v b="$2" 'BEGIN { print a / b }'; }
# Bytes a contact in rows of the registry: keys and values, without the pages' own.
row_bytes() { # TABLE COLUMNS
    python3 - "$work/world/expunge.db" "$due" "$@" <<'END'
import sqlite3
import sys
path, due, table, *columns = sys.argv[1:]
sizes = " + ".join(f'coalesce(length(CAST("{c}" AS BLOB)), 0)' for c in columns)
print(sqlite3.connect(path).execute(f'SELECT coalesce(sum({sizes}), 0) FROM "{table}"').fetchone()[0] / int(due))
END
}

for ((round = 1; round <= rounds; round++)); do
    ours "$due" 0 >>"$work/ours"
    if [ "$round" -eq 1 ]; then
        chain=$(row_bytes chain key body)
        entries=$(row_bytes entry id type actor subject body)
        opening=$(row_bytes opening key body)
        ledger=$(row_bytes ledger key body)
        file=$(stat -c %s "$work/world/expunge.db")
    fi
    batched >>"$work/batched"
    raw >>"$work/raw"
    loop >>"$work/loop"
done
for ((round = 1; round <= rounds; round++)); do
    ours "$some" 0 >>"$work/alone"
    ours "$some" $((9 * some)) >>"$work/among"
done
per_second() { divide "$2" "$(awk '{ print $1 }' "$work/$1" | median)"; }
seconds_of() { awk '{ print $2 }' "$work/$1" | median; }
ours=$(per_second ours "$due")
loop=$(divide "$some" "$(seconds_of loop)")
batched=$(divide "$due" "$(seconds_of batched)")
raw=$(divide "$due" "$(seconds_of raw)")
tell "purge, $due due contacts in three stores" "$ours" contacts/s
tell "Python, one by one, sqlite3 defaults ($some of them)" "$loop" contacts/s
tell "Python, batches of 500, WAL" "$batched" contacts/s
tell "raw limit: their files unlinked by 16 threads" "$raw" contacts/s
tell "purge against the plain loop" "$(divide "$ours" "$loop")" x ">= 20"
tell "purge against the batched program" "$(divide "$ours" "$batched")" x ">= 2.5"
tell "purge against the raw limit" "$(divide "$ours" "$raw")" x ">= 0.6"
tell "peak of resident memory" "$(awk '{ print $2 }' "$work/ours" | sort -g | tail -n 1)" MiB "< 128"
tell "$some due of ten times as many stored, against alone" \
    "$(divide "$(awk '{ print $1 }' "$work/among" | median)" "$(awk '{ print $1 }' "$work/alone" | median)")" "x time"
tell "bytes a purged contact: its row" "$chain" B
tell "bytes a purged contact: entries" "$entries" B
tell "bytes a purged contact: opening" "$opening" B
tell "bytes a purged contact: ledger line, until the restore horizon" "$ledger" B
tell "bytes a purged contact after the horizon: entries, opening" "$(awk -v a="$entries" -v b="$opening" 'BEGIN { print a + b }')" B "<= 1200"
tell "registry file a contact, indexes and pages included" "$(divide "$file" "$due")" B
