#!/bin/bash
# registry_test.sh [EXPUNGE] - the demo's main story with its registry in PostgreSQL, then moved to SQLite and back; prints TAP.
# Needs EXPUNGE_TEST_POSTGRESQL (tests/peers/postgresql.sh run ...).
set -uo pipefail
export LC_ALL=C.UTF-8
unset EXPUNGE_TOKEN
root=$(cd "$(dirname "$0")/../.." && pwd)
expunge=$(realpath "${1:-$root/build/expunge}")
[ -n "${EXPUNGE_TEST_POSTGRESQL:-}" ] || { echo "1..0 # SKIP no PostgreSQL to test on"; echo "ok 1 # SKIP"; exit 0; }
work=$(mktemp -d)
first=expunge_story_$$ second=expunge_story_$$_b
number=0 failures=0 out='' err='' status=0

sql() { psql -qXAt "$1" -c "$2"; }
url_of() { sed "s|/expunge?|/$1?|" <<<"$EXPUNGE_TEST_POSTGRESQL"; }
finish() {
    sql "$EXPUNGE_TEST_POSTGRESQL" "DROP DATABASE IF EXISTS $first WITH (FORCE)"
    sql "$EXPUNGE_TEST_POSTGRESQL" "DROP DATABASE IF EXISTS $second WITH (FORCE)"
    rm -rf "$work"
}
trap finish EXIT

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
says() { is "$1" && grep -qF -- "$2" <<<"$out"; }
complains() { is "$1" && grep -qF -- "$2" <<<"$err"; }
silent_about() { ! grep -qF -- "$1" <<<"$out$err"; }
files() { [ "$(find stores -type f -name "$2" | wc -l)" -eq "$1" ]; }
counted() { [ "$(sql "$1" "$2")" = "$3" ]; }

sql "$EXPUNGE_TEST_POSTGRESQL" "CREATE DATABASE $first" || exit 1
sql "$EXPUNGE_TEST_POSTGRESQL" "CREATE DATABASE $second" || exit 1
url=$(url_of "$first") other=$(url_of "$second")
cd "$work" || exit 1
mkdir world && cd world || exit 1
"$root/examples/contact-centre/make_world.sh" . >/dev/null
connect=3b9f6c1e-2d54-4a8b-9e07-0000000000

# ---- made there ----
run init . --registry 'postgresql://me:hushhush@db.example.com/x'
check 'a password is not taken as an argument' complains 2 'a password is never in the configuration'
check 'and not repeated' silent_about hushhush
check 'nothing was made' test ! -e expunge.yaml
export STORY_REGISTRY=$url
run init . --test-clock --registry env:STORY_REGISTRY --now 2026-11-01T09:00:00Z
check 'init makes the registry where a reference names it' says 0 'the registry in its database'
check 'no SQLite file beside it' test ! -e expunge.db
check 'the configuration names the reference, not the address' grep -qx 'registry: "env:STORY_REGISTRY"' expunge.yaml
check 'its tables are in a schema of their own' counted "$url" "SELECT count(*) > 20 FROM pg_tables WHERE schemaname = 'expunge'" t
run init ../again --registry "$url"
check 'a second one is not made over it' complains 1 'already'
rm -rf ../again
sed 's|^registry:.*|registry: env:STORY_REGISTRY|; t; $a\' "$root/examples/contact-centre/expunge.yaml" >expunge.yaml
grep -q '^registry:' expunge.yaml || sed -i '1i registry: env:STORY_REGISTRY' expunge.yaml
run config check
check 'the configuration is good' is 0
run doctor --verbose --now 2026-11-01T09:05:00Z
check 'doctor names the server and what its settings mean' grep -q 'PostgreSQL 1.*synchronous_commit on' <<<"$out$err"
run backup "$work/copy"
check 'backup refers to the tool of the database' grep -q pg_dump <<<"$err"

