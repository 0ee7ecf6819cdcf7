"""The file system through the shell: each verb, each refusal, users, views, files of servers."""

import re
import tempfile
import time
import unittest
from pathlib import Path

from harness import BUILDS, Booted, Session, options


class Files(Booted):
    machine_options = {"image": BUILDS["release"] / "boot-test.img"}

    def setUp(self):
        self.run_line("as")

    def refused(self, line, why, status=1):
        self.assertIn(why, self.run_line(line, status=status))

    def test_what_went_wrong_is_explained(self):
        """Each error says what it means, on the terminal, wherever the output goes."""
        self.run_line("mkdir /why; write /why/f 1; ln -s loop /why/loop; mkdir /why/d")
        for line, why in (("cat /why/none", "notFound: nothing there has this name"),
                          ("mkdir /why", "exists: something has this name already"),
                          ("cat /why/f/g", "notDirectory: it, or something on the way"),
                          ("cat /why", "isDirectory: it is a directory"),
                          ("rmdir /why", "notEmpty: there is something in it"),
                          ("mv /why /why/d/e", "badPath: no such path can be, or it would lie in"),
                          ("write /bin/x 1", "readOnly: it belongs to the boot image or"),
                          ("cat /why/loop", "loop: links lead to each other"),
                          ("cat /why/none > /why/out", "cat: /why/none: notFound: nothing")):
            self.assertIn(why, self.run_line(line, status=None))
        self.assertEqual(self.run_line("cat /why/out"), "")
        self.assertIn("notFound: nothing", self.run_line("cat /why/none | wc"))
        shown = self.run_line("no-such-command | wc")
        self.assertRegex(shown, r"no-such-command: no such command\r?\n.*\r?\n0 0 0")
        self.run_line("no-such-command > /why/out", status=2)
        self.assertEqual(self.run_line("cat /why/out"), "")
        self.run_line("rm -r /why")

    def test_directories(self):
        self.run_line("mkdir -p /d/a/b; mkdir -p /d/a/b; write /d/a/f x")
        self.refused("mkdir /d", "exists")
        self.refused("mkdir /no/x", "notFound")
        self.refused("mkdir /bin/x", "readOnly")
        self.refused("mkdir -p /d/a/f/x", "notDirectory")
        self.refused("rmdir /d/a", "notEmpty")
        self.refused("rmdir /d/a/f", "notDirectory")
        self.refused("rm /d/a", "notEmpty")
        self.refused("rm -r /bin", "readOnly")
        self.run_line("rmdir /d/a/b")
        self.run_line("rm -r /d")
        self.refused("ls /d", "notFound")
        self.refused("rm /d", "notFound")

    def test_copies_and_moves(self):
        self.run_line("mkdir -p /c/s/deep; write /c/s/one 1; write /c/s/deep/two 2")
        self.run_line("ln -s one /c/s/l")
        self.run_line("cp -r /c/s /c/t")
        self.assertEqual(self.run_line("cat /c/t/deep/two /c/t/l").split(), ["2", "1"])
        self.refused("cp -r /c/s /c/s/deep", "it lies in what would be copied")
        self.refused("cp /c/s /c/x", "isDirectory")
        self.refused("cp /c/s/one /c/s/one", "the same file", 2)
        self.refused("cp /c/no /c/x", "notFound")
        self.run_line("mv /c/t /c/s/deep /tmp")
        self.assertEqual(self.run_line("ls /c").split(), ["s/"])
        self.refused("mv /c/s /c/s/below", "badPath")
        self.refused("mv /c/s /tmp/deep/two", "notDirectory")
        self.run_line("rm -r /c /tmp/t /tmp/deep")

    def test_links(self):
        self.run_line("mkdir /k; write /k/f here; ln -s /k /klink; ln -s f /k/l")
        self.run_line("ln -s self /k/self")
        self.assertEqual(self.run_line("cat /klink/l").strip(), "here")
        self.assertIn("l -> f", self.run_line("ls -l /k"))
        self.assertIn("link", self.run_line("stat -l /klink"))
        self.assertIn("directory", self.run_line("stat /klink"))
        self.refused("cat /k/self", "loop")
        self.refused("ln -s ../x /k/bad", "badPath")
        self.refused("ln /k/f /k/hard", "one name", 2)
        self.run_line("rm -r /klink /k")

    def test_modes_and_users(self):
        """What a path says makes nobody anybody: user 8 does not read what is 7's."""
        self.run_line("mkdir /hers; chown 7 /hers; as 7; write /hers/x secret")
        self.run_line("chmod rwx---- /hers; cat /hers/x; as")
        self.assertRegex(self.run_line("ls -l /"), r"drwx----\s+7 .* hers/")
        self.refused("cat /hers/x", "denied")
        self.run_line("as 8")
        for line in ("cat /hers/x", "ls /hers", "write /hers/y 1", "rm /hers/x",
                     "chmod w+r /hers", "chown 8 /hers", "mkdir /e", "as 7", "as 0",
                     "mv /hers/x /tmp/x", "quota 8 1", "rm -r /hers"):
            self.refused(line, "denied")
        self.run_line("ln -s /hers/x /tmp/l")
        self.refused("cat /tmp/l", "denied")
        self.run_line("as; as 7; chmod w+r /hers/x; chmod w+r /hers; as; as 8")
        self.assertEqual(self.run_line("cat /hers/x").strip(), "secret")
        self.refused("write /hers/x 1", "denied")
        self.run_line("as; rm -r /tmp/l; as 7; rm /hers/x; as; rmdir /hers")
        self.refused("chmod rwz /tmp", "MODE is", 2)
        self.refused("chmod w+r /bin", "readOnly")

    def test_roots(self):
        """With another root nothing outside of it has a name."""
        self.run_line("mkdir -p /r/in; write /r/in/f 1; chown 9 /r /r/in /r/in/f; as 9 /r")
        self.assertEqual(self.run_line("ls /").split(), ["in/"])
        self.assertEqual(self.run_line("ls -r").split(), ["/in/", "/in/f"])
        self.refused("cat /etc/motd", "notFound")
        self.refused("cat /../etc/motd", "badPath")
        self.run_line("ln -s /etc/motd /out")
        self.refused("cat /out", "notFound")
        self.run_line("as; rm -r /r")

    def test_quotas(self):
        self.run_line("mkdir /q; chown 5 /q; quota 5 5000 3; as 5")
        self.run_line("cat /man/interfaces | head -n 400 > /q/a", status=None)
        self.run_line("write /q/a 0123456789")
        self.assertRegex(self.run_line("df"), r"user 5: 11 bytes of 5000, 2 files of 3")
        self.run_line("touch /q/b")
        self.refused("touch /q/c", "quota")
        self.run_line("as; quota 5 12; as 5")
        self.assertIn("four fifths", self.run_line("df"))
        self.refused("write /q/a 01234567890123456789", "quota")
        self.run_line("as; rm -r /q")
        self.assertRegex(self.run_line("df 5"), r"user 5: 0 bytes of 12, 0 files")
        self.run_line("quota 5 0")

    def test_views(self):
        self.run_line("mkdir -p /v/a /v/b; write /v/a/1 a; write /v/b/1 b; write /v/b/2 b")
        self.run_line("bind -b /v/a /v/b")
        self.assertEqual(self.run_line("cat /v/b/1 /v/b/2").split(), ["a", "b"])
        self.assertEqual(self.run_line("ls /v/b").split(), ["1", "2"])
        self.refused("rmdir /v/b", "busy")
        self.refused("bind /v /v/b", "badPath")
        self.refused("bind /v/no /v/b", "notFound")
        self.run_line("unbind /v/b")
        self.refused("unbind /v/b", "notFound")
        self.run_line("bind /v/a /v/b")
        self.assertEqual(self.run_line("ls /v/b").split(), ["1"])
        self.run_line("as")  # back to the view of all
        self.assertEqual(self.run_line("ls /v/b").split(), ["1", "2"])
        self.run_line("rm -r /v")

    def test_a_server_that_does_not_answer(self):
        """See tests/target/provider: four are waited for and told `silent`, a fifth is `busy`."""
        self.run_line("restart slowfiles")
        ended = re.compile(r"slowfiles \(pid \d+\) ended with code (-?\d+)")
        deadline = time.monotonic() + 60
        while not (found := ended.search(self.session.text())):
            self.assertLess(time.monotonic(), deadline)
            self.run_line("sleep 0.5")
        self.assertEqual(found.group(1), "0", "the first check that failed")
        self.assertEqual(self.run_line("ls /slow; rmdir /slow"), "")

    def test_files_of_a_server(self):
        self.assertRegex(self.run_line("cat /sys/uptime"), r"^\d+\.\d{3}\s")
        self.assertRegex(self.run_line("cat /sys/log/head"), r"^\d+ [0-9a-f]{64}\s")
        self.assertIn("vfs", self.run_line("grep vfs /sys/processes"))
        self.assertEqual(self.run_line("ls -r /sys").split(),
                         ["/sys/boots", "/sys/log/", "/sys/log/head", "/sys/memory",
                          "/sys/processes", "/sys/uptime"])
        self.refused("cat /sys/none", "notFound")
        self.refused("ls /sys/uptime/x", "notFound")
        self.refused("write /sys/uptime 1", "readOnly")
        self.refused("rm -r /sys", "busy")
        self.run_line("restart vfs; cat /sys/uptime")  # the file server's end is not sysfiles'
        self.assertIn("sysfiles", self.run_line("kill sysfiles"))
        deadline, status = time.monotonic() + 60, 1
        while status != 0 and time.monotonic() < deadline:
            status, shown = self.session.run("cat /sys/boots", 30)
            self.assertIn("gone" if status != 0 else "", shown)
        self.assertEqual(status, 0)

    def test_watch(self):
        self.run_line("touch /w; spawn files_load /w 8")
        self.assertIn("/w changed", self.run_line("watch /w", timeout=60))
        self.refused("watch /no", "notFound")
        self.session.send(b"watch /etc\r")
        self.session.expect(rb"watch /etc\r?\n", 60)
        self.session.send(b"\x03")
        self.assertEqual(self.session.prompt(30), 130)

    def test_pipes_and_redirection(self):
        self.run_line("echo one two > /tmp/p; echo three >> /tmp/p")
        self.assertEqual(self.run_line("cat < /tmp/p | grep t | wc").split(), ["2", "3", "14"])
        self.assertEqual(self.run_line("cat /man/interfaces | head -n 300 | tail -n 1 | wc"
                                       ).split()[0], "1")
        self.assertEqual(self.run_line("grep -c t /tmp/p").strip(), "2")
        self.assertIn("2:three", self.run_line("grep -in THREE /tmp/p"))
        self.refused("cat < /no", "notFound")
        self.refused("cat /tmp/p > /no/x", "notFound")
        self.refused("echo x > /bin/x", "readOnly")
        self.refused("echo x > /tmp/y | wc", "goes through the pipe")
        self.refused("echo x | cat < /tmp/p", "comes through the pipe")
        self.refused("cat", "no file is named")
        self.refused("hello > /tmp/x", "the terminal only")
        self.refused("a |", "a command is missing", 2)
        self.run_line("rm /tmp/p")

    def test_conditions_and_values(self):
        self.assertEqual(self.run_line("true && echo a || echo b").strip(), "a")
        self.assertEqual(self.run_line("false && echo a || echo b").strip(), "b")
        self.run_line("false", status=1)
        self.assertEqual(self.run_line("false; echo $?").strip(), "1")
        self.run_line("set X 'a b'; set Y")
        self.assertEqual(self.run_line("echo \"[$X]\" '$X' $Y ${X}c").strip(), "[a b] $X a bc")
        self.assertIn("X=a b", self.run_line("set"))
        self.run_line("unset X")
        self.refused("unset X", "no value")
        self.refused("set 1X 1", "no digit first", 2)
        self.run_line("test -d /etc && test -f /etc/motd && test a = a && test a != b")
        self.run_line("test -e /no", status=1)
        self.refused("test -x /etc", "no such test", 2)

    def test_patterns(self):
        self.run_line("mkdir /g; touch /g/a.c /g/b.c /g/b.h; mkdir /g/d; touch /g/d/x.c")
        self.assertEqual(self.run_line("echo /g/*.c").split(), ["/g/a.c", "/g/b.c"])
        self.assertEqual(self.run_line("echo /g/?.[!c]").split(), ["/g/b.h"])
        self.assertEqual(self.run_line("echo /g/*/*").split(), ["/g/d/x.c"])
        self.assertEqual(self.run_line("echo '/g/*' /g/*.no").split(), ["/g/*", "/g/*.no"])
        self.assertEqual(self.run_line("find /g -name '*.c' -type f").split(),
                         ["/g/a.c", "/g/b.c", "/g/d/x.c"])
        self.refused("find /g -size 3", "no such condition", 2)
        self.run_line("rm -r /g/*; rmdir /g")

    def test_scripts(self):
        self.run_line("echo '# a script' > /s; echo 'echo $# $1 [$2]; test -e $1 && exit 3' >> /s")
        self.run_line("echo 'echo not there' >> /s; echo 'sh /s' > /again")
        self.assertEqual(self.run_line("sh /s /etc x", status=3).strip(), "2 /etc [x]")
        self.assertIn("not there", self.run_line("sh /s /no; echo end"))
        self.run_line("echo 'sh /self' > /self")
        self.refused("sh /self", "four deep")
        self.refused("sh /no", "notFound")
        self.refused("sh /s | wc", "no input or output of its own", 0)
        self.run_line("rm /s /again /self")

    def test_man(self):
        self.assertIn("Directory.list", self.run_line("man ls"))
        self.assertIn("damaged", self.run_line("man File.read"))
        self.refused("man nonsense", "neither a command nor")


class Boots(unittest.TestCase):
    """What outlives a boot, and what does not."""

    def test_two_boots(self):
        with tempfile.TemporaryDirectory() as folder:
            disk = Path(folder) / "disk.img"
            with disk.open("wb") as file:
                file.truncate(64 << 20)
            for boot in (1, 2):
                with Session(options(disks=[disk])) as session:
                    session.prompt(60)
                    self.assertEqual(session.run("cat /sys/boots", 30)[1].strip(), str(boot))
                    status = session.run("cat /tmp/x", 30)[0]
                    self.assertEqual(status, 1)  # /tmp is empty
                    status, shown = session.run("cat /keep", 30)
                    self.assertEqual(shown.strip() if boot == 2 else "kept", "kept")
                    session.run("write /tmp/x gone; write /keep kept; chown 7 /keep; sync", 60)
                    self.assertIn(" 7 ", session.run("ls -l /keep", 30)[1])
                    self.assertTrue(session.power_off())


if __name__ == "__main__":
    unittest.main(verbosity=2)
