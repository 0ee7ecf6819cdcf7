"""The compiler of the system description: what it refuses, and the bytes it writes."""

import os
import re
import struct
import sys
import unittest
from pathlib import Path

ROOT = Path(os.environ["WL_ROOT"])
sys.path.insert(0, str(ROOT / "tools"))
from wl import description  # noqa: E402
from wl.errors import Refused  # noqa: E402

QUOTA = "quota = { pages = 64, slots = 64, threads = 1, commits = 100 }\n"
RESTART = "restart = { limit = 5, backoff_ms = 100 }\n"


def service(name, priority=100, more="", quota=QUOTA, restart=RESTART):
    return (f'[[service]]\nname = "{name}"\nprogram = "/bin/{name}"\npriority = {priority}\n'
            f"{quota}{restart}{more}\n")


class Refusals(unittest.TestCase):
    def assert_refused(self, expected, source, paths=None):
        with self.assertRaisesRegex(Refused, expected):
            description.compile_description(source, paths)

    def test_not_toml(self):
        self.assert_refused("system description", "[[service")

    def test_empty(self):
        self.assert_refused(f"1 to {description.SERVICES_MAX} services", "")

    def test_unknown_keys(self):
        self.assert_refused("unknown: color", service("a", more='color = "red"'))
        self.assert_refused("unknown: user", service("a") + "[user]\n")
        self.assert_refused("unknown: cpu", service("a", quota="quota = { cpu = 1 }\n"))
        self.assert_refused("unknown flag 'root'", service("a", more='flags = ["root"]'))

    def test_unknown_capability(self):
        self.assert_refused("unknown: memory", service(
            "a", more='grants = [{ name = "x", memory = true }]'))
        self.assert_refused("exactly one of", service("a", more='grants = [{ name = "x" }]'))

    def test_missing_and_out_of_range(self):
        self.assert_refused("pages is missing", service("a", quota=""))
        self.assert_refused("limit is missing", service("a", restart=""))
        self.assert_refused("power of two", service("a", quota=QUOTA.replace("slots = 64",
                                                                             "slots = 65")))
        self.assert_refused("251 is not within", service("a", priority=251))
        self.assert_refused("budget_us is greater", service("a", more="budget_us = 5"))
        self.assert_refused("whole number", service("a", priority="true"))
        self.assert_refused("longer than 31", service("a" * 32))
        self.assert_refused("24 is not within", service(
            "a", more='grants = [{ name = "n", notification = 1 }, { name = "i", irq = 24 }]'))

    def test_names(self):
        self.assert_refused("stands twice", service("a") + service("a"))
        self.assert_refused("reserved", service("axiom"))
        self.assert_refused("given twice", service("a", more="""grants = [
            { name = "x", observe = true }, { name = "x", cursor = true }]"""))

    def test_serves(self):
        provides = 'flags = ["provides"]\n'
        self.assert_refused("says what it serves", service("a", more=provides))
        self.assert_refused("says what it serves", service("a", more='serves = ["Serial"]'))
        self.assert_refused("no interface is named 'serial'",
                            service("a", more=provides + 'serves = ["serial"]'))
        self.assert_refused("at most 8", service("a", more=provides + f"serves = {['File'] * 9}"))

    def test_watched(self):
        seen = service("a", more='flags = ["provides"]\nserves = ["File"]\nmisses = 3')
        watcher = service("b", 90, 'flags = ["watches"]\n'
                                   'grants = [{ name = "a", service = "a" }]')
        self.assert_refused("`misses` is for", seen)
        self.assert_refused("`misses` is for", seen.replace("misses = 3", "") + watcher)
        self.assert_refused("-1 is not within", seen.replace("3", "-1"))
        description.compile_description(seen + watcher)

    def test_stream(self):
        keeper = service("k", 120, 'flags = ["provides", "log_write"]\nserves = ["Ledger"]')
        user = service("u", 90, 'flags = ["told"]\nstream = "u"')
        self.assert_refused("needs one service with `log_write`", user)
        self.assert_refused("flag `told`", keeper + user.replace('"told"', ""))
        self.assert_refused("stream is empty", keeper + user.replace('stream = "u"',
                                                                     'stream = ""'))
        self.assert_refused("has the number of", keeper + user +
                            service("v", 90, 'flags = ["told"]\nstream = "u"'))
        self.assert_refused("calls downhill", keeper + user.replace("priority = 90",
                                                                    "priority = 120"))
        table = description.compile_description(keeper + user)
        grant = struct.unpack_from("<24sIIII", table, 24 + 2 * 312)
        self.assertEqual(grant[0].rstrip(b"\0"), b"stream")
        self.assertEqual(grant[1:], (8, 6, 0, description.stream_number("u")))
        self.assertNotEqual(description.stream_number("u"), description.stream_number("v"))

    def test_history(self):
        keeper = service("k", 120, 'flags = ["provides", "log_write"]\nserves = ["Ledger"]')
        reader = service("r", 90, more='grants = [{name="history", history="k"}]')
        self.assert_refused("no service is named", keeper + reader.replace('"k"', '"nobody"'))
        self.assert_refused("which provides nothing", service("k", 120) + reader)
        self.assert_refused("calls downhill", keeper + reader.replace("priority = 90",
                                                                      "priority = 120"))
        table = description.compile_description(keeper + reader)
        grant = struct.unpack_from("<24sIIII", table, 24 + 2 * 312)
        self.assertEqual(grant[1:], (10, 6, 0, 0))

    def test_space(self):
        provider = service("b", 100, 'flags = ["provides"]\nserves = ["Power"]')
        user = service("a", 90, 'grants = [{ name = "b", service = "b", space = "one" }]')
        packed = description.compile_description(provider + user)
        number = description.stream_number("one")
        self.assertTrue(packed.endswith(struct.pack("<I", description.SPACE | number)))
        self.assert_refused("the space 'one' is a's", provider + user + user.replace('"a"', '"c"'))
        for wrong in ('space = ""', "space = 1", 'space = "x", control = true'):
            self.assert_refused("space|text", provider + user.replace('space = "one"', wrong))
        self.assert_refused("space stands beside service", service(
            "a", 90, 'grants = [{ name = "b", observe = true, space = "x" }]'))

    def test_control(self):
        """It stands beside a service, and reaches init as the second operand."""
        provider = service("b", 120, 'flags = ["provides"]\nserves = ["File"]')
        user = service("a", 90, 'grants = [{ name = "b", service = "b", control = true }]')
        self.assert_refused("control is true", provider + user.replace("true", "false"))
        self.assert_refused("control is true", service(
            "a", 90, 'grants = [{ name = "b", observe = true, control = true }]'))
        for text, b in ((user, 1), (user.replace(", control = true", ""), 0)):
            table = description.compile_description(provider + text)
            self.assertEqual(struct.unpack_from("<24sIIII", table, 24 + 2 * 312)[4], b)

    def test_irq_needs_its_notification(self):
        self.assert_refused("directly before", service("a", more='grants = [{name="i", irq=4}]'))

    def test_unknown_service(self):
        self.assert_refused("no service is named 'b'", service(
            "a", more='grants = [{ name = "b", service = "b" }]'))

    def test_callee_must_provide(self):
        self.assert_refused("provides nothing", service(
            "a", more='grants = [{ name = "b", service = "b" }]') + service("b", 120))

    def test_downhill(self):
        provider = service("b", 90, 'flags = ["provides"]\nserves = ["File"]')
        caller = service("a", 100, 'grants = [{ name = "b", service = "b" }]')
        self.assert_refused("calls downhill", caller + provider)

    def test_cycle(self):
        first = service("a", 100, 'flags = ["provides"]\nserves = ["File"]\n'
                                  'grants = [{ name = "b", service = "b" }]')
        second = service("b", 101, 'flags = ["provides"]\nserves = ["File"]\n'
                                   'grants = [{ name = "a", service = "a" }]')
        self.assert_refused("calls downhill", first + second)

    def test_missing_program(self):
        self.assert_refused("not in the boot image", service("a"), paths={"/bin/b"})


