#!/bin/bash
# workers.sh - build/bench/workers on both registries: SQLite, and a PostgreSQL of our own that waits for the disk.
set -uo pipefail
cd "$(dirname "$0")/.."
build/bench/workers sqlite || exit 1
PEER_DURABLE=1 PEER_DIR=${BENCH_DIR:-/var/tmp} tests/peers/postgresql.sh run build/bench/workers postgresql
