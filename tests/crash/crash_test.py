#!/usr/bin/env python3
"""crash_test.py - the real program is killed, again and again, and the world it leaves is looked at from outside.

Each story runs one command in a small contact centre until it ends; meanwhile it dies by SIGKILL: at its Nth call that
changes a file (before it, after it), and at random moments of its run time. After each death the files, the registry's
bytes and the published log are looked at; at the end the work is done, and once more changes nothing. Prints TAP.

On PostgreSQL when CRASH_REGISTRY=postgresql, on the server of EXPUNGE_TEST_POSTGRESQL; there every third kill cuts the
connections at the server instead, after which the command goes on or says why not.

CRASH_KILLS (150), CRASH_SEED (1), CRASH_STORIES (all), EXPUNGE (build/expunge). A failure names seed, world and kill.
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
sys.dont_write_bytecode = True
from outside import TOP, Bad, Postgresql, World, demand  # noqa: E402

EXPUNGE = os.path.realpath(os.environ.get("EXPUNGE", TOP + "/build/expunge"))
STOP_AT = os.environ.get("CRASH_STOP_AT", TOP + "/build/tests/crash/stop_at.so")
ON_POSTGRESQL = os.environ.get("CRASH_REGISTRY") == "postgresql"
KILLS, SEED = int(os.environ.get("CRASH_KILLS", "150")), int(os.environ.get("CRASH_SEED", "1"))
TIMEOUT_S = 60
# SIGKILL loses nothing that was handed to the kernel, so memory serves as well as a disk, and is not waited for.
SCRATCH = os.environ.get("CRASH_DIR", "/dev/shm" if os.access("/dev/shm", os.W_OK) else None)


def expunge(world, *args, stop=None, count=None, start=False):
    environment = {k: v for k, v in os.environ.items() if k not in ("EXPUNGE_TOKEN", "LD_PRELOAD")}
    if stop or count:
        environment["LD_PRELOAD"] = STOP_AT
        environment.update({"EXPUNGE_STOP_AT": stop} if stop else {"EXPUNGE_STOP_COUNT": count})
    child = subprocess.Popen([EXPUNGE, *args, "--now", world.now()], cwd=world.dir, env=environment, text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return child if start else finished(child)


def finished(child):
    child.out, child.err = child.communicate(timeout=TIMEOUT_S)
    return child


def good(child, *statuses):
    demand(child.returncode in (statuses or (0,)),
           "%s: status %s: %s%s" % (" ".join(child.args[1:4]), child.returncode, child.err[-500:], child.out[-500:]))
    return child


def answer(child, *statuses):
    return json.loads(good(child, *statuses).out.splitlines()[-1])


class Story:
    """A command, the world it runs in, and what must be true when it has come to its end."""
    contacts, young, share, kills = 24, 3, 10, 8  # kills: at most so many in one world
    statuses = (0,)  # of a run that comes to its end

    def __init__(self, world, chance):
        self.world, self.chance, self.held, self.holds = world, chance, set(), 0

    def prepare(self):
        """In the template, once."""

    def command(self):
        raise NotImplementedError

    def alive(self):
        """While the command runs: what others do."""

    def after_death(self):
        self.world.check_after_death(self.held)

    def at_end(self):
        pass

    def again(self):
        """The next runs change nothing in the stores, and the log is whole."""
        world, before = self.world, self.world.digest()
        world.hours += 1
        good(expunge(world, *self.command()), *self.statuses)
        demand(world.digest() == before, "the second run changed the stores")
        check = answer(expunge(world, "audit", "verify", "--json"))
        demand(check["ok"], "audit verify: %s" % check)
        good(expunge(world, "audit", "publish"))
        world.check_published()


class Ingest(Story):
    """Documents; each contact is registered once, whatever died."""
    contacts, share = 60, 16

    def prepare(self):
        with open(self.world.path("broken.json"), "w") as f:
            f.write('{"cut": ')

    def command(self):
        return ["ingest", "records.json", "broken.json", "--json"]
    statuses = (1,)  # the broken one

    def at_end(self):
        world = self.world
        report = answer(expunge(world, *self.command()), 1)
        demand(report["duplicate"] == len(world.due + world.young) and report["registered"] == 0, "ingested again: %s" % report)
        found = good(expunge(world, "contact", "find", "from:2000-01-01", "--limit", "10000", "--json")).out.splitlines()
        demand(sorted(json.loads(x)["id"] for x in found) == sorted(world.due + world.young), "%d found" % len(found))
        waiting = good(expunge(world, "quarantine", "list", "--json")).out.splitlines()
        demand(len(waiting) >= 1, "the broken document is not in quarantine")


class Registered(Story):
    """What is registered, armed, and held in part."""

    def prepare(self):
        good(expunge(self.world, "ingest", "records.json"))
        good(expunge(self.world, "policy", "activate", "--by", "Ann Example"))
        good(expunge(self.world, "hold", "apply", *self.world.due[:3], "--matter", "Case 0", "--reason", "court"))

    def __init__(self, world, chance):
        super().__init__(world, chance)
        self.held = set(world.due[:3])

    def hold_some(self, stop=None):
        """By another process. What it says is held and was not lost before stays."""
        self.holds += 1
        ids = self.chance.sample(self.world.due, 2)
        reply = expunge(self.world, "hold", "apply", *ids, "--matter", "Case %d" % self.holds, "--reason", "court", "--json", stop=stop)
        if reply.returncode == -signal.SIGKILL:
            return
        said = answer(reply, 0, 1)
        lost = set(said["already_purged"] + said["in_flight"] + [x["id"] for x in said["lost_in_flight"]])
        self.held |= {one for one in ids if not any(one in x for x in lost)}

    def at_end(self):
        there = self.world.artefacts()
        demand(self.held <= set(there), "held and gone: %s" % (self.held - set(there)))


class Purge(Registered):
    """The night's run, with holds that come meanwhile."""
    contacts, share = 80, 34

    def command(self):
        return ["purge", "--json"]
    statuses = (0, 1)

    def alive(self):
        if self.holds < 5 and self.chance.random() < 0.5:
            self.hold_some("%d" % self.chance.randrange(1, 80) if self.chance.random() < 0.2 else None)

    def at_end(self):
        super().at_end()
        world = self.world
        for _ in range(3):
            world.hours += 26
            report = answer(expunge(world, *self.command()), 0, 1)
        demand(report["contacts"]["failed"] == 0, "failed: %s" % report)
        there = world.artefacts()
        for one in world.due:
            if one in there:
                shown = answer(expunge(world, "contact", "show", one, "--json"))
                demand(shown["status"] == "LITIGATION_HOLD", "%s has %s: %s" % (one, there.get(one), shown))


