#!/bin/bash
# postgresql.sh - the figures of bench/postgresql.c on a PostgreSQL of our own that waits for the disk, its data in BENCH_DIR.
set -euo pipefail
cd "$(dirname "$0")/.."
tests/deps.sh peers
mkdir -p "$BENCH_DIR"
chmod a+rx "$BENCH_DIR" # the server runs as another user when we are root
PEER_DIR=$BENCH_DIR PEER_DURABLE=1 tests/peers/postgresql.sh run build/bench/postgresql