# ---- the story ----
run ingest documents/connect --now 2026-11-01T09:10:00Z
check 'contact records are registered' is 0
run ingest documents/genesys --source genesys-us --now 2026-11-01T09:11:00Z
check 'conversations too' is 0
run ingest documents/branch --source branch-calls --now 2026-11-01T09:12:00Z
check 'a bad row goes to quarantine' is 1
run policy activate --by 'Ingrid Vale' --now 2026-11-01T09:30:00Z
check 'the schedule is put in force' is 0
run hold apply "${connect}24" --matter LIT-2026-014 --reason claim --by 'Ingrid Vale' --now 2026-11-01T10:00:00Z
check 'a hold is applied' is 0
run purge --dry-run --plan plan.txt --now 2026-11-02T02:00:00Z
check 'the plan' says 0 '30 contacts would be erased'
run purge --plan plan.txt --now 2026-11-02T02:00:00Z
check 'the purge' says 0 '30  purged'
check 'the held recording is there' files 1 "${connect}24*"
check 'what was due is not' files 0 "${connect}01*"
run erase "${connect}12" --reason 'wrong person recorded' --by 'Dev Operator' --now 2026-11-02T11:00:00Z
check 'one contact is erased' says 0 'purged'
run ingest documents/connect-late --now 2026-11-02T12:00:00Z
check 'delivered again, it does not come back' says 0 'about contacts being erased'
run verify --due --now 2026-11-04T03:00:00Z
check 'everything is read back again' is 0
run audit publish published --now 2026-11-04T04:00:00Z
check 'the log is published' is 0
run audit verify --json --now 2026-11-04T04:00:00Z
check 'it verifies' is 0
vkey=$(jq -r .vkey <<<"$out")
out=$(python3 "$root/tests/verify_log.py" published --vkey "$vkey" 2>&1)
status=$?
check 'also by a program that shares no code with ours' says 0 'ok: True'
run audit list --now 2026-11-04T05:00:00Z
check 'entries are listed' says 0 'OUTCOME'
listed=$out
check 'every entry has its position' counted "$url" 'SELECT (SELECT count(*) FROM expunge.pending) = 0 AND (SELECT count(*) FROM expunge.log) = (SELECT count(*) FROM expunge.entry)' t

# ---- moved to SQLite, and back ----
run registry copy env:STORY_REGISTRY sqlite:moved.db --json
check 'copied to SQLite' is 0
copied=$out
export STORY_BACK=$other
run registry copy sqlite:moved.db env:STORY_BACK --json
check 'and back to PostgreSQL: the same rows, entries and root' test "$out" = "$copied"
run registry copy sqlite:moved.db env:STORY_BACK
check 'never over a registry' complains 1 'already'
run registry copy 'postgresql://me:hushhush@db.example.com/x' sqlite:x.db
check 'no password among the arguments' complains 2 'a password among the arguments'
for place in sqlite:moved.db env:STORY_BACK; do
    sed -i "s|^registry:.*|registry: $place|" expunge.yaml
    run audit list --now 2026-11-04T05:00:00Z
    check "the log reads the same from $place" test "$out" = "$listed"
    run audit verify --now 2026-11-04T06:00:00Z
    check "and verifies" is 0
    run contact explain "${connect}24" --now 2026-11-04T06:00:00Z
    check "the hold is there" says 0 'legal hold'
done
sed -i 's|^registry:.*|registry: sqlite:moved.db|' expunge.yaml
run purge --now 2026-11-05T02:00:00Z
check 'a purge goes on with one of them' is 0
sed -i 's|^registry:.*|registry: env:STORY_BACK|' expunge.yaml
run purge --now 2026-11-05T03:00:00Z
check 'after which the other is behind, and neither signs nor claims' complains 3 'behind what it has published'
sql "$other" "DELETE FROM expunge.meta WHERE key = 'schema'"
run audit list --now 2026-11-04T05:00:00Z
check 'a copy without its last row does not open' complains 2 'not created to its end'

echo "1..$number"
[ "$failures" -eq 0 ]