class Bytes(unittest.TestCase):
    def test_layout(self):
        source = service("low", 50, 'arguments = "-x 1"\nflags = ["manages"]\n'
                                    'grants = [{ name = "up", service = "high" }]')
        source += service("high", 200, 'flags = ["provides", "fpu"]\n'
                                       'serves = ["Directory", "File"]\ngrants = ['
                                       '{ name = "wake", notification = 7, rights = "r" },'
                                       '{ name = "irq", irq = 4 },'
                                       '{ name = "ports", ports = [0x3f8, 0x3ff] }]')
        table = description.compile_description(source, {"/bin/low", "/bin/high"})
        self.assertEqual(len(table), 24 + 2 * 312 + 4 * 40)
        self.assertEqual(struct.unpack_from("<QIIII", table),
                         (0x3163736544574C21, 4, 2, 4, 0))
        self.assertEqual(table[24:28], b"low\0")
        self.assertEqual(table[24 + 96 : 24 + 101], b"-x 1\0")
        numbers = struct.unpack_from("<12I", table, 24 + 312 + 192)
        self.assertEqual(numbers[:3], (1 | 64, 1, 3))
        self.assertEqual(struct.unpack_from("<8Q", table, 24 + 312 + 240),
                         (0xABD08B37FB8E602E, 0x90960DD976BCA09A, 0, 0, 0, 0, 0, 0))
        grants = [struct.unpack_from("<24sIIII", table, 24 + 624 + 40 * i) for i in range(4)]
        self.assertEqual([g[1:] for g in grants],
                         [(1, 6, 1, 0), (4, 1, 7, 0), (2, 2, 4, 0), (3, 3, 0x3F8, 0x3FF)])

    def test_numbers_are_the_headers(self):
        """The flags and kinds of the tool are those that init reads."""
        header = (ROOT / "libsys/description.h").read_text(encoding="utf-8")
        for name, value in description.FLAGS.items():
            self.assertRegex(header, rf"\bSERVICE_{name.upper()} =\s+{value}\b")
        for name, value in description.KINDS.items():
            self.assertRegex(header, rf"\bGRANT_{name.upper()} =\s+{value}\b")
        self.assertEqual(len(re.findall(r"\bSERVICE_[A-Z_]+ =\s+\d+,", header)),
                         len(description.FLAGS))
        self.assertIn(f"{description.MAGIC:#x}", header)

    def test_ours_compiles(self):
        source = (ROOT / "images/system.toml").read_text(encoding="utf-8")
        self.assertGreater(len(description.compile_description(source)), 24 + 312)


if __name__ == "__main__":
    unittest.main(verbosity=2)
