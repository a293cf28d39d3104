#!/usr/bin/env python3
"""purge_loop.py DIR [LIMIT] - the plain program: per due contact delete its files and rows, mark it purged, commit.

sqlite3 as it comes. No claim, no hold check, no log, no read-back. Prints how many and the seconds.
"""
import os
import sqlite3
import sys
import time

top, limit = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else -1
begun = time.monotonic()
contacts = sqlite3.connect(f"{top}/loop.db")
warehouse = sqlite3.connect(f"{top}/warehouse.db")
due = contacts.execute("SELECT id, recording, transcript FROM contact WHERE due = 1 AND purged IS NULL LIMIT ?", (limit,)).fetchall()
for ident, recording, transcript in due:
    os.unlink(recording)
    os.unlink(transcript)
    warehouse.execute("DELETE FROM ctr WHERE contact_id = ?", (ident,))
    warehouse.commit()
    contacts.execute("UPDATE contact SET purged = datetime('now') WHERE id = ?", (ident,))
    contacts.commit()
print(len(due), time.monotonic() - begun)
