#!/bin/bash
# contact_test.sh [EXPUNGE] - contacts seen, decided and found; schedules, stores, restores, reports, quarantine. Prints TAP.
#
# The program in a folder of its own, at stated times. Needs python3.
set -uo pipefail
export LC_ALL=C TZ=UTC
unset EXPUNGE_TOKEN
root=$(cd "$(dirname "$0")/../.." && pwd)
expunge=$(realpath "${1:-$root/build/expunge}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 failures=0 out='' err='' status=0 now=2026-11-21T02:00:00Z

# run ARGUMENTS...: at $now; standard output, standard error and status are kept
run() {
    out=$("$expunge" "$@" --now "$now" 2>"$work/stderr" </dev/null)
    status=$?
    err=$(cat "$work/stderr")
}

# check NAME CONDITION...: one TAP line; a failure shows what was there
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
    printf '# status %s\n' "$status"
    printf '%s\n%s\n' "$out" "$err" | sed 's/^/# /'
}

# json EXPRESSION: of `j`, the one document, or `l`, the list of lines
json() {
    printf '%s' "$out" | python3 -c '
import json, sys
l = [json.loads(x) for x in sys.stdin if x.strip()]
j = l[0] if l else None
sys.exit(0 if eval(sys.argv[1]) else 1)' "$1"
}
says() { [[ $out$err == *"$1"* ]]; }
is() { [ "$status" = "$1" ]; }

# contact ID DAY CATEGORY: an Amazon Connect record
contact() {
    local attributes='{}'
    [ -z "${3:-}" ] || attributes="{\"retentionCategory\":\"$3\"}"
    printf '{"AWSContactTraceRecordFormatVersion":"2017-03-10","ContactId":"%s","InitialContactId":null,' "$1"
    printf '"InstanceARN":"arn:aws:connect:eu-west-2:123456789012:instance/1111","Channel":"VOICE",'
    printf '"Queue":{"ARN":"q","Name":"Sales","DequeueTimestamp":"%sT10:01:00Z","Duration":1,"EnqueueTimestamp":"%sT10:00:30Z"},' "$2" "$2"
    printf '"InitiationTimestamp":"%sT10:00:00Z","DisconnectTimestamp":"%sT10:10:00Z",' "$2" "$2"
    printf '"LastUpdateTimestamp":"%sT10:11:00Z","Attributes":%s}\n' "$2" "$attributes"
}
file_of() { echo "artefacts/recordings/${2//-//}/$1.wav"; }
recording() { mkdir -p "$(dirname "$(file_of "$1" "$2")")"; echo voice >"$(file_of "$1" "$2")"; }

cd "$work" || exit 1
"$expunge" init --test-clock --now "$now" . >/dev/null || exit 1
sed -i 's/# backup_age: P35D/backup_age: P35D/' expunge.yaml
{ contact old 2021-01-01; contact young 2026-10-01; contact bank 2026-10-02 financial_services; contact odd 2026-10-03 nonsense; echo '{"oops":1}'; } >records.json
recording old 2021-01-01
recording bank 2026-10-02
run ingest records.json --json

