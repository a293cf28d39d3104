#!/usr/bin/env bash
# demo.sh - the main job in a minute: a synthetic contact centre is registered, held, purged, read back and proved.
#
# Works in demo-world/ beside the Makefile, which is made anew each time. Every command is shown before its output; the
# clock is told with --now, so that the story is the same on every day. A status that was not expected stops the demo.
set -euo pipefail
export LC_ALL=C.UTF-8
unset EXPUNGE_TOKEN # an account of another registry
cd "$(dirname "$0")/.."
top=$PWD
world=demo-world
marker=.made-by-demo
[ -t 1 ] && bold=$'\033[1m' plain=$'\033[0m' || bold='' plain=''

stop() {
    printf '\ndemo: stopped: %s\n' "$1" >&2
    exit 1
}

# headline TEXT, then sentences of the story
headline() { printf '\n%s== %s%s\n' "$bold" "$1" "$plain"; }
tell() { printf '%s\n' "$*"; }

expunge() { "$top/build/expunge" "$@"; }

# The command as it could be typed.
shown() {
    local word line=
    for word in "$@"; do
        [[ $word =~ ^[A-Za-z0-9_./:=@%+,-]+$ ]] || word="'${word//\'/\'\\\'\'}'"
        line+=" $word"
    done
    printf '\n%s$%s%s\n' "$bold" "$line" "$plain"
}

# ends STATUS COMMAND...: shows the command and its output, and stops the demo on any other exit status.
ends() {
    local want=$1 got=0
    shift
    shown "$@"
    "$@" || got=$?
    [ "$got" -eq "$want" ] || stop "exit status $got instead of $want from: $*"
}
run() { ends 0 "$@"; }

# holds WHAT COMMAND...: a check of our own, with plain tools, on the files themselves.
checks=0
holds() {
    local what=$1
    shift
    "$@" || stop "not as it should be: $what"
    checks=$((checks + 1))
    printf '  checked: %s\n' "$what"
}
nowhere() { # TEXT FILE...
    ! grep -rqF -- "$@"
}
rows() { # WANTED SQL
    [ "$(sqlite3 stores/warehouse.db "$2")" = "$1" ]
}
files() { # WANTED NAME-PATTERN
    [ "$(find stores -type f -name "$2" | wc -l)" -eq "$1" ]
}
restricted() { # WANTED NAME-PATTERN: they are there, and nowhere else
    [ "$(find stores/recordings/.restricted -type f -name "$2" | wc -l)" -eq "$1" ] && files "$1" "$2"
}

# ---- the world -------------------------------------------------------------------------------------------------------

[ -x build/expunge ] || stop "build/expunge is missing: run make"
if [ -e "$world" ]; then
    [ -f "$world/$marker" ] || stop "$world exists and was not made by this demo: move it away"
    rm -rf "$world"
fi
mkdir "$world"
echo "Made by examples/demo.sh, which deletes this folder when it runs again." >"$world/$marker"
cd "$world"

connect=3b9f6c1e-2d54-4a8b-9e07-0000000000 # the ids end in the numbers of contacts.csv
call=${connect}12    # a support call of February
old_call=${connect}24 # an investment call of 2018, seven years and more ago
advice=${connect}22  # an investment call of 2024: a law keeps it

headline "1. A contact centre"
tell "Larkfield Savings is invented, and so are its people. Amazon Connect, Genesys Cloud and the branches have delivered"
tell "documents about 59 contacts; their artefacts lie in four stores: a bucket, a maildir, chat archives, a warehouse."
"$top/examples/contact-centre/make_world.sh" .
run ls documents stores
day=2026-11-01
run expunge init . --test-clock --now ${day}T09:00:00Z
run cp ../examples/contact-centre/expunge.yaml .
run expunge config check

headline "2. Contacts are registered"
run expunge ingest documents/connect --now ${day}T09:10:00Z
run expunge ingest documents/genesys --source genesys-us --now ${day}T09:11:00Z
tell
tell "One row of the branches has a date that does not exist. It goes to quarantine, the others are registered: status 1."
ends 1 expunge ingest documents/branch --source branch-calls --now ${day}T09:12:00Z

headline "3. The retention schedule is put in force"
tell "Until a named person does this, every purge is a dry run. Its impact is shown first."
run expunge policy simulate --now ${day}T09:20:00Z
run expunge policy activate --by "Ingrid Vale" --now ${day}T09:30:00Z

headline "4. A litigation hold"
tell "This call is from 2018; its seven years are over. But there is a court case."
run expunge hold apply "$old_call" --matter LIT-2026-014 --reason "claim about investment advice" --by "Ingrid Vale" --now ${day}T10:00:00Z
run expunge contact explain "$old_call" --now ${day}T10:01:00Z

