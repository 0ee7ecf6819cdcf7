"""The furniture is moved while people sit on it: each server is ended again and again, at random
instants, under load. Clients go on, what was answered is there, and who ends too often is given up,
and that is said.

Usage: furniture.py [long]
"""

import re
import sys
import tempfile
import time
import unittest
from pathlib import Path

from harness import BUILDS, Boots, Refused, services_of

LONG = "long" in sys.argv[1:]
SERVERS = ("vfs", "ledger", "virtio_blk", "audit", "uart", "console", "pci", "power", "random",
           "time", "virtio_files", "virtio_keys", "keystore", "virtio_rng", "identity",
           "permission", "sysfiles")
MOVERS = ("mover_long", "mover_others_long") if LONG else ("mover", "mover_others")
LEAST = 100 if LONG else 6  # restarts of each, at the least
SECONDS = 1500 if LONG else 150
WHOLE = re.compile(r"files_load (\S+): (\d+) writes, whole")


class Furniture(Boots):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        disks = {serial: Path(folder.name) / serial for serial in ("wl-log", "wl-files", "wl-keys")}
        for disk in disks.values():
            with open(disk, "wb") as file:
                file.truncate(4 << 30)  # of which little is written
        self.machine = {"own_disks": disks, "memory": "512M",
                        "image": BUILDS["release"] / "boot-test.img"}

    def lives(self, session):
        """Name -> [state, pid, restarts]; None where the terminal began anew within the answer."""
        try:
            found = services_of(session.run("services", 20)[1])
        except Refused:
            session.send(b"\r")
            return None
        return found if {*SERVERS, "load_a", "load_b", *MOVERS} <= found.keys() else None

    def wait_for(self, session, done, what):
        """Until the services are as `done` says."""
        deadline, last = time.monotonic() + SECONDS, None
        while last is None or not done(last):
            self.assertLess(time.monotonic(), deadline, f"{what}: {last}")
            time.sleep(0.5)
            last = self.lives(session) or last
        return last

    def next_load(self, session, name, before):
        """Said again where the line was cut with the terminal that had it."""
        deadline = time.monotonic() + SECONDS
        while True:
            self.assertLess(time.monotonic(), deadline, name)
            session.run(f"restart {name}", 60)
            for _ in range(10):
                lives = self.lives(session)
                if lives is not None and lives[name] != before:
                    return
                time.sleep(0.5)

    def test_moved(self):
        session = self.boot(**self.machine)
        self.line(session, "restart load_a; restart load_b; " +
                  "; ".join(f"restart {mover}" for mover in MOVERS))
        rounds = 0
        while True:
            now = self.wait_for(session, lambda lives: any(
                lives[name][0] == "stopped" for name in ("load_a", "load_b")), "the loads")
            rounds += 1
            if all(now[mover][0] == "disabled" for mover in MOVERS):
                break
            for name in ("load_a", "load_b"):  # others take their places
                if now[name][0] == "stopped":
                    self.next_load(session, name, now[name])
        now = self.wait_for(session, lambda lives: all(
            lives[name][0] == "stopped" for name in ("load_a", "load_b")), "the last loads")
        session.send(b"\recho all-still\r")  # lines were cut while terminals came and went
        session.expect(rb"\nall-still", 60)
        session.prompt(60)
        restarts = {name: int(now[name][2]) for name in SERVERS}
        print(f"restarts: {restarts}; {rounds} rounds of loads")
        for name, count in restarts.items():
            self.assertGreaterEqual(count, LEAST, name)
        ended = re.findall(r"load_[ab] \(pid \d+\) ended with code (-?\d+)", session.text())
        said = re.findall(r"files_load .*(?:WRONG|all there).*", session.text())
        self.assertEqual(set(ended), {"0"}, f"{ended} {said}")
        counts = [self.whole(session, name) for name in ("/a", "/b")]
        print(f"writes: {counts}, all there")
        self.assertGreater(min(counts), 100)
        self.line(session, "verify", timeout=240)
        self.assertTrue(session.power_off())
        again = self.boot(**self.machine)
        self.assertEqual([self.whole(again, name) for name in ("/a", "/b")], counts)
        self.assertTrue(again.power_off())

    def whole(self, session, name):
        shown = self.line(session, f"files_load {name} look", timeout=120)
        found = WHOLE.search(shown)
        self.assertIsNotNone(found, shown)
        return int(found.group(2))

    def test_fifth_crash_in_a_row(self):
        """It is given up with the fifth crash, and not before; and comes back when it is asked."""
        session = self.boot(**self.machine)
        for crash in range(1, 6):
            deadline = time.monotonic() + 60
            while not re.search(r"(?m)^ready .* vfs$", self.line(session, "services")):
                self.assertLess(time.monotonic(), deadline, f"after {crash - 1} crashes")
                time.sleep(0.05)
            said = "now restarting" if crash < 5 else "now disabled"
            session.run("kill vfs", 60)
            self.line(session, "")
            self.assertRegex(session.text(), rf"(?s)(vfs \(pid \d+\) ended .*){{{crash}}}{said}")
        self.assertNotEqual(session.run("ls /", 60)[0], 0)
        self.line(session, "restart vfs")
        self.line(session, "ls /", timeout=60)
        self.assertTrue(session.power_off())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
