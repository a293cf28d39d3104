#!/usr/bin/env python3
"""Verify a published audit log without Expunge: Python's standard library alone.

    verify_log.py DIR --vkey KEY [--vkey KEY ...] [--origin ORIGIN] [--certificate FILE] [--json]
    verify_log.py --vkey KEY --certificate FILE

Written from the C2SP texts (signed-note, tlog-checkpoint, tlog-tiles, tlog-proof), RFC 6962, RFC 8032 and
docs/audit-format.md; it shares no code with the program it checks. Exit status: 0 all is as it should be, 4 something
is not, 2 usage.
"""
import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import struct
import sys


class Wrong(Exception):
    """Something is not as it should be. place: file; index: entry."""

    def __init__(self, what, place=None, index=None, expected=None, got=None):
        super().__init__(what)
        self.what, self.place, self.index, self.expected, self.got = what, place, index, expected, got

    def fields(self):
        names = ("what", "place", "index", "expected", "got")
        return {n: getattr(self, n) for n in names if getattr(self, n) is not None}


# --- Ed25519 verification, RFC 8032 section 5.1.7 --------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def point_decode(raw):
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        raise ValueError("coordinate not reduced")
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * SQRT_M1 % P
    if (v * x * x - u) % P:
        raise ValueError("not on the curve")
    if x == 0 and sign:
        raise ValueError("no such point")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def point_add(a, b):
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    m, n = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * D * t1 * t2 % P, 2 * z1 * z2 % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_times(scalar, point):
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = point_add(total, point)
        point = point_add(point, point)
        scalar >>= 1
    return total


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = point_decode(BASE_Y.to_bytes(32, "little"))


def ed25519_ok(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    try:
        a, r = point_decode(public), point_decode(signature[:32])
    except ValueError:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = point_times(s, BASE), point_add(r, point_times(k, a))
    return not ((left[0] * right[2] - right[0] * left[2]) % P or (left[1] * right[2] - right[1] * left[2]) % P)


# --- signed notes and checkpoints ------------------------------------------------------------------------------------

def strict_base64(text):
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw) != (text.encode() if isinstance(text, str) else text):
        raise ValueError("base64 in another spelling")
    return raw


class Key:
    def __init__(self, text):
        name, _, rest = text.partition("+")
        digits, _, material = rest.partition("+")
        raw = strict_base64(material)
        self.text, self.name, self.algorithm, self.public = text, name, raw[0], raw[1:]
        self.id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
        if not name or self.id.hex() != digits or len(self.public) != 32 or self.algorithm not in (1, 4):
            raise ValueError("not a verifier key of Ed25519: " + text)

    def signed(self, text, signature):
        if self.algorithm == 1:
            return ed25519_ok(self.public, text, signature)
        time = struct.unpack(">Q", signature[:8])[0] if len(signature) == 72 else 0
        return ed25519_ok(self.public, b"cosignature/v1\ntime %d\n" % time + text, signature[8:])


def open_note(note, keys):
    """The signed text, and the keys that signed it."""
    place = "checkpoint"
    if len(note) > 1 << 20 or not note.endswith(b"\n") or any(c < 32 and c != 10 for c in note):
        raise Wrong("the signed note is malformed", place)
    note.decode("utf-8")
    cut = note.rfind(b"\n\n")
    if cut < 0 or cut + 2 == len(note):
        raise Wrong("the signed note has no signature lines", place)
    text, signers = note[:cut + 1], []
    for line in note[cut + 2:-1].split(b"\n"):
        match = re.fullmatch(rb"\xe2\x80\x94 ([^ +]+) ([A-Za-z0-9+/=]+)", line)
        try:
            raw = strict_base64(match[2]) if match else b""
        except ValueError:
            raw = b""
        if len(raw) < 5:
            raise Wrong("a signature line is malformed", place)
        for key in keys:
            if key.name.encode() == match[1] and key.id == raw[:4]:
                if not key.signed(text, raw[4:]):
                    raise Wrong("the signature of a known key is wrong", place, expected=key.text)
                signers.append(key)
    if not signers:
        raise Wrong("no key that was given has signed", place)
    return text, signers


