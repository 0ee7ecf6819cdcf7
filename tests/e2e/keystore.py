"""Keys on a disk of their own: through reboots, ends of processes, wrong passphrases and damage."""

import re
import tempfile
import time
import unittest

from harness import BUILDS, Booted, Session, machine, options

WORDS, OTHER = "qujet yew#low rivzer@of&stqones", "another twelve letters"
SECTOR, AREAS_AT, MEMORY = 512, 16, 256


class Disks(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.disks = machine.disk_set(self.scratch.name)

    def tearDown(self):
        self.scratch.cleanup()

    def boot(self, **more):
        return Session(options(**{"own_disks": self.disks, **more}))

    def run_line(self, session, line, status=0):
        got, shown = session.run(line, 60)
        self.assertEqual(got, status, f"{line!r} printed:\n{shown}")
        return shown

    def with_words(self, session, line, *words, status=0):
        """A command that asks for something that is not shown."""
        start = len(session.text())
        session.send(line.encode() + b"\r")
        for number, word in enumerate(words):
            session.expect((b"passphrase: ", b"again: ")[number > 0 and "setup" in line or
                                                         number > 1], 60)
            session.send(word.encode() + b"\r")
        session.prompt(120)
        shown = session.text()[start:]
        self.assertEqual(session.status, status, shown)
        for word in words:
            self.assertNotIn(word or "\0", shown)
        return shown

    def wait_until_locked(self, session):
        deadline = time.monotonic() + 60
        while "locked" not in session.run("keystore", 60)[1]:
            self.assertLess(time.monotonic(), deadline)

    def setup_keys(self, session):
        self.with_words(session, "keystore setup", WORDS, WORDS)

    def state(self, session):
        return re.search(r"(?m)^keys: (.*)$", self.run_line(session, "keystore")).group(1)


class Keystore(Disks):
    def test_reboot(self):
        with self.boot() as session:
            session.prompt(60)
            self.assertIn("keys: empty: `keystore setup` makes it", session.text())
            self.assertIn("keys: keys: locked", self.run_line(session, "keys", 1))
            self.setup_keys(session)
            for kind in ("sign", "agree", "seal"):
                self.run_line(session, f"keys make {kind} /keys/mine/{kind}")
            public = self.run_line(session, "keys public /keys/mine/sign")
            signature = self.run_line(session, "keys sign /keys/mine/sign login hello").strip()
            self.assertTrue(session.power_off())
        with self.boot() as session:
            session.prompt(60)
            self.assertIn("keys: locked: `keystore unlock`", session.text())
            self.assertIn("locked", self.run_line(session, "keys public /keys/mine/sign", 1))
            shown = self.with_words(session, "keystore unlock", OTHER, status=1)
            self.assertIn("wrongPassphrase", shown)
            self.assertIn("locked", self.state(session))
            self.with_words(session, "keystore unlock", WORDS)
            self.assertEqual(self.state(session), "open")
            shown = self.run_line(session, "keys")
            self.assertEqual(re.findall(r"/keys/\S+", shown),
                             ["/keys/mine/agree", "/keys/mine/seal", "/keys/mine/sign"])
            self.assertEqual(public, self.run_line(session, "keys public /keys/mine/sign"))
            verify = "keys verify /keys/mine/sign {} hello " + signature
            self.assertIn("good", self.run_line(session, verify.format("login")))
            self.assertIn("not good", self.run_line(session, verify.format("logout"), 1))
            self.run_line(session, "keys delete /keys/mine/sign")
            self.assertIn("notFound", self.run_line(session, "keys public /keys/mine/sign", 1))
            self.assertTrue(session.power_off())

    def test_files_are_gone(self):
        """Keys stand on a disk of their own: whatever becomes of the one of files."""
        with self.boot() as session:
            session.prompt(60)
            self.setup_keys(session)
            self.run_line(session, "keys make sign /keys/a")
            public = self.run_line(session, "keys public /keys/a")
            self.assertTrue(session.power_off())
        size = self.disks["wl-files"].stat().st_size
        self.disks["wl-files"].unlink()
        with open(self.disks["wl-files"], "wb") as disk:
            disk.truncate(size)
        with self.boot() as session:
            session.prompt(60)
            self.with_words(session, "keystore unlock", WORDS)
            self.assertEqual(public, self.run_line(session, "keys public /keys/a"))
            self.assertTrue(session.power_off())

    def test_it_ends(self):
        """Killed it has forgotten everything, and what was answered is on the disk."""
        with self.boot() as session:
            session.prompt(60)
            self.setup_keys(session)
            for number in range(5):
                self.run_line(session, f"keys make sign /keys/{number}")
                self.run_line(session, "kill keystore")
                self.wait_until_locked(session)
                self.with_words(session, "keystore unlock", WORDS)
                self.assertEqual(self.run_line(session, "keys").count("/keys/"), number + 1)
            self.run_line(session, "kill virtio_keys; keys make sign /keys/last")
            self.assertIn("/keys/last", self.run_line(session, "keys"))
            self.run_line(session, "verify")
            self.assertTrue(session.power_off())

    def test_passphrases(self):
        with self.boot() as session:
            session.prompt(60)
            shown = self.with_words(session, "keystore setup", "eleven char", "eleven char",
                                    status=1)
            self.assertIn("tooShort", shown)
            self.setup_keys(session)
            self.assertIn("wrongState", self.with_words(session, "keystore setup", WORDS, WORDS,
                                                        status=1))
            self.run_line(session, "keys make seal /keys/a")
            change = "keystore passphrase"
            self.assertIn("wrongPassphrase",
                          self.with_words(session, change, OTHER, OTHER, OTHER, status=1))
            self.assertIn("tooShort", self.with_words(session, change, WORDS, "x", "x", status=1))
            self.with_words(session, change, WORDS, OTHER, OTHER)
            self.run_line(session, "keystore lock")
            self.assertIn("wrongPassphrase",
                          self.with_words(session, "keystore unlock", WORDS, status=1))
            self.with_words(session, "keystore unlock", OTHER)
            self.assertIn("/keys/a", self.run_line(session, "keys"))
            self.assertTrue(session.power_off())

    def test_unattended(self):
        with self.boot() as session:
            session.prompt(60)
            self.assertIn("wrongState", self.run_line(session, "keystore unattended on", 1))
            self.setup_keys(session)
            self.run_line(session, "keys make sign /keys/a")
            self.assertIn("who has the disk has the keys",
                          self.run_line(session, "keystore unattended on"))
            self.assertTrue(session.power_off())
        with self.boot() as session:
            session.prompt(60)
            self.assertIn("keys: open, by what stands on the disk itself", session.text())
            self.assertIn("/keys/a", self.run_line(session, "keys"))
            self.run_line(session, "keystore lock")
            self.assertIn("wrongPassphrase",
                          self.with_words(session, "keystore unlock", OTHER, status=1))
            self.with_words(session, "keystore unlock", WORDS)
            self.run_line(session, "keystore unattended off")
            self.assertTrue(session.power_off())
        with self.boot() as session:
            session.prompt(60)
            self.assertIn("keys: locked", session.text())
            self.assertTrue(session.power_off())


class Clients(Disks):
    """tests/target/keystore: whoever asks, and what is left of a key in memory and on disks."""

    def boot(self, **more):
        return super().boot(image=BUILDS["release"] / "boot-test.img", memory=f"{MEMORY}M", **more)

    def ask(self, session, service, word):
        start = len(session.text())
        self.run_line(session, f"restart {service}")
        deadline = time.monotonic() + 120
        said = rf"keytest {word}: (\d+) of (\d+) wrong"
        while not (found := re.search(said, session.text()[start:])):
            self.assertLess(time.monotonic(), deadline, session.text()[-2000:])
            time.sleep(0.1)
            self.run_line(session, "")
        self.assertEqual(found.group(1), "0", session.text()[start:])
        return int(found.group(2))

    def test_methods_and_refusals(self):
        with self.boot() as session:
            session.prompt(60)
            self.setup_keys(session)
            self.assertGreater(self.ask(session, "keyall", "all"), 100)  # it leaves nothing behind
            self.assertRegex(self.run_line(session, "keystore"), r"keys +0, and 0 bytes of data")
            self.run_line(session, "verify")
            self.assertTrue(session.power_off())

    def test_spaces(self):
        with self.boot() as session:
            session.prompt(60)
            self.setup_keys(session)
            self.ask(session, "keynone", "none")
            self.ask(session, "keymine", "mine")
            self.ask(session, "keyothers", "mine")
            self.assertEqual(self.run_line(session, "keys").strip(), "")
            self.assertIn("notFound", self.run_line(session, "keys public /keys/shared/0", 1))
            self.assertRegex(self.run_line(session, "keystore"), r"keys +13,")
            self.assertTrue(session.power_off())


class Vectors(Booted):
    machine_options = {"image": BUILDS["release"] / "boot-test.img", "memory": "512M"}

    def test_vectors(self):
        self.run_line("restart crypto_check")
        deadline = time.monotonic() + 60
        ended = r"crypto_check \(pid \d+\) ended with code (\d+)"
        while not (found := re.search(ended, self.session.text())):
            self.assertLess(time.monotonic(), deadline)
            self.run_line("")
        self.assertEqual(found.group(1), "0", "so many were right, and one")


class Damage(Disks):
    """Each disk that is not as it was left says so, and is not written to."""

    def made(self, count):
        with self.boot() as session:
            session.prompt(60)
            self.setup_keys(session)
            for number in range(count):
                self.run_line(session, f"keys make seal /keys/{number}")
            self.assertTrue(session.power_off())

    def change(self, sector, new):
        with open(self.disks["wl-keys"], "r+b") as disk:
            disk.seek(sector * SECTOR)
            old = disk.read(len(new))
            disk.seek(sector * SECTOR)
            disk.write(bytes(a ^ b for a, b in zip(old, new)))

    def look(self, state, *unlock):
        """What `keystore` says; unlock: what that is answered with."""
        before = self.disks["wl-keys"].read_bytes()
        with self.boot() as session:
            session.prompt(60)
            if unlock:
                self.assertIn(unlock[0], self.with_words(session, "keystore unlock", WORDS,
                                                         status=1))
            self.assertRegex(self.state(session), state)
            self.assertIn("locked", self.run_line(session, "keys", 1))
            self.assertTrue(session.power_off())
        self.assertEqual(before, self.disks["wl-keys"].read_bytes())

    def test_a_record(self):
        self.made(3)
        self.change(AREAS_AT + 1, b"\0" * 100 + b"\1")
        self.look(rf"^damaged, at sector {AREAS_AT + 1}$", "damaged")

    def test_heads(self):
        self.made(1)
        self.change(0, b"\0" * 40 + b"\1")
        self.change(8, b"\0" * 40 + b"\1")
        self.look("^damaged, at sector 0$", "damaged")

    def test_somebody_elses(self):
        self.disks["wl-keys"].write_bytes(b"not ours" + bytes(1 << 20))
        self.look("^the disk holds something else", "foreign")

    def test_too_small(self):
        self.disks["wl-keys"].write_bytes(bytes(64 << 10))
        self.look("^the disk is too small", "tooSmall")

    def test_none(self):
        del self.disks["wl-keys"]
        with self.boot() as session:
            session.prompt(60)
            self.assertIn("keys: no disk: there are no keys", session.text())
            self.assertIn("noDisk", self.with_words(session, "keystore unlock", WORDS, status=1))
            self.assertIn("noDisk", self.with_words(session, "keystore setup", WORDS, WORDS,
                                                    status=1))
            self.assertIn("locked", self.run_line(session, "keys make sign /keys/a", 1))
            self.assertTrue(session.power_off())


if __name__ == "__main__":
    unittest.main(verbosity=2)
