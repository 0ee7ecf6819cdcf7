"""What this machine is called: the first of those who may say it, and which of them it was."""

import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import BOOT_SECONDS, BUILDS, ROOT, Session, machine, options

BUILD = BUILDS["release"]
NOBODY = r"^this machine is node-[0-9a-f]{8}, named by nobody: for this boot only$"
TOML = (ROOT / "images/system.toml").read_text(encoding="utf-8")


class Node(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.disks = machine.disk_set(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def image(self, in_image, argument):
        """A boot image with a file /etc/node, and that argument of the identity server."""
        tool = str(ROOT / "tools/image")
        listed = subprocess.run([tool, "list", str(BUILD / "boot.img")], check=True,
                                capture_output=True, text=True).stdout
        program = 'program = "/bin/identity"\n'
        self.assertEqual(TOML.count(program), 1)
        words = f'arguments = "{argument}"\n' if argument else ""
        (self.path / "system.toml").write_text(TOML.replace(program, program + words))
        etc = self.path / "root/etc"
        etc.mkdir(parents=True, exist_ok=True)
        (etc / "node").write_text(in_image + "\n")
        output = self.path / "node.img"
        arguments = [tool, "build", "--description", str(self.path / "system.toml"),
                     "--root", str(self.path / "root"), "--output", str(output)]
        for name in re.findall(r"(?m)^ *\d+ /bin/(\S+)$", listed):
            arguments += ["--program", str(BUILD / "programs" / name)]
        subprocess.run(arguments, check=True)
        return output

    def named(self, image, *commands):
        """What `machine` says in a boot of its own, after these."""
        with Session(options(image=image, own_disks=self.disks)) as session:
            session.prompt(BOOT_SECONDS["fast"])
            for line in commands:
                self.assertEqual(session.run(line)[0], 0)
            shown = session.run("machine")[1].strip()
            self.assertTrue(session.power_off())
        return shown

    def test_who_says_it(self):
        plain = BUILD / "boot.img"
        first, second = self.named(plain), self.named(plain)
        for shown in (first, second):
            self.assertRegex(shown, NOBODY)
        self.assertNotEqual(first, second)
        in_image = self.image("harbour", "")
        self.assertEqual(self.named(in_image),
                         "this machine is harbour, named by the boot image")
        by_settings = "this machine is lighthouse, named by its settings"
        self.assertEqual(self.named(in_image, "machine node lighthouse"), by_settings)
        self.assertEqual(self.named(in_image), by_settings)  # it was kept
        self.assertEqual(self.named(self.image("harbour", "pier")),
                         "this machine is pier, named by the system description")
        # Neither gives it a name that is none.
        self.assertRegex(self.named(self.image("no/name", "no/name"), "machine node ''"), NOBODY)


if __name__ == "__main__":
    unittest.main(verbosity=2)
