"""Users, logins, machine keys, shards: each command and each refusal, over restarts and boots."""

import re
import tempfile
import time
import unittest
from pathlib import Path

from harness import BOOT_SECONDS, BUILDS, Booted, Session, machine, options
from wl.serial import PROMPT, plain

PASSWORD, OTHER = "correct horse battery", "staple staple staple"
SHARD = re.compile(r"(?m)^  (\d-[0-9a-f]{8}-[0-9a-f]{64}-[0-9a-f]{8})$")
# What tests/target/identity/idcheck.c signs with: the public key of its seed.
KEY = "e1ef2fe6f211f7399a8a6a55fdc811ee92ec7f01ee125942da87ef659553499f"


def converse(session, line, *answers, timeout=60):
    """Types a line, then what it asks for: (question, answer). (status, what was shown)."""
    start = session.mark
    session.send(line.encode() + b"\r")
    for question, answer in answers:
        session.expect(re.escape(question.encode()), 30)
        session.send(answer.encode() + b"\r")
    status = session.prompt(timeout)
    return status, plain(PROMPT.sub(b"", bytes(session.seen[start:session.mark])))


def chosen(password):
    return ("new password: ", password), ("the same again: ", password)


class People(Booted):
    machine_options = {"image": BUILDS["release"] / "boot-test.img"}

    def ask(self, line, *answers, status=0):
        got, shown = converse(self.session, line, *answers)
        if status is None:
            self.assertNotEqual(got, 0, shown)
        else:
            self.assertEqual(got, status, shown)
        for secret in (PASSWORD, OTHER):
            self.assertNotIn(secret, shown)  # what is typed is not shown
        return shown

    def refused(self, why, line, *answers):
        self.assertIn(why, self.ask(line, *answers, status=None))

    def login(self, name, password=PASSWORD):
        return self.ask(f"assume {name}", ("password: ", password))

    def restart(self, name):
        self.run_line(f"restart {name}")
        deadline = time.monotonic() + 30
        while not re.search(rf"(?m)^ready .* {name}$", self.run_line("services")):
            self.assertLess(time.monotonic(), deadline)

    def user_id(self, name):
        return re.search(rf"(?m)^([0-9a-f]{{32}}) .* {name}\b", self.run_line("users")).group(1)

    def test_01_libraries(self):
        """What the servers link, inside: musl, libsodium with Argon2id."""
        self.run_line("libc_check")
        self.run_line("view app_check hello")  # each thing wrong, said to a real view
        self.run_line("libsys_check")

    def test_02_create(self):
        shown = self.ask("users create anna", *chosen(PASSWORD))
        type(self).shards = SHARD.findall(shown)
        self.assertEqual(len(self.shards), 3)
        self.assertEqual(len({shard[0] for shard in self.shards}), 3)
        self.assertNotEqual(self.user_id("anna"), "0" * 32)
        self.refused("taken", "users create anna", *chosen(PASSWORD))
        self.refused("badName", "users create an/na", *chosen(PASSWORD))
        self.refused("weakPassword", "users create carl", *chosen("elevenchars"))
        self.refused("not the same", "users create carl", ("new password: ", PASSWORD),
                     ("the same again: ", OTHER))
        self.refused("noUser", "users lock carl")
        self.ask("users create bert", *chosen(OTHER))

    def test_03_login(self):
        self.refused("not logged in", "whoami")
        self.refused("not logged in", "logout")
        self.refused("noUser", "assume carl", ("password: ", PASSWORD))
        self.refused("badPassword", "assume anna", ("password: ", OTHER))
        self.login("anna")
        shown = self.run_line("whoami")
        self.assertIn("anna, with the machine key 1, first, epoch 1", shown)
        self.assertIn(self.user_id("anna"), shown)
        self.assertIn("1439 minutes", shown)
        self.assertRegex(self.run_line("sessions"), r"anna +first")
        self.login("bert", OTHER)  # in place of the session before
        self.assertNotIn("anna", self.run_line("sessions"))
        self.run_line("logout")
        self.assertNotIn("bert", self.run_line("sessions"))

    def test_04_a_session_outlives_the_server(self):
        self.login("anna")
        before = self.user_id("anna")
        for name in ("identity", "ledger", "random", "time"):
            self.restart(name)
        self.assertIn("anna", self.run_line("whoami"))
        self.assertIn("1439 minutes", self.run_line("whoami --extend"))
        self.assertEqual(self.user_id("anna"), before)
        self.run_line("logout")
        self.assertNotIn("anna", self.run_line("sessions"))

    def test_05_passwd(self):
        self.login("anna")
        self.refused("badPassword", "passwd", ("password: ", OTHER), *chosen(OTHER))
        self.refused("weakPassword", "passwd", ("password: ", PASSWORD), *chosen("short"))
        self.ask("passwd", ("password: ", PASSWORD), *chosen(OTHER))
        self.run_line("logout")
        self.refused("badPassword", "assume anna", ("password: ", PASSWORD))
        self.login("anna", OTHER)
        self.ask("passwd", ("password: ", OTHER), *chosen(PASSWORD))

    def sign(self, text, password=PASSWORD):
        shown = self.ask(f"machine sign files {text}", ("password: ", password))
        return re.search(r"(?m)^(\d+) (\d+) ([0-9a-f]{128})$", shown).groups()

    def test_06_machine_keys(self):
        """anna is logged in."""
        number, epoch, signature = self.sign("hello")
        good = f"machine verify anna {number} {epoch} files hello {signature}"
        self.assertIn("good", self.run_line(good))
        self.refused("badSignature", good.replace("hello", "hellp"))
        self.refused("badSignature", good.replace(" files", " mails"))
        self.refused("noMachine", good.replace("anna 1", "anna 7"))
        self.refused("noUser", good.replace("anna", "carl"))
        self.ask("machine rotate 1", ("password: ", PASSWORD))
        self.refused("oldEpoch", good)
        self.refused("badSignature", good.replace("anna 1 1", "anna 1 2"))
        self.assertEqual(self.sign("hello")[1], "2")
        self.refused("badPassword", "machine rotate 1", ("password: ", OTHER))
        self.refused("noMachine", "machine rotate 5", ("password: ", PASSWORD))
        new = (("shard: ", self.shards[0]), ("password: ", PASSWORD))
        self.assertIn("laptop", self.ask("machine create laptop as", *new))
        self.refused("taken", "machine create laptop as", *new)
        self.refused("badPassword", "machine create two as", new[0], ("password: ", OTHER))
        self.refused("badShard", "machine create two as", ("shard: ", self.shards[0][:-1]), new[1])
        self.run_line("machine rename 2 notebook")
        self.refused("taken", "machine rename 2 first")
        self.refused("badName", "machine rename 2 a/b")
        self.refused("noMachine", "machine rename 7 x")
        shown = self.run_line("machine")
        self.assertRegex(shown, r"(?m)^ +2 +1  as----  [0-9a-f]{64}  notebook$")
        self.run_line("preferences machine notebook")  # what `login` uses from now on
        self.login("anna")
        self.assertIn("notebook", self.run_line("whoami"))
        self.refused("noRight", "machine revoke 1")
        self.refused("noRight", "machine create three a", *new)
        self.run_line("preferences machine")
        self.login("anna")
        self.refused("current", "machine revoke 1")
        self.run_line("machine revoke 2")
        self.assertRegex(self.run_line("machine"), r"notebook, revoked")
        self.refused("revoked", "machine rotate 2", ("password: ", PASSWORD))

    def test_07_ends_of_machine_keys(self):
        """anna is logged in. One that may not sign, one whose time is over, one of long ago."""
        new = (("shard: ", self.shards[1]), ("password: ", PASSWORD))
        self.ask("machine create mute a", *new)
        self.ask("machine create old as 1000000000", *new)
        for name, why in (("mute", None), ("old", "expired")):
            self.run_line(f"preferences machine {name}")
            if why:
                self.refused(why, "assume anna", ("password: ", PASSWORD))
                continue
            self.login("anna")
            self.refused("noRight", "machine sign files hello", ("password: ", PASSWORD))
        self.run_line("preferences machine")
        self.login("anna")

    def test_08_files(self):
        """Each sees files as the session's user, whatever a path says; anna is logged in after."""
        self.login("anna")
        self.run_line("write /home/anna/diary mine")
        self.run_line("chmod rw----- /home/anna/diary")
        self.refused("denied", "write /etc-of-anna x")
        self.restart("identity")
        self.restart("vfs")
        self.assertEqual(self.run_line("cat /home/anna/diary"), "mine\n")
        self.login("bert", OTHER)
        for line in ("cat /home/anna/diary", "ls /home/anna", "write /home/anna/diary x",
                     "rm /home/anna/diary", "chown 0 /home/bert", "chmod rwxrwrw /home/anna"):
            with self.subTest(line=line):
                self.refused("denied", line)
        self.assertIn("notFound", self.ask("cat /home/bert/../anna/diary", status=None)
                      .replace("badPath", "notFound"))
        self.run_line("ln -s /home/anna/diary /home/bert/way")
        self.refused("denied", "cat /home/bert/way")
        self.run_line("logout")
        self.run_line("write /of-the-console x")  # its own again
        self.run_line("rm /of-the-console")
        self.login("anna")

    def test_08_notes(self):
        """anna is logged in."""
        self.run_line("credentials mail anna@example.org")
        self.run_line("preferences theme dark")
        self.run_line("preferences scheme ed25519")
        self.restart("identity")
        self.assertRegex(self.run_line("credentials"), r"mail +anna@example.org, not verified")
        self.assertRegex(self.run_line("preferences"), r"theme +dark")
        self.run_line("credentials mail")
        self.assertNotIn("mail", self.run_line("credentials"))
        self.refused("notFound", "credentials mail")
        self.refused("badName", "preferences a/b x")
        self.refused("notFound", "preferences machine nonesuch")
        self.refused("notFound", "preferences scheme mldsa")
        self.login("bert", OTHER)
        self.assertNotIn("dark", self.run_line("preferences"))
        self.run_line("logout")

    def recover(self, shards, *more, status=0):
        asked = [("shard: ", shard) for shard in shards]
        if len(shards) < 3:
            asked.append(("shard: ", ""))
        return self.ask("users recover anna", *asked, *(more or chosen(OTHER)), status=status)

    def test_09_recovery(self):
        other = SHARD.findall(self.ask("users create dora", *chosen(PASSWORD)))
        wrong = self.shards[0][:12] + ("0" if self.shards[0][12] != "0" else "1")
        for shards, why in ((self.shards[:2], "tooFewShards"), (other, "wrongSet"),
                            ([*self.shards[:2], other[2]], "wrongSet"),
                            ([*self.shards[:2], self.shards[0]], "sameShardTwice"),
                            ([*self.shards[:2], wrong + self.shards[0][13:]], "badShard")):
            with self.subTest(why=why):
                self.assertIn(why, self.recover(shards, status=None))
        self.assertIn("weakPassword", self.recover(self.shards, *chosen("short"), status=None))
        self.login("anna")
        new = SHARD.findall(self.recover(self.shards))
        self.refused("revoked", "whoami")  # sessions have ended, and their capabilities
        self.assertIn("wrongSet", self.recover(self.shards, status=None))
        self.login("anna", OTHER)
        self.assertRegex(self.run_line("whoami"), "first, epoch 3")
        self.ask("passwd", ("password: ", OTHER), *chosen(PASSWORD))
        self.recover([new[2], new[0], new[1]])  # in any order

    def test_10_locked(self):
        self.login("bert", OTHER)
        self.restart("identity")  # init keeps what the former one gave: it is taken back
        self.run_line("users lock bert")
        self.refused("revoked", "whoami")
        self.refused("revoked", "ls /home/bert")
        self.refused("locked", "assume bert", ("password: ", OTHER))
        self.assertIn("bert, locked", self.run_line("users"))
        self.run_line("users unlock bert")
        self.login("bert", OTHER)

    def test_11_a_client_of_its_own(self):
        """Its key is enrolled by bert, who is logged in; see tests/target/identity."""
        self.refused("64 digits", f"machine enrol elsewhere {'0' * 63} a")
        self.run_line(f"machine enrol elsewhere {KEY} a")
        self.run_line("logout")
        self.run_line("restart idlate")  # which waits half a minute
        self.run_line("restart idcheck")
        self.ended_well("idcheck")

    def ended_well(self, name):
        deadline = time.monotonic() + 120
        ended = re.compile(rf"{name} \(pid \d+\) ended with code (-?\d+)")
        while not (found := ended.search(self.session.text())):
            self.assertLess(time.monotonic(), deadline)
            self.run_line("sleep 0.2")
        self.assertEqual(found.group(1), "0", f"the first check of {name} that failed")

    def test_12_too_often(self):
        for _ in range(5):
            self.refused("badPassword", "assume dora", ("password: ", OTHER))
        self.refused("tooOften", "assume dora", ("password: ", PASSWORD))
        self.login("bert", OTHER)  # others are not held up
        self.run_line("sleep 31")
        self.login("dora")
        self.ended_well("idlate")

    def test_13_node(self):
        self.assertIn("for this boot only", self.run_line("machine"))
        self.run_line("machine node lighthouse")
        self.restart("identity")
        self.assertIn("this machine is lighthouse, named by its settings",
                      self.run_line("machine"))
        self.refused("badName", "machine node a/b")

    def test_14_removed(self):
        self.login("dora")
        self.run_line("users remove dora")
        self.refused("revoked", "whoami")
        self.refused("noUser", "assume dora", ("password: ", PASSWORD))
        self.assertNotIn("dora", self.run_line("users") + self.run_line("sessions"))
        self.ask("users create dora", *chosen(PASSWORD))  # the name is free, the id another

    def test_15_who_has_no_control(self):
        self.session.send(b"restart noauth\r")
        self.session.prompt(30)
        self.session.prompt(30)
        self.assertIn("anna", self.run_line("users"))
        self.refused("denied", "users create eve", *chosen(PASSWORD))
        for line in ("users remove anna", "users lock anna", "sessions", "machine node x"):
            self.refused("denied", line)
        self.session.send(b"exit\r")
        time.sleep(1)
        self.run_line("")

    def test_16_wrong_words(self):
        for line in ("users make x", "users create", "assume", "machine x y", "machine rename x y",
                     "machine create a q", "machine node", "whoami x", "passwd x",
                     "machine verify anna 1 1 a b c", "machine enrol a b c"):
            self.assert_one_line_refusal(line)


