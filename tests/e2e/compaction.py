"""A disk's log written anew by `wl-log compact`: it boots, with its files and its history."""

import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import BOOT_SECONDS, ROOT, Session, options, plain

HEAD = re.compile(r"log: boot (\d+), (\d+) commits of it on the disk, (\d+) of (\d+) blocks free")
QUESTIONS = ("log 20 --boot 1", "at 3000 caps init --boot 1", "show 3000 --boot 2",
             "why console 3 --boot 1")
WRITES = 40
MIB = 1 << 20


class Compaction(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def boot(self, disk, *lines):
        """What the lines printed, and what `log head` says."""
        shown = []
        with Session(options(disks=[disk])) as session:
            session.prompt(BOOT_SECONDS["fast"])
            for line in (*lines, "verify", "log head"):
                status, text = session.run(line, 120)
                shown.append(plain(text) if isinstance(text, bytes) else text)
                self.assertEqual(status, 0, shown[-1])
            self.assertTrue(session.power_off())
        return shown[:-2], tuple(map(int, HEAD.search(shown[-1]).groups()))

    def wl_log(self, *words):
        done = subprocess.run([ROOT / "tools/wl-log", *map(str, words)], capture_output=True,
                              text=True, timeout=120)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_boots(self):
        disk, out, large = (self.folder / name for name in ("disk", "out", "large"))
        with open(disk, "wb") as file:
            file.truncate(64 * MIB)
        self.boot(disk, "mkdir /d", *(f"echo {i} > /d/{i % 5}" for i in range(WRITES)))
        (listed, *_), _ = self.boot(disk, "ls -l /d")
        print(self.wl_log(disk, "compact", out), end="")
        self.wl_log(disk, "compact", large, 80)
        for boot in (1, 2):
            for words in (("log",), ("caps", "axiom"), ("spaces",)):
                self.assertEqual(self.wl_log("--boot", boot, out, *words),
                                 self.wl_log("--boot", boot, disk, *words))
        answers, asked = [], []
        for image in (disk, out, large):
            shown, head = self.boot(image, "ls -l /d", "cat /d/4", "echo new > /new", "cat /new",
                                    *QUESTIONS)
            self.assertEqual((shown[0], head[0]), (listed, 3))
            self.assertIn(f"{WRITES - 1}", shown[1])
            self.assertIn("new", shown[3])
            self.assertIn("genesis", shown[-1])
            asked.append(shown[4:])
            self.assertTrue(self.wl_log(image, "verify").endswith("verify: ok\n"))
            answers.append(head)
        self.assertEqual(asked[1:], [asked[0]] * 2)
        (_, _, left, blocks), (_, _, more, same), (_, _, most, larger) = answers
        print(f"{left} of {blocks} blocks free; compacted: {more} of {same}, {most} of {larger}")
        self.assertEqual(blocks, same)
        self.assertGreater(more, left + WRITES)
        self.assertGreater(larger, same + 10 * MIB // 4096)


if __name__ == "__main__":
    unittest.main(verbosity=2)
