"""Manifests, policy, grants: what is given, refused and taken back, and why."""

import re
import tempfile
import time
import unittest
from pathlib import Path

from harness import BOOT_SECONDS, BUILDS, Booted, Session, options
from people import PASSWORD, chosen, converse

MANIFEST = ("id org.example.shell", "name shell", "version 1", "class service",
            'wants random wg "to draw"', 'wants files w "to read"', 'wants clock w "to look"')
PROGRAM = ("id org.example.check", "name check", "version 1", "class app",
           'needs random w "it draws lots"', 'wants files w "it would read"')


class Permission(Booted):
    machine_options = {"image": BUILDS["release"] / "boot-test.img",
                       "extra": ["-rtc", "base=2026-11-21T10:20:30,clock=vm"]}

    def write(self, path, lines):
        for number, line in enumerate(lines):
            self.run_line(f"echo '{line}' {'>>' if number else '>'} {path}")

    written = 0

    def policy(self, *lines):
        """In a file of its own: whoever is logged in may make one, and not write another's."""
        type(self).written += 1
        path = f"/tmp/policy{self.written}"
        self.write(path, lines or ("# nothing",))
        self.run_line(f"perm policy {path}")

    def refused(self, why, line):
        self.assertIn(why, self.run_line(line, status=None))

    def request(self, what):
        """Grant and slot."""
        found = re.search(r"grant (\d+): slot (\d+)", self.run_line(f"perm request {what}"))
        return found.groups()

    def holds(self, slot):
        return re.search(rf"(?m)^ +{slot} +endpoint", self.run_line("caps shell")) is not None

    def restart(self, name):
        self.run_line(f"restart {name}")
        deadline = time.monotonic() + 30
        while not re.search(rf"(?m)^ready .* {name}$", self.run_line("services")):
            self.assertLess(time.monotonic(), deadline)

    def test_01_denied_by_default(self):
        self.refused("perm manifest FILE comes first", "perm request random w")
        self.write("/manifest", MANIFEST)
        self.run_line("perm manifest /manifest")
        self.refused("noRule", "perm request random w")
        self.refused("notInManifest", "perm request people w")
        self.refused("notInManifest", "perm request files wg")
        self.refused("noObject", "perm request moon w")
        self.assertIn("0 rules", self.run_line("perm policy"))

    def test_02_given_and_taken_back(self):
        self.policy("# who may draw", "", "allow class:service random")
        grant, slot = self.request("random wg")
        self.assertTrue(self.holds(slot))
        self.assertRegex(self.run_line("perm"), rf"(?m)^ +{grant}  wg +random +shell .* 3  $")
        self.assertIn(f"grant {grant}, random, was revoked", self.run_line(f"perm revoke {grant}"))
        self.assertFalse(self.holds(slot))
        self.assertNotIn("random", self.run_line("perm"))
        self.refused("noGrant", f"perm revoke {grant}")
        again, slot = self.request("random w")
        self.assertNotEqual(again, grant)
        self.run_line(f"perm release {again}")
        self.assertFalse(self.holds(slot))
        self.refused("noGrant", f"perm release {again}")

    def test_03_conditions(self):
        for rule, what, why in (
                ("deny any random", "random w", "rule"),
                ("deny name:shell *", "random w", "rule"),
                ("allow class:app random", "random w", "noRule"),
                ("allow name:other random", "random w", "noRule"),
                ("allow any files", "random w", "noRule"),
                ("allow any random rights=w", "random wg", "rights"),
                ("allow any random attenuate", "random wg", "attenuate"),
                ("allow any random parent=desktop", "random w", "parent"),
                ("allow any random time=10:00-10:20", "random w", "time"),
                ("allow any random time=12:00-10:00", "random w", "time"),
                ("allow any random session", "random w", "session"),
                ("allow any random user=anna", "random w", "session")):
            with self.subTest(rule=rule):
                self.policy(rule)
                self.refused(f"random: {why}", f"perm request {what}")
        for rule, what in (
                ("allow any *", "random wg"), ("allow name:shell random", "random wg"),
                ("allow any random rights=w", "random w"),
                ("allow any random attenuate", "random w"),
                ("allow any random parent=system", "random w"),
                ("allow any random time=10:15-11:00", "random w"),
                ("allow any random time=22:00-11:00", "random w")):
            with self.subTest(rule=rule):
                self.policy(rule, "deny any *")
                grant, _ = self.request(what)
                self.run_line(f"perm revoke {grant}")

    def test_04_sessions(self):
        status, shown = converse(self.session, "users create anna", *chosen(PASSWORD))
        self.assertEqual(status, 0, shown)
        status, shown = converse(self.session, "assume anna", ("password: ", PASSWORD))
        self.assertEqual(status, 0, shown)
        self.policy("allow any random session", "allow any files user=anna",
                    "allow any clock user=bert")
        for what in ("random w", "files w"):
            grant, _ = self.request(what)
            self.assertRegex(self.run_line("perm"), rf"(?m)^ +{grant} .* anna ")
            self.run_line(f"perm revoke {grant}")
        self.refused("clock: user", "perm request clock w")
        self.run_line("logout")
        self.refused("random: session", "perm request random w")

    def test_05_a_bad_policy_changes_nothing(self):
        self.policy("allow any random")
        before = self.run_line("perm policy")
        for number, (column, line) in enumerate((
                (1, "permit any random"), (10, "allow any"), (7, "allow somebody random"),
                (7, "allow class:root x"), (18, "allow any random rights=x"),
                (18, "allow any random rights="), (11, "allow any a/b"),
                (18, "allow any random time=25:00-26:00"),
                (18, "allow any random time=10:00-10:00"),
                (18, "allow any random for=0"), (20, "allow any random   for=99999999999"),
                (12, "deny any x session"), (18, "allow any random maybe"),
                (11, 'allow any "random'), (29, "allow any a " + "session " * 2 + "x"),
                (85, "allow any a" + " session" * 9 + " rights=w" * 3 + " x")), 1):
            with self.subTest(line=line):
                self.write("/tmp/bad", ["allow any files"] * (number % 3) + [line])
                where = f"line {number % 3 + 1}, column {column}"
                self.refused(f"{where} is wrong; the old policy stays", "perm policy /tmp/bad")
                self.assertEqual(self.run_line("perm policy"), before)
        grant, _ = self.request("random w")
        self.run_line(f"perm revoke {grant}")

    def test_06_bad_manifests(self):
        for number, line in enumerate(("name again", "class root", "needs random w", "needs a x y",
                                       'wants random w ""', 'wants files w "twice"', "what"), 1):
            with self.subTest(line=line):
                self.write("/tmp/bad", [*MANIFEST, line])
                self.refused(f"line {len(MANIFEST) + 1} of the manifest is wrong",
                             "perm manifest /tmp/bad")
        self.write("/tmp/bad", MANIFEST[:3])
        self.refused("line 4 of the manifest is wrong", "perm manifest /tmp/bad")

    def test_07_the_clock_ends_it(self):
        self.policy("allow any random for=1")
        grant, slot = self.request("random w")
        self.assertIn("in 0 s", self.run_line("perm"))
        self.restart("time")  # whose timer it is
        shown = self.run_line("sleep 2")
        self.assertIn(f"grant {grant}, random, was expired", shown)
        self.assertFalse(self.holds(slot))
        self.assertRegex(self.run_line("perm history"),
                         rf"expired +shell +random +w-?  line 1  grant {grant}")

    def test_08_history(self):
        shown = self.run_line("perm history")
        for line in (r"refused +shell +random +w-?  noRule", r"granted +shell +random +w",
                     r"revoked +shell +random", r"policy", r"released +shell +random",
                     r"refused +shell +random +w-?  session"):
            self.assertRegex(shown, line)
        numbers = [int(n) for n in re.findall(r"(?m)^ +(\d+) +\d+ ms", shown)]
        self.assertEqual(numbers, list(range(numbers[0], numbers[-1] - 1, -1)))

    def test_09_programs(self):
        """See tests/target/permission: refusals, expiry of copies, notices."""
        self.write("/program", PROGRAM)
        self.policy("deny any *")
        shown = self.run_line("perm run /program permcheck", status=None)
        self.assertIn('needs random, "it draws lots": rule', shown)
        self.assertNotIn("permcheck", self.run_line("ps"))
        self.policy("deny any files", "allow name:helper random parent=nobody",
                    "allow class:app random rights=w for=2")
        self.run_line("perm run /program permcheck")
        self.assertRegex(self.run_line("perm history"), r"ended +check")

    def test_10_the_server_is_started_again(self):
        self.policy("allow any random", "allow any files")
        grant, slot = self.request("random w")
        self.run_line("ps")  # axiom looks who let go of what, and tells the server
        before, history = self.run_line("perm policy"), self.run_line("perm history")
        self.restart("permission")
        self.assertEqual(self.run_line("perm policy"), before)
        self.assertEqual(self.run_line("perm history"), history)
        shown = self.run_line("perm")
        self.assertRegex(shown, rf"(?m)^ +{grant}  w")
        self.assertNotIn("gone", shown)
        self.assertTrue(self.holds(slot))
        self.assertIn(f"grant {grant}, random, was revoked", self.run_line(f"perm revoke {grant}"))
        self.assertFalse(self.holds(slot))
        other, slot = self.request("files w")  # the manifest is known, the subject is the same
        self.restart("permission")
        self.run_line(f"perm release {other}")
        self.assertFalse(self.holds(slot))

    def test_10b_its_time_goes_on_while_it_is_started_again(self):
        self.policy("allow any random for=3")
        grant, slot = self.request("random w")
        shown = self.run_line("restart permission; sleep 4")
        shown += self.run_line("echo next")
        self.assertIn(f"grant {grant}, random, was expired", shown)
        self.assertFalse(self.holds(slot))
        self.assertNotIn("was expired", self.run_line("echo next"))  # it is said once

    def test_10c_a_subject_that_ends_meanwhile(self):
        """With `perm manifest`: and what it was given by a former server ends with it."""
        self.policy("allow any random")
        grant, slot = self.request("random w")
        self.run_line("restart permission; perm manifest /manifest")
        self.assertFalse(self.holds(slot))
        self.assertNotRegex(self.run_line("perm"), rf"(?m)^ +{grant} ")

    def test_10d_ended_at_any_instant(self):
        """See tests/target/permission/grant_load.c, and what is left behind by it."""
        self.policy("allow name:load random")
        before = self.run_line("caps init").count("endpoint")
        self.session.run("restart grant_load; restart mover_people")
        deadline = time.monotonic() + 150
        shown = ""
        while not (re.search(r"(?m)^stopped .* grant_load$", shown)
                   and re.search(r"(?m)^disabled .* mover_people$", shown)):
            self.assertLess(time.monotonic(), deadline, shown)
            time.sleep(1)
            shown = self.session.run("services", 60)[1]
        for name in ("permission", "identity"):
            restarts = int(re.search(rf"(?m)^ready +\d+ +(\d+) +{name}$", shown).group(1))
            self.assertGreaterEqual(restarts, 3, name)
        codes = re.findall(r"grant_load \(pid \d+\) ended with code (-?\d+)", self.session.text())
        self.assertEqual(codes, ["0"])
        self.assertNotRegex(self.run_line("perm"), r"random +load")
        self.assertEqual(self.run_line("caps init").count("endpoint"), before)

    def test_11_who_has_no_control(self):
        self.session.send(b"restart noauth\r")
        self.session.prompt(30)
        self.session.prompt(30)
        self.run_line("perm policy")
        for line in ("perm", "perm policy /tmp/policy1", "perm manifest /manifest", "perm revoke 1",
                     "perm history"):
            self.refused("denied", line)
        self.session.send(b"exit\r")
        time.sleep(1)
        self.run_line("")

    def test_12_wrong_words(self):
        for line in ("perm what", "perm request random", "perm request random x", "perm revoke x",
                     "perm policy /none", "perm manifest /none", "perm run /none"):
            self.assert_one_line_refusal(line)


