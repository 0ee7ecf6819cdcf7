"""Contents of files on their own disk: over reboots and deaths, checked, swept, and full."""

import re
import sys
import tempfile
import time
import unittest
import unittest.mock
from pathlib import Path

from harness import BOOT_SECONDS, BUILDS, Boots, plain
from nbd_disk import READ, Disk

MIB = 1 << 20
BLOCK = 4096
PIECE = 3072
TICKS = re.compile(r"files_many (\w+): (\w+), (\d+) ticks each")
NAMES = ("chunks", "bytes", "free", "blocks", "memory", "dirty", "fetched", "stored", "sweeps")
STORAGE = re.compile(r"on the disk: (\d+) chunks of (\d+) bytes; (\d+) of (\d+) blocks free\r?\n"
                     r"in memory: (\d+) blocks, (\d+) of them not yet on the disk\r?\n"
                     r"since it started: (\d+) blocks fetched, (\d+) stored, (\d+) sweeps")
VERIFIED = re.compile(r"(\d+) files, (\d+) bytes of them read from the disk and checked, "
                      r"(\d+) files damaged")


def piece(number):
    """What files_many writes."""
    word, words = number * 0x9E3779B97F4A7C15 % (1 << 64), []
    for _ in range(PIECE // 8):
        word = (word * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        words.append(word.to_bytes(8, "little"))
    return b"".join(words)


class Contents(Boots):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.files = self.disk("files", 64)
        self.own = {"wl-log": self.disk("log", 96), "wl-files": self.files}

    def disk(self, name, megabytes):
        path = Path(self.folder.name) / f"{name}.img"
        with open(path, "wb") as file:
            file.truncate(megabytes * MIB)
        return path

    def start(self, **more):
        return self.boot(own_disks=self.own, image=BUILDS["release"] / "boot-test.img", **more)

    def many(self, session, line, status=0, timeout=300):
        """The ticks that files_many says one took."""
        shown = self.line(session, f"files_many {line}", status, timeout)
        found = TICKS.search(shown)
        self.assertIsNotNone(found, shown)
        self.assertEqual(found.group(2), "done" if status == 0 else "WRONG")
        return int(found.group(3))

    def storage(self, session):
        shown = self.line(session, "vfs")
        found = STORAGE.search(shown)
        self.assertIsNotNone(found, shown)
        return dict(zip(NAMES, map(int, found.groups())))

    def verified(self, session, status=0):
        shown = self.line(session, "vfs verify", status, 300)
        found = VERIFIED.search(shown)
        self.assertIsNotNone(found, shown)
        return tuple(map(int, found.groups())), shown

    def test_reboots_and_a_flipped_bit(self):
        """All is there again; a bit that flips on the disk is found by name and offset, the file
        says so when it is read, and writing it again mends it."""
        one = self.start()
        self.line(one, "mkdir /d")
        self.many(one, "make /d 60 1500")
        self.many(one, "write /long 1500 3072")
        self.line(one, "vfs flush")
        shown = self.storage(one)
        self.assertEqual(shown["dirty"], 0)
        self.assertGreaterEqual(shown["bytes"], 1500 * PIECE + 60 * 1500)
        files, checked, bad = self.verified(one)[0]
        self.assertEqual((checked, bad), (1500 * PIECE + 60 * 1500, 0))
        self.assertTrue(one.power_off())

        two = self.start()
        self.many(two, "read /long 1500 3072")
        self.assertGreater(self.storage(two)["fetched"], 300)
        self.many(two, "look /d 60 1500")
        self.assertTrue(two.power_off())

        image = self.files.read_bytes()
        block = b"".join(piece(i) for i in range(332, 338))[BLOCK - 332 * PIECE % BLOCK:][:BLOCK]
        where = image.index(block[:512])
        with open(self.files, "r+b") as file:
            file.seek(where + 100)
            file.write(bytes([image[where + 100] ^ 4]))
        three = self.start()
        (again, _, bad), shown = self.verified(three, 1)
        self.assertEqual((again, bad), (files, 1))
        offset = (332 * PIECE // BLOCK + 1) * BLOCK
        self.assertIn(f"/long: damaged at {offset}\n", shown.replace("\r", ""))
        shown = self.line(three, "cat /long > /copy", None)
        self.assertIn("damaged", shown)
        self.many(three, "look /d 60 1500")
        self.many(three, "write /long 1500 3072")
        self.many(three, "read /long 1500 3072")
        self.line(three, "vfs flush")
        self.assertEqual(self.verified(three)[0][2], 0)
        self.assertTrue(three.power_off())

    def test_nothing_in_memory(self):
        """All that the boot before left in memory is on the disk, and nothing of it in the log
        after its checkpoint: what is read finds memory all the same."""
        one = self.start()
        self.many(one, "write /long 300 3072")
        self.line(one, "vfs flush")
        self.line(one, "mkdir /d")
        self.many(one, "link /d 700 1001")  # long records without contents, to the checkpoint
        self.assertTrue(one.power_off())
        two = self.start()
        self.assertEqual(self.storage(two)["memory"], 0)
        self.many(two, "read /long 300 3072")
        self.assertEqual(self.storage(two)["memory"], 300 * PIECE // BLOCK)
        self.assertTrue(two.power_off())

    def test_area(self):
        """Through memory that is shared with the file server: the same bytes, from memory and from
        the disk, also while it ends; each refusal."""
        one = self.start()
        self.many(one, "area /refused 1 0")
        self.many(one, "put /a 500 3072")
        self.many(one, "read /a 500 3072")
        self.line(one, "spawn files_many put /b 900 3072")
        self.line(one, "kill vfs")
        self.many(one, "get /a 500 3072")
        deadline = time.monotonic() + 120
        while plain(bytes(one.seen)).count("files_many put: done") < 2:
            self.assertLess(time.monotonic(), deadline, one.text())
            self.line(one, "sleep 1")
        self.line(one, "vfs flush")
        self.assertTrue(one.power_off())
        two = self.start()
        for name, pieces in (("a", 500), ("b", 900)):
            self.many(two, f"get /{name} {pieces} 3072")
        self.assertGreater(self.storage(two)["fetched"], 100)
        self.assertTrue(two.power_off())

    def test_many_and_long(self):
        """500 files in one directory, and one of 12 MiB, more than memory holds. (`long` has 10^5,
        and a gibibyte.)"""
        one = self.start()
        self.line(one, "mkdir /d")
        self.many(one, "make /d 500 100")
        self.many(one, "put /long 4096 3072")
        self.line(one, "vfs flush")
        self.assertTrue(one.power_off())
        two = self.start()
        self.many(two, "look /d 500 100")
        self.many(two, "get /long 4096 3072")
        self.assertGreater(self.storage(two)["fetched"], 2000)
        self.many(two, "drop /d 500 100")
        self.assertEqual(self.line(two, "ls /d"), "")
        self.assertTrue(two.power_off())

    def test_deaths(self):
        """File server and driver are ended while files are written and read."""
        one = self.start()
        self.line(one, "mkdir /d")
        for round_ in range(2):
            self.line(one, f"spawn files_many write /f{round_} 300 3072")
            for name in ("vfs", "virtio_files"):
                self.line(one, "sleep 1")
                self.line(one, f"kill {name}")
            deadline = time.monotonic() + 60
            while len(TICKS.findall(plain(bytes(one.seen)))) <= round_:
                self.assertLess(time.monotonic(), deadline, one.text())
                self.line(one, "sleep 1")
            self.assertNotIn("WRONG", plain(bytes(one.seen)))
        for round_ in range(2):
            self.many(one, f"read /f{round_} 300 3072")
        self.line(one, "vfs flush")
        self.line(one, "kill virtio_files")
        self.assertEqual(self.verified(one)[0][2], 0)
        self.assertTrue(one.power_off())

    def test_sparse(self):
        """A gibibyte with something in it here and there; holes take no room."""
        one = self.start()
        self.many(one, "write /big 64 16777216")
        self.line(one, "vfs flush")
        self.assertLess(self.storage(one)["bytes"], 2 * MIB)
        self.assertTrue(one.power_off())
        two = self.start()
        self.many(two, "read /big 64 16777216")
        self.assertIn("1056967680", self.line(two, "stat /big"))
        self.assertTrue(two.power_off())

    def test_full(self):
        """A disk that is full refuses, keeps what is there, and has room again."""
        self.own["wl-files"] = self.disk("small", 8)
        one = self.start()
        self.many(one, "write /keep 150 3072")
        shown = self.line(one, "files_many write /fill 900 7168", None, 300)
        self.assertIn("WRONG", shown)
        self.many(one, "read /keep 150 3072")
        for round_ in range(3):
            self.line(one, "rm /fill")
            self.many(one, f"write /fill 400 {7168 + round_ * 16}", timeout=300)
        self.many(one, f"read /fill 400 {7168 + 2 * 16}")
        self.many(one, "read /keep 150 3072")
        self.assertGreater(self.storage(one)["sweeps"], 1)
        self.assertEqual(self.verified(one)[0][2], 0)
        self.assertTrue(one.power_off())

    def test_without(self):
        """No disk for contents: that is said, and files are as they were without."""
        self.own.pop("wl-files")
        one = self.start()
        self.assertIn("there is no disk for contents", self.line(one, "vfs"))
        self.many(one, "write /f 600 3072")
        self.assertIn("WRONG", self.line(one, "files_many write /g 600 7168", None))
        self.assertIn("away", self.line(one, "vfs flush", None))
        self.assertTrue(one.power_off())
        two = self.start()
        self.many(two, "read /f 600 3072")
        self.assertTrue(two.power_off())

    def test_gone(self):
        """The disk is not there at the next boot: what was on it cannot be read, all else can."""
        one = self.start()
        self.many(one, "write /f 600 3072")
        self.line(one, "vfs flush")
        self.line(one, "kill vfs")
        self.line(one, "echo later > /later")
        self.assertTrue(one.power_off())
        files = self.own.pop("wl-files")
        two = self.start()
        self.assertIn("later", self.line(two, "cat /later"))
        self.assertIn("away", self.line(two, "cat /f > /g", None))
        self.assertTrue(two.power_off())
        self.own["wl-files"] = files
        three = self.start()
        self.many(three, "read /f 600 3072")
        self.assertTrue(three.power_off())

    def test_comes_back(self):
        """A disk that fails while it is opened is opened by a later request, and has all that was
        written meanwhile; nobody starts anything anew."""
        one = self.start()
        self.many(one, "write /f 600 3072")
        self.line(one, "vfs flush")
        self.line(one, "kill vfs")
        self.assertTrue(one.power_off())
        path = self.own.pop("wl-files")
        disk = Disk(path, path.stat().st_size, 1, "wl-files")
        self.addCleanup(disk.close)
        disk.fail(READ)
        two = self.start(extra=disk.arguments())
        self.assertIn("the disk of files fails", self.line(two, "vfs"))
        self.assertIn("away", self.line(two, "cat /f > /g", None))
        self.many(two, "write /later 100 3072")
        disk.mend()
        deadline = time.monotonic() + 60
        while "fails" in self.line(two, "vfs"):
            self.assertLess(time.monotonic(), deadline)
            self.line(two, "sleep 1")
        self.many(two, "read /f 600 3072")
        self.line(two, "vfs flush")
        self.assertEqual(self.verified(two)[0][2], 0)
        self.assertNotIn("restart", plain(bytes(two.seen)))
        self.assertTrue(two.power_off())

    def test_bad_disks(self):
        """Somebody else's, and one without a sound superblock: left alone, and said."""
        for contents, why in ((b"x" * 8192, "holds something else"),
                              (b"\0" * 32 + b"WLccaps1" + b"\1" * 60, "no sound superblock")):
            path = self.disk("bad", 16)
            with open(path, "r+b") as file:
                file.write(contents)
            before = path.read_bytes()
            self.own["wl-files"] = path
            one = self.start()
            self.assertIn(why, self.line(one, "vfs"))
            self.line(one, "echo hello > /hello")
            self.assertTrue(one.power_off())
            self.assertEqual(path.read_bytes(), before)


class Long(Contents):
    """What takes its time: a gibibyte that is real, and 10^5 files in one folder. It says what
    each step took: ticks of the emulated processor, seconds, and room on the disks."""

    def start(self, **more):
        begun = time.monotonic()
        with unittest.mock.patch.dict(BOOT_SECONDS, fast=900):
            session = super().start(**more)
        print(f"  a boot: {time.monotonic() - begun:.0f} s")
        return session

    def many(self, session, line, status=0, timeout=300):
        begun = time.monotonic()
        ticks = super().many(session, line, status, timeout)
        room = ", ".join(f"{name} {path.stat().st_blocks * 512 / 1e6:.1f} MB"
                         for name, path in self.own.items())
        print(f"  {line}: {ticks} ticks each, {time.monotonic() - begun:.0f} s; {room}", flush=True)
        return ticks

    def test_gibibyte(self):
        self.own = {"wl-log": self.disk("log", 6000), "wl-files": self.disk("files", 1600)}
        one = self.start()
        self.many(one, "put /big 349526 3072", timeout=3000)
        self.line(one, "vfs flush", timeout=600)
        self.many(one, "get /big 349526 3072", timeout=3000)
        self.assertEqual(self.verified(one)[0], (self.verified(one)[0][0], 349526 * 3072, 0))
        self.assertTrue(one.power_off())
        two = self.start()
        self.many(two, "get /big 349526 3072", timeout=3000)
        self.assertTrue(two.power_off())

    def test_files(self):
        self.own = {"wl-log": self.disk("log", 6000), "wl-files": self.disk("files", 1600)}
        one = self.start()
        self.line(one, "mkdir /d")
        self.many(one, "make /d 100000 100", timeout=3000)
        self.many(one, "look /d 100000 100", timeout=3000)
        self.line(one, "vfs flush", timeout=600)
        self.assertTrue(one.power_off())
        two = self.start()
        self.many(two, "look /d 100000 100", timeout=3000)
        self.many(two, "drop /d 100000 100", timeout=3000)
        self.assertTrue(two.power_off())


if __name__ == "__main__":
    chosen = Long if "long" in sys.argv else Contents
    sys.argv = [a for a in sys.argv if a != "long"]
    if chosen is Long:
        suite = unittest.TestSuite([Long("test_gibibyte"), Long("test_files")])
    else:
        suite = unittest.defaultTestLoader.loadTestsFromTestCase(Contents)
    names = [a for a in sys.argv[1:] if a.startswith("test_")]
    if names:
        suite = unittest.TestSuite(map(chosen, names))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(not result.wasSuccessful())
