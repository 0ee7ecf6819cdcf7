"""Disks that are not what they should be, or fail: what is wrong is said, and nothing is lost."""

import hashlib
import re
import struct
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from harness import BUILDS, ROOT, Boots, ready_line
from nbd_disk import FLUSH, READ, WRITE, Disk

MIB, BLOCK, SECTOR = 1 << 20, 4096, 512
SIZE = 24 * MIB
IN_MEMORY = "what is written ends with the machine's power"
BEFORE = re.compile(r"log: the boot before ended with (\d+) commits")
SUPER_BYTES, SUPER_VERSION = 152, 40  # libsys/store/README.md


def sum_of(path):
    return hashlib.blake2b(Path(path).read_bytes()).hexdigest()


class Case(Boots):
    log = b""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "disk.img"
        self.disks = [self.path]

    def make(self, pieces=(), size=SIZE):
        """A file with these bytes at these places."""
        with open(self.path, "wb") as file:
            file.truncate(size)
        self.write(pieces)

    def write(self, pieces):
        with open(self.path, "r+b") as file:
            for at, data in pieces:
                file.seek(at)
                file.write(data)

    def make_log(self):
        """A disk with a log, in which a file is: made once, and copied."""
        if not Case.log:
            self.make()
            session = self.boot()
            self.line(session, "echo kept > /kept")
            self.assertTrue(session.power_off())
            Case.log = self.path.read_bytes()
        self.path.write_bytes(Case.log)


class Untouched(Case):
    """The system starts, says why nothing is kept, and does not write a byte."""

    def check(self, text, **more):
        before = sum_of(self.path)
        session = self.boot(**more)
        said = f"log: {text}: {IN_MEMORY}"
        self.assertIn(said, session.text())
        self.line(session, "echo hi > /a")
        self.assertIn("hi", self.line(session, "cat /a"))
        self.assertIn(said, self.line(session, "log head"))
        self.line(session, "verify", timeout=120)
        self.assertTrue(session.power_off())
        self.assertEqual(sum_of(self.path), before)

    FOREIGN = "something else is on the device: it was not touched"

    def test_partition_table(self):
        """An MBR with one Linux partition behind the first MiB, which is empty yet."""
        entry = struct.pack("<B3sB3sII", 0x80, b"\0\2\0", 0x83, b"\xff\xff\xff", 2048, 129024)
        self.make([(446, entry), (510, b"\x55\xaa")])
        self.check(self.FOREIGN)

    def test_backup_table(self):
        """All that is left of a GPT is the copy in the last sector."""
        self.make([(SIZE - SECTOR, b"EFI PART\0\0\1\0\\\0\0\0")])
        self.check(self.FOREIGN)

    def test_file_system(self):
        """ext4 leaves the first KiB free; the magic number of its superblock is at 56."""
        fields = struct.pack("<6I", 16384, 65536, 3276, 60000, 16000, 0)
        self.make([(1024, fields), (1024 + 56, struct.pack("<3H", 0xEF53, 1, 1))])
        self.check(self.FOREIGN)

    def test_other_version(self):
        """A log whose superblocks say version 2, with sound hashes."""
        self.make_log()
        with open(self.path, "rb") as file:
            top = bytearray(file.read(SUPER_BYTES))
        struct.pack_into("<I", top, SUPER_VERSION, 2)
        top[:32] = hashlib.blake2b(top[32:], digest_size=32).digest()
        self.write([(0, top), (SIZE - BLOCK, top)])
        self.check("the log on the device has another version: it was not touched")

    def test_both_superblocks(self):
        self.make_log()
        self.write([(80, b"\xff"), (SIZE - BLOCK + 81, b"\xff")])
        self.check("both superblocks of the log are damaged: it was not touched")

    def test_shrunk(self):
        self.make_log()
        with open(self.path, "r+b") as file:
            file.truncate(SIZE // 2)
        self.check("the device is smaller than the log on it: it was not touched")

    def test_too_small(self):
        for size in (SECTOR, 16 * BLOCK):
            with self.subTest(size):
                self.make(size=size)
                self.check("the device is too small for a log of this geometry")

    def test_read_only(self):
        """One with a log, which stays as it is."""
        self.make_log()
        self.check("the disk is read-only", disks=[], extra=[
            "-drive", f"if=none,id=fixed,format=raw,readonly=on,file={self.path}",
            "-device", "virtio-blk-pci,disable-legacy=on,drive=fixed"])


class Damaged(Case):
    """One copy is enough; it is said that there was no other, and there is again."""

    def check(self, warning=None):
        session = self.boot()
        self.assertIn("kept", self.line(session, "cat /kept"))
        head = self.line(session, "log head", status=1 if warning else 0)
        self.assertIn(warning or "", head)
        self.line(session, "echo more > /more")
        self.assertTrue(session.power_off())
        session = self.boot()
        self.assertIn("more", self.line(session, "cat /more"))
        self.line(session, "log head")
        self.assertTrue(session.power_off())

    def test_one_superblock(self):
        for at in (80, SIZE - BLOCK + 80):
            with self.subTest(at):
                self.make_log()
                self.write([(at, b"\xff")])
                self.check("one of the log's two superblocks was damaged: it was written again")

    def test_anchors(self):
        """A power cut may tear one, so nothing is said. Without both the whole log is read."""
        first, second = BLOCK + 70, SIZE - 2 * BLOCK + 70
        for places in ([second], [first, second]):
            with self.subTest(places):
                self.make_log()
                self.write([(at, b"\xff") for at in places])
                self.check()


class Slow(Case):
    """A disk that takes its time."""

    def test_successor_waits(self):
        """A ledger that begins reads and writes nothing before its predecessor's writes are done:
        they would come after its own."""
        disk = Disk(self.path, SIZE, 2)
        self.addCleanup(disk.close)
        machine = {"disks": [], "extra": disk.arguments(),
                   "image": BUILDS["release"] / "boot-test.img"}
        session = self.boot(**machine)
        self.line(session, "echo one > /one")
        disk.keep(WRITE)
        self.line(session, "restart load_a")
        self.until(lambda: disk.kept is not None)
        old = self.ledger(session)[1]
        self.line(session, "kill ledger")
        self.until(lambda: self.ledger(session)[1] not in (old, "0"))
        for _ in range(10):
            time.sleep(0.3)
            self.assertNotEqual(self.ledger(session)[0], "ready")
        disk.keep(None)
        self.until(lambda: self.ledger(session)[0] == "ready")
        self.until(lambda: re.search(r"(?m)^stopped .* load_a$", self.line(session, "services")))
        self.assertTrue(session.power_off())
        shown = subprocess.run([ROOT / "tools/wl-log", self.path, "verify"], check=True,
                               capture_output=True, text=True, timeout=120).stdout
        self.assertIn("verify: ok", shown)
        again = self.boot(**machine)
        self.assertIn("one", self.line(again, "cat /one"))
        self.assertRegex(self.line(again, "files_load /a look", timeout=60), r"\d+ writes, whole")
        self.assertTrue(again.power_off())

    def ledger(self, session):
        """State and pid."""
        return re.search(r"(?m)^(\w+) +(\d+) +\d+ +ledger\r?$",
                         self.line(session, "services")).groups()

    def until(self, done):
        deadline = time.monotonic() + 60
        while not done():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)


