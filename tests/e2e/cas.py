"""Contents by what they are: ids of files and trees, and that to know one gives nothing."""

import hashlib
import re
import sys
import tempfile
import unittest
from pathlib import Path

from harness import BUILDS, Boots
from layers import written

IMAGE = BUILDS["release"] / "boot-test.img"
MIB = 1 << 20
NOT_REACHED = "nothing that can be reached from here has this id"
CHUNKS = re.compile(r"on the disk: (\d+) chunks")


def id_of(contents):
    """Of a file of one block: anybody can say it."""
    digest = hashlib.blake2b(contents.rstrip(b"\0"), digest_size=32).hexdigest()
    return f"file:{digest}:{len(contents)}"


class Ids(Boots):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.own = {}
        for name, megabytes in (("log", 64), ("files", 64)):
            self.own[f"wl-{name}"] = Path(self.folder.name) / f"{name}.img"
            with open(self.own[f"wl-{name}"], "wb") as file:
                file.truncate(megabytes * MIB)
        self.session = self.start()

    def start(self):
        return self.boot(own_disks=self.own, image=IMAGE)

    def run_(self, line, status=0):
        return self.line(self.session, line, status).replace("\r", "")

    def refused(self, line, why, status=1):
        self.assertIn(why, self.run_(line, status))

    def id(self, path):
        return self.run_(f"cas id {path}").strip()

    def chunks(self):
        self.run_("vfs flush")
        return int(CHUNKS.search(self.run_("vfs")).group(1))

    def test_files(self):
        """The id is the hash of the bytes; equal bytes are there once; what is put stays."""
        self.run_("write /f hello; mkdir /d; write /d/g hello; cp /f /h")
        self.assertEqual(self.id("/f"), id_of(b"hello\n"))
        self.assertEqual(self.id("/d/g"), self.id("/h"))
        self.run_("files_many put /long 300 3072; cp /long /other; files_many put /again 300 3072")
        before = self.chunks()
        self.assertEqual(self.id("/long"), self.id("/again"))
        self.assertEqual(self.id("/long"), self.id("/other"))
        self.run_("files_many put /third 300 3072")
        self.assertEqual(self.chunks(), before)
        # Cut, it is what the same bytes are that were never longer.
        self.run_("files_many cut /long 307200 0; files_many put /short 100 3072")
        self.assertEqual(self.id("/long"), self.id("/short"))
        self.run_("files_many cut /long 5000 0; files_many cut /short 4999 0")
        self.assertNotEqual(self.id("/long"), self.id("/short"))
        self.run_("files_many cut /short 5000 0; files_many cut /long 4999 0")
        self.run_("files_many cut /long 5000 0")
        self.assertEqual(self.id("/long"), self.id("/short"))
        named = self.run_("cas put /f").strip()
        self.run_("rm /f /h /d/g")
        self.assertEqual(self.run_(f"cas get {named}"), "hello\n")
        self.assertEqual(self.run_(f"cas has {named}").strip(), f"/cas/{named}")
        self.refused(f"write /cas/{named} other", "denied")
        self.run_(f"cas put /other; cas get {named} /back; restart vfs")
        self.assertEqual(self.run_("cat /back"), "hello\n")
        piped = self.run_("echo from the input | cas put").strip()
        self.assertEqual(piped, id_of(b"from the input\n"))
        self.assertEqual(self.run_(f"cas get {piped}"), "from the input\n")
        self.run_(f"rm /back; cas drop {named}")
        self.refused(f"cas get {named}", NOT_REACHED)
        self.refused(f"cas drop {named}", "notFound")
        self.run_("mkdir /part; write /part/open x; write /part/shut y; chmod -wxrwrw /part/shut")
        self.run_("cas id /part/open")
        self.refused("cas id /part", "denied")  # it would tell of what one may not read
        self.run_("rm -r /part")
        for line, why in (("cas id /etc/motd", "readOnly"), ("cas id /none", "notFound"),
                          ("cas id /", "readOnly")):
            self.refused(line, why)
        for line in ("cas get", "cas get file:12:3", f"cas has {named}x", "cas take /f",
                     f"cas has {named.replace('file', 'link')}"):
            self.refused(line, "usage", 2)
        self.assertTrue(self.session.power_off())

    def test_wrong_bytes(self):
        """A bit that flips on the disk is found when what has the id is read."""
        named = self.run_("echo some words that are easily found | cas put").strip()
        self.run_("vfs flush; kill vfs; sync")
        self.assertTrue(self.session.power_off())
        image = self.own["wl-files"].read_bytes()
        at = image.index(b"some words that are easily found")
        with open(self.own["wl-files"], "r+b") as file:
            file.seek(at)
            file.write(b"S")
        self.session = self.start()
        self.refused(f"cas get {named}", "damaged")
        self.assertTrue(self.session.power_off())

    def test_trees(self):
        """A root's id changes when a file does, and nothing else that is below."""
        self.run_("mkdir -p /A/d; files_many make /A/d 40 1500; write /A/f one; ln -s f /A/l")
        first = self.id("/A")
        self.assertRegex(first, r"^tree:[0-9a-f]{64}:43$")
        self.run_("cp -r /A /B; mkdir /in; cp -r /A /in/C")
        self.assertEqual([self.id("/B"), self.id("/in/C")], [first, first])
        inner, before = self.id("/B/d"), self.chunks()
        self.run_("layers make a /A; write /B/f two; layers make b /B")
        self.assertEqual(self.id("/layers/a"), first)
        second = self.id("/layers/b")
        self.assertNotEqual(second, first)
        self.assertEqual(self.id("/B/d"), inner)
        self.assertEqual(self.chunks(), before + 1)
        for change, back in (("chmod w-r /B/f", "chmod w+r /B/f"), ("mv /B/f /B/g", "mv /B/g /B/f"),
                             ("mkdir /B/e", "rmdir /B/e"),
                             ("rm /B/l; ln -s g /B/l", "rm /B/l; ln -s f /B/l")):
            self.run_("chmod w+r /B/f; layers drop b; layers make b /B")
            second = self.id("/B")
            self.run_(change)
            self.assertNotEqual(self.id("/B"), second, change)
            self.run_(back)
            self.assertEqual(self.id("/B"), second, change)
        # The same layers in another order are another tree, if they have something in common.
        self.run_("mkdir /one /two; layers stack /one a b")
        one = self.id("/one")
        self.run_("layers leave; layers stack /two b a")
        self.assertNotEqual(self.id("/two"), one)
        self.assertEqual(self.id("/two"), first)
        self.run_("layers leave")
        self.assertEqual(self.run_(f"cas has {first}").strip(), "/layers/a")
        self.refused(f"cas get {first}", "a tree needs a TARGET", 2)
        self.run_(f"cas get {first} /taken; layers drop a")
        self.assertEqual(self.id("/taken"), first)
        self.refused(f"cas has {first}", NOT_REACHED)  # of directories only what is kept
        put = self.run_("cas put /taken").strip()
        self.assertEqual(put, first)
        self.run_(f"rm -r /taken; cas get {first} /taken; files_many look /taken/d 40 1500")
        self.run_(f"cas drop {first}; rm -r /taken")
        self.assertTrue(self.session.power_off())

    def test_possession(self):
        """Who knows an id and cannot reach what has it is told that there is none."""
        self.run_("mkdir /hers /his; chown 7 /hers; chown 8 /his; as 7 /hers; write /p private")
        self.run_("chmod rw----- /p; mkdir /t; write /t/x 1; snapshot s /t")
        self.run_("as; as 8 /his; write /q other; write /r private too")
        known, tree, other = id_of(b"private\n"), None, id_of(b"other\n")
        self.run_("as; as 7 /hers")
        tree = self.id("/t")
        self.assertEqual(self.run_(f"cas has {known}").strip(), "/p")
        self.assertEqual(self.run_(f"cas has {tree}").strip(), "/snapshots/s")
        self.refused(f"cas has {other}", NOT_REACHED)
        self.run_("as; as 8 /his")
        for line in (f"cas has {known}", f"cas get {known}", f"cas has {tree}",
                     f"cas get {tree} /t", f"cas has {id_of(b'never written')}"):
            self.refused(line, NOT_REACHED)  # the same words, whoever has it
        self.assertEqual(self.run_(f"cas has {other}").strip(), "/q")
        self.run_("as; as 8")  # the root, but not who may read it
        self.refused(f"cas get {known}", NOT_REACHED)
        # A cell that has layers as its root sees what they have, and what it has made.
        self.run_("as; mkdir -p /L /M /cell; write /L/in layer; write /M/out other-layer")
        self.run_("layers make l /L; layers make m /M; rm -r /L /M; layers stack /cell l l")
        self.assertEqual(self.run_(f"cas has {id_of(b'layer' + bytes([10]))}").strip(),
                         "/layers/l/in")
        self.run_("layers leave; bind /layers/l /cell; as 0 /cell")
        self.refused(f"cas has {id_of(b'other-layer' + bytes([10]))}", NOT_REACHED)
        self.assertTrue(self.session.power_off())

    def test_override(self):
        """What an override has is in no store, under no id."""
        secret = b"only-for-this-view\n"
        self.run_(f"mkdir /v /o; bind /o /v; override /v/k {secret[:-1].decode()}")
        self.assertEqual(self.run_("cat /v/k").encode(), secret)
        self.refused("cas id /v/k", "readOnly")
        self.refused(f"cas has {id_of(secret)}", NOT_REACHED)
        self.run_("as")
        self.refused(f"cas has {id_of(secret)}", NOT_REACHED)
        self.run_("vfs flush; sync")
        self.assertTrue(self.session.power_off())
        for path in self.own.values():
            self.assertNotIn(secret.strip(), written(path))

    def test_without_a_disk(self):
        self.assertTrue(self.session.power_off())
        self.own.pop("wl-files")
        self.session = self.start()
        self.run_("write /f hello")
        self.refused("cas id /f", "away")
        self.refused("cas put /f", "away")
        self.assertTrue(self.session.power_off())


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
