"""What is not booted is refused with the reason printed."""

import struct
import tempfile
import unittest
from pathlib import Path

from harness import BUILDS, Session, options
from wl import container

EXIT_REFUSED = 2 * 0x10 + 1


def build_file(name):
    return bytearray((BUILDS["release"] / name).read_bytes())


def written(contents):
    file = tempfile.NamedTemporaryFile(suffix=".img")
    file.write(contents)
    file.flush()
    return file


def damaged(change):
    """A copy of the boot image with bytes changed."""
    image = build_file("boot.img")
    change(image)
    return written(image)


class Refusal(unittest.TestCase):
    def assert_refused(self, reason, **more):
        with Session(options(**more)) as session:
            session.expect(reason, 30)
            self.assertNotIn("wl> ", session.text())

    def test_no_image(self):
        self.assert_refused(rb"(?i)no .*(module|image)", no_image=True)

    def test_flipped_bit(self):
        def change(image):
            image[len(image) // 2] ^= 0x10

        with damaged(change) as file:
            self.assert_refused(rb"(?i)(damaged|checksum|image)", image=Path(file.name))

    def test_wrong_magic(self):
        def change(image):
            image[0:8] = struct.pack("<Q", 1)

        with damaged(change) as file:
            self.assert_refused(rb"(?i)image", image=Path(file.name))

    def test_loader(self):
        """What QEMU starts says what is wrong with the module, and ends as the kernel does."""
        whole = container.build(build_file("kernel.elf"), build_file("boot.img"))
        flipped = bytearray(whole)
        flipped[container.PAGE + 5000] ^= 1
        cases = [(b"", "no module"), (build_file("boot.img"), "no container"),
                 (whole[:-container.PAGE], "cut off"), (flipped, "wrong checksum"),
                 (container.build(b"text", b""), "no ELF program")]
        for contents, reason in cases:
            with written(contents) as file, self.subTest(reason=reason), \
                    Session(options(module=Path(file.name))) as session:
                self.assertEqual(session.finish(30), EXIT_REFUSED)
                self.assertIn("does not start: loader: ", session.text())
                self.assertIn(reason, session.text())

    def test_axiom_fault(self):
        """Axiom's own fault says where, and is the end."""

        def change(image):
            struct.pack_into("<Q", image, 80, 0x7000)  # programs[IMAGE_AXIOM].entry
            struct.pack_into("<Q", image, 24, 0)
            checksum = 0
            for (word,) in struct.iter_unpack("<Q", image):
                checksum = (checksum << 7 | checksum >> 57) + word * 0x9E3779B97F4A7C15
                checksum &= 2**64 - 1
            struct.pack_into("<Q", image, 24, checksum)

        dump = rb"axiom faulted.*\r\n.* 0000000000007000 0000000000007000\r\n"
        with damaged(change) as file:
            self.assert_refused(dump + rb"0000000010100000", image=Path(file.name))

    def test_too_little_memory(self):
        for memory in ("8M", "64M", "88M"):
            self.assert_refused(rb"(?i)memory", memory=memory)
        with Session(options(memory="96M")) as session:  # less than the quotas add up to
            session.prompt(60)
            self.assertRegex(session.text(), r"init: shell gets \d+ of its \d+ pages")
            self.assertEqual(session.run("hello; verify")[0], 0)

    def test_missing_feature(self):
        self.assert_refused(rb"(?i)smap", cpu="max,-smap")
        self.assert_refused(rb"no 64-bit mode", cpu="qemu32")

    def test_leaking_processor(self):
        """One that leaks kernel memory: refused, unless the command line takes it on itself."""
        cpu = "Skylake-Client,+smap,+smep,+umip,+fsgsbase,+pdpe1gb"
        self.assert_refused(rb"(?i)unsafe_cpu", cpu=cpu)
        with Session(options(cpu=cpu)) as session:
            self.assertEqual(session.finish(30), EXIT_REFUSED)
        with Session(options(cpu=cpu, append="unsafe_cpu")) as session:
            session.prompt(60)


if __name__ == "__main__":
    unittest.main(verbosity=2)