class Failing(Case):
    """A disk that says errors; of a write that fails something may be done, and a flush that fails
    loses what it was to keep."""

    def setUp(self):
        super().setUp()
        self.disk = Disk(self.path, SIZE, 1)
        self.disks = []
        self.addCleanup(self.disk.close)

    def start(self):
        return self.boot(extra=self.disk.arguments())

    def begin(self):
        """A disk with a log and a file, and the next boot with it."""
        session = self.start()
        made = ready_line(session.text())["commits"]
        self.line(session, "echo one > /one")
        self.assertTrue(session.power_off())
        session = self.start()
        # Also what was not hashed yet when the machine was told to power off.
        self.assertGreaterEqual(int(BEFORE.search(session.text()).group(1)), made)
        return session

    def test_now_and_then(self):
        """What failed is done again; nobody hears of it."""
        session = self.begin()
        for number, kind in enumerate((WRITE, FLUSH, WRITE, FLUSH) * 3):
            self.disk.fail(kind, 1 + number // 4)
            self.line(session, f"echo {number} > /n{number}")
            self.assertEqual(self.disk.left(kind), 0)
        self.line(session, "verify", timeout=120)
        self.assertEqual(self.line(session, "log head").count("fails"), 0)
        self.disk.arm(1, session.qemu, 0)
        session.send(b"echo last > /last\r")
        self.assertTrue(self.disk.cut.wait(30))
        self.disk.fail(READ, 2)
        session = self.start()
        self.assertEqual(self.disk.left(READ), 0)
        for number in range(12):
            self.assertEqual(self.line(session, f"cat /n{number}"), f"{number}\n")
        self.assertTrue(session.power_off())

    def check_gives_up(self, *kinds):
        session = self.begin()
        for kind in kinds:
            self.disk.fail(kind)
        shown = self.line(session, "echo two > /two", status=1)
        self.assertIn("peerDied" if READ in kinds else "logFull", shown)
        self.assertIn("log: the disk fails", self.line(session, "log head", status=1))
        self.assertIn("failed", self.line(session, "sync", status=1))
        if READ not in kinds:
            self.assertEqual(self.line(session, "cat /one"), "one\n")
            self.line(session, "cat /two", status=1)
        self.line(session, "ps")
        self.line(session, "verify", timeout=120)
        self.assertTrue(session.power_off(60))
        self.disk.mend()
        session = self.start()
        self.assertEqual(self.line(session, "cat /one"), "one\n")
        _, shown = session.run("cat /two")
        self.assertRegex(shown, r"^(two\n|)$|notFound")
        self.line(session, "echo three > /three")
        self.line(session, "verify", timeout=120)
        self.assertTrue(session.power_off())

    def test_writes_fail(self):
        self.check_gives_up(WRITE)

    def test_flushes_fail(self):
        self.check_gives_up(FLUSH)

    def test_all_fails(self):
        self.check_gives_up(READ, WRITE, FLUSH)

    def test_no_log_can_be_made(self):
        """An empty disk that cannot be written to; mended, it gets its log."""
        for kind in (WRITE, FLUSH):
            with self.subTest(kind):
                self.disk.fail(kind)
                session = self.start()
                self.assertIn(f"log: the disk fails: {IN_MEMORY}", session.text())
                self.line(session, "echo hi > /a")
                self.assertTrue(session.power_off())
                self.disk.mend()
        self.assertTrue(self.begin().power_off())

    def test_reads_fail(self):
        """It is not known what is on it: nothing is written."""
        self.assertTrue(self.begin().power_off())
        before = sum_of(self.path)
        self.disk.fail(READ)
        session = self.start()
        self.assertIn(f"log: the disk fails: {IN_MEMORY}", session.text())
        self.line(session, "cat /one", status=1)
        self.assertTrue(session.power_off())
        self.assertEqual(sum_of(self.path), before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
