"""The power is cut again and again, 50 times on one disk: what was answered is there, nothing half.

Usage: cuts.py [CUTS [SEED]]

The disks, of the log and of contents, are nbd_disk.py's: a cut loses, keeps and tears what was not
flushed. It comes when one of them has done a number of requests drawn from the seed: while the log
is looked for, made or read back, while the system starts, or while two programs and the shell
write, and contents are stored; now and then server, ledger or driver are ended, too.
"""

import random
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from harness import BOOT_SECONDS, BUILDS, ROOT, Refused, Session, options, plain
from nbd_disk import Disk

CUTS, SEED = 6, 1
CUTS_LEAST, ON_A_DISK = 6, 50  # that show something; on one disk, as wl-log reads all of it
NAMES = [f"/f{i}" for i in range(8)]
PAIR, PAIRS = "/pair", 0.25  # two files that change as one
LOADS = ("/a", "/b")
LARGE, LARGE_PIECES, PLACED = "/large", 96, 0.2  # 288 KiB, in whole blocks
DISK_EACH, DISK_LEAST = 6 << 20, 64 << 20  # bytes for the log of each boot
SERVICES = ("vfs", "ledger", "virtio_blk", "virtio_files")
ENDED = 0.03  # one of them before a command
BOOT_REQUESTS, LOAD_REQUESTS = 150, 400
FILES_BYTES, FILES_REQUESTS, STORED, ON_FILES = 12 << 20, 60, 0.3, 0.4
SAID = re.compile(r"files_load (\S+): (\d+)\.")
LOOKED = re.compile(r"files_load (\S+): (\d+) writes, (whole|no file|WRONG)")
HEAD = re.compile(r"log: boot (\d+), (\d+) commits of it on the disk")
BEFORE = re.compile(r"log: the boot before ended with (\d+) commits, head ([0-9a-f]{64})")


class World:
    """What the files are; while a command is not answered, what they may be."""

    def __init__(self):
        self.may = [{}]

    def command(self, chance, text):
        """A line for the shell, and what it may have done if its answer is never seen."""
        files, name = self.may[0], chance.choice(NAMES)
        if chance.random() < PAIRS:
            self.may = [files, files | {PAIR: f"{text}\n{text}\n"}]
            return (f"mkdir -p {PAIR}; change begin {PAIR}; echo {text} > {PAIR}/a; "
                    f"echo {text} > {PAIR}/b; change commit")
        other = chance.choice([n for n in NAMES if n != name])
        old = files.get(name)
        kind = chance.choice(("write", "append", "move", "remove")) if old else "write"
        if kind == "write":
            self.may = [files, files | {name: ""}, files | {name: text + "\n"}]
            return f"echo {text} > {name}"
        if kind == "append":
            self.may = [files, files | {name: old + text + "\n"}]
            return f"echo {text} >> {name}"
        rest = {n: t for n, t in files.items() if n != name}
        self.may = [files, rest | {other: old}] if kind == "move" else [files, rest]
        return f"mv {name} {other}" if kind == "move" else f"rm {name}"

    def answered(self):
        self.may = [self.may[-1]]

    def seen(self, files):
        """None, or what cannot be."""
        if files not in self.may:
            return f"there is {files}\nbut it should be one of\n" + "\n".join(map(str, self.may))
        self.may = [files]
        return None


