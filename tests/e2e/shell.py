"""The commands that the shell promises, one after the other on one machine."""

import re
import time
import unittest

from harness import SERVICES, Booted

COMMANDS = """help ps caps mem log syslog show verify at why ls cat echo cp mv rm mkdir stat
spawn kill restart grant revoke who pingpong memhog spin uptime clear history reboot poweroff
exit""".split()


class Shell(Booted):
    def test_help_names_every_command(self):
        shown = self.run_line("help")
        for command in COMMANDS:
            self.assertRegex(shown, rf"(?m)\b{command}\b")

    def test_help_of_one_command(self):
        self.assertIn("log", self.run_line("help log"))
        self.run_line("help nonsense", status=None)

    def test_refusals_are_one_line_each(self):
        for line in ("nonsense", "caps", "caps nobody", "cat /missing", "show x", "mkdir",
                     "kill nobody", "why shell", "why shell 9999", "ls /missing", "cp /a",
                     "log 3 4", "crash nope", "echo " + 600 * "x"):
            with self.subTest(line=line):
                self.assert_one_line_refusal(line)

    def test_ps_lists_the_services(self):
        shown = self.run_line("ps")
        for name in SERVICES:
            self.assertRegex(shown, rf"(?m)\b{name}\b")

    def test_caps(self):
        shown = self.run_line("caps uart")
        self.assertRegex(shown, r"(?i)irq")
        self.assertRegex(shown, r"(?i)ports")
        self.run_line("caps init")
        self.assertNotRegex(self.run_line("caps shell"), r"(?i)untyped|irq|ports")

    def test_mem_and_uptime(self):
        self.assertRegex(self.run_line("mem"), r"\d")
        self.assertRegex(self.run_line("uptime"), r"\d")

    def test_logs(self):
        self.assertGreaterEqual(len(self.run_line("log 5").strip().splitlines()), 5)
        self.assertGreaterEqual(len(self.run_line("syslog 5").strip().splitlines()), 5)
        self.run_line("show 1")
        self.run_line("show 999999999", status=None)

    def test_why_leads_to_the_boot(self):
        self.assertRegex(self.run_line("why shell 3"), r"(?i)boot")

    def test_files(self):
        self.run_line("mkdir /e2e")
        self.run_line("echo one two > /e2e/a")
        self.run_line("echo three >> /e2e/a")
        self.assertEqual(self.run_line("cat /e2e/a").strip().splitlines(), ["one two", "three"])
        self.run_line("cp /e2e/a /e2e/b")
        self.run_line("mv /e2e/b /e2e/c")
        shown = self.run_line("ls /e2e")
        self.assertRegex(shown, r"\ba\b")
        self.assertRegex(shown, r"\bc\b")
        self.assertNotRegex(shown, r"\bb\b")
        self.assertRegex(self.run_line("stat /e2e/c"), r"\b14\b")
        self.run_line("rm /e2e", status=None)
        for path in ("/e2e/a", "/e2e/c", "/e2e"):
            self.run_line(f"rm {path}")
        self.run_line("ls /e2e", status=None)

    def test_boot_image_files(self):
        self.assertIn("Waterlight", self.run_line("cat /etc/motd"))
        self.run_line("rm /etc/motd", status=None)
        self.assertIn("shell", self.run_line("ls /bin"))

    def test_path_rules(self):
        for path in ("etc/motd/..", "/etc/../etc/motd", "//etc", "/etc/./motd"):
            with self.subTest(path=path):
                self.run_line(f"stat {path}", status=None)

    def test_pingpong_and_memhog(self):
        self.assertRegex(self.run_line("pingpong", timeout=120), r"\d")
        self.assertRegex(self.run_line("memhog", timeout=120), r"(?i)quota")
        self.run_line("ps")

    def test_an_application_and_its_view(self):
        """One has the terminal, the other nothing but the first."""
        shown = self.run_line("view calculator '2+3*4' '(2 + 3) * -4' '7 / 0' '7 %' "
                              "9223372036854775808 1")
        self.assertEqual(shown.split("\n")[:6], [
            "14", "-20", "error: at 6: a division by 0", "error: at 4: a number is missing",
            "error: at 20: a number is too large", "1"])
        self.session.send(b"view calculator\r")
        self.session.expect(b"calculator; Ctrl-D ends it", 30)
        self.session.send(b"6*7\r")
        self.session.expect(b"42", 30)
        self.session.send(b"\x04")
        self.session.prompt(30)
        self.assertEqual(self.session.status, 0)
        self.session.send(b"view calculator\r")
        self.session.expect(b"Ctrl-D ends it", 30)
        self.session.send(b"\x03")  # both end
        self.session.prompt(30)
        self.assertNotRegex(self.run_line("ps"), "calculator|view")
        self.run_line("view nonsense", status=None)
        self.assertNotRegex(self.run_line("ps"), "view")

    def test_history(self):
        self.run_line("echo remember-me")
        self.assertIn("remember-me", self.run_line("history"))

    def test_one_ready_line_a_boot(self):
        self.run_line("spawn spin 1000")
        self.session.send(b"exit\r")
        self.session.prompt(30)
        self.assertEqual(self.session.text().count('"ready"'), 1)
        self.assertNotIn("spin", self.run_line("ps"))  # programs end with their shell

    def test_path(self):
        """Programs of a folder by their names, as FOLDER/NAME and as FOLDER/NAME/main."""
        self.run_line("mkdir -p /tools/boxed; cp /bin/hello /tools/greet")
        self.run_line("cp /bin/hello /tools/boxed/main; cp /bin/crash /tools/true")
        self.assertIn("greet: no such command", self.run_line("greet", status=None))
        self.run_line("set PATH /tools")
        for name in ("greet", "boxed"):
            self.assertIn("hello from process", self.run_line(name))
        self.run_line("true")  # a command is never looked for
        self.run_line("set PATH /none")
        self.assertIn("greet: no such command", self.run_line("greet", status=None))
        self.assertIn("/tools/greet", self.run_line("find /tools"))
        self.run_line("unset PATH; rm -r /tools")
        self.assertIn("hello from process", self.run_line("hello"))

    def test_shell_in_a_shell(self):
        """Shows what is typed once, may less, and goes back to the first by `exit`."""
        self.session.send(b"shell\r")
        self.session.prompt(30)
        self.assertEqual(self.run_line("echo once").strip().splitlines(), ["once"])
        self.run_line("ps", status=None)
        self.run_line("exit")
        self.run_line("ps")

    def test_editing(self):
        """Cursor keys, backspace and the previous line."""
        self.session.send(b"echo abX\x7fc")
        self.assertIn("abc", self.run_line(""))
        self.session.send(b"\x1b[A")
        self.assertIn("abc", self.run_line(""))
        self.session.send(b"cho xyz\x01e\x05")
        self.assertIn("xyz", self.run_line(""))

    def test_completion(self):
        self.session.send(b"upti\t")
        self.assertRegex(self.run_line(""), r"\d")
        self.session.send(b"cat /etc/mo\t")
        self.assertIn("Waterlight", self.run_line(""))
        self.session.send(b"restart noa\t\x15")  # a service, though it does not run
        self.session.expect(b"restart noauth ", 10)
        self.session.send(b"ls /e\t")  # a directory comes with its slash
        self.assertIn("motd", self.run_line(""))

    def test_interrupt_of_a_command_that_waits(self):
        """Ctrl-C ends a command whose service is in its back-off; later the service answers."""
        def state():
            found = re.search(r"(?m)^(\w+) .* virtio_blk$", self.run_line("services"))
            return found.group(1) if found else "?"

        def wait_for_driver():
            deadline = time.monotonic() + 60
            while (now := state()) != "ready":
                self.assertLess(time.monotonic(), deadline, now)
                time.sleep(0.05)

        for _ in range(7):  # the seventh back-off lasts 3.2 s
            wait_for_driver()
            self.run_line("kill virtio_blk")
        self.session.send(b"disk\r")
        self.session.expect(rb"disk\r?\n", 10)
        time.sleep(0.2)
        self.session.send(b"\x03")
        self.assertEqual(self.session.prompt(60), 130)
        wait_for_driver()
        self.assertIn("noDevice", self.run_line("disk", status=None))

    def test_typed_too_far_ahead(self):
        """What finds no room while a program runs is lost, and that is said."""
        self.session.send(b"spin 4\r")
        self.session.expect(rb"spin 4\r?\n", 10)
        self.session.send(b"echo a\r" * 900 + b"\r")
        self.session.expect(rb"shell: \d+ bytes typed ahead were lost", 60)
        self.session.send(b"\x15echo the-end\r")
        self.session.expect(rb"\nthe-end", 60)
        self.session.prompt(60)
        self.run_line("ps")

    def test_interrupt(self):
        """Ctrl-C ends the running command, and drops a line that was begun."""
        self.session.send(b"spin\r")
        self.session.expect(rb"spin\r?\n", 10)
        self.session.send(b"\x03")
        self.assertNotEqual(self.session.prompt(30), 0)
        time.sleep(0.3)  # two Ctrl-C before the shell reads again count as one
        self.session.send(b"half a li\x03")
        self.session.prompt(30)
        self.run_line("ps")


if __name__ == "__main__":
    unittest.main(verbosity=2)
