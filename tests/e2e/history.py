"""Earlier boots are asked in the shell like this one; and bad questions are refused exactly."""

import re
import tempfile
import unittest
from pathlib import Path

from harness import BOOT_SECONDS, Session, options

MIB = 1 << 20
COMMIT = re.compile(r"^ *(\d+) (\w+) .*$", re.MULTILINE)
BOOT = re.compile(r"^ +(\d+) +(\d+)  (now|[0-9a-f]{64}) *\n +before +([0-9a-f]{64})$", re.MULTILINE)


class Machine(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.disk = Path(self.folder.name) / "disk.img"
        with open(self.disk, "wb") as file:
            file.truncate(64 * MIB)

    def boot(self, disks=None, **more):
        """A session at its prompt; it ends with the test at the latest."""
        session = Session(options(disks=[self.disk] if disks is None else disks, **more))
        session.__enter__()
        self.addCleanup(session.__exit__)
        session.prompt(BOOT_SECONDS["fast"])
        return session

    def line(self, session, text, status=0, timeout=60):
        got, shown = session.run(text, timeout)
        self.assertEqual(got, status, f"{text!r} printed:\n{shown}")
        return shown.replace("\r", "")

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
            self.assertEqual(later[seq].split(" obj ")[-1].split(" by ")[0],
                             text.split(" obj ")[-1].split(" by ")[0])
        for seq, text in shown.items():
            again = self.line(two, f"show {seq} --boot 1").splitlines()
            self.assertEqual(again[1], text[1])
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
                         "at 1 caps axiom"):
            name = question.split()[0]
            self.refused(two, f"{question} --boot 3", f"{name}: boot 3: noBoot")
        self.refused(two, "log --boot", "log: --boot wants a number from 1 on", 2)
        self.refused(two, "log --boot 0", "log: --boot wants a number from 1 on", 2)
        self.refused(two, "log --follow --boot 1", "log: only this boot goes on", 2)
        self.line(two, "show 5 --boot 2")
        self.line(two, "verify", timeout=120)
        self.assertTrue(two.power_off())

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


if __name__ == "__main__":
    unittest.main(verbosity=2)
