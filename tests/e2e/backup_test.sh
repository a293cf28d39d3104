#!/bin/bash
# backup_test.sh [EXPUNGE] - a copy of the registry taken while other processes write and erase; prints TAP.
#
# Each copy is judged from outside (sqlite3's integrity check; its log against what is published), then taken for the
# registry: it opens, and once the other has published more it neither signs nor erases (rule 2.30).
set -uo pipefail
export LC_ALL=C TZ=UTC
unset EXPUNGE_TOKEN
root=$(cd "$(dirname "$0")/../.." && pwd)
expunge=$(realpath "${1:-$root/build/expunge}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 failures=0 out='' status=0
CONTACTS=400 COPIES=4

run() {
    out=$("$expunge" "$@" 2>&1 </dev/null)
    status=$?
}

check() {
    local name=$1
    shift
    number=$((number + 1))
    if "$@"; then
        echo "ok $number - $name"
        return
    fi
    echo "not ok $number - $name"
    failures=$((failures + 1))
    printf '#   status %s\n' "$status"
    sed 's/^/#   /' <<<"${out:0:1500}"
}
is() { [ "$status" -eq "$1" ]; }
says() { is "$1" && grep -qF -- "$2" <<<"$out"; }

# contacts FROM TO: Amazon Connect contact records, and their recordings
contacts() {
    local i
    mkdir -p artefacts/recordings/2023/03/01
    for ((i = $1; i < $2; i++)); do
        echo sound >"artefacts/recordings/2023/03/01/c-$i.wav"
        echo '{"AWSContactTraceRecordFormatVersion":"2017-03-10","ContactId":"c-'$i'","InitialContactId":null,' \
            '"InstanceARN":"inst-1","Channel":"VOICE","InitiationMethod":"INBOUND",' \
            '"InitiationTimestamp":"2023-03-01T10:00:00Z","DisconnectTimestamp":"2023-03-01T10:05:00Z",' \
            '"LastUpdateTimestamp":"2023-03-01T10:09:00Z"}'
    done
}

# Registers and erases until the file `stop` is there; its rounds are counted in `rounds`.
busy() {
    local round=0 at
    while [ ! -e stop ]; do
        at=$((CONTACTS + round * 5))
        contacts "$at" $((at + 5)) >more.json
        "$expunge" ingest more.json >/dev/null || break
        "$expunge" erase "c-$((round * 2))" "c-$((round * 2 + 1))" --reason busy >/dev/null 2>&1
        round=$((round + 1))
        echo "$round" >rounds
    done
}

registry() { sqlite3 "$1" "$2"; }

mkdir "$work/home" && cd "$work/home" || exit 1
"$expunge" init --test-clock >/dev/null || exit 1
contacts 0 "$CONTACTS" >records.json
run ingest records.json
check 'contacts are registered' says 0 "$CONTACTS  contacts registered"
busy &
writer=$!
while [ ! -s rounds ]; do sleep 0.05; done
for ((i = 0; i < COPIES; i++)); do
    run backup "$work/copy-$i.db"
    check "copy $i is taken while others write" says 0 'The keys'
    check "copy $i is whole" test "$(registry "$work/copy-$i.db" 'PRAGMA integrity_check')" = ok
    check "copy $i has every entry of its log, without gaps" \
        test "$(registry "$work/copy-$i.db" 'SELECT count(*) = max(seq) - min(seq) + 1 FROM entry')" = 1
    check "copy $i is its owner's alone" test "$(stat -c %a "$work/copy-$i.db")" = 600
done
touch stop
wait "$writer"
check 'the others went on' test "$(cat rounds)" -gt 1
run backup "$work/copy-0.db"
check 'a copy replaces nothing' says 1 'exists already'
check 'no part is left' test -z "$(find "$work" -name '*.part')"
check 'no key is in a copy' test -z "$(grep -lF -f <(cut -c1-40 keys/audit.key) "$work"/copy-*.db)"

# The newest copy as registry, in the same place, with the same keys.
mv expunge.db now.db && rm -f expunge.db-wal expunge.db-shm
last=$work/copy-$((COPIES - 1)).db
cp "$last" expunge.db
run doctor --verbose
check 'a copy opens as registry' grep -q 'registry  ' <<<"$out"
run audit verify
check 'its own log is right' is 0

# The true registry goes on and publishes; then the copy knows that it is behind.
rm -f expunge.db expunge.db-wal expunge.db-shm
mv now.db expunge.db
printf 'audit:\n  publish: published\n' >>expunge.yaml
contacts 5000 5003 >late.json
run ingest late.json
check 'the registry goes on' is 0
run audit publish
check 'and publishes' is 0
cp "$last" expunge.db && rm -f expunge.db-wal expunge.db-shm
run erase c-399 --reason 'must not be'
check 'a copy that is behind erases nothing' is 3
check 'and says so' grep -q 'reopen' <<<"$out"
check 'the recording is there' test -e artefacts/recordings/2023/03/01/c-399.wav
run doctor
check 'the doctor says it too' grep -q 'problem  log' <<<"$out"
run audit reopen
check 'there is an explicit way out, which says what is missing' says 0 'erasure(s)'
run erase c-399 --reason 'now it may'
check 'then it erases' test ! -e artefacts/recordings/2023/03/01/c-399.wav
echo "1..$number"
[ "$failures" -eq 0 ]
