"""Two boots on counted time are the same.

Without a disk: each commit, and its moment. With one, the host says when a request is done: from
the first wait for it on services go on in another order. What they do is the same.
"""

import json
import shutil
import subprocess
import tempfile
import unittest
from collections import Counter
from pathlib import Path

from harness import BOOT_SECONDS, ROOT, Session, options, ready_line

DISK_BYTES = 32 << 20
OF_THE_HOST = ("time", "cause")  # when, and how many events came before
WHAT_IS_DONE = ("op", "type", "rights", "flags", "bits", "depth", "actor", "badge")


def picked(commit, keys):
    return tuple(commit[key] for key in keys)


ASKED_AGAIN = 8


class Repeat(unittest.TestCase):
    def boot(self, **more):
        """Its ready line, and that it went off in order."""
        with Session(options(icount=True, **more)) as session:
            session.prompt(2 * BOOT_SECONDS["fast"])
            ready = ready_line(session.text())
            self.assertTrue(session.power_off(60))
        return ready

    def commits(self, disk):
        """Boots with it. The commits until it was ready, as the disk has them."""
        count = self.boot(disks=[disk])["commits"]
        done = subprocess.run([ROOT / "tools/wl-log", disk, "export", "--jsonl"], check=True,
                              capture_output=True, text=True, timeout=120)
        commits = [json.loads(line) for line in done.stdout.splitlines()[:count]]
        self.assertEqual(len(commits), count)
        return commits

    def assert_same(self, one, other):
        """One after the other until the disk is waited for, more than a third of them; then
        each, in some order, but for the few of who asked again for a disk that was not there yet.
        How many were in the same one."""
        keys = [key for key in one[0] if key not in OF_THE_HOST]
        pairs = zip(one, other)
        differs = (i for i, (a, b) in enumerate(pairs) if picked(a, keys) != picked(b, keys))
        same = next(differs, len(one))
        first = f"{one[same]}\nis not\n{other[same]}" if same < len(one) else ""
        self.assertGreater(same, len(one) // 3, first)
        done, also = (Counter(picked(c, WHAT_IS_DONE) for c in boot) for boot in (one, other))
        self.assertLessEqual(sum((done - also).values()), ASKED_AGAIN, done - also)
        self.assertLessEqual(sum((also - done).values()), ASKED_AGAIN, also - done)
        return same

    def test_without_a_disk(self):
        """The head is the hash over every field of every commit, and over their order."""
        one, two = self.boot(), self.boot()
        self.assertEqual(one, two)
        other = self.boot(memory="128M")
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
            print(f"two first boots: {same} of {len(first)} commits in the same order; "
                  f"two second ones: {same_again} of {len(again)}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
