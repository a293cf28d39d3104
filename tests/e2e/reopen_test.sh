#!/bin/bash
# reopen_test.sh [EXPUNGE] - an old copy of a registry beside the log it had published (rule 2.30); prints TAP.
#
# What must not happen is looked for outside the program: files of the stores, bytes of the published folder.
set -uo pipefail
export LC_ALL=C TZ=UTC
unset EXPUNGE_TOKEN
root=$(cd "$(dirname "$0")/../.." && pwd)
expunge=$(realpath "${1:-$root/build/expunge}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 failures=0 out='' err='' status=0
now=2026-11-02T10:00:00Z

run() {
    out=$("$expunge" "$@" 2>"$work/stderr" </dev/null)
    status=$?
    err=$(cat "$work/stderr")
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
    sed 's/^/#   out: /' <<<"${out:0:1500}"
    sed 's/^/#   err: /' <<<"${err:0:800}"
}

is() { [ "$status" -eq "$1" ]; }
refused() { [ "$status" -ne 0 ] && grep -qF -- "$1" <<<"$err"; }
json() { is "$1" && python3 -c 'import json,sys; d=json.loads(sys.argv[1]); sys.exit(not ('"$2"'))' "$out"; }
there() { [ -e "$1" ]; }
gone() { [ ! -e "$1" ]; }

# Everything outside the registry, as one digest: the stores and what is published.
world() { find artefacts published* -type f ! -name .lock -print0 | sort -z | xargs -0 sha256sum | sha256sum; }

contact() {
    mkdir -p artefacts/recordings/2023/03/14
    echo sound >"artefacts/recordings/2023/03/14/$1.wav"
    cat <<RECORD
{"AWSContactTraceRecordFormatVersion":"2017-03-10","ContactId":"$1","InitialContactId":null,"InstanceARN":"inst-1",
"Channel":"VOICE","InitiationMethod":"INBOUND","InitiationTimestamp":"2023-03-14T10:00:00Z","Queue":{"Name":"Support"},
"DisconnectTimestamp":"2023-03-14T10:05:00Z","LastUpdateTimestamp":"2023-03-14T10:09:00Z",
"CustomerEndpoint":{"Type":"TELEPHONE_NUMBER","Address":"+442079460001"}}
RECORD
}
recording() { echo "artefacts/recordings/2023/03/14/$1.wav"; }

# An installation whose registry is put back to what it was before a hold and two erasures.
old_copy() {
    cd "$(mktemp -d -p "$work")" || exit 2
    "$expunge" init --test-clock >/dev/null || exit 2
    sed -i 's|^# audit:$|audit:\n  publish: published/|' expunge.yaml
    for id in a b c d e f; do contact "$id"; done >records.json
    "$expunge" ingest --now "$now" records.json >/dev/null || exit 2
    "$expunge" hold apply --now "$now" --matter EARLY --reason order a >/dev/null || exit 2
    "$expunge" audit publish --now "$now" >/dev/null || exit 2
    cp expunge.db old.db
    cp -a published published.old
    "$expunge" hold apply --now "$now" --matter LATE --reason order b >/dev/null || exit 2
    "$expunge" erase --now "$now" --reason wrong c d >/dev/null
    "$expunge" audit publish --now "$now" >/dev/null || exit 2
    cp expunge.db new.db
    put_back old.db
}
put_back() {
    rm -f expunge.db expunge.db-wal expunge.db-shm
    cp "$1" expunge.db
}

# Nothing of this may sign, claim or change anything; each says why, and what to do.
nothing_is_done() {
    local before
    before=$(world)
    while read -r -a command; do
        run "${command[@]}" --now "$now"
        check "$1: \`${command[*]}\` is refused" refused "$2"
    done <<'COMMANDS'
purge
erase --reason wrong e
hold apply --matter NEW --reason order e
hold release --matter EARLY --reason over
verify --due
ingest records.json
audit publish
COMMANDS
    check "$1: no store and nothing published was touched" test "$(world)" = "$before"
    check "$1: what was to be erased is there" there "$(recording e)"
}

restored() {
    old_copy
    nothing_is_done 'an old copy' 'expunge audit reopen'
    run audit verify --json --now "$now"
    check 'an old copy: it is whole, for what it has' json 0 'd["ok"]'
    run contact show b --now "$now"
    check 'an old copy: reading is allowed' is 0

    cp published/checkpoint head
    run audit reopen --json --now "$now"
    check 'reopened: what is missing is told' json 0 'd["missing"]["holds"]==1 and d["missing"]["erasures"]==2 and d["missing"]["policy_changes"]==0'
    check 'reopened: the old log stays, the new one stands beside it' there published/r2/checkpoint
    check 'reopened: the old one is untouched' cmp -s published/checkpoint head
    run erase --now "$now" --reason wrong e
    check 'reopened: it works again' gone "$(recording e)"
    run erase --now "$now" --reason wrong a
    check 'reopened: what was held then is held now' there "$(recording a)"
    run audit publish --json --now "$now"
    vkey=$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])["vkey"])' "$out")
    python3 "$root/tests/verify_log.py" published/r2 --vkey "$vkey" >"$work/python" 2>&1
    check 'reopened: the other verifier agrees' test $? -eq 0
}

went_on() {
    old_copy
    mv published published.away
    cp -a published.old published # as long as the newer head was not seen
    run erase --now "$now" --reason wrong e
    check 'a copy that went on unseen: it erased' gone "$(recording e)"
    for i in 1 2 3 4 5 6 7 8; do "$expunge" hold apply --now "$now" --matter "M$i" --reason order f >/dev/null; done
    "$expunge" audit publish --now "$now" >/dev/null
    rm -rf published
    mv published.away published
    contact e >/dev/null
    nothing_is_done 'a copy that went on, longer than what is published' 'expunge audit reopen'
    run audit reopen --json --now "$now"
    check 'a copy that went on: compared entry by entry' json 0 'd["missing"]["erasures"]==2'
}

damaged() {
    old_copy
    put_back new.db
    mv published published.away
    mkdir published
    nothing_is_done 'what was published is not there' 'mount or restore'
    rm -rf published
    mv published.away published
    head -c 40 published/checkpoint >cut && mv cut published/checkpoint
    nothing_is_done 'the published head is cut' 'another log is published there'
    cp published.old/checkpoint published/checkpoint
    run erase --now "$now" --reason wrong e
    check 'an older head in the folder: the registry is ahead, and goes on' gone "$(recording e)"
    rm -rf published/tile
    run audit publish --now "$now"
    check 'files of the folder are gone: they are written again' there published/tile/entries
    run audit verify published --vkey "$(sed -n 's/^Verifier key: //p' published/VERIFY.txt)"
    check 'and the whole verifies' is 0
}

forged() {
    old_copy
    tile=$(ls published/tile/entries/000.p/* | sort -t/ -k5 -n | tail -n 1)
    sed -i 's/HOLD_APPLIED/HOLD_IMPLIED/' "$tile"
    run audit reopen --now "$now"
    check 'a published log that does not verify is not counted' refused 'does not verify'
    check 'and nothing was reopened' gone published/r2
}

restored
went_on
damaged
forged
echo "1..$number"
[ "$failures" -eq 0 ]
