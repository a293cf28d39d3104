#!/usr/bin/env bash
# make_world.sh DIR - lays out the synthetic contact centre in DIR: documents/ of its vendors and stores/ with artefacts.
#
# Everything comes from contacts.csv and customers.csv by world.sql, the same bytes each time. "Now" is 2026-11-01.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 1 ] || { echo "usage: make_world.sh DIR" >&2; exit 2; }
[ ! -e "$1/documents" ] && [ ! -e "$1/stores" ] || { echo "make_world.sh: $1 already holds a world" >&2; exit 1; }

mkdir -p "$1"/documents/{connect,connect-late,genesys,branch} "$1"/stores/{recordings,chatlogs} "$1"/stores/mail/{cur,new,tmp}
cd "$1"
for store in recordings mail chatlogs; do
    echo "This file tells that the store is mounted. Leave it here." >"stores/$store/.mounted"
done
sqlite3 -bail :memory: >/dev/null <<SQL
.import --csv '$here/contacts.csv' contacts
.import --csv '$here/customers.csv' customers
ATTACH 'stores/warehouse.db' AS warehouse;
.read '$here/world.sql'
SQL
