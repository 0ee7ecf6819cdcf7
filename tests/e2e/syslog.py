"""`syslog` names the method and the result of every call, whichever server it went to."""

import re
import unittest

from harness import Booted

CALL = re.compile(r"(?m)^\s*\d+ (\S*)\s+call (\S+) slot (\d+), .* -> (.+?)\r?$")


class Syslog(Booted):
    def calls(self, count):
        """(process, method, slot, result) of the calls among the last events."""
        return CALL.findall(self.run_line(f"syslog {count}", timeout=120))

    def assert_called(self, calls, process, method, result):
        found = {(p, m, r) for p, m, _, r in calls}
        self.assertIn((process, method, result), found)

    def assert_all_named(self, calls):
        """Nothing but programs that describe no interface is a number."""
        for process, method, _, result in calls:
            with self.subTest(process=process, method=method):
                self.assertRegex(method, r"^[A-Z]\w+\.[a-z]\w+$")
                self.assertNotRegex(result, r"^\d+$")

    def test_each_server(self):
        for line, process, method, result in (
                ("cat /etc/motd", "shell", "Directory.open", "ok"),
                ("cat /etc/motd", "shell", "File.read", "ok"),
                ("cat /missing", "shell", "Directory.open", "notFound"),
                ("mkdir /etc", "shell", "Directory.mkdir", "exists"),
                ("rm /bin", "shell", "Directory.remove", "readOnly"),
                ("ls /etc", "shell", "Directory.list", "ok"),
                ("echo a", "shell", "Session.write", "ok"),
                ("echo a", "console", "Serial.write", "ok"),
                ("kill nobody", "shell", "Registry.process", "noService"),
                ("caps nobody", "shell", "Audit.caps", "noProcess"),
                ("mem", "shell", "Observe.memory", "ok")):
            with self.subTest(line=line, method=method):
                self.session.run(line)
                calls = self.calls(1000)
                self.assert_all_named(calls)
                self.assert_called(calls, process, method, result)

    def test_a_slot_that_holds_something_else_now(self):
        """Of a slot counts what it held when it was used."""
        self.run_line("cat /etc/motd")
        self.run_line("hello")
        uses = {}
        for process, method, slot, _ in self.calls(700):
            if process == "shell":
                uses.setdefault(slot, set()).add(method.split(".")[0])
        self.assertTrue(any({"File", "Process"} <= held for held in uses.values()), uses)

    def test_who_has_ended(self):
        """A process keeps its name in the events of its time."""
        self.run_line("hello")
        self.assert_called(self.calls(800), "hello", "Session.write", "ok")

    def test_servers_that_were_started_again(self):
        for name in ("vfs", "audit"):
            self.session.send(f"kill {name}\r".encode())
            self.session.prompt(30)
        self.run_line("verify", timeout=120)  # waits for audit
        self.run_line("cat /etc/motd")
        calls = self.calls(1000)
        self.assert_all_named(calls)
        self.assert_called(calls, "shell", "File.read", "ok")

    def test_the_end_of_the_log(self):
        """What has not been answered by then waits."""
        self.assertEqual(self.calls(40)[-1][1:4:2], ("Self.sync", "waits"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