class Erase(Registered):
    """An order by file, with its result."""
    share = 16

    def command(self):
        return ["erase", "--file", "ids.csv", "--result", "result.csv", "--json"]
    statuses = (1,)  # three are held

    def prepare(self):
        super().prepare()
        with open(self.world.path("ids.csv"), "w") as f:
            f.write("id\n" + "\n".join(self.world.due) + "\n")

    def at_end(self):
        super().at_end()
        self.world.hours += 1
        good(expunge(self.world, *self.command()), 1)
        demand(set(self.world.artefacts()) == self.held | set(self.world.young), "left: %s" % self.world.artefacts())
        with open(self.world.path("result.csv")) as f:
            lines = f.read().splitlines()
        demand(len(lines) == 1 + len(self.world.due), "the result has %d lines" % len(lines))

    def after_death(self):
        super().after_death()
        if os.path.exists(self.world.path("result.csv")):
            with open(self.world.path("result.csv")) as f:
                demand(len(f.read().splitlines()) == 1 + len(self.world.due), "half a result under its own name")


class Publish(Registered):
    share = 8

    def prepare(self):
        super().prepare()
        good(expunge(self.world, "erase", *self.world.due[3:9]))
        shutil.rmtree(self.world.path("published"))

    def command(self):
        return ["audit", "publish", "--json"]

    def at_end(self):
        super().at_end()
        self.world.check_published()


