#!/bin/bash
# cli_test.sh [EXPUNGE] - every command of the program in a folder of its own; prints TAP.
#
# Asserts exit statuses, JSON fields of docs/commands.md's contract, files and what people read. Needs python3.
set -uo pipefail
export LC_ALL=C TZ=UTC
unset EXPUNGE_TOKEN
root=$(cd "$(dirname "$0")/../.." && pwd)
expunge=$(realpath "${1:-$root/build/expunge}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 failures=0 out='' err='' status=0

# run ARGUMENTS...: standard output, standard error and status of the program are kept
run() {
    out=$("$expunge" "$@" 2>"$work/stderr" </dev/null)
    status=$?
    err=$(cat "$work/stderr")
}

# fed TEXT ARGUMENTS...: the same with standard input
fed() {
    local text=$1
    shift
    out=$("$expunge" "$@" 2>"$work/stderr" <<<"$text")
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
    printf '#   status %s\n' "$status"
    sed 's/^/#   out: /' <<<"${out:0:1500}"
    sed 's/^/#   err: /' <<<"${err:0:800}"
}

is() { [ "$status" -eq "$1" ]; }                                  # the exit status
says() { is "$1" && grep -qF -- "$2" <<<"$out"; }                 # status, and standard output holds the text
complains() { is "$1" && grep -qF -- "$2" <<<"$err"; }            # status, and standard error holds the text
json() { is "$1" && python3 -c 'import json,sys; d=json.loads(sys.argv[1]); sys.exit(not ('"$2"'))' "$out"; }  # d: the document
lines() { is "$1" && python3 -c 'import json,sys; d=[json.loads(l) for l in sys.argv[1].splitlines()]; sys.exit(not ('"$2"'))' "$out"; }
gone() { [ ! -e "$1" ]; }
there() { [ -e "$1" ]; }

# contact ID DAY [INITIAL] [PHONE]: an Amazon Connect contact record of March 2023, and its recording
contact() {
    local initial=null
    [ -n "${3:-}" ] && initial="\"$3\""
    mkdir -p "artefacts/recordings/2023/03/$2"
    echo sound >"artefacts/recordings/2023/03/$2/$1.wav"
    cat <<RECORD
{"AWSContactTraceRecordFormatVersion":"2017-03-10","ContactId":"$1","InitialContactId":$initial,"InstanceARN":"inst-1",
"Channel":"VOICE","InitiationMethod":"INBOUND","InitiationTimestamp":"2023-03-$2T10:00:00Z","Queue":{"Name":"Support"},
"DisconnectTimestamp":"2023-03-$2T10:05:00Z","LastUpdateTimestamp":"2023-03-$2T10:09:00Z",
"CustomerEndpoint":{"Type":"TELEPHONE_NUMBER","Address":"${4:-+442079460001}"}}
RECORD
}
recording() { echo "artefacts/recordings/2023/03/$2/$1.wav"; }

usage() {
    run
    check 'without a command: the overview, status 2' says 2 'Usage: expunge COMMAND'
    run help
    check 'help lists commands and exit statuses' says 0 'the audit log does not verify'
    run erase --help
    check 'a command shows its help' says 0 '--leg-only'
    run help hold
    check 'a group shows its subcommands' says 0 'release'
    run help nothing
    check 'help of no command is refused' complains 2 'no command `nothing`'
    run ersae x
    check 'an unknown command: the nearest is named' complains 2 'did you mean `erase`?'
    run erase --dyr-run x
    check 'an unknown option: the nearest is named' complains 2 'did you mean `--dry-run`?'
    run hold aply
    check 'an unknown subcommand: the nearest is named' complains 2 'did you mean `apply`?'
    run hold
    check 'a group alone names its subcommands' complains 2 'apply, release, waive, list'
    run erase --wait
    check 'an option without its value' complains 2 'needs a value'
    run verify --sample none
    check 'a number that is none' complains 2 '--sample none: expected a number'
    run run show
    check 'too few arguments' complains 2 'too few arguments'
    run version --json
    check 'version' json 0 'd["version"]'
    run doctor
    check 'without an installation: status 2' complains 2 'expunge.yaml'
    run config check --config "$work/none.yaml"
    check 'a configuration that is not there' complains 2 'none.yaml'
}

installation() {
    run init --test-clock
    check 'init makes an installation' says 0 'expunge policy activate'
    run init
    check 'init overwrites nothing' complains 2 'exists already'
    check 'the keys are private' test "$(stat -c %a keys)" = 700
    run config check
    check 'the template is good' says 0 '6 categories'
    sed 's/^timezone:.*/timezone: Mars\/Base\nnonsense: 1/' expunge.yaml >bad.yaml
    run config check --config bad.yaml
    check 'every mistake is told with its place' complains 2 'bad.yaml:'
    check 'all of them in one pass' test "$(grep -c '^bad.yaml:[0-9]*:[0-9]*: ' <<<"$err")" -ge 2
    run doctor --json
    check 'doctor has findings' lines 1 'any(x["check"]=="schedule" and not x["ok"] for x in d)'
    check 'and says what is good' lines 1 'any(x["check"]=="keys" and x["ok"] for x in d)'
}

ingesting() {
    {
        for day in 01 02 03 04 05 06 07 08 09; do contact "c-$day" "$day"; done
        contact c-01b 01 c-01
        contact p-1 11 '' +442079460958
        contact p-2 12 '' +442079460958
    } >records.json
    run ingest records.json
    check 'ingest registers' says 0 '12  contacts registered'
    run ingest records.json --json
    check 'ingesting again changes nothing' json 0 'd["read"]==12 and d["duplicate"]==12 and d["registered"]==0 and d["quarantined"]==[]'
    echo '{"cut": ' >cut.json
    run ingest --json cut.json
    check 'a bad document is quarantined with its place' json 1 'len(d["quarantined"])==1 and d["quarantined"][0]["file"]=="cut.json" and d["quarantined"][0]["position"]'
    fed "$(contact c-10 10)" ingest -
    check 'standard input is read' says 0 '1  contacts registered'
    run ingest none.json
    check 'a file that is not there' complains 1 'none.json'
}

disarmed() {
    run purge --json
    check 'a disarmed registry purges nothing' json 0 'd["disarmed"] and d["dry_run"] and d["contacts"]["considered"]==12 and d["contacts"]["purged"]==0'
    check 'and says no contact has changed' json 0 'd["contacts"]["changed"]==0'
    check 'the recordings are there' there "$(recording c-03 03)"
    run purge
    check 'and says how to arm it' says 0 'expunge policy activate'
    run purge --dry-run --plan plan.txt --json
    check 'a plan has a digest' json 0 'len(d["plan_digest"])==64'
    check 'and is written' grep -q expunge_plan plan.txt
    run run list --json
    check 'plans are listed' lines 0 'd and all(x["kind"]=="purge" and x["dry_run"] and x["state"]=="planned" for x in d)'
    run run show "$(python3 -c 'import json,sys; print(json.loads(sys.argv[1].splitlines()[0])["run"])' "$out")"
    check 'one run is shown' says 0 'Digest'
    check 'as planned' says 0 'State    planned'
}

erasing() {
    run erase c-01 nope c-01b c-01 --dry-run --json
    check 'a dry run says what would go' json 1 'd["dry_run"] and d["ids"]=={"given":4,"duplicate":2,"legs_added":1,"unknown":["nope"],"ambiguous":[]}'
    check 'and changes nothing' there "$(recording c-01 01)"
    run erase c-01 nope c-01b --result result.csv --reason 'asked by phone' --wait 30
    check 'an order names what was given first' says 1 'legs added'
    check 'both legs are gone' gone "$(recording c-01 01)"
    check 'the second leg too' gone "$(recording c-01b 01)"
    check 'the result names every id in order' test "$(cut -d, -f1,2 result.csv | tr '\n' ' ')" = 'id,outcome c-01,purged nope,unknown c-01b,duplicate '
    check 'and nothing else is left of it' gone result.csv.part
    run erase c-01 --result result.csv
    check 'given again: the result says it is gone already' test "$(cut -d, -f1,2 result.csv | tr '\n' ' ')" = 'id,outcome c-01,already '
    run erase c-01 --json
    check 'erased before' json 0 'd["contacts"]["already"]==1'
    printf 'contact_id;note\nc-02;"a;b"\n\nc-03;x\n' >ids.csv
    run erase --file ids.csv --json --verbose --wait 30
    check 'a CSV file: one object a contact, then the summary' lines 0 'len(d)==3 and [x["id"] for x in d[:2]]==["c-02","c-03"] and all(x["outcome"]=="purged" for x in d[:2]) and d[2]["contacts"]["purged"]==2'
    check 'artefacts and stores are counted' lines 0 'd[2]["artefacts"]=={"gone":2} and d[2]["stores"]["artefacts"]["artefacts"]==2'
    check 'neighbours are untouched' there "$(recording c-04 04)"
    run erase 'c-04 ' --verbose
    check 'an id is never trimmed' says 1 'it has a space at its end'
    fed ' c-04' erase --file - --json
    check 'nor in a file' json 1 'd["ids"]["unknown"]==[" c-04"]'
    fed '#c-04' erase --file - --json
    check 'a file of ids has no comments' json 1 'd["ids"]["unknown"]==["#c-04"]'
    fed $'id,contact_id\nc-04,c-05' erase --file -
    check 'the column of the ids is never guessed' complains 2 'both id and contact_id could be'
    run erase $'c\xe2\x80\xae-04' --verbose
    check 'an id that deceives the reader is written out' says 1 'c\u202e-04'
    check 'none of them erased it' there "$(recording c-04 04)"
    mkfifo fifo
    run erase --config fifo c-04
    check 'a FIFO as configuration is refused, not waited for' complains 2 'not a regular file'
    head -c 5000000 /dev/zero >large.yaml
    run store list --config large.yaml
    check 'a configuration too large' complains 2 'larger than'
    rm fifo large.yaml
    fed 'c-04' erase --file - --json --wait 30
    check 'ids from standard input' json 0 'd["contacts"]["purged"]==1'
    run erase
    check 'no ids' complains 2 'no ids'
    run erase nope
    check 'only unknown ids' is 1
    run erase --result /nonexistent/result.csv nope
    check 'a result file that cannot be written is said' complains 1 '/nonexistent'
    run erase --file nowhere.csv
    check 'a file of ids that is not there: status 2' complains 2 'nowhere.csv'
}

verifying() {
    run verify c-01 --json
    check 'what is gone reads back as gone' json 0 'd["contacts"]["considered"]==1 and d["contacts"]["purged"]==1'
    run verify c-05
    check 'what is not erased is not read back' says 1 'is not erased'
    run verify nope
    check 'an unknown id' says 1 'unknown: nope'
    run verify --sample 2 --json
    check 'a sample' json 0 'd["contacts"]["considered"]==2'
    mkdir -p artefacts/recordings/2023/03/02 && echo back >"$(recording c-02 02)"
    run verify c-02
    check 'what came back is found' says 1 'not gone'
}

holding() {
    run hold apply c-05 later-1 c-01 --matter 'Case 7' --reason 'litigation' --json --source inst-1
    check 'a hold says what it met' json 1 'd["matter"]=="Case 7" and d["pending"]==["later-1"] and d["covered"]==1 and len(d["already_purged"])==1 and d["lost_in_flight"]==[]'
    run hold list --json
    check 'holds are listed' lines 0 'len(d)==1 and d[0]["matter"]=="Case 7" and d[0]["scope"]=="ids"'
    run hold list
    check 'for people too' says 0 'Case 7'
    run erase c-05 --json
    check 'an order for what is held is refused: status 3' json 3 'd["contacts"]["held"]==1 and d["contacts"]["purged"]==0'
    check 'nothing is touched' there "$(recording c-05 05)"
    run erase c-05 c-06 --json --wait 30
    check 'held and not held: status 1' json 1 'd["contacts"]["held"]==1 and d["contacts"]["purged"]==1'
    run hold apply --matter X
    check 'a hold without a scope' complains 2 'either contacts'
    run hold apply c-07
    check 'a hold without a matter' complains 2 '--matter CASE'
    run hold apply --filter 'queue:Support from:2023-03-07 to:2023-03-08' --matter 'Case 8' --json
    check 'a filter holds what matches' json 0 'd["covered"] in (None, 1)'
    fed 'phone +442079460958' hold apply --subject - --matter 'Case 9' --json
    check 'a person is held by identifier' json 0 'd["matter"]=="Case 9"'
    run erase p-1
    check 'and cannot be erased' is 3
    for matter in 'Case 7' 'Case 8' 'Case 9'; do
        run hold release --matter "$matter" --reason settled --json
        check "$matter is released" json 0 'd["still_held"]==0'
    done
    run hold release --matter 'Case 7'
    check 'a matter is released once' is 1
    run hold list --all --json
    check 'released ones are kept' lines 0 'len(d)==3 and all(x["released"] for x in d)'
}

accounts() {
    run user add ann --role privacy-approver --json
    check 'an account has a token' json 0 'd["token"].startswith("exp_")'
    approver=$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])["token"])' "$out")
    run user add vic --role viewer --json
    viewer=$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])["token"])' "$out")
    run user add ann --role viewer
    check 'a name is taken once' complains 1 'exists already'
    run user add bob --role king
    check 'an unknown role' complains 2 'privacy-operator'
    run user list --json
    check 'accounts are listed without tokens' lines 0 'len(d)==2 and all("token" not in x for x in d)'
    EXPUNGE_TOKEN=$viewer run erase c-07
    check 'a viewer may not erase: status 3' complains 3 'contact.delete'
    EXPUNGE_TOKEN=$viewer run hold list --json
    check 'a viewer does not see matters' lines 0 'd==[] or all(x["matter"] is None for x in d)'
    EXPUNGE_TOKEN=wrong run user list
    check 'a wrong token is nobody' complains 3 'EXPUNGE_TOKEN'
    run approve "$(printf 'a%.0s' {1..64})"
    check 'who has no account cannot approve' complains 3 'EXPUNGE_TOKEN'
    EXPUNGE_TOKEN=$approver run approve "$(printf 'a%.0s' {1..64})"
    check 'nothing waits under this digest' complains 1 'nothing waits'
    run approve 12
    check 'a digest that is none' complains 2 '64 hexadecimal digits'
    run user disable vic
    check 'an account is disabled' says 0 'disabled'
    EXPUNGE_TOKEN=$viewer run user list
    check 'and its token no longer works' is 3
}

