#!/usr/bin/env python3
"""planted.py - the simulator shows that it bites: each of these bugs, planted in a copy of the file concerned, is caught by
one of so many seeds.

    planted.py BUILD            every bug; TAP
    planted.py BUILD WORD...    those whose names have all the words

BUILD is a folder with libexpunge.a, the simulator's objects and its test program's (`make build/tests/sim/test_sim`). A bug is a
list of (file, text as it is, text as it is planted): a text that does not stand in its file exactly once fails the test, so
whoever changes the line plants the bug anew. The patched objects are linked in front of the library."""
import concurrent.futures
import os
import shlex
import subprocess
import sys
import tempfile

STEPS, SEEDS = 300, 240

BUGS = [
    ("no hold is looked for in the decision",
     [("src/model/decide.c", "    if (chain_held(g->chain, in->holds, in->holds_n, in->policy))\n        return conclude(g, VERDICT_HELD",
       "    if (0 && chain_held(g->chain, in->holds, in->holds_n, in->policy))\n        return conclude(g, VERDICT_HELD")]),
    ("risen data is erased under a hold",
     [("src/model/decide.c", "    if (chain_held(g->chain, in->holds, in->holds_n, in->policy))\n        return conclude(g, VERDICT_HELD",
       "    if (!g->again && chain_held(g->chain, in->holds, in->holds_n, in->policy))\n        return conclude(g, VERDICT_HELD")]),
    ("what did not answer reads back as gone",
     [("src/store/store.c", "    enum outcome o = artefact->outcome;\n    bool fits",
       "    if (artefact->outcome == OUT_UNKNOWN)\n        artefact->outcome = OUT_ABSENT;\n    enum outcome o = artefact->outcome;\n    bool fits"),
      ("src/engine/search.c", "        if (seen[i].sight == SIGHT_WHOLE || seen[i].sight == SIGHT_BLIND)", "        if (seen[i].sight != SIGHT_LATER)")]),
    ("the intent is not durable before the effect",
     [("src/registry/registry_intent.c", "    TRY(registry_commit_one(r, &row, 1, intent, err));\n    *out = receipt;", "    (void)r;\n    *out = receipt;")]),
    ("the ledger line is lost",
     [("src/engine/settle.c", "    if (erased && !j->read_back_only) {", "    if (erased && !j->read_back_only && j->work_n > 1000) {")]),
    ("a shared thing goes with one of its contacts",
     [("src/engine/owners.c", "    if (f->scope == SCOPE_CONTACT)\n        return false;\n    size_t go", "    if (f->scope != SCOPE_SUBJECT)\n        return false;\n    size_t go"),
      ("src/model/permit.c", "    if (artefact->scope == SCOPE_CONTACT || effect == EFFECT_LOCK", "    if (artefact->scope != SCOPE_SUBJECT || effect == EFFECT_LOCK")]),
    ("the guard stops requests too",
     [("src/engine/purge.c", "    TRY(first_lanes(p, err));\n    TRY(kept_lanes(p, err));\n    TRY(expiry(p, err));",
       "    TRY(expiry(p, err));\n    if (p->work.tally->guard_stopped)\n        return OK;\n    TRY(first_lanes(p, err));\n    TRY(kept_lanes(p, err));")]),
    ("an older copy of the registry works on",
     [("src/engine/engine.c", "        TRY(logbook_check_behind(e, err));", "        (void)logbook_check_behind;"),
      ("src/engine/worker.c", "    TRY(logbook_check_behind(e, err)); /*", "    (void)logbook_check_behind; /*"),
      ("src/engine/logbook.c", "    TRY(logbook_check_behind(e, err)); /*", "    (void)logbook_check_behind; /*")]),
    ("an older document overwrites a newer one",
     [("src/model/merge.c", "from->fact_version_ms[f] >= into->fact_version_ms[f];", "into->fact_version_ms[f] >= -1;")]),
    ("a newer document wipes the places of an older one",
     [("src/model/merge.c", "    leg->locators =\n        accumulate(", "    if (from->newest_ms > leg->newest_ms)\n        leg->locators_n = 0;\n    leg->locators =\n        accumulate(")]),
    ("what the source sends again is erased again, for ever",
     [("src/engine/arrival.c", "        old->work[i].verified_ms = old->work[i].not_before_ms = TIME_NONE;",
       "        old->work[i].verified_ms = old->work[i].not_before_ms = TIME_NONE, old->work[i].outcome = OUT_PRESENT;")]),
    ("a release frees what another matter still holds",
     [("src/registry/registry_members.c", "    c->holds_n = kept;", "    kept = 0;\n    c->holds_n = kept;")]),
    ("a standing filter does not hold what comes later",
     [("src/model/hold.c", "    for (size_t i = 0; i < c->legs_n; i++)\n        if (covers_leg(", "    for (size_t i = 0; i < c->legs_n; i++)\n        if (c->legs[i].registered_ms < h->applied_ms && covers_leg(")]),
    ("a schedule that shortens acts at once",
     [("src/engine/policy_activate.c", "    if (e->disarmed || !out->difference.second_person)", "    if (e->disarmed || out->difference.second_person || !out->difference.second_person)")]),
    ("a shorter schedule is approved and does not cool off",
     [("src/engine/policy_activate.c", "    if (from > engine_now(g->e)) {", "    if (from == TIME_NONE) {")]),
    ("an entry names a contact in clear",
     [("src/engine/arrival.c", "journal_risen(b->engine, &opening, STR(\"delivered again\"),", "journal_risen(b->engine, &opening, facts->id,")]),
    ("the grace after a release is forgotten",
     [("src/model/decide.c", "    if (grace == TIME_NONE)\n        return false;", "    if (grace == TIME_NONE || grace > 0)\n        return false;")]),
    ("an order erases what the law keeps",
     [("src/model/decide.c", "            effect = EFFECT_NONE;\n        g->d.effects", "            effect = EFFECT_ERASE;\n        g->d.effects")]),
    ("a purge does not look at the clock",
     [("src/engine/guard.c", "    if (last != TIME_NONE && now < last - CLOCK_TOLERANCE_MS) {", "    if (last != TIME_NONE && now < last - 365 * DAY_MS) {")]),
    ("a first contact joins the chain of its erased legs",
     [("src/engine/arrival.c", "    if (takes_no_leg(*out)) { /* of others", "    if (0 && takes_no_leg(*out)) { /* of others")]),
    ("a late document's new place is an echo",
     [("src/engine/arrival.c", "    *yes = false;\n    if (!facts->locators_n)", "    *yes = false;\n    if (facts->newest_ms)")]),
    ("another leg's date is not waited for",
     [("src/model/schedule.c", "        s.erase_ms = later(s.erase_ms, d.due_ms);", "        s.erase_ms = s.erase_ms == TIME_NONE || d.due_ms < s.erase_ms ? d.due_ms : s.erase_ms;")]),
]


