"""Who may do what, shown at the shell: grants, revokes, refusals; and reports of faults."""

import re
import time
import unittest

from harness import Booted


class Authority(Booted):
    def service(self, name):
        for line in self.run_line("services").splitlines():
            words = line.split()
            if len(words) == 4 and words[3] == name:
                return words[0], int(words[1]), int(words[2])
        self.fail(f"no service {name}")

    def test_grant_why_revoke(self):
        self.run_line("spawn spin")
        self.run_line("grant 4 spin 20 w")
        self.assertRegex(self.run_line("caps spin"), r"(?m)^\s+20\s+endpoint\s+-w-")
        steps = self.run_line("why spin 20")
        for holder in ("spin[20]", "shell[4]", "init[", "genesis"):
            self.assertIn(holder, steps)
        self.run_line("grant 4 spin 20", status=None)
        self.run_line("revoke spin 20")
        self.assertNotRegex(self.run_line("caps spin"), r"(?m)^\s+20\s")
        self.run_line("kill spin")
        self.run_line("kill spin", status=None)

    def test_at(self):
        """What was held after a commit is what was shown then."""
        self.run_line("spawn spin")
        self.run_line("grant 4 spin 20 w")
        then = self.run_line("caps spin")
        since = int(re.search(r"(?m)^ +20 .* since (\d+)", then)[1])
        last = int(re.search(r"(?m)^ *(\d+)", self.run_line("log 1"))[1])
        self.run_line("revoke spin 20")
        self.assertEqual(self.run_line(f"at {last} caps spin"), then)
        before = self.run_line(f"at {since - 1} caps spin")
        self.assertEqual(before, re.sub(r"(?m)^ +20 .*\n", "", then))
        self.run_line("kill spin")
        self.assertEqual(self.run_line(f"at {last} caps spin"), then)
        self.assertIn("noProcess", self.run_line("at 0 caps spin", status=None))
        self.assertIn("noRecord", self.run_line("at 9999999 caps spin", status=None))
        for line in ("at", "at 5", "at x caps spin", "at 5 why spin"):
            self.assert_one_line_refusal(line)

    def test_who(self):
        """All that hold one object, by a slot or by its address; and none."""
        shown = self.run_line("who uart 3")
        for line in (r"init +\d+ +endpoint +rwg", r"uart +3 +endpoint +rwg",
                     r"console +4 +endpoint +-wg +8000"):
            self.assertRegex(shown, rf"(?m)^{line}")
        address = re.search(r"(?m)^ +3 .* obj (\w+)", self.run_line("caps uart")).group(1)
        self.assertEqual(self.run_line(f"who {address}"), shown)
        for line in ("who uart 63", "who nobody 3", "who 1", "who x", "who uart x", "who"):
            self.assert_one_line_refusal(line)

    def test_axiom_is_asked_like_others(self):
        self.assertRegex(self.run_line("caps axiom"), r"(?m)^ +\d+ +untyped")
        self.assertIn("genesis", self.run_line("why axiom 1"))

    def test_why_of_who_has_ended(self):
        self.run_line("hello")
        self.assertIn("genesis", self.run_line("why hello 3"))
        for line in ("why hello 40", "why hello 64"):
            self.assertIn("noSlot", self.run_line(line, status=None))

    def test_nothing_to_revoke(self):
        self.assertIn("capEmpty", self.run_line("revoke vfs 77", status=None))

    def test_who_cannot_be_ended(self):
        for line, why in (("kill init", "nobody could start it again"), ("kill 1", "nobody"),
                          ("restart init", "nobody"), ("kill axiom", "all authority"),
                          ("grant 4 axiom 9", "all authority")):
            self.assert_one_line_refusal(line)
            self.assertIn(why, self.run_line(line, status=None))

    def test_a_shell_without_the_right(self):
        """The same program, which the description gives no right to manage."""
        self.session.send(b"restart noauth\r")
        self.session.prompt(30)  # of the old shell, then of the new one, which has the foreground
        self.session.prompt(30)
        pid = self.service("vfs")[1]
        for line in ("kill vfs", "restart vfs", "grant 3 vfs 9", "revoke vfs 3", "ps", "poweroff",
                     "verify", "spawn spin"):
            with self.subTest(line=line):
                self.assert_one_line_refusal(line)
        self.assertEqual(self.service("vfs")[1], pid)
        self.assertEqual(self.service("noauth")[0], "ready")
        self.session.send(b"exit\r")
        time.sleep(1)  # the old shell has the foreground again, and shows no new prompt
        self.run_line("")
        self.assertEqual(self.service("noauth")[0], "stopped")

    def test_a_shell_started_by_hand(self):
        """It has what the first one passes on, and asks the registry in vain."""
        self.run_line("shell -c 'kill vfs'", status=None)
        self.run_line("shell -c 'ls /; echo yes'")

    def test_fault_of_a_program(self):
        for how, what in (("read", "read of 0x10"), ("write", "write of 0x10"),
                          ("execute", "execution of 0x7ff00000"), ("invalid", "invalid instruct"),
                          ("syscall", "system call 0x1 is not one of ours")):
            with self.subTest(how=how):
                report = self.run_line(f"crash {how}", status=139)
                self.assertIn(what, report)
                self.assertRegex(report, r"rip 00000000[0-9a-f]{8}")
                # main ends in a jump where the compiler optimises, and leaves no frame
                self.assertRegex(report, r"#\d 0x[0-9a-f]+ (main|start_program)\+0x")

    def test_fault_of_a_service(self):
        """Reported with a backtrace, started again, and given up at its limit."""
        self.run_line("restart crasher")
        deadline = time.monotonic() + 20
        while self.service("crasher")[0] != "disabled":
            self.assertLess(time.monotonic(), deadline)
        shown = self.session.text()
        self.assertIn("fault: crasher", shown)
        self.assertRegex(shown, r"#0 0x[0-9a-f]+ inner\+0x")
        self.assertIn("now restarting", shown)

    def test_programs_end_with_the_shell(self):
        """Who it made lives on what it lent: nobody is left that no one holds."""
        self.run_line("spawn spin 1000")
        self.assertRegex(self.run_line("ps"), r"(?m)\bspin\b")
        self.session.send(b"kill shell\r")
        self.session.prompt(30)
        self.assertNotRegex(self.run_line("ps"), r"(?m)\bspin\b")

    def test_the_clock_and_the_shell_come_back(self):
        """Init's clock may be killed, then a service that needs it; and the shell itself."""
        for name in ("timer", "vfs", "timer", "shell"):
            pid = self.service(name)[1]
            self.session.send(f"kill {name}\r".encode())
            self.session.prompt(30)
            deadline = time.monotonic() + 20
            while self.service(name)[1] in (0, pid):
                self.assertLess(time.monotonic(), deadline)
        self.assertIn("bin/", self.run_line("ls /"))

    def test_memory_returns(self):
        def free():
            return int(self.run_line("mem").split("free")[1].split()[0])

        self.run_line("memhog")
        before = free()
        for _ in range(20):
            self.run_line("memhog")
            self.run_line("crash read", status=139)
        self.assertGreater(free(), before - 256)  # KiB; the logs' memory is set aside already

    def test_handles_return(self):
        """More files are opened than there are handles."""
        for _ in range(250):
            self.run_line("cat /etc/motd")


if __name__ == "__main__":
    unittest.main(verbosity=2)