headline "5. The plan of the night"
tell "A dry run writes exactly what a purge would do, with a digest. It changes nothing."
find stores -type f -print0 | sort -z | xargs -0 sha256sum >before.txt
run expunge purge --dry-run --plan plan.txt --now 2026-11-02T02:00:00Z
holds "not one byte of a store has changed" sha256sum --quiet -c before.txt

headline "6. The purge"
run expunge purge --plan plan.txt --now 2026-11-02T02:00:00Z
holds "the held call's recording is still there" files 1 "$old_call*"
holds "its record in the warehouse is unchanged" rows Jonas "SELECT substr(customer_name, 1, 5) FROM ctr WHERE contact_id = '$old_call'"
holds "the recordings of contact 1 are gone, redacted copies too" files 0 "${connect}01*"
holds "chat lines of contact 14 are out of the archive it shared" nowhere "${connect}14" stores/chatlogs
holds "chat lines of contact 17, not yet due, are in theirs" grep -q "${connect}17" stores/chatlogs/2026-08.jsonl
holds "e-mails of contact 8, question and answer, are gone" nowhere "${connect}08" stores/mail
holds "a web form went with its uploads" rows 0 "SELECT count(*) FROM webform_upload WHERE form_id = 9"

headline "7. One contact is deleted by its id"
run expunge erase "$call" --reason "wrong person recorded" --by "Dev Operator" --now 2026-11-02T11:00:00Z
run expunge contact show "$call" --now 2026-11-02T11:01:00Z
holds "its id is in no store any more" nowhere "$call" stores
tell
tell "The stream delivers records again, also of what is erased. The contact does not come back to life."
run expunge ingest documents/connect-late --now 2026-11-02T12:00:00Z

headline "8. A person asks to be erased, and a law keeps a part"
tell "Maya Okonjo wrote in. What identifies her comes from a file, never from arguments, where others could see it."
printf 'phone +442079460123\nemail maya.okonjo@example.com\n' >person.txt
run cat person.txt
run expunge request add --regime uk-gdpr --received 2026-11-01 --identity-checked "call back to the number on file" --file person.txt --now 2026-11-02T13:00:00Z
request=$(expunge request list --json --now 2026-11-02T13:00:00Z | jq -r .request)
run expunge request candidates "$request" --now 2026-11-02T13:05:00Z
run expunge request confirm "$request" --now 2026-11-02T13:10:00Z
tell
tell "A confirmed legal minimum keeps the investment call until 2029, so not everything goes: status 1, and it is said."
ends 1 expunge request run "$request" --now 2026-11-02T13:15:00Z
run expunge contact explain "$advice" --now 2026-11-02T13:16:00Z
holds "the investment recording and its redacted copy are whole, and put away" restricted 2 "$advice*.wav"
holds "its analysis and evaluation are gone" files 0 "*$advice*.json"
holds "its record in the warehouse has pseudonyms" rows PSN-PSN- "SELECT substr(customer_name, 1, 4) || substr(customer_phone, 1, 4) FROM ctr WHERE contact_id = '$advice'"
holds "her name is in no file of any store" nowhere Okonjo stores
holds "her number is in none" nowhere 2079460123 stores
run expunge request letter "$request" --now 2026-11-02T14:00:00Z

headline "9. A day later everything is read back again"
run expunge verify --due --now 2026-11-04T03:00:00Z

headline "10. Proof"
run expunge audit publish published --now 2026-11-04T04:00:00Z
run expunge audit verify --now 2026-11-04T04:00:00Z
vkey=$(expunge audit verify --json --now 2026-11-04T04:00:00Z | jq -r .vkey)
tell
tell "The same folder, checked by a program that shares no code with this one and sees neither registry nor keys:"
run python3 ../tests/verify_log.py published --vkey "$vkey"
run expunge certificate "$call" --now 2026-11-04T04:10:00Z
holds "no contact id is in the published log" nowhere "$connect" published
holds "no phone number is in it" nowhere 20794601 published
holds "no name is in it" nowhere Okonjo published

headline "What was shown"
cat <<TXT
  - A held contact outlived its period; nothing of it was touched.
  - What was due is gone from four stores, and was read back there; what was not due is still there.
  - A dry run changed nothing, and the purge did what the plan said.
  - A record delivered again did not bring an erased contact back.
  - A law that somebody had confirmed kept a part of a person's data: restricted and pseudonymised, not "deleted".
  - The log of all this verifies without this program, and names nobody.
  $checks checks were made on the files themselves.

To look at, in $world/:
  expunge.yaml        the configuration, with its schedule       documents/   what the vendors delivered
  plan.txt            the plan of the night                      stores/      what is left of the artefacts
  published/          the log for others, with VERIFY.txt        certificate*/ the proof for one contact
To go on: cd $world, then for example
  ../build/expunge audit list --now 2026-11-04T05:00:00Z
TXT
echo "demo: OK"
