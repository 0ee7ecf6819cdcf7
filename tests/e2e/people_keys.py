"""People's keys in the keystore: machine keys that are nowhere else, and a space for each user."""

import re
import tempfile
import time
import unittest

from harness import BOOT_SECONDS, BUILDS, Booted, Session, machine, options
from people import KEY, OTHER, PASSWORD, SHARD, chosen, converse

IMAGE = BUILDS["release"] / "boot-test.img"
WORDS = "correct horse battery staple"
PASSWORDS_KEY, HALVES = 1, 2  # the keys that identity has: one for passwords, two a machine key
HEX = re.compile(r"(?m)^([0-9a-f]{64})$")


class PeopleKeys(Booted):
    machine_options = {"image": IMAGE}

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.machine_options = {"image": IMAGE, "own_disks": machine.disk_set(cls.folder.name)}
        super().setUpClass()
        cls.shards = {}
        cls.must("keystore setup", ("passphrase: ", WORDS), ("again: ", WORDS))
        for name in ("anna", "bert"):
            cls.shards[name] = SHARD.findall(cls.must(f"users create {name}", *chosen(PASSWORD)))

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.folder.cleanup()

    def tearDown(self):
        converse(self.session, "logout")  # of a test that failed

    @classmethod
    def must(cls, line, *answers):
        status, shown = converse(cls.session, line, *answers)
        if status != 0:
            raise AssertionError(shown)
        return shown

    def refused(self, why, line, *answers):
        status, shown = converse(self.session, line, *answers)
        self.assertNotEqual(status, 0, shown)
        self.assertIn(why, shown)

    def login(self, name, password=PASSWORD):
        self.must(f"login {name}", ("password: ", password))

    def assume(self, name, password=PASSWORD):
        self.must(f"assume {name}", ("password: ", password))

    def unlock(self):
        self.must("keystore unlock", ("passphrase: ", WORDS))

    def keys_settle(self, count):
        """So many are in the keystore: what nobody needs goes when that is durable."""
        deadline = time.monotonic() + 60
        while f"keys      {count}," not in re.sub(" +", "      ", self.run_line("keystore")):
            self.assertLess(time.monotonic(), deadline, self.run_line("keystore"))

    def sign(self, text):
        shown = self.run_line(f"machine sign files {text}")
        return re.search(r"(?m)^(\d+) (\d+) ([0-9a-f]{128})$", shown).groups()

    def test_01_in_the_keystore(self):
        """A machine key is made, used and rotated there; signing takes the session alone."""
        self.keys_settle(PASSWORDS_KEY + 2 * HALVES)
        self.login("anna")
        self.assertRegex(self.run_line("machine"), "first, in the keystore")
        number, epoch, signature = self.sign("hello")
        good = f"machine verify anna {number} {epoch} files hello {signature}"
        self.assertIn("good", self.run_line(good))
        self.refused("badSignature", good.replace("hello", "hellp"))
        self.must("machine rotate 1", ("password: ", PASSWORD))
        self.refused("oldEpoch", good)
        self.refused("badSignature", good.replace("anna 1 1", "anna 1 2"))
        number, epoch, signature = self.sign("hello")
        self.assertEqual(epoch, "2")
        self.assertIn("good", self.run_line(f"machine verify anna 1 2 files hello {signature}"))
        self.refused("badPassword", "machine rotate 1", ("password: ", OTHER))
        self.run_line("logout")
        self.keys_settle(PASSWORDS_KEY + 2 * HALVES)  # the one before is gone

    def test_02_rights(self):
        self.login("anna")
        new = (("shard: ", self.shards["anna"][0]), ("password: ", PASSWORD))
        shown = self.must("machine create signer as", *new)
        self.assertRegex(shown, r"(?m)^ +2 +1  as----  [0-9a-f]{64}  signer, in the keystore$")
        self.must("machine create secrets agk", *new)
        self.refused("asmrgk", "machine create x q")
        self.run_line("preferences machine signer")
        self.run_line("logout")
        self.login("anna")
        self.sign("hello")
        self.refused("noRight", "machine agree bert 1 mail")
        self.refused("noRight", "keys")
        self.refused("noRight", "echo x | seal /keys/a /home/anna/a")
        self.run_line("preferences machine secrets")
        self.run_line("logout")
        self.login("anna")
        self.refused("noRight", "machine sign files hello")
        self.run_line("machine agree bert 1 mail")
        self.run_line("keys")
        self.run_line("preferences machine")
        self.run_line("logout")
        self.login("anna")
        self.run_line("machine revoke 2; machine revoke 3")
        self.run_line("logout")
        self.keys_settle(PASSWORDS_KEY + 2 * HALVES)  # those of the revoked ones are gone

    def agreed(self, line):
        return HEX.search(self.run_line(line)).group(1)

    def test_03_agreement(self):
        self.login("anna")
        one = self.agreed("machine agree bert 1 mail")
        self.assertNotEqual(one, self.agreed("machine agree bert 1 chat"))
        self.refused("noUser", "machine agree carl 1 mail")
        self.refused("noMachine", "machine agree bert 9 mail")
        self.run_line("logout")
        self.login("bert")
        self.assertEqual(one, self.agreed("machine agree anna 1 mail"))
        self.run_line("logout")

    def test_04_a_space_of_ones_own(self):
        self.login("anna")
        self.run_line("keys make seal /keys/own")
        self.run_line("keys make agree /keys/channel")
        channel = self.agreed("keys public /keys/channel")
        self.run_line("echo the secret > /home/anna/plain")
        self.run_line("seal /keys/own /home/anna/sealed /home/anna/plain")
        self.run_line("chmod rwxrwrw /home/anna /home/anna/sealed")
        self.assertIn("the secret", self.run_line("unseal /keys/own /home/anna/sealed"))
        self.run_line("logout")
        self.assertEqual(self.run_line("keys").strip(), "")  # nor the console's shell sees them
        self.login("bert")
        self.assertEqual(self.run_line("keys").strip(), "")
        for line in ("keys public /keys/own", "keys delete /keys/own",
                     "unseal /keys/own /home/anna/sealed"):
            self.refused("notFound", line)
        self.run_line("keys make seal /keys/own")  # the name is free, the key another
        self.refused("notSealed", "unseal /keys/own /home/anna/sealed")
        self.run_line("keys make agree /keys/mine")
        mine = self.agreed("keys public /keys/mine")
        secret = self.agreed(f"keys agree /keys/mine mail {channel}")
        self.refused("64 digits", f"keys agree /keys/mine mail {channel[:-1]}")
        self.refused("badPeer", f"keys agree /keys/mine mail {'0' * 64}")
        self.run_line("keys delete /keys/own")
        self.run_line("logout")
        self.login("anna")
        self.assertEqual(re.findall(r"/keys/\S+", self.run_line("keys")),
                         ["/keys/channel", "/keys/own"])
        self.assertEqual(secret, self.agreed(f"keys agree /keys/channel mail {mine}"))
        self.assertIn("the secret", self.run_line("unseal /keys/own /home/anna/sealed"))
        self.run_line("logout")

    def test_05_locked_and_ended(self):
        """A session outlives both servers, and finds its keys again when they are unlocked."""
        self.assume("anna")
        before = self.run_line("keys")
        self.run_line("keystore lock")
        self.refused("locked", "keys")
        self.refused("keysLocked", "machine sign files hello")
        self.refused("keysLocked", "machine agree bert 1 mail")
        self.refused("keysLocked", "machine rotate 1", ("password: ", PASSWORD))
        self.refused("keysLocked", "assume bert", ("password: ", PASSWORD))
        self.unlock()
        self.assertEqual(self.run_line("keys"), before)
        self.run_line("kill keystore")
        deadline = time.monotonic() + 60
        while "locked" not in self.run_line("keystore"):
            self.assertLess(time.monotonic(), deadline)
        self.unlock()
        self.assertEqual(self.run_line("keys"), before)
        self.sign("hello")
        self.run_line("restart identity")
        deadline = time.monotonic() + 60
        while converse(self.session, "keys")[0] != 0:
            self.assertLess(time.monotonic(), deadline)
        self.assertEqual(self.run_line("keys"), before)
        self.run_line("logout")
        self.refused("not logged in", "machine sign files hello")

    def test_06_what_ends_with_a_session(self):
        """Also a key that was opened in it: tests/target/identity."""
        self.assume("bert")
        self.run_line(f"machine enrol elsewhere {KEY} ak")
        self.run_line("logout")
        self.run_line("restart idkeys")
        ended = re.compile(r"idkeys \(pid \d+\) ended with code (-?\d+)")
        deadline = time.monotonic() + 60
        while not (found := ended.search(self.session.text())):
            self.assertLess(time.monotonic(), deadline)
            self.run_line("")
        self.assertEqual(found.group(1), "0", "the first check that failed")
        self.assume("bert")
        self.assertIn("/keys/check", self.run_line("keys"))
        self.run_line("logout")

    def test_07_recovery_without_it(self):
        """Three shards need no keystore; the machine key is then here, until it is open again."""
        self.run_line("keystore lock")
        asked = [("shard: ", shard) for shard in self.shards["anna"]]
        self.must("users recover anna", *asked, *chosen(OTHER))
        self.assume("anna", OTHER)
        self.assertNotIn("in the keystore", self.run_line("machine"))
        self.must("machine sign files hello", ("password: ", OTHER))
        self.unlock()
        self.must("passwd", ("password: ", OTHER), *chosen(PASSWORD))
        self.must("machine sign files hello", ("password: ", PASSWORD))
        self.must("machine rotate 1", ("password: ", PASSWORD))
        self.assertIn("in the keystore", self.run_line("machine"))
        self.sign("hello")
        self.run_line("logout")

    def test_08_removed(self):
        self.run_line("users remove bert")
        self.keys_settle(PASSWORDS_KEY + HALVES + 2)  # anna's machine key, and two of her own
        self.run_line("verify")


