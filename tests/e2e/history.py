"""Earlier boots are asked in the shell like this one; and bad questions are refused exactly."""

import itertools
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import ROOT, Boots

MIB = 1 << 20
ROUNDS = 200  # of lines that make commits, at most
COMMIT = re.compile(r"^ *(\d+) (\w+) .*$", re.MULTILINE)
BOOT = re.compile(r"^ +(\d+) +(\d+)  (now|[0-9a-f]{64}) *\n +before +([0-9a-f]{64})$", re.MULTILINE)


class Machine(Boots):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.disk = Path(self.folder.name) / "disk.img"
        self.disks = [self.disk]
        with open(self.disk, "wb") as file:
            file.truncate(64 * MIB)

    def line(self, *arguments, **more):
        return super().line(*arguments, **more).replace("\r", "")

    def refused(self, session, text, words, status=1):
        """The first line says what was wrong, in these words."""
        self.assertEqual(self.line(session, text, status).strip().splitlines()[0], words)


class History(Machine):
    def boots(self, session):
        return {int(number): (int(commits), head, before)
                for number, commits, head, before in BOOT.findall(self.line(session, "boots"))}

    def commit_lines(self, session, count, more=""):
        return dict(re.findall(r"^ *(\d+) (.*)$", self.line(session, f"log {count}{more}"),
                               re.MULTILINE))

    def test_earlier_boots(self):
        """What was said of a commit in its own boot is said in a later one."""
        one = self.boot()
        self.assertEqual(list(self.boots(one)), [1])
        known = self.commit_lines(one, 60)
        shown = {seq: self.line(one, f"show {seq}").splitlines() for seq in (0, 5, 200)}
        self.assertTrue(one.power_off())

        two = self.boot()
        boots = self.boots(two)
        self.assertEqual(list(boots), [1, 2])
        count, head, before = boots[1]
        self.assertEqual((boots[2][1], boots[2][2], before), ("now", head, "0" * 64))
        later = self.commit_lines(two, count, " --boot 1")
        self.assertEqual(len(later), count)
        for seq, text in known.items():
            self.assertEqual(later[seq], text)
        for seq, text in shown.items():
            again = self.line(two, f"show {seq} --boot 1").splitlines()
            self.assertEqual(again[:2], text[:2])
            self.assertTrue(text[2].startswith(again[2].split("...")[0]), again)
        self.line(two, "caps axiom --boot 1")
        self.line(two, "why axiom 3 --boot 1")
        self.line(two, "at 300 caps axiom --boot 1")
        self.assertIn("axiom", self.line(two, "who axiom 3 --boot 1"))
        self.refused(two, f"show {count} --boot 1", f"show: {count}: noRecord")
        self.refused(two, f"at {count} caps axiom --boot 1", f"at: {count}: noRecord")
        self.refused(two, "why nobody 3 --boot 1", "why: nobody: noProcess")
        self.refused(two, "why axiom 4095 --boot 1", "why: axiom: noSlot")
        for question in ("log", "show 1", "caps axiom", "why axiom 1", "who axiom 1",
                         "at 1 caps axiom", "verify", "lives"):
            name = question.split()[0]
            self.refused(two, f"{question} --boot 3", f"{name}: boot 3: noBoot")
        self.refused(two, "log --boot", "log: --boot wants a number from 1 on", 2)
        self.refused(two, "log --boot 0", "log: --boot wants a number from 1 on", 2)
        self.refused(two, "log --follow --boot 1", "log: only this boot goes on", 2)
        self.line(two, "show 5 --boot 2")
        verified = self.line(two, "verify --boot 1", timeout=120)
        self.assertIn(f"ok: {count} commits, {count} hashed; 0 of ", verified)
        self.assertIn(f"\nhead {head}\n", verified)
        self.line(two, "verify", timeout=120)
        self.assertTrue(two.power_off())

    def lives(self, session, more=""):
        """(pid, name) -> the rest of its line; without the services that ended with the boot."""
        rows = [row.split() for row in self.line(session, f"lives{more}").splitlines()[1:]]
        return {(row[0], row[-1]): row[1:-1] for row in rows if row}

    def test_names_outlive_the_boot(self):
        """Who lived when, though audit and the ledger were ended in between."""
        one = self.boot()
        for line in ("hello", "restart audit", "hello", "restart ledger", "hello", "restart vfs"):
            self.line(one, line)
        lives = self.lives(one)
        self.assertEqual(sum(name == "hello" for _, name in lives), 3)
        self.line(one, "caps vfs")
        why = self.line(one, "why hello 1")  # it has ended
        self.assertTrue(one.power_off())

        two = self.boot()
        later = self.lives(two, " --boot 1")
        self.assertEqual(set(later), set(lives))
        for who, row in lives.items():
            self.assertEqual(later[who], row)
        self.assertEqual(self.line(two, "why hello 1 --boot 1"), why)
        vfs = max(int(pid) for pid, name in lives if name == "vfs")
        caps = self.line(two, f"caps {vfs} --boot 1")
        self.assertEqual(self.line(two, "caps vfs --boot 1"), caps)
        offline = subprocess.run([ROOT / "tools/wl-log", "--boot", "1", self.disk, "lives"],
                                 capture_output=True, text=True, timeout=60, check=True).stdout
        self.assertEqual({(row.split()[0], row.split()[-1]) for row in offline.splitlines()},
                         set(lives))
        held = subprocess.run([ROOT / "tools/wl-log", "--boot", "1", self.disk, "caps", "vfs"],
                              capture_output=True, text=True, timeout=60, check=True).stdout
        self.assertEqual([row.split()[0] for row in held.splitlines()],
                         [row.split()[0] for row in caps.splitlines()[1:]])
        self.assertTrue(two.power_off())

    def test_driver_away(self):
        """Nobody waits for a driver: the answer says that the disk is away; later it is there."""
        for _ in range(2):
            self.assertTrue(self.boot().power_off())
        session = self.boot()
        self.line(session, "caps axiom --boot 1")
        shown = ""
        for tries in range(12):  # each time it stays away longer, up to ten seconds
            session.run("kill virtio_blk")
            shown = session.run(f"caps axiom --boot {2 - tries % 2}", 60)[1]
            if "axiom: away" in shown:
                break
        self.assertIn("caps: axiom: away", shown)
        self.line(session, "caps axiom")  # of this boot all is in memory
        self.line(session, "restart virtio_blk")
        self.line(session, "sync")
        self.line(session, "caps axiom --boot 1")
        self.line(session, "caps axiom --boot 2")
        self.assertTrue(session.power_off())

    def test_no_disk(self):
        """This boot is asked as ever; of earlier ones it is said that nothing is kept."""
        session = self.boot(disks=[])
        self.line(session, "show 5")
        self.refused(session, "boots", "boots: boots: noDisk")
        for question in ("log", "show 5", "caps axiom"):
            name = question.split()[0]
            what = {"log": "log", "show": "5", "caps": "axiom"}[name]
            self.refused(session, f"{question} --boot 1", f"{name}: {what}: noDisk")
        self.assertTrue(session.power_off())