class Boots(unittest.TestCase):
    """Users are there after the power was off; sessions are not."""

    def test_boots(self):
        with tempfile.TemporaryDirectory() as folder:
            disk = Path(folder) / "disk"
            with Session(options(disks=[disk])) as session:
                session.prompt(BOOT_SECONDS["fast"])
                converse(session, "users create anna", *chosen(PASSWORD))
                status, shown = converse(session, "assume anna", ("password: ", PASSWORD))
                self.assertEqual(status, 0, shown)
                before = session.run("users")[1]
                self.assertTrue(session.power_off())
            with Session(options(disks=[disk])) as session:
                session.prompt(BOOT_SECONDS["fast"])
                self.assertEqual(session.run("users")[1], before.replace(" 1         anna",
                                                                         " 0         anna"))
                self.assertNotIn("anna", session.run("sessions")[1])
                self.assertEqual(converse(session, "assume anna", ("password: ", OTHER))[0], 1)
                self.assertEqual(converse(session, "assume anna", ("password: ", PASSWORD))[0], 0)
                self.assertTrue(session.power_off())


class Keystore(unittest.TestCase):
    """A user made while the keystore is open: the password alone opens nothing."""

    def test_keystore(self):
        words = "correct horse battery staple"
        with tempfile.TemporaryDirectory() as folder:
            disks = machine.disk_set(folder)
            with Session(options(own_disks=disks)) as session:
                session.prompt(BOOT_SECONDS["fast"])

                def ask(line, *answers):
                    return converse(session, line, *answers)

                setup = ("passphrase: ", words), ("again: ", words)
                self.assertEqual(ask("keystore setup", *setup)[0], 0)
                shown = ask("users create anna", *chosen(PASSWORD))[1]
                shards = SHARD.findall(shown)
                login = "assume anna", ("password: ", PASSWORD)
                self.assertEqual(ask(*login)[0], 0)
                self.assertEqual(session.run("keystore lock")[0], 0)
                status, shown = ask(*login)
                self.assertIn("keysLocked", shown)
                self.assertEqual(ask("keystore unlock", ("passphrase: ", words))[0], 0)
                self.assertEqual(ask(*login)[0], 0)
                session.run("keystore lock")
                # Three shards are more than a password: recovery needs no keystore.
                asked = [("shard: ", shard) for shard in shards]
                self.assertEqual(ask("users recover anna", *asked, *chosen(OTHER))[0], 0)
                self.assertEqual(ask("assume anna", ("password: ", OTHER))[0], 0)
                self.assertTrue(session.power_off())


if __name__ == "__main__":
    unittest.main(verbosity=2)
