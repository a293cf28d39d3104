#!/usr/bin/env python3
"""purge_batched.py DIR - the better program: batches of 500, a write-ahead log, one commit a batch and database.

No claim, no hold check, no log, no read-back. Prints how many and the seconds.
"""
import os
import sqlite3
import sys
import time

BATCH = 500
top = sys.argv[1]
begun = time.monotonic()
contacts = sqlite3.connect(f"{top}/loop.db")
warehouse = sqlite3.connect(f"{top}/warehouse.db")
for db in (contacts, warehouse):
    db.execute("PRAGMA journal_mode = WAL")
done = 0
while True:
    due = contacts.execute("SELECT id, recording, transcript FROM contact WHERE due = 1 AND purged IS NULL LIMIT ?", (BATCH,)).fetchall()
    if not due:
        break
    for _, recording, transcript in due:
        os.unlink(recording)
        os.unlink(transcript)
    ids = [(row[0],) for row in due]
    warehouse.executemany("DELETE FROM ctr WHERE contact_id = ?", ids)
    warehouse.commit()
    contacts.executemany("UPDATE contact SET purged = datetime('now') WHERE id = ?", ids)
    contacts.commit()
    done += len(due)
print(done, time.monotonic() - begun)
