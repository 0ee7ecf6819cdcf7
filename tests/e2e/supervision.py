"""Any server may be killed from the shell: the system lives, and the service comes back."""

import re
import time
import tomllib
import unittest

from harness import BUILDS, ROOT, Booted

PIDS = re.compile(r"(?m)^\s*(\d+)\s")


class Supervision(Booted):
    def pid(self, name):
        for line in self.run_line("ps").splitlines():
            if re.search(rf"\b{name}\b", line) and (found := PIDS.match(line)):
                return int(found.group(1))
        return None

    def wait_for_new(self, name, old):
        """The new pid of a service, within ten seconds."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            pid = self.pid(name)
            if pid is not None and pid != old:
                return pid
        self.fail(f"{name} did not come back")

    def kill_and_wait(self, name):
        old = self.pid(name)
        self.assertIsNotNone(old, f"{name} does not run")
        self.session.send(f"kill {name}\r".encode())
        self.session.prompt(30)
        self.wait_for_new(name, old)

    def test_vfs(self):
        self.kill_and_wait("vfs")
        self.assertIn("Waterlight", self.run_line("cat /etc/motd"))

    def test_audit(self):
        self.kill_and_wait("audit")
        self.run_line("log 3")
        self.run_line("verify", timeout=120)

    def test_ledger(self):
        self.kill_and_wait("ledger")
        self.run_line("verify", timeout=120)

    def test_power(self):
        self.kill_and_wait("power")

    def test_uart(self):
        self.kill_and_wait("uart")
        self.run_line("ps")

    def test_console(self):
        self.kill_and_wait("console")
        self.run_line("ps")

    def test_restart_command(self):
        old = self.pid("vfs")
        self.run_line("restart vfs")
        self.wait_for_new("vfs", old)
        self.run_line("ls /")

    def test_given_up(self):
        """A service that ends too often is disabled; its clients are refused then, and wait not."""
        deadline = time.monotonic() + 60
        while "disabled" not in self.run_line("services"):
            self.assertLess(time.monotonic(), deadline)
            self.session.send(b"kill audit\r")
            self.session.prompt(30)
            time.sleep(0.2)
        self.assertIn("peerDied", self.run_line("verify", status=None))
        self.run_line("kill audit")
        self.wait_for_new("audit", None)
        self.assertIn("peerDied", self.run_line("verify", status=None))
        self.run_line("restart audit")
        self.run_line("verify")

    def test_hung(self):
        """One that does not answer is reported and started again, at last given up; no other is."""
        before = self.lives()
        self.run_line("restart mute")
        deadline = time.monotonic() + 60
        while (now := self.lives())["mute"][0] != "disabled":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.5)
        shown = self.session.text()
        self.assertRegex(shown, r"init: mute \(pid \d+\) does not answer, now restarting")
        self.assertRegex(shown, r"init: mute \(pid \d+\) does not answer, now disabled")
        for name in before.keys() - {"mute"}:
            self.assertEqual(now[name][1:], before[name][1:], name)

    def test_shell_without_rights(self):
        """The same program without the rights to manage is refused what it may not do."""
        old = self.pid("vfs")
        self.run_line("restart noauth")
        self.session.prompt(20)  # its own: it has the terminal now
        for line in ("kill vfs", "restart vfs", "caps shell", "log", "poweroff"):
            self.run_line(line, status=None)
        self.assertIn("Waterlight", self.run_line("cat /etc/motd"))
        self.session.send(b"exit\r")
        time.sleep(1)  # nothing is printed when the terminal goes back
        self.run_line("")
        self.assertEqual(self.pid("vfs"), old)

    def test_crash_is_reported(self):
        """A program that faults is shown with registers and a backtrace; its memory returns."""
        for how in ("read", "write", "execute", "invalid", "syscall"):
            shown = self.run_line(f"crash {how}", status=None)
            self.assertRegex(shown, r"\brip\b", how)
            self.assertRegex(shown, r"#\d 0x[0-9a-f]+ start_program\b", how)

    def test_init_and_axiom_are_refused(self):
        for name in ("axiom", "init"):
            self.run_line(f"kill {name}", status=None)


class Followers(Booted):
    machine_options = {"image": BUILDS["release"] / "boot-test.img"}

    def test_begin_in_order(self):
        """Who is granted another's endpoint began behind it: pids are given in that order."""
        lives, pairs = self.lives(), 0
        for file in ("images/system.toml", "tests/target/system.toml"):
            for service in tomllib.loads((ROOT / file).read_text())["service"]:
                pid = int(lives[service["name"]][1])
                for grant in service.get("grants", []):
                    needs = grant.get("service") or grant.get("history")
                    if pid == 0 or needs is None or lives[needs][2] != "0":
                        continue
                    self.assertLess(int(lives[needs][1]), pid, (needs, service["name"]))
                    pairs += 1
        self.assertGreater(pairs, 20)

    def test_in_order(self):
        """Who follows begins anew behind whom it needs, again and again, and is never given up."""
        names = ("power", "follower", "second_follower")
        self.run_line("restart follower; restart second_follower")
        for _ in range(3):
            before = self.lives()
            self.run_line("restart power")
            deadline = time.monotonic() + 60
            while any((now := self.lives())[n][0] != "ready" or now[n][1] == before[n][1]
                      for n in names):
                self.assertLess(time.monotonic(), deadline, now)
            pids = [int(now[name][1]) for name in names]
            self.assertEqual(pids, sorted(pids))
        self.assertIn("follows power, now restarting", self.session.text())
        self.assertIn("follows follower, now restarting", self.session.text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