def open_checkpoint(note, keys, origin):
    text, signers = open_note(note, keys)
    lines = text.decode("utf-8").split("\n")
    if len(lines) < 4 or not lines[0] or not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]):
        raise Wrong("the checkpoint is malformed", "checkpoint")
    try:
        root = strict_base64(lines[2])
    except ValueError:
        root = b""
    if len(root) != 32 or int(lines[1]) >= 2**63 or "" in lines[3:-1]:
        raise Wrong("the checkpoint is malformed", "checkpoint")
    if lines[1] == "0" and root != sha256():
        raise Wrong("the checkpoint of an empty log has another root", "checkpoint")
    if origin and origin != lines[0]:
        raise Wrong("the checkpoint is of another log", "checkpoint", expected=origin, got=lines[0])
    log_keys = [k for k in signers if k.algorithm == 1 and k.name == lines[0]]
    if not log_keys:
        raise Wrong("the checkpoint is not signed by the log it names", "checkpoint", expected=lines[0])
    return lines[0], int(lines[1]), root, log_keys[0]


# --- the tree --------------------------------------------------------------------------------------------------------

def sha256(*parts):
    h = hashlib.sha256()
    for part in parts:
        h.update(part)
    return h.digest()


def leaf_hash(entry):
    return sha256(b"\0", entry)


def tree_root(hashes, begin, end):
    if begin == end:
        return sha256()
    if end - begin == 1:
        return hashes[begin]
    split = begin + (1 << (end - begin - 1).bit_length() - 1)
    return sha256(b"\1", tree_root(hashes, begin, split), tree_root(hashes, split, end))


def included(leaf, index, size, path, root):
    """Recursively, after RFC 6962 2.1.1: the path is consumed from its end, the root's child."""

    def walk(n, i, rest):
        if n == 1:
            return leaf if not rest else None
        if not rest:
            return None
        split = 1 << (n - 1).bit_length() - 1
        below = walk(split, i, rest[:-1]) if i < split else walk(n - split, i - split, rest[:-1])
        if below is None:
            return None
        return sha256(b"\1", below, rest[-1]) if i < split else sha256(b"\1", rest[-1], below)

    return 0 <= index < size and walk(size, index, path) == root


# --- the folder ------------------------------------------------------------------------------------------------------

def tile_name(level, index, width):
    groups = ["%03d" % (index % 1000)]
    while index >= 1000:
        index //= 1000
        groups.insert(0, "x%03d" % (index % 1000))
    return "tile/%s/%s%s" % (level, "/".join(groups), ".p/%d" % width if width < 256 else "")


def tile_parse(name):
    match = re.fullmatch(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([0-9]{1,3}))?", name)
    if not match:
        return None
    level = match[1] if match[1] == "entries" else int(match[1])
    index = int(match[2].replace("x", "").replace("/", ""))
    width = int(match[3]) if match[3] else 256
    return (level, index, width) if 0 < width <= 256 and tile_name(level, index, width) == name else None


def read(folder, name):
    try:
        with open(os.path.join(folder, name), "rb") as f:
            return f.read(256 * 65537 + 1)
    except FileNotFoundError:
        return None


def read_tile(folder, level, index, width):
    """The file a client asks for, or the full one that replaced it."""
    for w in dict.fromkeys((width, 256)):
        content = read(folder, tile_name(level, index, w))
        if content is not None:
            return tile_name(level, index, w), w, content
    raise Wrong("a file is missing", tile_name(level, index, width))


def split_bundle(content, name):
    entries, at = [], 0
    while at < len(content):
        size = struct.unpack(">H", content[at:at + 2])[0] if at + 2 <= len(content) else 0
        if at + 2 + size > len(content):
            raise Wrong("an entry bundle is cut short", name, got="%d bytes" % len(content))
        entries.append(content[at + 2:at + 2 + size])
        at += 2 + size
    return entries