class Cuts(unittest.TestCase):
    def begin(self, path, cuts, seed):
        self.path = path
        self.chance = random.Random(seed)
        self.disk = Disk(self.path, DISK_LEAST + cuts * DISK_EACH, seed)
        self.files = Disk(path.with_name("files.img"), FILES_BYTES, seed + 1, "wl-files")
        self.disk.brothers, self.files.brothers = [self.files], [self.disk]
        self.world = World()
        self.writes = dict.fromkeys(LOADS, 0)  # of each program, that were answered
        self.placed = False  # the whole of it was answered once, and is the same ever since
        self.boots, self.texts, self.early, self.ended, self.pairs = 0, 0, 0, 0, 0

    def boot(self):
        return Session(options(extra=self.disk.arguments() + self.files.arguments(), memory="512M",
                               smp=self.chance.choice((1, 1, 2, 4)),
                               image=BUILDS["release"] / "boot-test.img"))

    def line(self, session, text, timeout=60):
        status, shown = session.run(text, timeout)
        self.assertEqual(status, 0, f"{text!r} printed:\n{shown}")
        return shown

    def test_cuts(self):
        for first in range(0, CUTS, ON_A_DISK):
            with tempfile.TemporaryDirectory() as folder:
                cuts = min(ON_A_DISK, CUTS - first)
                self.begin(Path(folder) / "disk.img", cuts, SEED + first)
                try:
                    self.campaign(cuts)
                finally:
                    self.disk.close()
                    self.files.close()

    def campaign(self, cuts):
        for number in range(cuts):
            self.one(number)
            self.verify_outside()
        with self.boot() as session:
            session.prompt(BOOT_SECONDS["fast"])
            self.look(session)
            self.assertTrue(session.power_off())
        self.verify_outside()
        print(f"{cuts} cuts, {self.early} before the prompt; {self.boots} boots counted; "
              f"{self.pairs} found a pair whole; "
              f"{self.ended} services ended; "
              f"{self.texts} commands and {sum(self.writes.values())} writes of programs were "
              f"answered; of {self.disk.unflushed} writes that were not flushed {self.disk.lost} "
              f"were lost and {self.disk.torn} torn; of {self.files.unflushed} of contents "
              f"{self.files.lost} and {self.files.torn}")
        if cuts >= CUTS_LEAST:
            self.assertGreater(self.texts, cuts)
            self.assertGreater(self.disk.lost + self.disk.torn, 0)
        if cuts >= ON_A_DISK:
            self.assertGreater(self.pairs, 0)

    def one(self, number):
        """A boot that is cut."""
        early = self.chance.random() < 0.3
        cut = self.files if not early and self.chance.random() < ON_FILES else self.disk
        cut.cut.clear()
        session = self.boot()
        with session:
            if early:
                self.disk.arm(self.chance.randrange(1, BOOT_REQUESTS), session.qemu)
            try:
                session.prompt(BOOT_SECONDS["fast"])
                self.look(session)
                if not early:
                    most = FILES_REQUESTS if cut is self.files else LOAD_REQUESTS
                    cut.arm(self.chance.randrange(1, most), session.qemu)
                self.load(session)
            except (Refused, BrokenPipeError) as problem:
                if not cut.cut.wait(10):
                    raise AssertionError(f"cut {number}: {problem}") from problem
        shown = session.text()
        if not HEAD.search(shown):
            self.early += 1
        for name, count in SAID.findall(shown):
            self.writes[name] = max(self.writes[name], int(count))

    def load(self, session):
        for name in LOADS:
            self.line(session, f"spawn files_load {name} 3600")
        while True:
            if self.chance.random() < ENDED:
                self.ended += 1
                self.line(session, f"restart {self.chance.choice(SERVICES)}")
            self.texts += 1
            self.line(session, self.world.command(self.chance, f"text {self.texts}"))
            self.world.answered()
            if self.chance.random() < STORED:
                self.line(session, "vfs flush")
            if self.chance.random() < PLACED:  # past the log: what is named has to be there
                self.line(session, f"files_many put {LARGE} {LARGE_PIECES} 3072", 120)
                self.placed = True

    def look(self, session):
        """Everything that was answered is there, whole."""
        shown = session.text()
        boot = int(HEAD.search(shown).group(1))
        self.assertGreater(boot, self.boots, shown)  # each boot has its number
        self.boots = boot
        if found := BEFORE.search(shown):
            self.assertRegex(self.line(session, "verify", 120), found.group(0))
        self.line(session, "vfs verify", 120)
        names = self.line(session, "ls /")
        listed = re.findall(r"(?m)\b(f\d)$", names)
        files = {f"/{name}": self.line(session, f"cat /{name}") for name in listed}
        if "pair/" in names and (pair := self.line(session, f"ls {PAIR}").split()):
            self.pairs += 1
            files[PAIR] = "".join(self.line(session, f"cat {PAIR}/{name}") for name in pair)
        self.assertIsNone(self.world.seen(files))
        if self.placed:
            self.line(session, f"files_many get {LARGE} {LARGE_PIECES} 3072", 120)
        for name in LOADS:
            _, shown = session.run(f"files_load {name} look")
            found = LOOKED.search(shown)
            self.assertIsNotNone(found, shown)
            self.assertNotEqual(found.group(3), "WRONG", shown)
            self.assertGreaterEqual(int(found.group(2)), self.writes[name], shown)
            self.writes[name] = int(found.group(2))

    def verify_outside(self):
        """The image as the power cut left it."""
        done = subprocess.run([ROOT / "tools/wl-log", self.path, "verify"], capture_output=True,
                              text=True, timeout=300, check=False)
        empty = self.boots == 0 and "empty" in done.stdout + done.stderr
        self.assertTrue(done.returncode == 0 or empty, done.stdout + done.stderr)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        CUTS = int(sys.argv.pop(1))
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        SEED = int(sys.argv.pop(1))
    unittest.main(verbosity=2)