# A person's contact is held and released by one account; another waives the grace.
waiving() {
    local lara luis
    lara=$(account lara legal) luis=$(account luis legal)
    contact w-1 14 '' +442079460977 >waived.json
    contact w-2 15 '' +442079460999 >>waived.json
    run ingest waived.json
    EXPUNGE_TOKEN=$lara run hold apply w-1 w-2 --matter 'Case W'
    check 'two contacts are held' is 0
    EXPUNGE_TOKEN=$luis run hold waive --matter 'Case W'
    check 'a matter in force has no grace to waive' complains 1 'release it first'
    fed 'phone +442079460977' request add --regime gdpr --received "$(date -u +%F)" --identity-checked 'video call' --json
    waits=$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])["request"])' "$out")
    run request candidates "$waits"
    run request confirm "$waits"
    EXPUNGE_TOKEN=$lara run hold release --matter 'Case W'
    run request run "$waits"
    check 'a request waits for the grace' there "$(recording w-1 14)"
    run hold waive --matter 'Case W'
    check 'to waive it needs an account: status 3' complains 3 'EXPUNGE_TOKEN'
    EXPUNGE_TOKEN=$lara run hold waive --matter 'Case W'
    check 'and not that of who released it' complains 3 'different people'
    EXPUNGE_TOKEN=$luis run hold waive --matter 'Case W' --reason 'nothing is pending' --json
    check 'a second person waives it' json 0 'd["matter"]=="Case W" and d["freed"]==1 and d["waiting"]==0'
    EXPUNGE_TOKEN=$luis run hold waive
    check 'which matter, must be said' complains 2 '--matter CASE'
    EXPUNGE_TOKEN=$luis run hold waive --matter 'Case V'
    check 'of a matter that is none there is no grace' is 1
    run hold list --all --json
    check 'it is listed' lines 0 '[bool(x["waived"]) for x in d if x["matter"]=="Case W"]==[True]'
    run request run "$waits"
    check 'the request goes on' gone "$(recording w-1 14)"
    sed 's/^approval:.*//' expunge.yaml >alone.yaml
    printf '\napproval:\n  delay: P3D\n' >>alone.yaml
    EXPUNGE_TOKEN=$luis run hold waive --matter 'Case W' --config alone.yaml
    check 'a site of one person has no second' complains 3 'approval.delay'
}

