"""A contact centre on disk, made and looked at without the program: files, SQLite and the published log alone."""
import hashlib
import hmac
import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
SOURCE = "inst-1"
HOUR_S = 3600

CONFIG = """registry: %s
timezone: UTC
keys: keys/
audit: {origin: crash.example.com/log, publish: published/}
purge: {guard: {floor: 100000, times: 3}}
default_category: support
categories:
  support: {erase_after: P2Y, law: {cite: "GDPR Art. 5(1)(e)", confirmed: null}}
stores:
  recordings:
    {type: folder, path: recordings, control: .mounted, artefacts: [{kind: recording, key: "{yyyy}/{mm}/{dd}/{contact_id}*"}]}
  transcripts:
    type: folder
    path: transcripts
    control: .mounted
    artefacts: [{kind: transcript, key: "{contact_id}.json"}, {kind: chat_message, key: "chat-{dd}.jsonl", format: json_lines, id_field: contactId, fields: [text]}]
  warehouse:
    {type: sql, url: "sqlite:warehouse.db", tables: [{name: ctr, kind: contact_record, key: contact_id}]}
"""


def load_verifier():
    spec = importlib.util.spec_from_file_location("verify_log", os.path.join(TOP, "tests", "verify_log.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


VERIFIER = load_verifier()


class Bad(Exception):
    """Something is not as it must be."""


def demand(good, what):
    if not good:
        raise Bad(what)


def rows_of(path, *queries):
    """The answers of a database as it lies there, from a copy: opening the original would repair it."""
    with tempfile.TemporaryDirectory() as copy:
        for ending in ("", "-wal"):
            if os.path.exists(path + ending):
                shutil.copyfile(path + ending, copy + "/r.db" + ending)
        db = sqlite3.connect(copy + "/r.db")
        try:
            return [db.execute(query).fetchall() for query in queries]
        finally:
            db.close()


class Postgresql:
    """A database for each world, on the server that EXPUNGE_TEST_POSTGRESQL names."""
    made = 0

    def __init__(self, template=None):
        Postgresql.made += 1
        self.server = os.environ["EXPUNGE_TEST_POSTGRESQL"]
        self.name = "crash_%d_%d" % (os.getpid(), Postgresql.made)
        self.url = self.server.replace(":///expunge?", ":///%s?" % self.name)
        if template:
            self.cut(template.name)
        self.ask(self.server, "CREATE DATABASE %s%s" % (self.name, " TEMPLATE " + template.name if template else ""))

    def ask(self, url, query):
        said = subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", url, "-c", query], capture_output=True, text=True)
        demand(said.returncode == 0, "psql: %s" % said.stderr)
        return said.stdout.split()

    def cut(self, name):
        """Every connection to it, as a server that is restarted does. How many."""
        return len(self.ask(self.server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s' AND usename = current_user" % name))

    def intents(self):
        rows = self.ask(self.url, "SELECT encode(intent.body, 'hex') FROM expunge.intent JOIN expunge.entry ON entry.id = intent.key")
        return b"".join(bytes.fromhex(row) for row in rows)

    def remove(self):
        self.ask(self.server, "DROP DATABASE IF EXISTS %s WITH (FORCE)" % self.name)


class World:
    """`due` and `young` are contact ids; every contact has a recording, a transcript, a line of chat and a row."""

    def __init__(self, folder, database=None):
        self.dir, self.hours, self.vkeys = folder, 0, []
        self.database = database  # None: SQLite
        self.due, self.young = [], []

    def copy(self, folder):
        subprocess.run(["cp", "-a", self.dir, folder], check=True)
        other = World(folder, Postgresql(self.database) if self.database else None)
        if self.database:
            other.write_configuration()
        other.hours, other.vkeys, other.due, other.young = self.hours, list(self.vkeys), self.due, self.young
        return other

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def now(self):
        day, hour = divmod(self.hours, 24)
        return "2026-%02d-%02dT%02d:30:00Z" % (9 + day // 28, 1 + day % 28, hour)

    def remove(self):
        shutil.rmtree(self.dir)
        if self.database:
            self.database.remove()

    def write_configuration(self):
        with open(self.path("expunge.yaml"), "w") as f:
            f.write(CONFIG % ('"%s"' % self.database.url if self.database else "sqlite:expunge.db"))

    def configure(self):
        self.write_configuration()
        for store in ("recordings", "transcripts"):
            os.makedirs(self.path(store), exist_ok=True)
            open(self.path(store, ".mounted"), "w").close()

    def lay_out(self, due, young):
        """Documents and artefacts; nothing is registered yet."""
        self.due = ["due-%04d" % i for i in range(due)]
        self.young = ["young-%04d" % i for i in range(young)]
        db = sqlite3.connect(self.path("warehouse.db"))
        db.execute("CREATE TABLE ctr(contact_id TEXT, customer TEXT)")
        with open(self.path("records.json"), "w") as records:
            for i, one in enumerate(self.due + self.young):
                day = "%s-%02d" % ("2023-03" if one in self.due else "2026-08", i % 20 + 1)
                records.write(json.dumps({
                    "AWSContactTraceRecordFormatVersion": "2017-03-10", "ContactId": one, "InitialContactId": None,
                    "InstanceARN": SOURCE, "Channel": "VOICE", "InitiationMethod": "INBOUND", "Queue": {"Name": "Support"},
                    "InitiationTimestamp": day + "T10:00:00Z", "DisconnectTimestamp": day + "T10:05:00Z",
                    "LastUpdateTimestamp": day + "T10:09:00Z",
                    "CustomerEndpoint": {"Type": "TELEPHONE_NUMBER", "Address": "+4420794600%02d" % (i % 100)}}) + "\n")
                folder = self.path("recordings", *day.split("-"))
                os.makedirs(folder, exist_ok=True)
                with open(os.path.join(folder, one + ".wav"), "w") as f:
                    f.write("sound of " + one)
                with open(self.path("transcripts", one + ".json"), "w") as f:
                    json.dump({"text": "said by " + one}, f)
                with open(self.path("transcripts", "chat-%s.jsonl" % day[-2:]), "a") as f:
                    f.write(json.dumps({"contactId": one, "text": "written by " + one}) + "\n")
                db.execute("INSERT INTO ctr VALUES(?, ?)", (one, "customer of " + one))
        db.commit()
        db.close()

    def artefacts(self):
        """contact id -> what of it is in the stores."""
        there = {}
        for path, _, names in os.walk(self.path("recordings")):
            for name in names:
                if name.endswith(".wav"):
                    there.setdefault(name[:-4], set()).add("recording")
        for name in os.listdir(self.path("transcripts")):
            if name.endswith(".json"):
                there.setdefault(name[:-5], set()).add("transcript")
            if name.endswith(".jsonl"):
                with open(self.path("transcripts", name)) as f:
                    for line in f:
                        there.setdefault(json.loads(line)["contactId"], set()).add("chat")
        for (one,) in rows_of(self.path("warehouse.db"), "SELECT contact_id FROM ctr")[0]:
            there.setdefault(one, set()).add("row")
        return there

    def digest(self):
        """Of every byte in the stores."""
        total = hashlib.sha256()
        for top in ("recordings", "transcripts"):
            for path, folders, names in sorted(os.walk(self.path(top))):
                for name in sorted(names):
                    with open(os.path.join(path, name), "rb") as f:
                        total.update(os.path.join(path, name)[len(self.dir):].encode() + b"\0" + f.read() + b"\0")
        total.update(repr(rows_of(self.path("warehouse.db"), "SELECT * FROM ctr ORDER BY 1")).encode())
        return total.hexdigest()

    def key_of(self, contact):
        """The row key: HMAC-SHA-256 over the parts, each behind its length (docs/audit-format.md knows nothing of it)."""
        with open(self.path("keys", "identifier.key")) as f:
            key = bytes.fromhex(f.read().strip())
        parts = (b"contact", SOURCE.encode(), contact.encode())
        return hmac.new(key, b"".join(len(p).to_bytes(8, "big") + p for p in parts), hashlib.sha256).digest()[:16]

    def look_into_registry(self):
        """Whole, and the row keys that its intents name; an intent counts when its entry stands in the log."""
        if self.database:
            return self.database.intents()
        check, intents = rows_of(self.path("expunge.db"), "PRAGMA integrity_check",
                                 "SELECT intent.body FROM intent JOIN entry ON entry.id = intent.key WHERE entry.type = CAST('INTENT' AS BLOB)")
        demand(check == [("ok",)], "the registry is damaged: %s" % check)
        return b"".join(body for (body,) in intents)

    def check_after_death(self, held):
        """Nothing held has lost anything; what is lost has a durable intent."""
        there, whole = self.artefacts(), {"recording", "transcript", "chat", "row"}
        for one in list(held) + self.young:
            demand(there.get(one) == whole, "%s must not be touched, and has %s" % (one, there.get(one)))
        named = self.look_into_registry()
        for one in self.due:
            demand(there.get(one) == whole or self.key_of(one) in named, "%s was erased without an intent" % one)
        self.check_published(whole=False)

    def check_published(self, whole=True):
        """What others see at any moment is a log that verifies; `whole`: and nothing in it is open."""
        if not os.path.exists(self.path("published", "checkpoint")):
            demand(not whole, "nothing was published")
            return
        result, keys = {}, [VERIFIER.Key(k) for k in self.vkeys]
        try:
            VERIFIER.check_log(self.path("published"), keys, None, result)
        except VERIFIER.Wrong as e:
            raise Bad("the published log does not verify: %s" % e.fields()) from e
        demand(not result["findings"], "the log contradicts itself: %s" % result["findings"])
        demand(not whole or result["intents_open"] == 0, "%d intents are open at the end" % result["intents_open"])
        with open(self.path("published", "checkpoint"), "rb") as f:
            demand(len(f.read()) > 0, "an empty checkpoint")
