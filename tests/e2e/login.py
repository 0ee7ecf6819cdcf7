"""A shell of one's own: what a login gives and what it does not, and what ends with it."""

import re
import time
import unittest

from harness import BOOT_SECONDS, BUILDS, Booted, Session, options
from people import OTHER, PASSWORD, SHARD, chosen, converse

IMAGE = BUILDS["release"] / "boot-test.img"
# What the console's shell may do and a person may not, and how that is said.
REFUSED = {
    "caps vfs": "capEmpty", "ps": "capEmpty", "services": "capEmpty", "kill vfs": "capEmpty",
    "restart vfs": "capEmpty", "revoke vfs 3": "capEmpty", "grant 3 vfs 40": "capEmpty",
    "mem": "capEmpty", "log": "capEmpty", "verify": "capEmpty", "pci": "capEmpty",
    "disk": "capEmpty", "keystore lock": "capEmpty", "keys": "locked", "poweroff": "capEmpty",
    "reboot": "capEmpty", "time zone +01:00": "denied", "users lock anna": "denied",
    "users remove bert": "denied", "sessions": "denied", "machine node x": "denied",
    "perm list": "denied", "perm revoke 1": "denied", "perm history": "denied",
    "as 7": "somebody is logged in", "as": "somebody is logged in",
    "login bert": "somebody is logged in", "assume bert": "somebody is logged in",
    "write /x y": "denied", "chown 7 /home/anna": "denied",
    "quota 1 2": "denied", "ls /home/bert": "denied",
}
GIVEN = {"console", "vfs", "identity", "permission", "random", "time"}