# account NAME ROLE: its token
account() { "$expunge" user add "$1" --role "$2" --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["token"])'; }

requesting() {
    local due
    fed 'phone +442079460958' request add --regime gdpr --received "$(date -u +%F)" --identity-checked 'video call' --json
    check 'a request is opened' json 0 'd["state"]=="assessing" and d["due_at"]>d["received_at"]'
    due=$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])["due_at"])' "$out")
    request=$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])["request"])' "$out")
    check 'the identifier is not shown' eval '! grep -q 442079460958 <<<"$out"'
    run request candidates "$request" --json
    check 'candidates with what matched' lines 0 'sorted(x["id"] for x in d)==["p-1","p-2"] and all("958" in x["matched"] for x in d)'
    run request confirm "$request" p-1 --json
    check 'one is confirmed' json 0 'd["candidates"]=={"proposed":1,"confirmed":1,"excluded":0}'
    run request exclude "$request" p-2 --json
    check 'one is excluded' json 0 'd["candidates"]["excluded"]==1'
    run request show "$request"
    check 'a request is shown with its next step' says 0 'expunge request run'
    run request extend "$request"
    check 'an extension needs a reason' complains 2 '--reason'
    run request extend "$request" --reason 'many systems' --json
    check 'a request is extended' json 0 'd["due_at"]>"'"$due"'"'
    run request list --json
    check 'open requests are listed' lines 0 'len(d)==1'
    run request run "$request" --json
    check 'what is confirmed is erased' test "$status" -le 1
    run request letter "$request" --out letter.txt
    check 'the letter is written' test -s letter.txt
    run request run none
    check 'an unknown request' is 1
    fed 'phone 12' request add --regime gdpr --received 2026-01-10
    check 'an identifier that is none is refused by line, not by value' complains 2 'line 1'
}

