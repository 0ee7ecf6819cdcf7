"""The image tool: programs become page runs, images are what kernel/abi/boot.h says."""

import os
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ["WL_ROOT"])
sys.path.insert(0, str(ROOT / "tools"))
from wl import bootimage, elf  # noqa: E402
from wl.errors import Refused  # noqa: E402

R, W, X = 4, 2, 1


def elf_bytes(segments, entry=0x401000, machine=62, kind=2):
    """A program of (flags, address, contents, size in memory)."""
    count = len(segments)
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", kind, machine, 1, entry, 64, 0,
                       0, 64, 56, count, 64, 0, 0)
    table, body = b"", b""
    for flags, address, contents, size in segments:
        offset = 64 + 56 * count + len(body)
        table += struct.pack("<IIQQQQQQ", 1, flags, offset, address, address, len(contents), size,
                             1)
        body += contents
    return head + table + body


GOOD = [(R, 0x400000, b"ro", 2), (R | X, 0x401000, b"\x90" * 5000, 5000),
        (R | W, 0x404010, b"data", 0x2000)]


class Programs(unittest.TestCase):
    def load(self, contents):
        with tempfile.NamedTemporaryFile() as file:
            file.write(contents)
            file.flush()
            return elf.load_program(file.name)

    def test_runs(self):
        program = self.load(elf_bytes(GOOD))
        self.assertEqual([(r.vaddr, len(r.data), r.rights) for r in program.runs],
                         [(0x400000, 0x1000, 1), (0x401000, 0x2000, 1 | 8),
                          (0x404000, 0x3000, 1 | 2)])
        self.assertEqual(program.runs[2].data[:0x20], bytes(16) + b"data" + bytes(12))

    def test_neighbours_merge(self):
        program = self.load(elf_bytes(GOOD[:2] + [(R | X, 0x403000, b"x", 1)]))
        self.assertEqual([len(r.data) for r in program.runs], [0x1000, 0x3000])

    def test_refusals(self):
        cases = [
            ("writable and executable", dict(segments=GOOD[:1] + [(7, 0x401000, b"x", 1)])),
            ("share the page", dict(segments=GOOD + [(R, 0x406800, b"x", 1)])),
            ("entry", dict(segments=GOOD, entry=0x400000)),
            ("outside user space", dict(segments=GOOD + [(R, 1 << 47, b"x", 1)])),
            ("not readable", dict(segments=GOOD + [(W, 0x500000, b"x", 1)])),
            ("not a static", dict(segments=GOOD, kind=3)),
            ("not a static", dict(segments=GOOD, machine=40)),
        ]
        for expected, arguments in cases:
            with self.subTest(expected=expected), self.assertRaisesRegex(Refused, expected):
                self.load(elf_bytes(**arguments))


class Images(unittest.TestCase):
    def setUp(self):
        run = elf.Run(0x400000, 1 | 8, b"\xcc" * 4096)
        self.program = elf.Program(0x400000, [run])
        self.files = {"/etc/b": b"second", "/etc/a": b"x" * 4097}
        self.image = bootimage.build(self.program, self.program, self.files)

    def test_what_is_in_it(self):
        build_id, programs, files = bootimage.read(self.image)
        self.assertEqual(list(files), ["/etc/a", "/etc/b"])
        self.assertEqual(files, self.files)
        self.assertEqual(programs[0].runs, [(0x400000, 0x1000, 1, 9)])
        self.assertEqual(programs[1].runs, [(0x400000, 0x2000, 1, 9)])
        self.assertNotEqual(build_id, bytes(32))

    def test_every_flipped_bit_is_seen(self):
        for at in range(0, len(self.image), 997):
            damaged = bytearray(self.image)
            damaged[at] ^= 1 << at % 8
            with self.assertRaises(Refused, msg=f"byte {at}"):
                bootimage.read(bytes(damaged))

    def test_truncated(self):
        for size in (0, 100, len(self.image) - 4096, len(self.image) - 1):
            with self.assertRaises(Refused):
                bootimage.read(self.image[:size])

    def test_long_paths_and_many_runs(self):
        with self.assertRaisesRegex(Refused, "absolute path"):
            bootimage.build(self.program, self.program, {"/" + "a" * 79: b""})
        runs = [elf.Run(0x400000 + 8192 * i, 1, bytes(4096)) for i in range(9)]
        with self.assertRaisesRegex(Refused, "at most 8"):
            bootimage.build(elf.Program(0, runs), self.program, {})

    def test_the_layout_is_the_headers(self):
        """Compiled from kernel/abi/boot.h: sizes, offsets, and its own sum over our image."""
        source = """
            #include <stddef.h>
            #include <stdio.h>
            #include "image.h"
            int main(int argc, char **argv) {
                static uint64_t words[1 << 16];
                FILE *f = fopen(argv[argc - 1], "rb");
                size_t n = fread(words, 8, 1 << 16, f);
                ((struct image_header *)words)->checksum = 0;
                printf("%zu %zu %zu %zu %llu", sizeof(struct image_program),
                       sizeof(struct image_file), offsetof(struct image_header, build_id),
                       offsetof(struct image_header, programs),
                       (unsigned long long)image_sum(0, words, n));
                return 0;
            }"""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder)
            (path / "a.c").write_text(source, encoding="utf-8")
            (path / "image").write_bytes(self.image)
            subprocess.run(["clang-14", "-I", ROOT / "kernel", "-I", ROOT / "libsys",
                            path / "a.c", "-o", path / "a"],
                           check=True)
            said = subprocess.run([path / "a", path / "image"], check=True, capture_output=True,
                                  text=True).stdout.split()
        checksum = struct.unpack_from("<Q", self.image, bootimage.CHECKSUM_AT)[0]
        self.assertEqual([int(n) for n in said],
                         [bootimage.PROGRAM_SIZE, bootimage.FILE.size, bootimage.BUILD_ID_AT,
                          bootimage.HEAD.size, checksum])


if __name__ == "__main__":
    unittest.main(verbosity=2)
