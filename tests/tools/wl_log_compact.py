#!/usr/bin/python3 -B
"""wl-log compact: the same log by a second reader, the same answers; OUT is whole or not there."""

import random
import re
import resource
import signal
import subprocess
import time
import unittest

from wl_log import BLOCK, BUILD, SPACE, Log, wl_log  # and where the second reader is
import image

SERVICES = (7, 37)
PARTS = 1 << 31
MIB = 1 << 20
KILLS = 20
PROGRAM = BUILD / "tools/wllog/wl-log"


def records(log):
    """What is history: all but notes and checkpoints, whose numbers are the writer's."""
    return [r for r in log.records if r.stream < PARTS]


def checkpoints(log, stream):
    """The last two whole ones: number of the record that each stands before, and its bytes."""
    whole, parts = [], []
    for r in (r for r in log.records if r.stream == stream | PARTS):
        at, part, count = image.struct.unpack_from("<QII", r.payload)
        parts = parts + [r.payload[16:]] if part > 0 else [r.payload[16:]]
        if part + 1 == count:
            whole.append((at, parts))
    return whole[-2:]


class Compact(Log):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source, zero = cls.folder / "small", cls.folder / "0"
        subprocess.run([BUILD / "tests/reducer/reducer_image", "--small", cls.source, zero,
                        cls.plain, zero, cls.plain], check=True)
        cls.data = cls.source.read_bytes()
        cls.old = image.Log(cls.data)

    def setUp(self):
        self.out = self.folder / f"{self.id()}.img"
        self.unfinished = self.folder / f"{self.id()}.img.unfinished"

    def tearDown(self):
        self.assertEqual(self.source.read_bytes(), self.data)

    def refuses(self, status, message, *words):
        self.refused(status, message, *words)
        self.assertFalse(self.out.exists() or self.unfinished.exists())

    def compact(self, *size, source=None):
        said = self.good(source or self.source, "compact", self.out, *size)
        self.assertFalse(self.unfinished.exists())
        return said, image.Log(self.out.read_bytes())