auditing() {
    run audit list --json
    check 'the log is listed in order' lines 0 'd and [x["index"] for x in d]==list(range(len(d)))'
    check 'with the fields of the contract' lines 0 'all(set(("index","at","type","setting","functionality","actor","contacts","result","request"))<=set(x) for x in d)'
    run audit list --json --contact inst-1/c-01 --type VERIFIED
    check 'by contact and type' lines 0 'd and all(x["type"]=="VERIFIED" and "inst-1/c-01" in x["contacts"] for x in d)'
    run audit list --functionality zzz
    check 'a functionality that there is not: status 2' complains 2 'Delete Contact, Bulk Delete'
    run audit list --type zzz
    check 'a type that there is not: status 2' complains 2 'REGISTERED, REQUESTED'
    run audit list --limit 2 --newest --json
    check 'a few, newest first' lines 0 'len(d)==2 and d[0]["index"]==d[1]["index"]+1'
    run audit verify --json
    check 'the log verifies' json 0 'd["ok"] and d["checkpoint_verified"] and d["entries_verified"]==d["size"] and d["openings"]["missing"]==0'
    run audit publish published --json
    check 'it is published' json 0 'd["size"]>0 and d["vkey"]'
    vkey=$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])["vkey"])' "$out")
    (cd / && "$expunge" audit verify "$work/home/published" --vkey "$vkey" >/dev/null 2>&1)
    check 'a published folder verifies without configuration' test $? -eq 0
    run audit verify published
    check 'a folder needs a key' complains 2 '--vkey'
    cp -r published tampered
    entries=$(find tampered -path '*entries*' -type f | head -1)
    python3 -c 'import sys; p=sys.argv[1]; b=bytearray(open(p,"rb").read()); b[len(b)//2]^=1; open(p,"wb").write(b)' "$entries"
    run audit verify tampered --vkey "$vkey"
    check 'one flipped bit: status 4' says 4 'DOES NOT VERIFY'
    run audit prove 1 --out entry.tlog-proof
    check 'a proof is written' grep -q '^index 1$' entry.tlog-proof
    run audit prove 999999
    check 'no proof of what is not there' is 1
    run audit export handed --recipient court --json
    check 'an export is recorded' json 0 'd["rows"]>0'
    run audit export handed --recipient court
    check 'and overwrites nothing' is 1
    run audit reopen
    check 'nothing is reopened that is not behind' test "$status" -ne 0
    run certificate inst-1/c-01 --json --out cert
    check 'a certificate' json 0 'd["all_erased"] and d["certificates"][0]["proven"]'
    check 'with its page and instructions' test -s cert/certificate.html -a -s cert/VERIFY.txt
    run certificate c-08 --out cert8
    check 'what is not erased is not certified so' is 1
    run certificate nope --out cert9
    check 'no certificate for what was never known' is 1
}