class Rotate(Registered):
    """Another key for the log. One that was done before it died is not undone, and six may overlap."""
    contacts, share, kills = 5, 10, 3

    def command(self):
        return ["key", "rotate", "--json"]

    def after_death(self):
        super().after_death()
        self.learn_key(required=False)

    def learn_key(self, required=True):
        head = expunge(self.world, "audit", "verify", "--json")
        if required or head.returncode == 0:
            self.world.vkeys = [answer(head)["vkey"]] + self.world.vkeys

    def at_end(self):
        self.learn_key()
        good(expunge(self.world, "erase", self.world.due[4]))
        self.world.check_published()

    def again(self):
        check = answer(expunge(self.world, "audit", "verify", "--json"))
        demand(check["ok"], "audit verify: %s" % check)


class Backup(Registered):
    """A copy that has its name is whole."""
    contacts, share = 40, 8

    def command(self):
        return ["backup", "copy.db", "--json"]
    statuses = (0, 1)  # it may have been done already

    def after_death(self):
        super().after_death()
        self.check_copy(required=False)
        if os.path.exists(self.world.path("copy.db.part")):
            os.unlink(self.world.path("copy.db.part"))  # as the program asks for

    def check_copy(self, required=True):
        copy = self.world.path("copy.db")
        if required or os.path.exists(copy):
            demand(os.path.exists(copy), "no copy")
            same = subprocess.run(["sqlite3", copy, "PRAGMA integrity_check; SELECT count(*) FROM chain"], capture_output=True, text=True)
            demand(same.stdout.split() == ["ok", str(len(self.world.due + self.world.young))], "the copy: %s%s" % (same.stdout, same.stderr))

    def at_end(self):
        super().at_end()
        self.check_copy()


class Init(Story):
    """A folder is an installation that works, or is refused by name; removed, it can be made again."""
    contacts, young, share = 2, 0, 10

    def command(self):
        return ["init", "site", "--test-clock"]

    def after_death(self):
        site, world = self.world.path("site"), self.world
        if not os.path.exists(site + "/expunge.yaml"):
            return
        works = expunge(world, "ingest", "records.json", "--config", "site/expunge.yaml", "--json")
        demand(works.returncode in (0, 2, 3) and (works.returncode == 0 or works.err.strip()), "ingest: %s %s" % (works.returncode, works.err))
        if works.returncode == 0:
            demand(answer(works)["registered"] == 2, "ingest into the new registry: %s" % works.out)
            check = expunge(world, "audit", "verify", "--json", "--config", "site/expunge.yaml")
            demand(answer(check)["ok"], "its log: %s" % check.out)

    def once_more(self):
        shutil.rmtree(self.world.path("site"), ignore_errors=True)

    def at_end(self):
        demand(answer(expunge(self.world, "ingest", "records.json", "--config", "site/expunge.yaml", "--json"))["registered"] == 2, "not new")

    def again(self):
        good(expunge(self.world, *self.command()), 2)


