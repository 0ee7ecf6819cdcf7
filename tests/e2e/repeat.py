"""Two boots on counted time are the same.

Without a disk: each commit, and its moment. With one, the host says when a request is done: from
the first wait for it on services go on in another order. What they do is the same.
"""

import json
import re
import shutil
import subprocess
import tempfile
import unittest
from collections import Counter
from pathlib import Path

from harness import BOOT_SECONDS, ROOT, Session, options, ready_line

DISK_BYTES = 32 << 20
OF_THE_HOST = ("time", "cause")  # when, and how many events came before
WHAT_IS_DONE = ("op", "type", "rights", "flags", "bits", "depth")
LOOKUP = 1 << 63  # libsys/badge.h
SERVICE = re.compile(r"(?m)^\w+ +(\d+) +\d+ +(\w+)\r?$")


def picked(commit, keys):
    return tuple(commit[key] for key in keys)


def named(badge, names):
    """Who is ready first gets the lower pid, and the first of a server's objects: in a badge a pid
    stands for the service that has it, and an object's number for nothing."""
    if badge & LOOKUP:
        return badge >> 32, names.get(badge & 0xffffffff, badge & 0xffffffff)
    pid = badge >> 32 & 0xffffff
    return badge >> 56, names.get(pid, pid)


def done(commit, names):
    """What, on which service's badge, by axiom's thread or by another: those have their numbers in
    the order in which they began."""
    by = min(commit["actor"], 2)
    return *picked(commit, WHAT_IS_DONE), by, named(int(commit["badge"], 16), names)


class Repeat(unittest.TestCase):
    def boot(self, **more):
        """Its ready line, the services by their pids, and that it went off in order."""
        with Session(options(icount=True, **more)) as session:
            session.prompt(2 * BOOT_SECONDS["fast"])
            ready = ready_line(session.text())
            names = {int(pid): name for pid, name in SERVICE.findall(session.run("services")[1])
                     if pid != "0"}
            self.assertTrue(session.power_off(60))
        return ready, names

    def commits(self, disk, **more):
        """Boots with it. The commits until it was ready, as the disk has them; the services."""
        ready, names = self.boot(disks=[disk], **more)
        shown = subprocess.run([ROOT / "tools/wl-log", disk, "export", "--jsonl"], check=True,
                              capture_output=True, text=True, timeout=120)
        commits = [json.loads(line) for line in shown.stdout.splitlines()[:ready["commits"]]]
        self.assertEqual(len(commits), ready["commits"])
        return commits, names

    def assert_same(self, boot, another):
        """One after the other until the disk is waited for, more than a third of them; then
        each, in some order. How many were in the same one."""
        (one, names), (other, other_names) = boot, another
        keys = [key for key in one[0] if key not in OF_THE_HOST]
        pairs = zip(one, other)
        differs = (i for i, (a, b) in enumerate(pairs) if picked(a, keys) != picked(b, keys))
        same = next(differs, len(one))
        first = f"{one[same]}\nis not\n{other[same]}" if same < len(one) else ""
        self.assertGreater(same, len(one) // 3, first)
        left = Counter(done(c, names) for c in one)
        left.subtract(Counter(done(c, other_names) for c in other))
        self.assertEqual({what: count for what, count in left.items() if count != 0}, {})
        return same

    def assert_boots(self, disk, count):
        """A boot is told from a ledger that began again by its number, which is not chance: here
        there is none, and boots may have the same name."""
        shown = subprocess.run([ROOT / "tools/wl-log", disk, "verify"], check=True,
                               capture_output=True, text=True, timeout=120).stdout
        self.assertIn("verify: ok", shown)
        self.assertRegex(shown, rf"\b{count} boots\b")

    def test_without_a_disk(self):
        """The head is the hash over every field of every commit, and over their order."""
        (one, _), (two, _) = self.boot(), self.boot()
        self.assertEqual(one, two)
        other, _ = self.boot(memory="128M")
        self.assertNotEqual(other["head"], one["head"])

    def test_with_disks(self):
        """A new disk, and the next boot with it, and with a copy of it."""
        with tempfile.TemporaryDirectory() as folder:
            one, two, copy = (Path(folder) / f"{name}.img" for name in ("one", "two", "copy"))
            for disk in (one, two):
                disk.write_bytes(bytes(DISK_BYTES))
            first = self.commits(one)
            same = self.assert_same(first, self.commits(two))
            shutil.copyfile(one, copy)
            again = self.commits(one)
            same_again = self.assert_same(again, self.commits(copy))
            self.assert_boots(one, 2)
            print(f"two first boots: {same} of {len(first[0])} commits in the same order; "
                  f"two second ones: {same_again} of {len(again[0])}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