keeping() {
    run backup copy.db
    check 'a copy of the registry' says 0 'copy.db'
    check 'readable by its owner alone' test "$(stat -c %a copy.db)" = 600
    run backup copy.db
    check 'a backup overwrites nothing' complains 1 'exists already'
    run audit publish published --json
    vkey=$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])["vkey"])' "$out")
    run key rotate --overlap P1X
    check 'an overlap is a period' complains 2 '--overlap P1X'
    run key rotate --overlap PT1H
    check 'of a day at least' complains 2 'at least P1D'
    run key rotate --json
    check 'another key signs the log' json 0 'd["previous"]=="'"$vkey"'" and d["vkey"]!=d["previous"] and d["overlap_until"]>d["rotated_at"]'
    new_vkey=$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])["vkey"])' "$out")
    run audit verify --json
    check 'the log verifies with it' json 0 'd["ok"] and d["vkey"]=="'"$new_vkey"'"'
    run audit publish published --json
    check 'and is published with it' json 0 'd["vkey"]=="'"$new_vkey"'"'
    for key in "$vkey" "$new_vkey"; do
        run audit verify published --vkey "$key"
        check 'either key verifies while both sign' is 0
        python3 "$root/tests/verify_log.py" published --vkey "$key" >/dev/null 2>&1
        check 'and by the independent script' test $? -eq 0
    done
    check 'the old key signs beside it' test "$(find keys -name 'audit-????????.key' | wc -l)" -eq 1
    run key rotate
    check 'what becomes of the other keys is said' says 0 'Seal keys change by themselves'
    run audit list --config "$work/home/expunge.yaml"
    check 'a configuration by its path' is 0
    "$expunge" audit list >/dev/full 2>"$work/stderr"
    status=$?
    err=$(cat "$work/stderr")
    check 'a full disk behind standard output is said' complains 1 'standard output'
    "$expunge" audit list 2>"$work/stderr" | head -1 >/dev/null
    check 'a reader that goes away is no news' test ! -s "$work/stderr"
}