def make_variable(build, name):
    out = subprocess.run(["make", "-s", "-f", "-", "--no-print-directory", "print", "OUT=" + build, "SAN="], input="include Makefile\nprint:\n\t@echo $(%s)\n" % name,
                         text=True, capture_output=True, check=True)
    return shlex.split(out.stdout)


class Build:
    def __init__(self, build, scratch):
        self.scratch, self.plain = scratch, build + "/tests/sim/test_sim"
        self.compile = shlex.split(os.environ.get("CC", "gcc")) + ["-O1", "-w", "-std=gnu17", "-D_GNU_SOURCE", '-DEXPUNGE_VERSION="0"', "-Isrc", "-I."] + make_variable(build, "PKG_CFLAGS")
        self.objects = [build + "/tests/sim/test_sim.o"] + make_variable(build, "SIM_OBJS")
        self.behind = [build + "/libexpunge.a"] + make_variable(build, "LDLIBS") + ["-lcmocka"]
        self.wrapped = ["-Wl,--wrap=" + w for w in make_variable(build, "SIM_WRAPPED")]

    def plant(self, number, edits):
        """The program with the bug in it; raises ValueError when it cannot be planted."""
        texts = {}
        for path, is_now, planted in edits:
            if path not in texts:
                with open(path, encoding="utf-8") as f:
                    texts[path] = f.read()
            if texts[path].count(is_now) != 1:
                raise ValueError("%s has %d times: %s" % (path, texts[path].count(is_now), is_now))
            texts[path] = texts[path].replace(is_now, planted)
        objects = []
        for path, text in texts.items():
            base = os.path.join(self.scratch, "%d-%s" % (number, os.path.basename(path)))
            with open(base, "w", encoding="utf-8") as f:
                f.write(text)
            subprocess.run(self.compile + ["-c", "-o", base + ".o", base], check=True)
            objects.append(base + ".o")
        program = os.path.join(self.scratch, "sim-%d" % number)
        subprocess.run(["gcc", "-pthread", "-o", program] + self.wrapped + objects + self.objects + self.behind, check=True)
        return program


def caught_by(program, seed):
    """What the simulator says, or None."""
    run = subprocess.run([program, "--from", str(seed), "--seeds", "1", "--steps", str(STEPS)], text=True, capture_output=True, errors="replace")
    lines = [line for line in run.stdout.splitlines() if " breaks an invariant " in line]
    return lines[0] if lines else None


def try_bug(build, number):
    name, edits = BUGS[number]
    try:
        program = build.plant(number, edits)
    except (ValueError, subprocess.CalledProcessError) as error:
        return name, None, str(error)
    said = None
    for seed in range(1, SEEDS + 1):
        said = caught_by(program, seed)
        if said and caught_by(build.plain, seed):
            said = None # the bug was not needed for it
        if said:
            break
    os.remove(program)
    return name, said, "" if said else "no seed catches it"


def main():
    build = sys.argv[1]
    chosen = [i for i, bug in enumerate(BUGS) if all(w in bug[0] for w in sys.argv[2:])]
    failed = 0
    print("1..%d" % len(chosen), flush=True)
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(2) as pool:
        tools = Build(build, scratch)
        jobs = [pool.submit(try_bug, tools, i) for i in chosen]
        for n, job in enumerate(concurrent.futures.as_completed(jobs), 1):
            name, said, why = job.result()
            failed += said is None
            print("%s %d - %s\n# %s" % ("not ok" if said is None else "ok", n, name, said or why), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
