"""Recorded boots, executed again: all of it agrees, memory too; and what is damaged, wrong or of
another kernel is found, and named."""

import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
sys.path.insert(0, str(HERE.parent / "reducer"))
import compare  # noqa: E402
from harness import BOOT_SECONDS, BUILDS, ROOT, options  # noqa: E402
from stops import Stopper  # noqa: E402

from wl import recording  # noqa: E402
from wl.recorder import Recorder  # noqa: E402
from wl.serial import Session  # noqa: E402

COMMANDS = ("ps", "pingpong 1000", "run spin &", "jobs", "kill %1", "hello", "crash null", "verify")
SEED = int(os.environ.get("WL_SEED", "1"))
EVENT_TIME, EVENT_THREAD, EVENT_RESULT, EVENT_SLOT = 0, 8, 15, 16  # offsets


def replay(path, *arguments, build=None):
    """(exit status, what it printed)"""
    line = [ROOT / "tools/replay", path, *arguments]
    if build:
        line += ["--build", build]
    done = subprocess.run(line, capture_output=True, text=True, timeout=500)
    return done.returncode, done.stdout + done.stderr


def work(session):
    for command in COMMANDS:
        session.run(command, 60)


def run_target_tests(session):
    """All tests of tests/target: what strangers try, and every operation."""
    session.run(f"mkdir /tests.options /tests.options/cpus-{session.options.smp}", 30)
    session.send(b"restart tests\r")
    session.expect(rb"(?m)^# \d+ failed", 200, "the end of the tests")
    session.send(b"\r")
    session.prompt(30)


def record(machine_options, folder, drive):
    """Boots, works, powers off: (file, stops, whether it went off in order)."""
    recorder = Recorder(machine_options)
    stopper = Stopper(machine_options, recorder, folder, SEED)
    path = Path(folder) / "boot.rec"
    try:
        with Session(machine_options) as session:
            recorder.start()
            with stopper:
                session.prompt(BOOT_SECONDS["fast"])
                drive(session)
                stopper.finish()
                stopper.stop()
            whole = session.power_off()
        done = recorder.finish(whole)
    finally:
        recorder.close()
    if stopper.error:
        raise stopper.error
    recording.write(path, done)
    return path, stopper.stops, whole


class Recorded(unittest.TestCase):
    """One boot of a variant, recorded."""

    variant = "release"
    machine = {}

    @staticmethod
    def drive(session):
        work(session)

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="waterlight-")
        cls.build = BUILDS[cls.variant]
        cls.file, cls.stops, cls.whole = record(options(cls.variant, **cls.machine), cls.folder,
                                                cls.drive)
        cls.recording = recording.read(cls.file)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def replay(self, *arguments, status=0):
        got, shown = replay(self.file, *arguments, build=self.build)
        self.assertEqual(got, status, shown)
        return shown

    def event_of(self, stop):
        """The number of the last event before it, as text."""
        before = self.recording.events[: stop.records * recording.EVENT_BYTES]
        return str(recording.steps(before) - 1)

    def changed(self, **parts):
        """The path of a recording with other contents and right checksums."""
        path = Path(self.folder) / "changed.rec"
        fields = {name: getattr(self.recording, name) for name in ("meta", "image", "events",
                                                                   "commits")}
        recording.write(path, recording.Recording(**{**fields, **parts}))
        return path