# A store that cannot be searched has no artefact to be known by.
owing() {
    fed "$(contact a-01 21)" ingest -
    mv artefacts/.expunge-control marker
    run erase a-01
    check 'a store that is away still owes' is 1
    run contact show a-01 --json
    check 'it is named' json 0 'd["status"]=="PARTIAL" and [(o["store"],o["artefacts"]) for o in d["owed"]]==[("artefacts",0)] and d["owed"][0]["next_at"]'
    run contact show a-01
    check 'people read when it is tried again' says 0 'store artefacts could not be searched; tried again 20'
    mv marker artefacts/.expunge-control
    run erase a-01 --retry
    run contact show a-01 --json
    check 'once searched it owes nothing' json 0 'd["status"]=="PURGED" and d["owed"]==[]'
}

arming() {
    run policy activate --by 'Ann Example'
    check 'the schedule is put in force' is 0
    run purge --dry-run --json
    plan=$(python3 -c 'import json,sys; print(json.loads(sys.argv[1])["run"])' "$out")
    run run pause "$plan"
    check 'a plan that waits is not paused' complains 1 'it waits'
    run run resume "$plan" --json
    check 'under the guard it may go on' json 0 'd["state"]=="running" and not d["dry_run"]'
    run purge --json
    check 'an armed purge erases what has expired' json 0 'not d["disarmed"] and d["contacts"]["purged"]+d["contacts"]["verifying"]>0'
    run purge --plan nowhere.plan
    check 'a plan that is not there: status 2' complains 2 'nowhere.plan'
    check 'the recording is gone' gone "$(recording c-08 08)"
    check 'expiry waits for the grace, waived or not' there "$(recording w-2 15)"
    run run show "$plan" --json
    check 'the plan that went on is worked off' json 0 'd["state"]=="done" and d["worked"]==d["planned"]'
    run run list --json
    check 'plans made before it have lapsed' lines 0 'all(x["state"]!="waiting" for x in d) and any(x["state"]=="lapsed" for x in d)'
    run run resume "$plan"
    check 'what is done is not resumed' complains 1 'nothing to resume'
    run run cancel "$plan"
    check 'nor cancelled' complains 1 'nothing to stop'
}

mkdir "$work/home" && cd "$work/home" || exit 1
for part in usage installation ingesting disarmed erasing verifying holding accounts requesting waiving auditing keeping owing arming; do
    echo "# $part"
    "$part"
done
echo "1..$number"
[ "$failures" -eq 0 ]
