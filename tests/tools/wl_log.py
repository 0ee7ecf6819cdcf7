#!/usr/bin/python3 -B
"""tools/wl-log: its answers against the second reducer; what is wrong is said, with its status."""

import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("WL_ROOT", Path(__file__).resolve().parents[2]))
BUILD = Path(os.environ.get("WL_DEBUG_BUILD", ROOT / "build/debug"))
sys.path.insert(0, str(ROOT / "tests/reducer"))
sys.path.insert(0, str(ROOT / "tools"))
import fold  # noqa: E402
from wl import bootimage, recording  # noqa: E402

SPACE = 0x3C2000  # axiom's CNode in the storm's worlds
BLOCK = 4096


def wl_log(*words):
    done = subprocess.run([ROOT / "tools/wl-log", *map(str, words)], capture_output=True, text=True,
                          timeout=60)
    return done.returncode, done.stdout, done.stderr


class Log(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        programs = BUILD / "tests/reducer"
        subprocess.run([programs / "reducer_storm", cls.folder, "7", "2", "1500"], check=True)
        cls.image, cls.plain = cls.folder / "image", cls.folder / "1"
        subprocess.run([programs / "reducer_image", cls.image, cls.folder / "0", cls.plain],
                       check=True)
        cls.commits = fold.commits(cls.plain.read_bytes())

    def state(self, count):
        state = fold.State()
        for c in self.commits[:count]:
            state.apply(c)
        return state

    def good(self, *words):
        status, out, err = wl_log(*words)
        self.assertEqual((status, err), (0, ""))
        return out

    def refused(self, status, message, *words):
        self.assertEqual(wl_log(*words)[::2], (status, f"wl-log: {message}\n"))


class Answers(Log):
    def held(self, count):
        return [(slot, cap) for slot, cap in sorted(self.state(count).slots.items())
                if SPACE < slot < SPACE + (4096 << 6)]

    def test_caps(self):
        for count in (len(self.commits), 700):
            when = [] if count == len(self.commits) else ["at", count - 1]
            out = self.good(self.image, *when, "caps", "axiom")
            shown = re.findall(r"(?m)^(\d+) .* ([0-9a-f]{16})  badge .* since (\d+)$", out)
            self.assertEqual(len(shown), len(out.splitlines()))
            self.assertEqual([(int(a), int(b, 16), int(c)) for a, b, c in shown],
                             [((slot - SPACE) // 64, cap.obj, cap.made)
                              for slot, cap in self.held(count)])

    def test_same_by_address_and_from_a_plain_file(self):
        shown = self.good(self.image, "caps", "axiom")
        self.assertEqual(self.good(self.image, "caps", f"{SPACE:x}"), shown)
        self.assertEqual(self.good(self.image, "caps", "t1"), shown)
        self.assertEqual(self.good(self.plain, "caps", "axiom"), shown)

    def test_who(self):
        state = self.state(len(self.commits))
        objects = [cap.obj for cap in state.slots.values() if cap.type == fold.CAP_ENDPOINT]
        most = max(set(objects), key=objects.count)
        self.assertGreater(objects.count(most), 1)
        out = self.good(self.image, "who", f"{most:x}")
        self.assertEqual(len(out.splitlines()), objects.count(most))

    def test_why_goes_back_to_genesis(self):
        slot, cap = max(self.held(len(self.commits)), key=lambda held: held[1].depth)
        self.assertGreater(cap.depth, 2)
        lines = self.good(self.image, "why", "axiom", (slot - SPACE) // 64).splitlines()
        self.assertEqual(int(lines[0].split()[0]), cap.made)
        self.assertEqual(lines[-1].split()[1], "genesis")
        self.assertGreater(len(lines), 2)

    def test_log_and_show(self):
        lines = self.good(self.image, "log", 1000, 7).splitlines()
        self.assertEqual([int(line.split()[0]) for line in lines], list(range(1000, 1007)))
        shown = self.good(self.image, "show", 1003)
        self.assertIn(f"dst    {self.commits[1003].dst:x}\n", shown)
        self.assertEqual(wl_log("--boot", 1, self.image, "show", 1003)[0], 0)

    def test_spaces(self):
        self.assertRegex(self.good(self.image, "spaces"), rf"(?m)^{SPACE:016x} .* t1$")

    def test_verify(self):
        out = self.good(self.image, "verify")
        self.assertIn(f"boot 2: {len(self.commits)} commits", out)
        self.assertTrue(out.endswith("verify: ok\n"))

    def test_recording(self):
        path, image = self.folder / "boot.rec", bytearray(BLOCK)
        boot = bytes(12) + bytes([recording.BOOT]) + bytes(19)
        raw = self.plain.read_bytes()
        recording.write(path, recording.Recording({}, bytes(image), boot, raw))
        self.refused(2, f"{path}: the boot image is not the one that was booted (checksum)", path,
                     "verify")
        struct.pack_into("<Q", image, bootimage.CHECKSUM_AT, self.commits[0].arg1)
        recording.write(path, recording.Recording({}, bytes(image), boot, raw))
        self.assertEqual(self.good(path, "caps", "axiom"), self.good(self.plain, "caps", "axiom"))


class Exports(Log):
    def test_jsonl(self):
        out = self.good(self.image, "export", "--jsonl")
        rows = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([(r["seq"], int(r["dst"], 16), r["actor"], r["depth"]) for r in rows],
                         [(c.seq, c.dst, c.actor, c.depth) for c in self.commits])

    def test_perfetto(self):
        events = json.loads(self.good(self.image, "export", "--perfetto"))["traceEvents"]
        self.assertEqual(sum(e["ph"] == "i" for e in events), len(self.commits))
        live = [e["args"]["live"] for e in events if e["ph"] == "C"]
        self.assertEqual(live[-1], len(self.state(len(self.commits)).slots))

    def test_dot(self):
        out = self.good(self.image, "at", 900, "export", "--dot")
        memory = (fold.CAP_UNTYPED, fold.CAP_FRAME, fold.CAP_PTABLE)
        drawn = sum(cap.type not in memory for cap in self.state(901).slots.values())
        self.assertEqual(out.count(" -> "), drawn)
        self.assertTrue(out.startswith("digraph") and out.endswith("}\n"))

    def test_html(self):
        out = self.good(self.image, "export", "--html")
        self.assertEqual(re.findall(r"(?:src|href)\s*=|@import|fetch\(|url\(", out), [])
        text = re.search(r"const commits = (\[.*?\n\]);\n", out, re.S)[1]
        rows, slots = json.loads(text), {}
        for _, change, _, _, dst, src, obj, *_ in rows:
            if change == "add":
                slots[dst] = obj
            elif change == "move":
                slots[dst] = slots.pop(src)
            else:
                del slots[dst]
        state = self.state(len(self.commits))
        self.assertEqual({int(s, 16): int(o, 16) for s, o in slots.items()},
                         {slot: cap.obj for slot, cap in state.slots.items()})


class Wrong(Log):
    def test_words(self):
        last = len(self.commits) - 1
        usage = "usage: wl-log FILE"
        more = "; --help says more"
        for status, message, words in (
            (2, f"a file and a command are needed{more}", ()),
            (2, f"there is no command nonsense{more}", (self.image, "nonsense")),
            (2, f"{usage} caps NAME", (self.image, "caps")),
            (2, f"{usage} why NAME SLOT", (self.image, "why", "axiom", "x")),
            (2, f"{usage} who OBJECT", (self.image, "who", "xyz")),
            (2, f"{usage} show SEQ", (self.image, "show", "-1")),
            (2, f"{usage} log [FROM [COUNT]]", (self.image, "log", "1", "2", "3")),
            (2, f"{usage} spaces", (self.image, "spaces", "1")),
            (2, f"{usage} at SEQ COMMAND ...{more}", (self.image, "at", "5")),
            (2, f"{usage} export --jsonl | --dot | --html | --perfetto", (self.image, "export")),
            (2, f"--boot wants a number, not x{more}", ("--boot", "x", self.image, "log")),
            (2, f"there is no commit {last + 1}", (self.image, "at", last + 1, "spaces")),
            (1, f"there is no commit {last + 1}", (self.image, "show", last + 1)),
            (1, f"there are commits 0 to {last}", (self.image, "log", last + 1)),
            (1, "nothing is in slot 5000 of axiom", (self.image, "why", "axiom", 5000)),
            (1, "nobody holds 1234567", (self.image, "who", "1234567")),
            (2, f"{usage} lives", (self.image, "lives", "1")),
            (1, "the log has no names for this boot", (self.image, "lives")),
            (1, "t999: no such space at that time (a process, axiom, tTHREAD or an address)",
             (self.image, "caps", "t999")),
            (1, f"{self.image}: no such boot, or it has no commits",
             ("--boot", 3, self.image, "log")),
            (2, "/nonexistent: No such file or directory", ("/nonexistent", "log")),
        ):
            self.refused(status, message, *words)

    def test_help(self):
        out = self.good("--help")
        for word in ("log", "show", "caps", "why", "who", "at", "verify", "--perfetto", "compact"):
            self.assertRegex(out, rf"(?m)^  {word}|  export {word}")

    def other(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def test_files(self):
        self.refused(2, f"{self.folder}/zeros: the device is empty: it has no log, and was not "
                     "formatted", self.other("zeros", bytes(1 << 20)), "verify")
        status, _, err = wl_log(self.other("text", b"text " * 100000), "verify")
        self.assertEqual((status, "wl-log: " in err), (2, True))

    def test_damage(self):
        data = bytearray(self.image.read_bytes())
        data[3 * BLOCK + 700] ^= 4
        status, out, _ = wl_log(self.other("flipped", data), "verify")
        self.assertEqual(status, 1)
        self.assertRegex(out, r"damaged: .*group 0, block 2\n")
        self.assertTrue(out.endswith("verify: NOT SOUND\n"))

    def test_a_commit_that_does_not_follow(self):
        raw = self.plain.read_bytes()
        cut = self.other("cut", raw[:500 * 96] + raw[501 * 96:])
        status, out, _ = wl_log(cut, "verify")
        self.assertEqual(status, 1)
        self.assertIn("boot 1: commit 500: ", out)
        self.assertEqual(wl_log(cut, "caps", "axiom")[0], 1)
        status, out, _ = wl_log(self.other("short", raw[:-10]), "verify")
        self.assertEqual(status, 1)
        self.assertIn("damaged: the file ends within a record\n", out)


if __name__ == "__main__":
    unittest.main()
