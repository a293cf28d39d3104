#!/usr/bin/env python3
"""purge_world.py DIR DUE [KEPT] - lays out a contact centre for bench/purge.sh.

DUE contacts whose retention is over and KEPT that are not, a thousand a day. Each has a recording and a transcript as files in
two folders by day and a row in a warehouse. Beside it: contacts.csv for Expunge and loop.db for the Python programs, which are
given every path ready to use. All data is invented; equal arguments make equal worlds.
"""
import datetime
import os
import sqlite3
import sys
import uuid

PER_DAY = 1000
WAV = b"RIFF" + bytes(range(252)) * 32
JSON = b'{"turns":[' + b",".join([b'{"who":"agent","text":"synthetic"}'] * 50) + b"]}\n"

CONFIG = """\
registry: sqlite:expunge.db
timezone: UTC
keys: keys/
purge: {at: "02:00", zone: UTC, visits: 2, guard: {floor: 100000000, times: 3}}
default_category: support
categories:
  support: {erase_after: P2Y}
sources:
  calls:
    type: csv
    zone: UTC
    dates: "%Y-%m-%dT%H:%M:%S"
    columns: {id: call_id, started: begin, ended: finish}
stores:
  recordings:
    type: folder
    path: recordings
    control: .mounted
    artefacts:
      - {kind: recording, key: "CallRecordings/{yyyy}/{mm}/{dd}/{contact_id}*"}
  transcripts:
    type: folder
    path: transcripts
    control: .mounted
    artefacts:
      - {kind: transcript, key: "Transcripts/{yyyy}/{mm}/{dd}/{contact_id}.json"}
  warehouse:
    type: sql
    url: sqlite:warehouse.db
    tables:
      - {name: ctr, kind: contact_record, key: contact_id, key_type: text}
"""


def write(path, content):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(fd, content)
    os.close(fd)


def contacts(due, kept):
    now = datetime.datetime.now(datetime.timezone.utc).replace(hour=9, minute=0, second=0, microsecond=0, tzinfo=None)
    for n in range(due + kept):
        first = now - datetime.timedelta(days=1200) if n < due else now - datetime.timedelta(days=600)
        begin = first + datetime.timedelta(days=n // PER_DAY if n < due else (n - due) // (10 * PER_DAY), seconds=n % PER_DAY)
        yield str(uuid.uuid5(uuid.NAMESPACE_OID, f"expunge-bench-{n}")), begin, n < due


def main():
    top, due, kept = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0
    os.makedirs(top)
    for store in ("recordings", "transcripts"):
        os.makedirs(f"{top}/{store}")
        write(f"{top}/{store}/.mounted", b"")
    write(f"{top}/expunge.yaml", CONFIG.encode())
    warehouse = sqlite3.connect(f"{top}/warehouse.db")
    warehouse.execute("CREATE TABLE ctr(contact_id TEXT PRIMARY KEY, began TEXT, queue TEXT, notes TEXT)")
    loop = sqlite3.connect(f"{top}/loop.db")
    loop.execute("CREATE TABLE contact(id TEXT PRIMARY KEY, due INTEGER, recording TEXT, transcript TEXT, purged TEXT)")
    loop.execute("CREATE INDEX contact_due ON contact(due) WHERE purged IS NULL")
    made = None
    with open(f"{top}/contacts.csv", "w", encoding="ascii") as csv:
        csv.write("call_id,begin,finish\n")
        for ident, begin, is_due in contacts(due, kept):
            day = f"{begin:%Y/%m/%d}"
            recordings, transcripts = f"{top}/recordings/CallRecordings/{day}", f"{top}/transcripts/Transcripts/{day}"
            if day != made:
                os.makedirs(recordings, exist_ok=True)
                os.makedirs(transcripts, exist_ok=True)
                made = day
            recording = f"{recordings}/{ident}_{begin:%Y%m%dT%H:%M}_UTC.wav"
            transcript = f"{transcripts}/{ident}.json"
            write(recording, WAV)
            write(transcript, JSON)
            warehouse.execute("INSERT INTO ctr VALUES(?,?,?,?)", (ident, begin.isoformat(), "Savings", "synthetic " * 20))
            loop.execute("INSERT INTO contact VALUES(?,?,?,?,NULL)", (ident, int(is_due), recording, transcript))
            finish = begin + datetime.timedelta(minutes=6)
            csv.write(f"{ident},{begin:%Y-%m-%dT%H:%M:%S},{finish:%Y-%m-%dT%H:%M:%S}\n")
    warehouse.commit()
    loop.commit()


main()
