#!/bin/bash
# postgresql.sh run COMMAND... - a PostgreSQL of our own while COMMAND runs, reached by EXPUNGE_TEST_POSTGRESQL alone.
#
# Its data and its socket lie in a folder that is removed at the end; it listens on no network. As root it runs as the user
# `postgres`, which the Debian package makes. The role `expunge` may make databases and is no superuser. Without waiting for
# the disk, because nothing of it is to last; PEER_DURABLE=1 waits (for benchmarks). The status is that of COMMAND.
set -euo pipefail
export LC_ALL=C.UTF-8

[ "${1:-}" = run ] && [ $# -ge 2 ] || { echo "usage: postgresql.sh run COMMAND..." >&2; exit 2; }
shift
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] && [ -x "$bin/initdb" ] || { echo "postgresql.sh: PostgreSQL is missing: tests/deps.sh peers" >&2; exit 2; }

as=()
[ "$(id -u)" != 0 ] || as=(runuser -u postgres --)
work=$(mktemp -d "${PEER_DIR:-/tmp}/expunge-pg.XXXXXX")
server=
finish() {
    trap - EXIT INT TERM
    if [ -n "$server" ]; then
        kill -INT "$server" 2>/dev/null || true # fast shutdown
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
[ ${#as[@]} -eq 0 ] || chown postgres "$work"
cd "$work" # a folder that the server's user may enter

"${as[@]}" "$bin/initdb" -D "$work/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$work/initdb.log" 2>&1 ||
    { cat "$work/initdb.log" >&2; exit 2; }
durable=off
[ "${PEER_DURABLE:-}" != 1 ] || durable=on
settings=(listen_addresses= "unix_socket_directories=$work" max_connections=100 "fsync=$durable" "full_page_writes=$durable"
          shared_buffers=256MB max_wal_size=4GB timezone=UTC log_min_messages=fatal)
options=()
for setting in "${settings[@]}"; do
    options+=(-c "$setting")
done
exec 3>"$work/server.log"
if [ ${#as[@]} -gt 0 ]; then # not through runuser, so that the process is ours to stop by its id
    setpriv --reuid=postgres --regid=postgres --init-groups "$bin/postgres" -D "$work/data" "${options[@]}" >&3 2>&1 </dev/null 3>&- &
else
    "$bin/postgres" -D "$work/data" "${options[@]}" >&3 2>&1 </dev/null 3>&- &
fi
server=$!
ready=no
for _ in $(seq 300); do
    if "$bin/pg_isready" -q -h "$work"; then
        ready=yes
        break
    fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
[ "$ready" = yes ] || { cat "$work/server.log" >&2; exit 2; }
"$bin/psql" -qAtX -h "$work" -U postgres -d postgres -v ON_ERROR_STOP=1 \
    -c 'CREATE ROLE expunge LOGIN CREATEDB' -c 'CREATE DATABASE expunge OWNER expunge'

cd "$OLDPWD"
export EXPUNGE_TEST_POSTGRESQL="postgresql:///expunge?host=$work&user=expunge"
status=0
"$@" 3>&- || status=$?
exit "$status"