class Same(Compact):
    def test_same_log(self):
        said, new = self.compact()
        self.assertEqual(records(new), records(self.old))
        self.assertEqual((new.boots, new.commits), (self.old.boots, self.old.commits))
        self.assertEqual(len(new.boots), 4)
        for stream in SERVICES:
            kept = checkpoints(new, stream)
            self.assertEqual((kept, len(kept)), (checkpoints(self.old, stream), 2))
        self.assertLess(len(new.records), len(self.old.records))
        count = sum(map(len, new.commits)) // 96
        self.assertIn(f": {count} commits, in all {len(new.records)} records", said)
        self.assertEqual(len(self.out.read_bytes()), len(self.data))

    def test_small(self):
        """Groups are full: a boot's bytes in as many groups as must be, and compacting that again
        takes nothing away."""
        _, new = self.compact()
        self.assertGreater(self.old.groups, 10 * new.groups)
        once, self.out = self.out, self.folder / "twice"
        said, again = self.compact(source=once)
        self.assertEqual((again.groups, records(again)), (new.groups, records(new)))
        self.assertIn("; 0 parts of old checkpoints left out", said)
        used = set(re.findall(r"([0-9.]+) of [0-9.]+(?: MiB used|$)", said))
        self.assertEqual(len(used), 1, said)

    def test_same_bytes(self):
        _, new = self.compact()
        data = self.out.read_bytes()
        self.out.unlink()
        self.compact()
        self.assertEqual(self.out.read_bytes(), data)
        self.assertNotEqual(new.id, self.old.id)

    def test_other_size(self):
        for size in (2, 100):
            _, new = self.compact(size)
            self.assertEqual(records(new), records(self.old))
            self.assertEqual(self.out.stat().st_size, size * MIB)
            self.assertLess(self.out.stat().st_blocks * 512, 2 * MIB)
            self.out.unlink()

    def test_answers(self):
        self.compact()
        slot, cap = max(((s, c) for s, c in self.state(len(self.commits)).slots.items()
                         if SPACE < s < SPACE + (4096 << 6)), key=lambda held: held[1].depth)
        for words in (("log",), ("show", "1003"), ("spaces",), ("caps", "axiom"), ("verify",),
                      ("at", "700", "caps", "axiom"), ("why", "axiom", str((slot - SPACE) // 64)),
                      ("who", f"{cap.obj:x}"),
                      ("export", "--jsonl"), ("at", "900", "export", "--dot")):
            for boot in ("1", "4"):
                old = wl_log("--boot", boot, self.source, *words)
                new = wl_log("--boot", boot, self.out, *words)
                if words == ("verify",):  # the first line has the file's name and its groups
                    old, new = ((s, o.split("\n", 1)[1], e) for s, o, e in (old, new))
                self.assertEqual(new, old, words)


class Refused(Compact):
    def test_words(self):
        usage = "usage: wl-log FILE compact OUT [MIB]"
        for words in ((), (self.out, "0"), (self.out, "x"), (self.out, "99999999999"),
                      (self.out, "1", "2")):
            self.refuses(2, usage, self.source, "compact", *words)
        self.refuses(2, "compact takes all boots; --help says more", "--boot", "1", self.source,
                     "compact", self.out)

    def test_files(self):
        for contents, message in ((bytes(MIB), "the device is empty: it has no log, and was not "
                                               "formatted"),
                                  (b"text " * 100000, None), (self.plain.read_bytes(), None)):
            other = self.folder / "other"
            other.write_bytes(contents)
            status, _, err = wl_log(other, "compact", self.out)
            self.assertEqual(status, 2)
            self.assertTrue(err.startswith(f"wl-log: {other}: {message or ''}"), err)
        self.refuses(2, "/nonexistent: No such file or directory", "/nonexistent", "compact",
                     self.out)
        self.out = self.folder / "nowhere" / "out"
        self.refuses(2, f"{self.out}.unfinished: No such file or directory", self.source,
                     "compact", self.out)

    def test_names_taken(self):
        self.out.write_bytes(b"mine")
        self.refused(2, f"{self.out}: File exists", self.source, "compact", self.out)
        self.assertEqual(self.out.read_bytes(), b"mine")
        self.out.unlink()
        self.unfinished.write_bytes(b"mine")
        self.refused(2, f"{self.unfinished}: a run was cut off, or goes on: remove it",
                     self.source, "compact", self.out)
        self.assertEqual(self.unfinished.read_bytes(), b"mine")

    def test_damage(self):
        """Nothing is written of a log that is not sound, wherever that is."""
        groups = [b for b in range(2, len(self.data) // BLOCK - 2)
                  if self.data[b * BLOCK + 32:b * BLOCK + 40] == b"WLgroup1"]
        for block in (groups[0], groups[len(groups) // 2], groups[-2]):
            data = bytearray(self.data)
            data[block * BLOCK + 400] ^= 16
            other = self.folder / "flipped"
            other.write_bytes(data)
            number = groups.index(block)
            self.refuses(1, f"{other}: damaged: changed: group {number}, block {block}", other,
                         "compact", self.out)

    def test_full(self):
        status, _, err = wl_log(self.source, "compact", self.out, 1)
        self.assertEqual(status, 1)
        self.assertRegex(err, rf"^wl-log: {self.out}: full after \d+ of {len(self.old.records)} "
                              r"records\n$")
        self.assertFalse(self.out.exists() or self.unfinished.exists())

    def test_no_room_on_the_host(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

        done = subprocess.run([PROGRAM, self.source, "compact", self.out], capture_output=True,
                              text=True, timeout=60, preexec_fn=limit, restore_signals=False)
        self.assertEqual((done.returncode, done.stderr),
                         (1, f"wl-log: {self.out}: File too large\n"))
        self.assertFalse(self.out.exists() or self.unfinished.exists())

    def test_killed(self):
        """At any moment: OUT is whole or not there, and the source is what it was."""
        start = time.monotonic()
        subprocess.run([PROGRAM, self.source, "compact", self.out], check=True, timeout=60)
        whole, seconds = self.out.read_bytes(), time.monotonic() - start
        choose, cut = random.Random(4), 0
        for _ in range(KILLS):
            self.out.unlink(missing_ok=True)
            self.unfinished.unlink(missing_ok=True)
            run = subprocess.Popen([PROGRAM, self.source, "compact", self.out],
                                   stdout=subprocess.DEVNULL)
            time.sleep(choose.random() * seconds)
            run.kill()
            run.wait()
            cut += self.unfinished.exists()
            if self.out.exists():
                self.assertEqual(self.out.read_bytes(), whole)
        print(f"{cut} of {KILLS} runs were cut off while they wrote")
        self.out.unlink(missing_ok=True)
        self.unfinished.unlink(missing_ok=True)
        self.compact()


if __name__ == "__main__":
    unittest.main()