def read_entries(folder, size):
    for index in range((size + 255) // 256):
        width = min(256, size - 256 * index)
        name, held, content = read_tile(folder, "entries", index, width)
        entries = split_bundle(content, name)
        if len(entries) != held:
            raise Wrong("an entry bundle has another number of entries", name, 256 * index, held, len(entries))
        yield from entries[:width]


def check_tiles(folder, size, leaves):
    level, row = 0, leaves
    while row:
        for index in range((len(row) + 255) // 256):
            want = row[256 * index:256 * index + 256]
            name, held, content = read_tile(folder, level, index, len(want))
            check_tile(content, want, name, held, (256 * index) << (8 * level), level)
        row = [tree_root(row, 256 * i, 256 * i + 256) for i in range(len(row) // 256)]
        level += 1


def check_tile(content, want, name, width, first, level):
    if len(content) != 32 * width:
        raise Wrong("a tile has the wrong length", name, first, 32 * width, len(content))
    for i, expected in enumerate(want[:width]):
        if content[32 * i:32 * i + 32] != expected:
            raise Wrong("a hash in a tile is wrong", name, first + (i << (8 * level)), expected.hex(),
                        content[32 * i:32 * i + 32].hex())


def check_other_files(folder, entries, leaves):
    """Files of earlier sizes: each must be the beginning of the later one."""
    rows = [leaves]
    while len(rows[-1]) >= 256:
        rows.append([tree_root(rows[-1], 256 * i, 256 * i + 256) for i in range(len(rows[-1]) // 256)])
    strange = []
    for path, _, names in os.walk(os.path.join(folder, "tile")):
        for one in names:
            name = os.path.relpath(os.path.join(path, one), folder).replace(os.sep, "/")
            parsed = tile_parse(name)
            if not parsed:
                strange.append(name)
                continue
            level, index, width = parsed
            content = read(folder, name)
            if level == "entries":
                held, want = split_bundle(content, name), entries[256 * index:256 * index + width]
                if len(held) != width or held[:len(want)] != want:
                    raise Wrong("an earlier entry bundle differs from the later one", name, 256 * index)
            else:
                row = rows[level] if level < len(rows) else []
                check_tile(content, row[256 * index:256 * index + 256], name, width, (256 * index) << (8 * level),
                           level)
    return strange


# --- entries ---------------------------------------------------------------------------------------------------------

ID, HASH = re.compile("[0-9a-f]{32}"), re.compile("[0-9a-f]{64}")
COMMON = {"actor": str, "at": int, "id": ID, "type": str, "v": int}
RESULT = {"chain": HASH, "ids": list, "stores": dict, "verdict": str}
HOLD = {"matter": HASH, "n": int, "scope": str}
REQUIRED = {
    "REGISTERED": {"digest": HASH, "n": int},
    "REQUESTED": {"state": str},
    "PLANNED": {"cutoff": int, "digest": HASH, "n": int, "policy": str},
    "APPROVED": {"digest": HASH, "requester": str},
    "REFUSED": {"why": str},
    "INTENT": {"chains_root": HASH, "effects": list, "n": int, "policy": str, "reason": str, "stores": list},
    "OUTCOME": RESULT,
    "VERIFIED": dict(RESULT, times=dict, residuals=list),
    "RISEN": {"chain": HASH},
    "HOLD_APPLIED": HOLD,
    "HOLD_RELEASED": HOLD,
    "LOST_IN_FLIGHT": {"chain": HASH, "matter": HASH, "result": str, "stores": list},
    "OVERRIDE": {"what": str},
    "DECIDED": {"chain": HASH, "decision": str},
    "POLICY_CHANGED": {"counts": dict, "version": str},
    "RECLASSIFIED": {"n": int, "policy": str},
    "RUN": {"dry_run": bool, "state": str},
    "STOPPED": {"why": str},
    "RESUMED": {},
    "STORE_CHANGED": {"change": str, "store": str},
    "OPENING_DESTROYED": {"n": int, "policy": str},
    "DISCLOSED": {"n": int, "recipient": str, "what": str},
    "CONFIG_CHANGED": {"digest": HASH},
    "CLOCK_CONFIRMED": {"now": int},
    "USER_CHANGED": {"change": str, "user": str},
    "KEY_ROTATED": {"key": str},
    "RESTORE_DECLARED": {"as_of": int, "n": int, "store": str},
    "REOPENED": {"missing": dict, "root": HASH, "size": int},
}


def no_float(text):
    raise ValueError("a number that is not an integer: " + text)


def read_entry(raw):
    """The entry as a dict; ValueError when it is not in the one spelling allowed or lacks something."""
    text = raw.decode("utf-8")
    entry = json.loads(text, parse_float=no_float, parse_constant=no_float)
    if not isinstance(entry, dict):
        raise ValueError("not an object")
    if json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False) != text:
        raise ValueError("white space, order, repetition or escapes that the format does not have")
    if entry.get("v") != 1 or entry.get("type") not in REQUIRED:
        raise ValueError("unknown version or type")
    for name, form in {**COMMON, **REQUIRED[entry["type"]]}.items():
        value = entry.get(name)
        if isinstance(form, re.Pattern):
            good = isinstance(value, str) and form.fullmatch(value)
        else:
            good = isinstance(value, form) and (form is bool or not isinstance(value, bool))
        if not good:
            raise ValueError("field %s is missing or has the wrong form" % name)
    if entry["type"] in ("OUTCOME", "VERIFIED") and not (
            "intent" in entry and (entry["intent"] is None or ID.fullmatch(str(entry["intent"])))):
        raise ValueError("field intent is missing or has the wrong form")
    return entry


class Meaning:
    """Whether the entries make sense together, in their order."""

    OPEN = {"failed", "held", "present", "refused", "retry", "submitted", "unknown"}
    CHANGED = {"attested", "gone", "pseudonymised", "restricted", "scrubbed", "submitted"}

    def __init__(self, origin):
        self.owing, self.findings, self.latest, self.intents = {}, [], 0, 0
        self.approvals = set()
        self.test_clock = "/test-clock/" in origin

    def note(self, index, text):
        self.findings.append({"index": index, "what": text})

    def see(self, index, e):
        kind = e["type"]
        if kind in ("CLOCK_CONFIRMED", "REOPENED"):
            self.latest = e["at"]
        if e["at"] < self.latest - 300000 and not self.test_clock:
            self.note(index, "time runs back by more than five minutes")
        self.latest = max(self.latest, e["at"])
        if kind in ("INTENT", "OVERRIDE", "POLICY_CHANGED") and "approval" in e and e["approval"] not in self.approvals:
            self.note(index, "an approval that is not in the log before it")
        if kind == "INTENT":
            self.intents += 1
            if e["id"] in self.owing:
                self.note(index, "two intents with the same id")
            self.owing.setdefault(e["id"], e["n"])
        if kind in ("OUTCOME", "VERIFIED"):
            self.result(index, e)
        if kind == "LOST_IN_FLIGHT" and "intent" in e and e["intent"] not in self.owing:
            self.note(index, "outcome without an intent before it")
        if kind == "APPROVED":
            self.approvals.add(e["id"])
        if kind == "APPROVED" and e["actor"] == e["requester"] and "delay" not in e:
            self.note(index, "approved by the person who asked for it")

    def result(self, index, e):
        intent = e["intent"]
        seen = {o for store in e["stores"].values() for o, n in store.items() if n}
        if intent is None:
            if seen & self.CHANGED:
                self.note(index, "outcome without an intent before it")
        elif "intent_log" not in e:
            if intent not in self.owing:
                self.note(index, "outcome without an intent before it")
            elif e["type"] == "OUTCOME":
                self.owing[intent] -= 1
                if self.owing[intent] < 0:
                    self.note(index, "more outcomes than the intent has chains")
        if e["verdict"] == "PURGED" and (e["type"] == "OUTCOME" or seen & self.OPEN):
            self.note(index, "PURGED said where it was not verified")

    def open_intents(self):
        return sum(1 for n in self.owing.values() if n > 0)


# --- certificates ----------------------------------------------------------------------------------------------------

def load_certificate(path):
    """statement bytes, proof text, openings; from one JSON file or from a folder."""
    if os.path.isdir(path):
        parts = {n: read(path, n) for n in ("statement.json", "statement.tlog-proof", "openings.json")}
        openings = json.loads(parts["openings.json"]) if parts["openings.json"] else []
        return parts["statement.json"] or b"", parts["statement.tlog-proof"] or b"", openings
    with open(path, "rb") as f:
        whole = json.loads(f.read())
    if whole.get("format") != "expunge-certificate/v1":
        raise Wrong("not a certificate", path)
    return whole["statement"].encode(), whole["proof"].encode(), whole.get("openings") or []


def parse_proof(text):
    head, _, note = text.partition(b"\n\n")
    lines = head.decode("utf-8").split("\n")
    if lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Wrong("not a tlog-proof")
    if lines and lines[0].startswith("extra "):
        strict_base64(lines.pop(0)[6:])
    match = re.fullmatch(r"index (0|[1-9][0-9]{0,18})", lines.pop(0) if lines else "")
    path = [strict_base64(line) for line in lines]
    if not match or any(len(h) != 32 for h in path):
        raise Wrong("the proof is malformed")
    return int(match[1]), path, note


def hexes(value):
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        value = list(value.values())
    return set().union(*map(hexes, value)) if isinstance(value, list) else set()


def check_certificate(path, keys, origin, leaves):
    statement, proof, openings = load_certificate(path)
    entry = read_entry(statement)
    index, hashes, note = parse_proof(proof)
    log, size, root, _ = open_checkpoint(note, keys, origin)
    if not included(leaf_hash(statement), index, size, hashes, root):
        raise Wrong("the statement does not stand in the log at this index", path, index)
    if leaves is not None and (size > len(leaves) or tree_root(leaves, 0, size) != root):
        raise Wrong("the certificate's log is not the beginning of this one", path, index)
    for one in openings:
        message = b"erasure-audit/v1/" + one["field"].encode() + b"\0" + one["value"].encode()
        if hmac.new(bytes.fromhex(one["key"]), message, hashlib.sha256).hexdigest() not in hexes(entry):
            raise Wrong("an opening opens nothing in the statement", path, got=one["field"])
    return {"index": index, "type": entry["type"], "verdict": entry.get("verdict"), "at": entry["at"], "log": log,
            "openings": len(openings)}


# --- main ------------------------------------------------------------------------------------------------------------

def check_log(folder, keys, origin, result):
    note = read(folder, "checkpoint")
    if note is None:
        raise Wrong("a file is missing", "checkpoint")
    result["origin"], size, root, key = open_checkpoint(note, keys, origin)
    result.update(vkey=key.text, size=size, root=root.hex(), checkpoint_verified=True)
    entries = list(read_entries(folder, size))
    leaves = [leaf_hash(e) for e in entries]
    check_tiles(folder, size, leaves)
    result["unknown_files"] = check_other_files(folder, entries, leaves)
    if tree_root(leaves, 0, size) != root:
        raise Wrong("the root is not the signed one", "checkpoint", None, root.hex(), tree_root(leaves, 0, size).hex())
    meaning = Meaning(result["origin"])
    for index, raw in enumerate(entries):
        try:
            meaning.see(index, read_entry(raw))
        except ValueError as e:
            raise Wrong("an entry is not of the format: %s" % e, tile_name("entries", index // 256, 256), index)
        result["entries_verified"] = index + 1
    result.update(intents=meaning.intents, intents_open=meaning.open_intents(), findings=meaning.findings)
    return leaves


def main():
    parser = argparse.ArgumentParser(description="Verify a published audit log.")
    parser.add_argument("dir", nargs="?")
    parser.add_argument("--vkey", action="append", required=True)
    parser.add_argument("--origin")
    parser.add_argument("--certificate")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if not args.dir and not args.certificate:
        parser.error("DIR or --certificate is needed")
    result, leaves = {"ok": False, "checkpoint_verified": False, "entries_verified": 0, "findings": []}, None
    try:
        keys = [Key(k) for k in args.vkey]
    except (ValueError, IndexError) as e:
        parser.error(str(e))
    try:
        if args.dir:
            leaves = check_log(args.dir, keys, args.origin, result)
        if args.certificate:
            result["certificate"] = check_certificate(args.certificate, keys, args.origin, leaves)
        result["ok"] = not result["findings"]
    except Wrong as e:
        result["wrong"] = e.fields()
    except (ValueError, KeyError, OSError) as e:
        result["wrong"] = {"what": "%s: %s" % (type(e).__name__, e)}
    print(json.dumps(result) if args.json else "\n".join("%s: %s" % pair for pair in result.items()))
    return 0 if result["ok"] else 4


if __name__ == "__main__":
    sys.setrecursionlimit(10000)
    sys.exit(main())