class Login(Booted):
    machine_options = {"image": IMAGE}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shards = {}
        for name in ("anna", "bert"):
            status, shown = converse(cls.session, f"users create {name}", *chosen(PASSWORD))
            if status != 0:
                raise AssertionError(shown)
            cls.shards[name] = SHARD.findall(shown)

    def login(self, name, password=PASSWORD):
        status, shown = converse(self.session, f"login {name}", ("password: ", password))
        self.assertEqual(status, 0, shown)

    def logout(self):
        self.run_line("logout")
        self.assertIn("nobody: not logged in", self.run_line("whoami", status=None))
        self.assertNotIn("anna", self.run_line("sessions"))

    def refused(self, why, line):
        self.assertIn(why, self.run_line(line, status=None))

    def test_01_what_one_may(self):
        self.login("bert")  # who has a home then
        self.logout()
        self.login("anna")
        self.assertIn("anna, with the machine key 1", self.run_line("whoami"))
        self.run_line("write /home/anna/diary mine")
        self.assertEqual(self.run_line("cat /home/anna/diary"), "mine\n")
        self.run_line("rand 16; date; uptime; users; perm policy; preferences theme dark")
        self.assertIn("hello from process", self.run_line("hello"))
        self.logout()
        self.run_line("write /of-the-console x; rm /of-the-console")

    def test_02_what_one_may_not(self):
        self.login("anna")
        for line, why in REFUSED.items():
            with self.subTest(line=line):
                self.refused(why, line)
        self.logout()

    def test_03_what_it_held(self):
        """All endpoints that the log has for that process: those of six services, all of them
        plain, what init and the console's shell hold not among them."""
        self.login("anna")
        self.run_line("ls /")
        self.logout()
        at, until = map(int, re.findall(r"(?m)^ +\d+ +\d+ +(\d+) +(\d+) .* anna$",
                                        self.run_line("lives"))[0])
        names = {self.endpoint_of(name): name for name in GIVEN}
        held = set()
        for commit in range(at + (until - at) // 2, until, (until - at) // 8):
            for line in self.run_line(f"at {commit} caps anna").splitlines():
                found = re.match(r" +(\d+)  endpoint +(\S+) (?:bound)? +(\w+) +obj (\w+)", line)
                if found and found.group(4) in names:
                    held.add(names[found.group(4)])
                    self.assertNotRegex(found.group(3), "^8[1-9a-f]", "control")
                elif found and found.group(1) != "1":
                    self.assertNotRegex(found.group(3), "^[89a-f]", f"init gave it {line}")
        self.assertEqual(held, GIVEN)

    def endpoint_of(self, name):
        return re.search(r"(?m)^ +3  endpoint +\S+ +0{16} +obj (\w+)",
                         self.run_line(f"caps {name}")).group(1)

    def test_04_what_ends_with_it(self):
        self.run_line("mkdir /policy")
        self.run_line("echo 'allow name:login random user=anna' > /policy/permission")
        self.login("anna")
        self.run_line("spawn /bin/spin 1000")
        self.assertIn("grant ", self.run_line("perm request random w"))
        self.logout()
        self.assertNotIn("spin", self.run_line("ps"))
        self.assertNotRegex(self.run_line("ps"), "(?m)anna$")
        self.assertNotIn("random", self.run_line("perm"))
        self.login("bert")
        self.refused("random: user", "perm request random w")
        self.run_line("exit 3", status=3)
        self.logout_is_over("bert")

    def logout_is_over(self, name):
        self.assertNotIn(name, self.run_line("sessions"))
        self.assertNotRegex(self.run_line("ps"), rf"(?m){name}$")

    def test_05_ctrl_c(self):
        self.login("anna")
        self.session.send(b"spin 1000\r")
        time.sleep(1)
        self.session.send(b"\x03")
        self.assertEqual(self.session.prompt(30), 130)
        self.session.send(b"sleep 1000\r")
        time.sleep(1)
        self.session.send(b"\x03")
        self.session.prompt(30)
        self.assertIn("anna", self.run_line("whoami"))
        self.logout()

    def test_06_servers_that_are_started_again(self):
        """Who began a session keeps it, and the shell."""
        self.session.run("restart mover_slow")
        deadline = time.monotonic() + 240
        while (got := converse(self.session, "login anna", ("password: ", PASSWORD)))[0] != 0:
            self.assertIn("peerDied", got[1])  # while the challenge was out
            self.assertLess(time.monotonic(), deadline)
        for _ in range(15):
            shown = self.session.run("whoami", 60)[1]
            self.assertRegex(shown, "anna|peerDied")
            self.run_line("ls /home/anna; sleep 0.4")
        self.assertNotIn("nobody", self.session.run("whoami", 60)[1])
        self.session.run("logout", 60)
        until = re.compile(r"(?m)^disabled +\d+ +\d+ +mover_slow$")
        while not until.search(self.run_line("services")):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(1)
        shown = self.run_line("services")
        self.assertGreater(int(re.search(r"(?m)^ready +\d+ +(\d+) +identity$", shown).group(1)), 2)
        self.logout_is_over("anna")

    def test_07_a_session_that_others_end(self):
        self.login("anna")
        shards = [("shard: ", shard) for shard in self.shards["anna"]]
        status, shown = converse(self.session, "users recover anna", *shards, *chosen(OTHER))
        self.assertIn("the session has ended", shown + self.session.text()[-4000:])
        self.logout_is_over("anna")
        self.assertIn("badPassword", converse(self.session, "login anna",
                                              ("password: ", PASSWORD))[1])
        self.login("anna", OTHER)
        self.logout()


class OnlyLogins(unittest.TestCase):
    """`login` without a name: the console's shell is not seen again."""

    def test_only(self):
        with Session(options(image=IMAGE)) as session:
            session.prompt(BOOT_SECONDS["fast"])
            converse(session, "users create anna", *chosen(PASSWORD))
            session.send(b"login\r")
            for name, password in ((b"nobody", PASSWORD), (b"anna", OTHER)):
                session.expect(rb"login: $", 30)
                session.send(name + b"\r")
                session.expect(b"password: ", 30)
                session.send(password.encode() + b"\r")
                session.expect(rb"noUser|badPassword", 60)
            for key in (b"\x03", b"\x04", b"\r", b"x" * 40 + b"\r"):
                session.expect(rb"login: $", 30)
                session.send(key)
            for _ in range(2):
                session.expect(rb"login: $", 30)
                session.send(b"anna\r")
                session.expect(b"password: ", 30)
                session.send(PASSWORD.encode() + b"\r")
                session.prompt(60)
                self.assertIn("capEmpty", session.run("ps")[1])
                session.send(b"logout\r")
            session.expect(rb"login: $", 30)


if __name__ == "__main__":
    unittest.main(verbosity=2)
