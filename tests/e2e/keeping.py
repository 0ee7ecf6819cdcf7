"""Files and log outlive the machine's power: on a disk, over reboots and power cuts."""

import random
import re
import tempfile
import time
import unittest
from pathlib import Path

from harness import BUILDS, Boots, plain

RESULT = re.compile(r"files_load (\S+): (all there|WRONG) \((-?\d+)\) after (\d+) writes, (\d+) of")
HEAD = re.compile(r"log: boot (\d+), (\d+) commits of it on the disk, (\d+) of (\d+) blocks free")
BEFORE = re.compile(r"log: the boot before ended with (\d+) commits, head ([0-9a-f]{64})")
MIB = 1 << 20


class Keeping(Boots):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def disk(self, megabytes=64, contents=b""):
        path = Path(self.folder.name) / f"disk{len(list(Path(self.folder.name).iterdir()))}.img"
        with open(path, "wb") as file:
            file.truncate(megabytes * MIB)
            file.seek(0)
            file.write(contents)
        return path

    def test_reboot(self):
        """The files, the number of the boot, and what the one before left."""
        disk = self.disk()
        one = self.boot(disks=[disk])
        self.assertRegex(plain(bytes(one.seen)), "log: boot 1, ")
        for line in ("mkdir /d", "cp /etc/motd /d/motd", "echo one > /one", "mv /one /d/two",
                     "echo gone > /gone", "rm /gone"):
            self.line(one, line)
        listed, motd = self.line(one, "ls -l /d"), self.line(one, "cat /d/motd")
        self.line(one, "verify", timeout=120)
        self.line(one, "sync")
        count = int(HEAD.search(self.line(one, "log head")).group(2))
        self.assertGreater(count, 1000)
        self.assertTrue(one.power_off())

        two = self.boot(disks=[disk])
        shown = plain(bytes(two.seen))
        self.assertEqual(HEAD.search(shown).group(1), "2")
        self.assertGreaterEqual(int(BEFORE.search(shown).group(1)), count)
        self.assertEqual(BEFORE.search(self.line(two, "verify", timeout=120)).groups(),
                         BEFORE.search(shown).groups())
        self.assertEqual(self.line(two, "ls -l /d"), listed)
        self.assertEqual(self.line(two, "cat /d/motd"), motd)
        self.assertIn("one", self.line(two, "cat /d/two"))
        self.line(two, "cat /gone", status=None)
        self.line(two, "rm /d/two /d/motd /d")
        self.assertTrue(two.power_off())
        three = self.boot(disks=[disk])
        self.line(three, "ls /d", status=None)
        self.assertTrue(three.power_off())

    def test_power_cut(self):
        """QEMU is killed while files are written: all that was answered is there."""
        disk, written = self.disk(), {}
        random.seed(3)
        for boot in range(1, 5):
            session = self.boot(disks=[disk])
            self.assertEqual(HEAD.search(plain(bytes(session.seen))).group(1), str(boot))
            for name, text in written.items():
                self.assertIn(text, self.line(session, f"cat {name}"), f"boot {boot}")
            for i in range(random.randint(2, 8)):
                name, text = f"/f{boot}.{i}", f"text {random.random()}"
                self.line(session, f"echo {text} > {name}")
                written[name] = text
            session.send(f"echo lost > /lost{boot}\r".encode())
            time.sleep(random.random() * 0.05)
            session.qemu.kill()
            session.__exit__()

    def test_killed_under_load(self):
        """Server, ledger and driver are ended while two programs write; then the power is cut."""
        disk = self.disk(256)
        session = self.boot(disks=[disk], image=BUILDS["release"] / "boot-test.img", memory="512M")
        for name in ("/a", "/b"):
            self.line(session, f"spawn files_load {name} 12")
        random.seed(9)
        start = time.monotonic()
        while time.monotonic() - start < 10:
            self.line(session, f"restart {random.choice(('vfs', 'ledger', 'virtio_blk'))}")
            time.sleep(0.3 + random.random() * 0.5)
        deadline = time.monotonic() + 100
        while len(results := RESULT.findall(plain(bytes(session.seen)))) < 2:
            self.assertLess(time.monotonic(), deadline, session.text())
            time.sleep(0.5)
            self.line(session, "")
        for _, verdict, _, writes, _ in results:
            self.assertEqual(verdict, "all there")
            self.assertGreater(int(writes), 50)
        self.line(session, "verify", timeout=120)
        listed = self.line(session, "ls -l /")
        session.qemu.kill()
        session.__exit__()
        again = self.boot(disks=[disk], image=BUILDS["release"] / "boot-test.img", memory="512M")
        self.assertEqual(self.line(again, "ls -l /"), listed)
        self.assertTrue(again.power_off())

    def test_somebody_elses_disk(self):
        """It is left alone, and the system says that nothing is kept."""
        contents = bytes(random.Random(1).randbytes(3 * MIB))
        disk = self.disk(64, contents)
        session = self.boot(disks=[disk])
        self.assertIn("what is written ends with the machine's power", session.text())
        self.line(session, "echo hi > /a")
        self.assertIn("hi", self.line(session, "cat /a"))
        self.assertTrue(session.power_off())
        with open(disk, "rb") as file:
            self.assertEqual(file.read(3 * MIB), contents)
            self.assertEqual(file.read().count(0), 61 * MIB)

    def test_damaged(self):
        """One bit of what was durable: it is found, and nothing is written any more."""
        disk = self.disk()
        session = self.boot(disks=[disk])
        self.line(session, "echo hi > /a")
        self.assertTrue(session.power_off())
        with open(disk, "r+b") as file:
            file.seek(20 * 4096 + 1000)
            byte = file.read(1)
            file.seek(-1, 1)
            file.write(bytes([byte[0] ^ 1]))
        session = self.boot(disks=[disk])
        shown = plain(bytes(session.seen))
        self.assertRegex(shown, r"log: .*(damaged|not sound)")
        self.assertTrue(session.power_off())

    def test_full(self):
        """Nothing more is taken, with a reason, and what is there stays."""
        disk = self.disk(9)
        session = self.boot(disks=[disk])
        self.line(session, "echo first > /first")
        for i in range(400):
            status, shown = session.run(f"echo {i} > /file{i}", 60)
            if status != 0:
                break
        self.assertNotEqual(status, 0)
        self.assertIn("logFull", shown)
        self.assertIn("first", self.line(session, "cat /first"))
        session.power_off()
        session = self.boot(disks=[disk])
        self.assertIn("first", self.line(session, "cat /first"))
        self.line(session, "echo more > /more", status=None)
        session.power_off()


if __name__ == "__main__":
    unittest.main(verbosity=2)