class Boots(unittest.TestCase):
    def anna(self, session):
        """A keystore, and a user with a key of her own, in her session."""
        session.prompt(BOOT_SECONDS["fast"])
        converse(session, "keystore setup", ("passphrase: ", WORDS), ("again: ", WORDS))
        converse(session, "users create anna", *chosen(PASSWORD))
        converse(session, "assume anna", ("password: ", PASSWORD))
        self.assertEqual(session.run("keys make sign /keys/own")[0], 0)

    def test_boots(self):
        """Machine keys and a user's keys are there when the power was off, and unlocked."""
        with tempfile.TemporaryDirectory() as folder:
            disks = machine.disk_set(folder)
            with Session(options(own_disks=disks)) as session:
                self.anna(session)
                public = session.run("keys public /keys/own")[1]
                signed = session.run("machine sign files hello")[1].split()
                self.assertTrue(session.power_off())
            with Session(options(own_disks=disks)) as session:
                session.prompt(BOOT_SECONDS["fast"])
                login = "assume anna", ("password: ", PASSWORD)
                self.assertIn("keysLocked", converse(session, *login)[1])
                converse(session, "keystore unlock", ("passphrase: ", WORDS))
                self.assertEqual(converse(session, *login)[0], 0)
                self.assertEqual(session.run("keys public /keys/own")[1], public)
                verify = f"machine verify anna 1 1 files hello {signed[-1]}"
                self.assertIn("good", session.run(verify)[1])
                self.assertTrue(session.power_off())

    def test_another_log(self):
        """While another disk has the log, what it knows nothing of stays in the keystore."""
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
            disks, others = machine.disk_set(folder), machine.disk_set(other)
            others["wl-keys"] = disks["wl-keys"]
            with Session(options(own_disks=disks)) as session:
                self.anna(session)
                self.assertTrue(session.power_off())
            with Session(options(own_disks=others)) as session:
                session.prompt(BOOT_SECONDS["fast"])
                converse(session, "keystore unlock", ("passphrase: ", WORDS))
                self.assertEqual(converse(session, "users create carl", *chosen(PASSWORD))[0], 0)
                self.assertEqual(session.run("users remove carl")[0], 0)
                session.run("users")
                self.assertTrue(session.power_off())
            with Session(options(own_disks=disks)) as session:
                session.prompt(BOOT_SECONDS["fast"])
                converse(session, "keystore unlock", ("passphrase: ", WORDS))
                assumed = converse(session, "assume anna", ("password: ", PASSWORD))
                self.assertEqual(assumed[0], 0, assumed[1])
                self.assertEqual(session.run("keys public /keys/own")[0], 0)
                self.assertEqual(session.run("machine sign files hello")[0], 0)
                self.assertTrue(session.power_off())


if __name__ == "__main__":
    unittest.main(verbosity=2)