# ---- find, show, explain, locate ----
run contact find --json
check 'find lists every contact, newest first' json '[x["id"] for x in l] == ["odd", "bank", "young", "old"]'
check 'find says how far it looked' says 'all 4 contact chains'
run contact find category:financial_services --json
check 'find by category' json '[x["id"] for x in l] == ["bank"]'
run contact find status:EXPIRY_DUE from:2020-01-01 --json
check 'find by status and date' json '[x["id"] for x in l] == ["old"]'
run contact find colour:red
check 'a bad filter is a usage error' is 2
run contact find --limit 2 --json
check 'find stops at the limit' json 'len(l) == 2'
after=${err##*--after }
run contact find --limit 2 --after "$after" --json
check 'find goes on where it stopped' json 'len(l) == 2'
run contact find --id old --json
check 'find by id' json 'j["source"] == "1111" and j["id"] == "old"'

run contact show old --json
check 'show has the fields of the contract' json 'set("source id chain related category policy_version started_at ended_at anchor_at keep_until due_at status reason registered_at purged_at holds past_holds requests artefacts".split()) <= set(j)'
check 'show: dates and status' json 'j["status"] == "EXPIRY_DUE" and j["due_at"] == "2023-01-01T10:10:00.000Z" and j["keep_until"] is None and j["chain"] == ["old"]'
run contact show old
check 'show for people' says 'its period has passed'
run contact show nobody
check 'an unknown contact' is 1
run contact explain old --json
check 'explain: erase' json 'j["decision"] == "erase" and all(set(b) == {"rule", "text", "value"} for b in j["because"]) and len(j["because"]) >= 3'
run contact explain bank --as gdpr --json
check 'explain as a request: an unconfirmed minimum asks for a decision' json 'j["decision"] == "needs_decision"'
run contact explain bank --as ccpa --json
check 'explain as another regime' json 'j["decision"] == "erase"'
run contact explain bank --as hipaa
check 'explain as no regime' is 2
out=$("$expunge" contact explain young --now 2030-01-01 --json); status=$?
check 'explain at another time' json 'j["decision"] == "erase"'
out=$("$expunge" contact locate old --json 2>&1); status=$?
check 'locate finds what is there' json 'j["whole"] and [(x["store"], x["kind"], x["there"], x["outcome"]) for x in j["artefacts"]] == [("artefacts", "recording", True, None)]'

# ---- decide, event ----
run contact decide bank erase
check 'a decision needs a reason' is 2
run contact decide young erase --reason x
check 'nothing asks for a decision about an ordinary contact' says 'nothing about this contact asks for a decision'
run contact decide odd category:standard_support --reason mapped --json
check 'a category that makes it due earlier waits for a second person' is 3
check "and says so" says 'rule 2.7'
run contact decide odd category:financial_services --reason mapped --json
check 'a category for a value nobody mapped' json 'j["decision"] == "category:financial_services"'
run contact decide bank erase --reason 'counsel agrees'
check 'decide erase' says 'carries it out'
run contact event young contract_end --at 2026-11-01
check 'an event' is 0
run contact event young contract_end --at 2027-11-01
check 'an event cannot be told before it happens' is 2
printf 'id,event,at\nyoung,case_closed,2026-11-02\nnobody,case_closed,2026-11-02\n' >events.csv
run contact event --file events.csv --json
check 'events from a CSV' json '[x["taken"] for x in l] == [True, False]'
check 'one of them was not taken' is 1

# ---- quarantine ----
run quarantine list --json
check 'quarantine keeps the document and the reason' json 'len(l) == 1 and l[0]["file"] == "records.json" and l[0]["reason"]'
run quarantine retry --all
check 'what is still wrong stays' is 1
check 'quarantined bytes are encrypted' bash -c '! grep -aq oops expunge.db'
run quarantine drop --all
run quarantine list
check 'drop' says 'Nothing is in quarantine'

# ---- schedules ----
run policy check
check 'check: no difference' is 0
run policy activate
check 'a schedule is activated by a named person' is 2
run policy activate --by Ann --json
check 'the first activation arms' json 'j["state"] == "in_force" and j["armed"]'
sed -i 's/erase_after: P90D/erase_after: P120D/' expunge.yaml
run policy check --json
check 'check: longer needs nobody else' json 'j["changes"][0]["longer"] and not j["second_person"]'
run policy activate --by Ann
check 'longer acts at once' is 0
sed -i 's/erase_after: P2Y/erase_after: P30D/' expunge.yaml
run policy simulate --json
check 'simulate counts what would be due' json 'j["impact"]["earlier"] >= 1 and j["impact"]["due_now"] >= 1 and j["second_person"]'
run policy activate --by Ann --json
check 'shorter waits for a second person' json 'j["state"] == "waiting" and len(j["digest"]) == 64'
check 'and says so by its status' is 3
sed -i 's/erase_after: P30D/erase_after: P2Y/' expunge.yaml
run policy show --json
check 'show: the schedule in force' json 'j["in_force"] and j["armed"] and "categories" in j["schedule"]'
run policy show --versions --json
check 'versions' json 'sum(x["in_force"] for x in l) == 1 and sum(x["pending"] for x in l) == 1 and len(l) == 3'

# ---- a run, and what is seen of it ----
run purge
check 'the run erases what is due and what was decided' bash -c '[ ! -e artefacts/recordings/2021/01/01/old.wav ] && [ ! -e artefacts/recordings/2026/10/02/bank.wav ]'
run contact show old --json
check 'show of an erased contact' json 'j["status"] == "PURGED" and j["purged_at"] and j["reason"] == "RETENTION_EXPIRY" and j["artefacts"][0]["outcome"] == "gone" and j["artefacts"][0]["residuals"] == [{"kind": "backup", "until": "2026-12-26T02:00:00.000Z"}]'
run contact show old
check 'people read deleted' says 'deleted'
run contact find --json
check 'find leaves out what is erased' json 'all(x["id"] not in ("old", "bank") for x in l)'
run store list --json
check 'store list' json 'j["store"] == "artefacts" and j["type"] == "folder" and j["state"] == "up" and j["held_something"]'
run report residuals --json
check 'residuals: the backups' json 'j["report"] == "residuals" and j["rows"][0]["copy"] == "backup" and j["rows"][0]["last_gone"] == "2026-12-26T02:00:00.000Z"'

# ---- stores ----
out=$("$expunge" store check 2>&1); status=$?
check 'store check' is 0
out=$("$expunge" store check nowhere 2>&1); status=$?
check 'store check of no store' is 1
run store retire artefacts --reason x
check 'a configured store cannot be retired' says 'is configured'

# ---- a restore ----
now=2026-11-23T02:00:00Z
run purge
recording old 2021-01-01
run restore declare --store artefacts --as-of 2026-11-20 --json
check 'declare: both are to be erased again' json 'j["risen"] == 2 and j["closed"]'
run store list --json
check 'the store is closed' json 'j["closed"] and j["state"] == "closed"'
run restore status --json
check 'status counts what remains' json 'j["remaining"] == 2'
check 'and is not done' is 1
run purge
check 'erased again' bash -c '[ ! -e artefacts/recordings/2021/01/01/old.wav ]'
run restore status
check 'the store is open again' says 'No restore is being repeated'
run contact show old --json
check 'by repetition' json 'j["status"] == "PURGED" and j["reason"] == "REPLAYED"'
run restore declare --store nowhere --as-of 2026-11-20
check 'no such store' is 1

# ---- reports, tasks ----
run hold apply young --matter CASE-1 --reason r
run report holds --json
check 'report holds' json 'j["rows"][0]["matter"] == "CASE-1" and j["rows"][0]["contacts"] == 1'
run report retention --html
check 'report as HTML' bash -c '[[ $1 == "<!doctype html>"*"</html>"* ]]' - "$out"
run report retention --csv
check 'report as CSV' bash -c '[[ $1 == category,erase_after,* ]]' - "$out"
run report overdue --json
check 'nothing is overdue' json 'j["rows"] == []'
run report targets --json
check 'no target is open' json 'j["rows"] == [] and j["more"] is False'
run report holds --csv --html
check 'one form at a time' is 2
run task list --json
check 'no tasks' is 0
run audit verify
check 'the log verifies after all of it' is 0

echo "1..$number"
[ "$failures" = 0 ]