class Window(Machine):
    """More commits than the log memory has room for: those on the disk make way."""

    def held(self, session):
        """Commits that stand nowhere else, and the most that can."""
        found = re.search(r"commits +(\d+) of (\d+) that have", self.line(session, "mem"))
        return int(found.group(1)), int(found.group(2))

    def commits(self, session):
        return int(re.search(r", (\d+) commits of it", self.line(session, "log head")).group(1))

    def test_more_than_memory(self):
        """A boot goes on, and its first commits are known as before; in the next boot, too."""
        session = self.boot(memory="96M")
        _, most = self.held(session)
        questions = ("show 5", "why vfs 3", "why hello 1", "at 5000 caps uart", "who uart 3")
        self.line(session, "hello")
        before = {line: self.line(session, line) for line in questions}
        rounds = itertools.cycle(("memhog",) * 4 + ("restart ledger", "memhog", "memhog",
                                                     "restart virtio_blk", "restart audit"))
        for _ in range(ROUNDS):
            if self.commits(session) >= most * 1.2:
                break
            self.line(session, next(rounds))
            if self.held(session)[0] > most / 4:  # the driver is away: until it is back
                self.line(session, "sync")
                self.assertLess(self.held(session)[0], most / 4)
        self.assertGreaterEqual(self.commits(session), most * 1.2, f"after {ROUNDS} lines")
        for end in ("", "restart ledger", "restart audit"):
            self.line(session, end)
            for line, shown in before.items():
                now = self.line(session, line)
                if line == "show 5":  # its hash and its event are not in memory any more
                    now, shown = now.splitlines()[:2], shown.splitlines()[:2]
                self.assertEqual(now, shown, line)
            self.assertTrue(self.line(session, "verify", timeout=120).startswith("ok: "))
        last = self.line(session, f"show {most + 1}").splitlines()[:2]
        self.assertTrue(session.power_off())
        again = self.boot(memory="96M")
        self.assertEqual(self.line(again, f"show {most + 1} --boot 1").splitlines()[:2], last)
        self.assertEqual(self.line(again, "why hello 1 --boot 1"), before["why hello 1"])
        self.assertTrue(again.power_off())
        offline = subprocess.run([ROOT / "tools/wl-log", self.disk, "verify"], timeout=60,
                                 capture_output=True, text=True, check=True).stdout
        self.assertIn("verify: ok", offline)

    def test_full(self):
        """A disk without room: nothing leaves memory any more, and programs are refused."""
        with open(self.disk, "wb") as file:
            file.truncate(3 * MIB)
        session = self.boot(memory="96M")
        _, most = self.held(session)
        refused = ""
        for _ in range(120):
            refused = session.run("memhog", 30)[1]  # one that runs already is refused memory
            if "storage" in refused:
                break
        self.assertIn("storage", refused)
        self.assertGreaterEqual(self.held(session)[0], most * 3 // 4)
        self.assertRegex(self.line(session, "log head", status=1), "log: .*full")
        self.line(session, "show 5")
        self.assertIn("genesis", self.line(session, "why vfs 3"))
        self.assertIn("ok: ", self.line(session, "verify", timeout=120))
        session.power_off()


if __name__ == "__main__":
    unittest.main(verbosity=2)