class TestAgrees:
    """For both variants."""

    def test_whole(self):
        self.assertTrue(self.whole)
        meta = self.recording.meta
        shown = self.replay()
        self.assertIn(f"{meta['steps']} events, {meta['commits']} commits: all agree", shown)

    def test_second_reducer(self):
        """The fold of tests/reducer and that of libsys, over this boot's commits."""
        states, what = compare.difference(self.recording.commits)
        self.assertIsNone(what)
        self.assertGreater(states, 10)

    def test_invariants(self):
        """All of tests/host/kernel, in what a real machine did."""
        every = max(1, self.recording.meta["steps"] // 2000)
        self.assertIn("all agree", self.replay("--check", str(every), "--run"))

    def test_memory(self):
        """The kernel's objects in the stopped machine, field by field."""
        self.assertGreaterEqual(len(self.stops), 3)
        commands = []
        for stop in self.stops:
            commands += ["--at", self.event_of(stop), "--compare", stop.memory]
        shown = [line for line in self.replay(*commands).splitlines() if "compared" in line]
        self.assertEqual(len(shown), len(self.stops))
        for line in shown:
            print(" ", line)
            self.assertRegex(line, r"\d{4,} objects, \d{5,} fields compared, 0 differ")


class Release(TestAgrees, Recorded):
    def test_memory_of_another_moment(self):
        shown = self.replay("--at", "100", "--compare", self.stops[-1].memory, status=1)
        self.assertNotRegex(shown, r", 0 differ")

    def test_a_lie_is_named(self):
        """Right checksums, one field of one event or commit changed: the engine says which."""
        chance = random.Random(SEED)
        events = bytearray(self.recording.events)
        steps = [at for at in range(0, len(events), recording.EVENT_BYTES)
                 if events[at + 12] != recording.ARGS]
        for field in (EVENT_TIME, EVENT_THREAD, EVENT_RESULT, EVENT_SLOT):
            number = chance.randrange(100, len(steps) - 100)
            if field == EVENT_TIME:  # of a commit's cause: where nobody asks it decides nothing
                at = chance.randrange(len(self.recording.commits) // recording.COMMIT_BYTES)
                at *= recording.COMMIT_BYTES
                number, = struct.unpack_from("<Q", self.recording.commits, at + 16)
            lie = bytearray(events)
            lie[steps[number] + field] ^= 1
            _, shown = replay(self.changed(events=bytes(lie)), build=self.build)
            found = re.search(r"^event (\d+):", shown, re.MULTILINE)
            self.assertTrue(found, f"field {field} of event {number}: {shown}")
            self.assertGreaterEqual(int(found.group(1)), number)
            self.assertLessEqual(int(found.group(1)), number + 3, shown)
        lie = bytearray(self.recording.commits)
        seq = chance.randrange(500, len(lie) // recording.COMMIT_BYTES)
        lie[seq * recording.COMMIT_BYTES + 56] ^= 1
        _, shown = replay(self.changed(commits=bytes(lie)), build=self.build)
        self.assertIn(f"commit {seq}\n", shown)

    def test_damage(self):
        """Each flipped bit is found before anything is executed, and so is each missing end."""
        chance = random.Random(SEED)
        good = self.file.read_bytes()
        path = Path(self.folder) / "damaged.rec"
        places = list(range(48)) + [chance.randrange(len(good)) for _ in range(60)]
        for place in places + [len(good) - 1]:
            bad = bytearray(good)
            bad[place] ^= 1 << chance.randrange(8)
            path.write_bytes(bad)
            with self.assertRaises(recording.Refused, msg=f"byte {place}"):
                recording.read(path)
        for size in (0, 7, 16, 40, len(good) // 3, len(good) - 33, len(good) - 1):
            path.write_bytes(good[:size])
            with self.assertRaises(recording.Refused, msg=f"{size} bytes"):
                recording.read(path)
        path.write_bytes(good[: len(good) // 2])
        status, shown = replay(path, build=self.build)
        self.assertEqual(status, 2)
        self.assertRegex(shown, r"^replay: .*damaged.rec: truncated: section \w+ has \d+ of \d+")

    def test_another_kernel(self):
        meta = {**self.recording.meta, "kernel": "00" * 20}
        status, shown = replay(self.changed(meta=meta), build=self.build)
        self.assertEqual(status, 2)
        self.assertIn(f"recorded with the kernel {'00' * 20}", shown)

    def test_time_runs_both_ways(self):
        """The state at an event is the same, however one came there."""
        last = self.recording.meta["steps"] - 1
        middle = last // 2
        there = self.replay("--at", str(middle), "--show", "all")
        for way in (("--at", str(last), "--back", str(last - middle)),
                    ("--at", "10", "--step", str(middle - 10))):
            self.assertIn(there, self.replay(*way, "--show", "all"))
        self.assertIn(f"{middle:8} time", there)

    def test_conditions(self):
        where = "op=invoke,operation=delete,commit=delete"
        first = self.replay("--until", where)
        self.assertRegex(first, r"invoke delete .*\n(.*\n)*? +commit \d+ delete")
        second = self.replay("--until", where, "--until", where, "--rewind", where)
        self.assertTrue(second.endswith(first))
        self.assertIn("no event from here on meets thread=99999",
                      self.replay("--until", "thread=99999", status=1))
        self.assertIn("no such field", self.replay("--until", "colour=red", status=1))

    def test_typed_commands(self):
        line = [ROOT / "tools/replay", self.file, "--build", self.build, "--debug"]
        done = subprocess.run(line, input="at 200\nback 50\nshow threads\nuntil kind=irq\nquit\n",
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?s)     200 time.*     150 time.*thread state.* irq line")

    def test_a_changed_kernel_diverges(self):
        """A constant, an order, an error: each time one file is compiled anew."""
        for name, old, new in (
                ("cnode.c", "work = WORK_PER_STEP}", "work = WORK_PER_STEP - 15}"),
                ("sched.c", "queue_insert(q, t, front ? q->head : NULL)",
                 "queue_insert(q, t, front ? NULL : q->head)"),
                ("vspace.c", "ERR_NO_TABLE", "ERR_BUSY")):
            with self.subTest(name):
                engine = self.changed_engine(name, old, new)
                status, shown = replay(self.file, "--engine", engine)
                self.assertEqual(status, 1, shown)
                self.assertRegex(shown, r"^event \d+: ")
                print(f"  {name}: {shown.splitlines()[0]}")

    def test_what_no_record_shows_is_seen_in_memory(self):
        engine = self.changed_engine("vspace.c", "s->badge = c.arg0 | rights;",
                                     "s->badge = c.arg0 | rights | 512;")
        self.replay("--engine", engine)
        last = self.stops[-1]
        shown = self.replay("--engine", engine, "--at", self.event_of(last), "--compare",
                            last.memory, status=1)
        self.assertRegex(shown, r"(?m)^slot 0x\w+: badge is ")

    def test_a_broken_invariant_is_named(self):
        engine = self.changed_engine("cap.c", "if (c->top < index) c->top = index;", "")
        shown = self.replay("--engine", engine, "--check", "1", "--run", status=1)
        self.assertRegex(shown, r"^event \d+: INV-CAP-\d")

    def changed_engine(self, name, old, new):
        source = (ROOT / "kernel" / name).read_text(encoding="utf-8")
        self.assertIn(old, source)
        folder = Path(self.folder)
        (folder / name).write_text(source.replace(old, new), encoding="utf-8")
        objects = self.build / "tests/replay/CMakeFiles"
        fake = ROOT / "tests/host/kernel/fake"
        flags = ["-std=gnu17", "-O1", "-ffreestanding", "-fno-strict-aliasing", "-DWL_HOST=1",
                 "-DFAKE_MEMORY=0x100000000ull", "-DWL_DEBUG=0", "-include", fake / "section.h",
                 "-iquote", ROOT / "kernel", "-I", fake, "-I", ROOT / "kernel"]
        subprocess.run(["clang-14", *flags, "-c", folder / name, "-o", folder / "changed.o"],
                       check=True)
        others = [path for path in objects.rglob("*.o") if path.name != f"{name}.o"]
        engine = folder / f"engine-{name}"
        subprocess.run(["clang-14", "-fuse-ld=lld", *others, folder / "changed.o", "-o", engine],
                       check=True)
        return engine


class Killed(unittest.TestCase):
    def test_what_was_recorded_until_then(self):
        machine_options = options("release")
        recorder = Recorder(machine_options)
        self.addCleanup(recorder.close)
        with Session(machine_options) as session:
            recorder.start()
            session.prompt(BOOT_SECONDS["fast"])
            session.send(b"pingpong 1000000\r")
            time.sleep(random.Random(SEED).uniform(0, 0.4))
            session.qemu.kill()
            session.qemu.wait()
        done = recorder.finish(False)
        with tempfile.TemporaryDirectory(prefix="waterlight-") as folder:
            path = Path(folder) / "killed.rec"
            recording.write(path, done)
            status, shown = replay(path, build=BUILDS["release"])
        self.assertEqual(status, 0, shown)
        self.assertIn(f"{done.meta['steps']} events, ", shown)
        self.assertFalse(done.meta["whole"])


class Debug(TestAgrees, Recorded):
    variant = "debug"


class FourCpus(TestAgrees, Recorded):
    machine = {"smp": 4}

    def test_all_take_part(self):
        for cpu in range(4):
            self.replay("--until", f"cpu={cpu}")


class Target(TestAgrees, Recorded):
    machine = {"image": BUILDS["release"] / "boot-test.img", "memory": "1G"}

    @staticmethod
    def drive(session):
        run_target_tests(session)


if __name__ == "__main__":
    unittest.main(verbosity=2)