class Files(Booted):
    """The policy is a file, and what stands in it is in force as soon as it is written."""

    FILE = "/policy/permission"

    def policy(self, *lines):
        """All at once, as an editor does: another file takes its place."""
        for number, line in enumerate(lines):
            self.run_line(f"echo '{line}' {'>>' if number else '>'} /policy/next")
        self.run_line(f"mv /policy/next {self.FILE}")
        return self.run_line("perm policy")

    def last_event(self):
        return self.run_line("perm history").splitlines()[0]

    def test_01_made_by_hand(self):
        self.assertIn("0 rules", self.run_line("perm policy"))
        self.run_line("mkdir /policy")
        self.assertIn("2 rules", self.policy("allow any random", "deny any files"))
        self.assertRegex(self.last_event(), r"policy +/policy/permission +\+2 -0, 2 rules")

    def test_02_what_is_wrong_changes_nothing(self):
        for line, column, lines in ((1, 1, ("what",)),
                                    (2, 18, ("deny any *", "allow any random x")),
                                    (3, 10, ("# a", "", "allow any"))):
            shown = self.policy(*lines)
            self.assertIn("allow any random\ndeny any files\n2 rules", shown)
            self.assertIn(f"{self.FILE} line {line}, column {column} is wrong: this policy, from"
                          " before, stays", shown)
            self.assertRegex(self.last_event(),
                             rf"bad +{self.FILE} +line {line}  column {column}")

    def test_03_it_is_still_known_later(self):
        for name in ("permission", "vfs"):
            self.run_line(f"restart {name}; sleep 1")
            self.assertIn("line 3, column 10 is wrong", self.run_line("perm policy"))
        self.assertRegex(self.last_event(), "bad")  # told once

    def test_04_corrected_in_place(self):
        self.run_line(f"echo 'deny any clock' > {self.FILE}")
        self.assertEqual(self.run_line("perm policy"),
                         "deny any clock\n1 rules; what none of them allows is denied\n")

    def test_05_rules_know_since_when(self):
        self.policy("deny any files", "deny any clock")
        since = dict(reversed(m) for m in re.findall(r"(?m)^ +\d+ +(\d+)  (deny any \w+)$",
                                                     self.run_line("perm rules")))
        self.assertLess(int(since["deny any clock"]), int(since["deny any files"]))
        self.run_line("restart permission")
        self.policy("# moved", "", "deny any clock", "deny any files")
        shown = self.run_line("perm rules")
        for rule, event in since.items():
            self.assertRegex(shown, rf"(?m)^   \d +{event}  {rule}$")
        self.assertRegex(self.last_event(), r"\+0 -0, 2 rules")

    def test_06_the_command_writes_it(self):
        self.run_line("echo 'allow any terminal' > /tmp/p")
        self.run_line("perm policy /tmp/p")
        self.assertEqual(self.run_line(f"cat {self.FILE}"), "allow any terminal\n")
        self.assertRegex(self.last_event(), r"by hand +\+1 -2, 1 rules")
        self.run_line("restart vfs; restart permission; sleep 1")
        self.assertIn("allow any terminal\n1 rules", self.run_line("perm policy"))
        self.policy("deny any *")  # it is watched again
        self.assertIn("deny any *\n1 rules", self.run_line("perm policy"))

    def test_07_not_everybody_s(self):
        for change, why in ((f"chown 7 {self.FILE}", "is not the system's alone"),
                            (f"rm {self.FILE}; mkdir {self.FILE}", "cannot be read")):
            self.run_line(change)
            shown = self.run_line("perm policy")
            self.assertIn("deny any *\n1 rules", shown)
            self.assertIn(f"{self.FILE} {why}", shown)
            self.assertIn(why, self.last_event())
        self.run_line(f"rmdir {self.FILE}")
        self.policy("deny any x")
        self.run_line(f"chmod w+w {self.FILE}")
        self.run_line(f"echo 'allow any *' > {self.FILE}")
        shown = self.run_line("perm policy")
        self.assertIn("deny any x\n1 rules", shown)
        self.assertIn("is not the system's alone", shown)

    def test_08_no_file_no_change(self):
        self.run_line("rm -r /policy")
        self.assertEqual(self.run_line("perm policy"),
                         "deny any x\n1 rules; what none of them allows is denied\n")
        self.run_line("as 7")  # a user makes none
        self.assertNotEqual(self.session.run("mkdir /policy")[0], 0)
        self.run_line("as")


class Boots(unittest.TestCase):
    """The policy is there after the power was off; grants are not."""

    def test_boots(self):
        with tempfile.TemporaryDirectory() as folder:
            disk = Path(folder) / "disk"
            with Session(options(disks=[disk])) as session:
                session.prompt(BOOT_SECONDS["fast"])
                for line in ("echo 'allow any random' > /p", "perm policy /p"):
                    status, shown = session.run(line)
                    self.assertEqual(status, 0, shown)
                for line in MANIFEST:
                    session.run(f"echo '{line}' >> /manifest")
                session.run("perm manifest /manifest")
                status, shown = session.run("perm request random w")
                self.assertEqual(status, 0, shown)
                self.assertTrue(session.power_off())
            with Session(options(disks=[disk])) as session:
                session.prompt(BOOT_SECONDS["fast"])
                self.assertIn("allow any random\n1 rules", session.run("perm policy")[1])
                self.assertNotIn("shell", session.run("perm")[1])
                self.assertIn("granted", session.run("perm history")[1])
                self.assertTrue(session.power_off())


if __name__ == "__main__":
    unittest.main(verbosity=2)
