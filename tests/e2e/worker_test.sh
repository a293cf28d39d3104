#!/bin/bash
# worker_test.sh [EXPUNGE] - several workers on one registry, one of them killed in the middle; prints TAP. Needs python3.
set -uo pipefail
export LC_ALL=C TZ=UTC
unset EXPUNGE_TOKEN
root=$(cd "$(dirname "$0")/../.." && pwd)
expunge=$(realpath "${1:-$root/build/expunge}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 failures=0
contacts=1200

# check NAME CONDITION...: one TAP line
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
    tail -n 5 "$work"/home/*.log 2>/dev/null | sed 's/^/#   /'
}

# field JSON EXPRESSION: of a document in d
field() { python3 -c 'import json,sys; d=json.loads(sys.argv[1]); print('"$2"')' "$1"; }
# rows EXPRESSION: of objects, one a line of standard input, in d
rows() { python3 -c 'import json,sys; d=[json.loads(l) for l in sys.stdin]; print('"$1"')'; }
recordings() { find artefacts/recordings -name '*.wav' | wc -l; }
# await SECONDS CONDITION...: true when it becomes true in time
await() {
    local left=$(($1 * 20))
    shift
    until "$@"; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || return 1
        sleep 0.05
    done
}
ended() { ! kill -0 "$1" 2>/dev/null; }
fewer_than() { [ "$(recordings)" -lt "$1" ]; }

lay_out() {
    "$expunge" init . >/dev/null
    echo 'purge: {guard: {floor: 100000}}' >>expunge.yaml
    mkdir -p artefacts/recordings/2020/03/05
    python3 - "$contacts" >documents.json <<'PYTHON'
import json, sys
for i in range(int(sys.argv[1])):
    id = "c-%05d" % i
    open("artefacts/recordings/2020/03/05/%s.wav" % id, "w").write("sound")
    print(json.dumps({"AWSContactTraceRecordFormatVersion": "2017-03-10", "ContactId": id, "InitialContactId": None,
        "InstanceARN": "inst-1", "Channel": "VOICE", "InitiationTimestamp": "2020-03-05T10:00:00Z",
        "DisconnectTimestamp": "2020-03-05T10:05:00Z", "LastUpdateTimestamp": "2020-03-05T10:09:00Z"}))
PYTHON
    "$expunge" ingest documents.json >/dev/null
    "$expunge" policy activate --by 'Ann Example' >/dev/null
}

killed_in_the_middle() {
    "$expunge" worker --once 2>first.log >/dev/null &
    local first=$!
    check 'the first worker begins' await 60 fewer_than "$contacts"
    "$expunge" worker --once --json 2>second.log >second.json &
    local second=$!
    sleep 0.2
    kill -9 "$first"
    wait "$first" 2>/dev/null
    "$expunge" worker --once --json 2>third.log >third.json &
    local third=$!
    wait "$second"
    wait "$third"
    "$expunge" worker --once >/dev/null 2>fourth.log # what the dead one held while the others looked
    check 'every recording is gone' [ "$(recordings)" -eq 0 ]
    local runs
    runs=$("$expunge" run list --json | rows '[(x["state"], x["planned"], x["worked"], x["purged"]) for x in d if x["kind"] == "purge"]')
    check "one run, its totals the workers' ($runs)" [ "$runs" = "[('done', $contacts, $contacts, $contacts)]" ]
    local verified
    verified=$("$expunge" audit list --type VERIFIED --limit 100000 --json | rows 'len(d), len(set(str(x["contacts"]) for x in d))')
    check "each contact is erased exactly once in the log ($verified)" [ "$verified" = "$contacts $contacts" ]
    local run ends
    run=$("$expunge" run list --json | rows '[x["run"] for x in d if x["kind"] == "purge"][0]')
    ends=$("$expunge" audit list --type RUN --limit 1000 --json | grep -c "$run")
    check "the run ends once ($ends)" [ "$ends" -eq 1 ]
    "$expunge" audit verify >verify.log 2>&1
    check 'the log verifies' [ $? -eq 0 ]
}

asked_to_end() {
    "$expunge" worker 2>stays.log &
    local stays=$!
    check 'a worker stays' await 30 grep -q worker.began stays.log
    sleep 0.5
    check 'it is there' kill -0 "$stays"
    kill -TERM "$stays"
    check 'it ends when asked' await 30 ended "$stays"
    wait "$stays"
    check 'with status 0' [ $? -eq 0 ]
    check 'and says so' grep -q worker.ended stays.log
    check 'no personal data in its lines' bash -c '! grep -q c-0 stays.log'
}

orders_come() {
    "$expunge" worker 2>orders.log &
    local stays=$!
    mkdir -p artefacts/recordings/2026/01/05
    echo sound >artefacts/recordings/2026/01/05/young.wav
    echo '{"AWSContactTraceRecordFormatVersion":"2017-03-10","ContactId":"young","InitialContactId":null,"InstanceARN":"inst-1","Channel":"VOICE","InitiationTimestamp":"2026-01-05T10:00:00Z","DisconnectTimestamp":"2026-01-05T10:05:00Z","LastUpdateTimestamp":"2026-01-05T10:09:00Z"}' >young.json
    "$expunge" ingest young.json >/dev/null
    mv artefacts/.expunge-control marker
    "$expunge" erase young >/dev/null 2>&1
    mv marker artefacts/.expunge-control
    "$expunge" erase young --retry >/dev/null 2>&1
    check 'beside it an order is given' [ ! -e artefacts/recordings/2026/01/05/young.wav ]
    "$expunge" worker --max-runtime 1 2>short.log
    check 'a second one ends by its time' [ $? -eq 0 ]
    kill -INT "$stays"
    wait "$stays"
    check 'and the first when interrupted' [ $? -eq 0 ]
}

mkdir "$work/home" && cd "$work/home" || exit 1
lay_out
for part in killed_in_the_middle asked_to_end orders_come; do
    echo "# $part"
    "$part"
done
echo "1..$number"
[ "$failures" -eq 0 ]