class Killer:
    """Runs a story in world after world until its share of the kills is done."""

    def __init__(self, kind, folder):
        self.kind, self.folder = kind, folder
        self.chance = random.Random("%d %s" % (SEED, kind.__name__))
        self.killed, self.precise, self.worlds, self.cuts, self.kill = 0, 0, 0, 0, ""
        template = World(os.path.join(folder, "template"), Postgresql() if ON_POSTGRESQL else None)
        os.mkdir(template.dir)
        good(expunge(template, "init", ".", "--test-clock", *(["--registry", template.database.url] if ON_POSTGRESQL else [])))
        template.configure()
        template.lay_out(kind.contacts, kind.young)
        story = kind(template, self.chance)
        story.prepare()
        template.vkeys = [answer(expunge(template, "audit", "verify", "--json"))["vkey"]]
        self.template = template
        self.measure()

    def fresh(self):
        world = self.template.copy(os.path.join(self.folder, "world-%d" % self.worlds))
        self.worlds += 1
        return self.kind(world, self.chance)

    def measure(self):
        """How long a whole run takes, and how many calls it makes."""
        story, count = self.fresh(), os.path.join(self.folder, "count")
        began = time.monotonic()
        good(expunge(story.world, *story.command()), *story.statuses)
        self.seconds = time.monotonic() - began
        story.world.remove()
        story = self.fresh()
        good(expunge(story.world, *story.command(), count=count), *story.statuses)
        with open(count) as f:
            self.calls = int(f.read())
        story.world.remove()
        self.stops = ["%d%s" % (n, after) for n in range(1, self.calls + 1) for after in ("", "+")]
        self.chance.shuffle(self.stops)

    def run_once(self, story, stop):
        """Whether it was killed. With `stop` at that call, else at a random moment of its run time."""
        child = expunge(story.world, *story.command(), stop=stop, start=True)
        delay = self.chance.random() * self.seconds
        self.kill = "stop %s" % stop if stop else "after %.4f s" % delay
        if not stop:
            time.sleep(delay / 2)
        story.alive()
        cut = False
        if not stop:
            time.sleep(delay / 2)
            cut = ON_POSTGRESQL and self.chance.random() < 0.6
            if cut:
                self.kill += ", at the server"
                cut = story.world.database.cut(story.world.database.name) > 0
            else:
                child.kill()
        finished(child)
        if child.returncode == -signal.SIGKILL:
            return True
        if cut and child.returncode not in story.statuses:
            demand(child.returncode in (1, 2) and child.err.strip(), "cut off: status %s, %s" % (child.returncode, child.err))
            self.cuts += 1
            return True
        self.cuts += cut
        good(child, *story.statuses)
        return False

    def world(self, kills):
        story = self.fresh()
        for i in range(kills):
            first = i == 0 and self.stops and not (ON_POSTGRESQL and self.worlds % 2)
            stop = self.stops.pop() if first else "%d" % self.chance.randrange(1, self.calls) if i % 2 else None
            died = self.run_once(story, stop)
            if not died:
                break
            self.killed += 1
            self.precise += stop is not None
            story.after_death()
            story.world.hours += 1
            if hasattr(story, "once_more"):
                story.once_more()
        else:
            self.kill = "none, to its end"
            good(expunge(story.world, *story.command()), *story.statuses)
        self.kill = "none, at the end"
        story.at_end()
        story.again()
        story.world.remove()

    def work(self, kills):
        tries = 0
        while self.killed < kills and tries < 3 * kills:
            tries += 1
            self.world(min(self.kind.kills, kills - self.killed))


def main():
    kinds = [Ingest, Purge, Erase, Publish, Rotate] + ([] if ON_POSTGRESQL else [Backup, Init])
    wanted = os.environ.get("CRASH_STORIES", "").lower().split()
    kinds = [k for k in kinds if not wanted or k.__name__.lower() in wanted]
    total, failures, landed = sum(k.share for k in kinds), 0, 0
    print("1..%d" % len(kinds), flush=True)
    for number, kind in enumerate(kinds, 1):
        folder, killer = tempfile.mkdtemp(prefix="expunge-crash-", dir=SCRATCH), None
        try:
            killer = Killer(kind, folder)
            killer.work(max(2, KILLS * kind.share // total))
            ok, why = True, ""
        except (Bad, OSError, ValueError, KeyError, subprocess.SubprocessError) as e:
            ok, why = False, "%s: %s" % (type(e).__name__, e)
        name = kind.__name__.lower()
        if killer:
            landed += killer.killed
            name += ": killed %d times mid-run (%d at a chosen call of %d) in %d worlds" % (killer.killed, killer.precise, killer.calls, killer.worlds - 2)
            name += ", connections cut %d times" % killer.cuts if ON_POSTGRESQL else ""
        print("%s %d - %s" % ("ok" if ok else "not ok", number, name), flush=True)
        if ok:
            shutil.rmtree(folder)
        else:
            failures += 1
            print("# seed %d, world %d, kill %s; left in %s\n# %s" % (SEED, killer.worlds - 1 if killer else 0, killer.kill if killer else "-", folder, why.replace("\n", "\n# ")))
    print("# %d kills landed" % landed)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.setrecursionlimit(10000)
    sys.exit(main())
