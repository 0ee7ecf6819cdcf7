"""Whole trees: what is kept, layers, changes that come all at once; over deaths and reboots."""

import os
import re
import tempfile
import unittest
from pathlib import Path

from harness import BUILDS, Booted, Boots
from keystore import Disks

IMAGE = BUILDS["release"] / "boot-test.img"
KEPT = re.compile(r"is kept as of record (\d+)")


def written(path):
    """What was ever written to a disk, without its holes."""
    parts, at, size = [], 0, os.path.getsize(path)
    with open(path, "rb") as file:
        while at < size:
            try:
                start = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:  # only a hole is left
                break
            at = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            file.seek(start)
            parts.append(file.read(at - start))
    return b"".join(parts)


class Trees(Booted):
    machine_options = {"image": IMAGE}

    def setUp(self):
        self.run_line("as")

    def refused(self, line, why, status=1):
        self.assertIn(why, self.run_line(line, status=status))

    def words(self, line):
        return self.run_line(line).split()

    def keep(self, line):
        found = KEPT.search(self.run_line(line))
        self.assertIsNotNone(found)
        return int(found.group(1))

    def test_kept(self):
        """What is kept is read at its number, whatever happens; nobody changes it."""
        self.run_line("mkdir -p /t/d; write /t/f one; write /t/d/g deep")
        first = self.keep("snapshot first /t")
        self.run_line("write /t/f two; rm -r /t/d; write /t/new 3")
        second = self.keep("snapshot second")
        self.assertGreater(second, first)
        self.run_line("rm -r /t; mkdir /t")
        self.assertEqual(self.words(f"cat --at {first} /t/f /t/d/g"), ["one", "deep"])
        self.assertEqual(self.words(f"ls --at {second} /t"), ["f", "new"])
        self.assertEqual(self.words(f"cat --at {second} /t/f"), ["two"])
        self.assertEqual(self.words("ls /t"), [])
        self.refused("ls --at 1 /t",
                     f"nothing is kept as of that record; there are {first}, {second}")
        self.refused("ls --at x /t", "SEQ is a number", 2)
        self.refused(f"ls --at {first} /etc", "it is not in what is kept as of that record: /t")
        self.assertEqual(self.words(f"ls --at {first}"), ["d/", "f"])
        self.refused("cat --at " + str(first) + " /t/none", "notFound")
        for line in ("write /snapshots/first/f 1", "rm /snapshots/first/f",
                     "mkdir /snapshots/first/x", "chmod w+r /snapshots/first/f",
                     "chown 7 /snapshots/first/f",
                     "mv /snapshots/first/f /tmp/f", "rm -r /snapshots"):
            self.refused(line, "frozen")
        self.refused("snapshot first", "exists")
        self.refused("snapshot third /none", "notFound")
        self.refused("snapshot third /snapshots/first/f", "notDirectory")
        shown = self.run_line("snapshot")
        self.assertIn(f"/snapshots/first: /t as of record {first}, 4 files and directories, 9 ",
                      shown)
        self.run_line("restart vfs")
        self.assertEqual(self.words(f"cat --at {first} /t/d/g"), ["deep"])
        self.run_line("snapshot -d first; snapshot -d second")
        self.refused("snapshot -d first", "notFound")
        self.refused("snapshot -d /t", "notFound")  # a tree that is not kept is not dropped so
        self.refused(f"cat --at {first} /t/f", "nothing is kept as of that record, nor of others")
        self.run_line("rmdir /snapshots /t")

    def test_kept_by_users(self):
        """Who keeps pays, may read it, and nobody reads through it what is not for him."""
        self.run_line("mkdir /hers; chown 7 /hers; as 7 /hers; write /f 12345; write /p secret")
        self.run_line("snapshot a; as; quota 7 1000 8; as 7 /hers")
        self.refused("snapshot b", "quota")
        self.assertRegex(self.run_line("df"), r"user 7: 26 bytes of 1000, 8 files of 8")
        self.run_line("chmod rw----- /p; as; quota 7 0; chmod w+r /hers; as 8")
        self.refused("cp /hers/p /tmp/p", "denied")
        self.refused("cp -r /hers /tmp/h", "denied")
        self.refused("rm -r /hers/snapshots", "denied")
        self.assertEqual(self.words("cat /hers/snapshots/a/f"), ["12345"])  # as it was then
        self.refused("change begin /hers", "frozen")  # there is something kept in it
        self.run_line("as; as 7 /hers; snapshot -d a; rmdir /snapshots; as; as 8")
        self.refused("change begin /hers", "denied")
        self.run_line("as; rm -r /hers; rm -r /tmp/h")

    def test_copies(self):
        self.run_line("mkdir -p /c/a; write /c/a/f 1; cp -r /c/a /c/b; write /c/b/f 2")
        self.run_line("cp /c/b/f /c/g")
        self.assertEqual(self.words("cat /c/a/f /c/b/f /c/g"), ["1", "2", "2"])
        self.run_line("cp /bin/hello /c/hello; cp -r /etc /c/etc")  # the boot image's: byte by byte
        self.assertEqual(self.run_line("cat /c/etc/motd"), self.run_line("cat /etc/motd"))
        self.run_line("rm -r /c")

    def test_layers(self):
        """Later wins, directories merge, nothing is deleted below, one writable top."""
        self.run_line("mkdir -p /A/d /B/d /cell; write /A/f A; write /A/d/a A; write /A/x A")
        self.run_line("write /B/f B; write /B/d/b B; mkdir /B/x; write /B/x/in B")
        self.refused("layers stack /cell /A /B", "notFrozen")
        self.run_line("layers make a /A; layers make b /B; rm -r /A /B")
        for line, why in (("layers stack /cell none b", "notFound"),
                          ("layers stack /cell a none", "notFound"),
                          ("layers stack /cell a /layers/b/f", "notDirectory"),
                          ("layers stack /none a b", "notFound"),
                          ("layers make a /cell", "exists"), ("layers drop none", "notFound"),
                          ("layers leave", "there are no layers here")):
            self.refused(line, why)
        self.refused("layers pile", "it takes", 2)
        self.run_line("layers stack /cell a b")
        self.assertEqual(self.words("ls -r /cell"),
                         ["/cell/d/", "/cell/d/a", "/cell/d/b", "/cell/f", "/cell/x/",
                          "/cell/x/in"])
        self.assertEqual(self.words("cat /cell/f"), ["B"])
        self.run_line("write /cell/d/a top; rm /cell/f; write /cell/mine 1; restart vfs")
        self.assertEqual(self.words("cat /cell/d/a"), ["top"])
        self.refused("cat /cell/f", "notFound")
        self.assertEqual(self.words("cat /layers/a/d/a /layers/b/f"), ["A", "B"])
        self.refused("rm /layers/b/f", "frozen")
        self.refused("change commit", "notFork")  # and that ends it
        self.assertEqual(self.words("ls /cell"), [])
        self.run_line("layers stack /cell b a; write /cell/d/new 1; write /cell/f top")
        self.run_line("layers publish top /cell; layers leave")
        self.assertEqual(self.words("ls -r /layers/top"),
                         ["/layers/top/d/", "/layers/top/d/new", "/layers/top/f"])
        self.run_line("layers stack /cell a b top")
        self.assertEqual(self.words("cat /cell/f /cell/d/new /cell/d/b"), ["top", "1", "B"])
        self.run_line("layers leave; layers drop a; layers drop b; layers drop top")
        self.run_line("rmdir /layers /cell")

    def test_override(self):
        """What is bound in a view is consulted first, and no layer has it."""
        self.run_line("mkdir -p /A/etc /B /over /cell; write /A/etc/k public; write /over/k secret")
        self.run_line("layers make a /A; layers make b /B; layers stack /cell a b")
        self.run_line("bind -b /over /cell/etc")
        self.assertEqual(self.words("cat /cell/etc/k"), ["secret"])
        self.run_line("override /cell/etc/k nobody; echo more | override /cell/new")
        self.assertEqual(self.words("cat /cell/etc/k /cell/new"), ["nobody", "more"])
        self.assertIn("5 bytes", self.run_line("stat /cell/new"))
        for line, why in (("write /cell/new 1", "readOnly"), ("rm /cell/new", "readOnly"),
                          ("override /none/x 1", "notFound")):
            self.refused(line, why)
        self.run_line("restart vfs")  # which alone had them
        self.refused("cat /cell/new", "gone")
        self.run_line("write /cell/own 1; layers publish top /cell; unbind /cell/etc")
        self.assertEqual(self.words("cat /cell/etc/k"), ["public"])
        self.assertEqual(self.words("ls -r /layers/top"), ["/layers/top/own"])
        self.run_line("layers leave; layers drop a; layers drop b; layers drop top")
        self.run_line("as; rm -r /A /B /over /cell /layers")
        self.refused("override /tmp/k 1", "denied")  # the view is all's

    def test_images(self):
        """bin/main, bin, svc/NAME, etc and etc/init.d in the order of names; a layer may have some
        of it, all together have the entry points."""
        self.run_line("mkdir -p /A/bin /A/etc/init.d /A/svc/web/bin; cp /bin/hello /A/bin/main")
        self.run_line("cp /bin/hello /A/bin/other; write /A/etc/name image-a")
        self.run_line("write /A/etc/init.d/20-b cat /etc/name")
        self.run_line("write /A/etc/init.d/10-a echo first")
        self.run_line("mkdir -p /B/etc/init.d /B/svc/web/bin; cp /bin/hello /B/svc/web/bin/main")
        self.run_line("write /B/etc/init.d/15-c false; write /B/etc/name image-b")
        self.run_line("mkdir /root; layers make a /A; layers make b /B; snapshot c /B")
        listed = ["bin/main", "bin/other", "svc/web", "etc/init.d/10-a", "etc/init.d/20-b"]
        self.assertEqual(self.words("image check a"), listed)  # svc/web/bin/main is another's
        self.assertEqual(self.words("image check b"), ["svc/web", "etc/init.d/15-c"])
        self.assertEqual(self.words("image check a b"),
                         listed[:3] + [f"etc/init.d/{n}" for n in ("10-a", "15-c", "20-b")])
        self.refused("image check b /snapshots/c", "bin/main: no layer has this entry point")
        self.refused("image run /root b", "bin/main: no layer has this entry point")
        self.refused("image run /root a", "svc/web/bin/main: no layer has this entry point")
        shown = self.run_line("image run /root a b")
        order = [shown.index(word) for word in
                 ("first", "etc/init.d/15-c failed, the others follow", "image-b", "hello")]
        self.assertEqual(order, sorted(order))
        self.refused("image leave", "no image runs here")  # the end of bin/main was the image's
        self.assertEqual(self.words("ls /root"), [])
        for line, why in (("image check none", "notFound"), ("image check a none", "notFound"),
                          ("image run /none a b", "notFound"), ("image check /A b", "notFrozen")):
            self.refused(line, why)
        self.refused("image", "an argument is missing", 2)
        self.refused("image run /root", "it takes", 2)
        self.refused("image run /root a b > /o", "an image has no input or output of its own")
        for make, why in (("rm -r /A/etc; write /A/etc 1", "etc: in an image it is a directory"),
                          ("rm /A/bin/main; mkdir /A/bin/main", "bin/main: in an image it is the"),
                          ("mkdir /A/etc/init.d/d", "d: in etc/init.d there are scripts"),
                          ("write /A/svc/file 1", "svc/file: in an image it is a directory")):
            self.run_line("rm -r /A; cp -r /layers/a /A")
            self.run_line(make)
            self.run_line("layers make x /A")
            self.refused("image check b x", why)
            self.run_line("layers drop x")
        # Only what is in the image can be seen from within.
        self.run_line("rm -r /A; cp -r /layers/a /A; write /A/etc/init.d/30-d ls -r /")
        self.run_line("layers make x /A")
        shown = self.run_line("image run /root x b")
        self.assertIn("/svc/web/bin/main", shown)
        for outside in ("/snapshots", "/layers", "/home", "/tmp", "/sys"):
            self.assertNotIn(outside, shown)
        self.run_line("layers drop a; layers drop b; layers drop x; snapshot -d c")
        self.run_line("rm -r /A /B /root; rmdir /layers /snapshots")

    def test_change(self):
        """Nobody sees it, then everybody all of it; or nobody anything."""
        self.run_line("mkdir -p /w/d; write /w/f old; write /w/d/g old")
        self.run_line("change begin /w; write /w/f new; rm -r /w/d; write /w/more 1")
        self.assertEqual(self.words("cat /w/f"), ["new"])
        self.refused("change begin /w", "a view is there already")
        self.refused("mv /w/more /tmp/more", "otherTree")
        self.run_line("change drop")
        self.assertEqual(self.words("cat /w/f /w/d/g"), ["old", "old"])
        self.run_line("change begin /w; write /w/f new; rm -r /w/d; restart vfs; write /w/more 1")
        self.run_line("change commit; restart vfs")
        self.assertEqual(self.words("ls -r /w"), ["/w/f", "/w/more"])
        self.assertEqual(self.words("cat /w/f"), ["new"])
        self.refused("change commit", "nothing was begun")
        self.refused("change begin /", "readOnly")
        self.refused("change begin /none", "notFound")
        self.refused("change begin /w/f", "notDirectory")
        self.refused("change end", "it takes", 2)
        self.run_line("rm -r /w")

    def test_conflict(self):
        """What it is a copy of has changed: all of it is refused and dropped."""
        self.run_line("mkdir /w /as-it-is; write /w/f old; bind /w /as-it-is")
        self.run_line("change begin /w; write /w/f new; write /as-it-is/g other")
        self.assertEqual(self.words("ls /w"), ["f"])
        self.refused("change commit", "conflict")
        self.assertEqual(self.words("ls -r /w; cat /w/f"), ["/w/f", "/w/g", "old"])
        self.refused("change commit", "nothing was begun")
        self.run_line("change begin /w; unbind /w")  # without what is bound there: no change either
        self.refused("change commit", "notFork")
        self.run_line("as; rm -r /w /as-it-is")


class Kept(Boots):
    def disk(self, name, megabytes):
        path = Path(self.folder.name) / f"{name}.img"
        with open(path, "wb") as file:
            file.truncate(megabytes << 20)
        return path

    def test_reboots(self):
        """What is kept is there after the power; a change that was not committed is not."""
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        own = {"wl-log": self.disk("log", 64), "wl-files": self.disk("files", 64)}
        one = self.boot(own_disks=own, image=IMAGE)
        self.line(one, "mkdir /d; files_many make /d 40 1500; vfs flush")
        before = self.line(one, "vfs")
        seq = KEPT.search(self.line(one, "snapshot s /d")).group(1)
        self.line(one, "cp -r /d /e; vfs flush")
        after = self.line(one, "vfs")
        chunks = r"on the disk: (\d+) chunks"
        self.assertEqual(re.findall(chunks, before), re.findall(chunks, after))  # all are shared
        self.line(one, "mkdir -p /o /v; bind /o /v; override /v/k never-on-a-disk; cat /v/k; as")
        self.line(one, "rm -r /d; write /o/k on-the-disk; vfs flush; sync")
        self.line(one, "mkdir -p /w; write /w/f old")
        self.line(one, "change begin /w; write /w/f new; write /w/g new")
        self.line(one, "cat /w/f")
        self.assertTrue(one.power_off())
        for path in own.values():
            self.assertNotIn(b"never-on-a-disk", written(path))
        self.assertIn(b"on-the-disk", written(own["wl-files"]))
        two = self.boot(own_disks=own, image=IMAGE)
        self.assertEqual(self.line(two, "ls -r /w; cat /w/f").split(), ["/w/f", "old"])
        self.line(two, "rm -r /e; restart vfs; vfs flush")  # only what is kept needs them
        for _ in range(60):
            if " 1 sweeps" in self.line(two, "vfs"):
                break
        self.line(two, "mkdir /d; bind /snapshots/s /d; files_many look /d 40 1500; as")
        self.line(two, f"ls --at {seq} /d")
        self.assertIn(" 0 files damaged", self.line(two, "vfs verify"))
        self.line(two, "snapshot -d s")
        self.assertTrue(two.power_off())


class Sealed(Disks):
    def test_sealed(self):
        """On no disk as it is; read with the key, and with no other; each change is seen."""
        visible, secret = "visible-words-on-the-disk", "words-that-nobody-finds"
        with self.boot(image=IMAGE) as session:
            session.prompt(60)
            self.setup_keys(session)
            run = lambda line, status=0: self.run_line(session, line, status)
            run("keys make seal /keys/a; keys make seal /keys/b; keys make sign /keys/s")
            run(f"write /open {visible}; echo {secret} | seal /keys/a /s")
            self.assertEqual(run("unseal /keys/a /s").strip(), secret)
            for line, why in (("unseal /keys/b /s", "/s: notSealed"),
                              ("unseal /keys/none /s", "notFound"),
                              ("unseal /keys/a /open", "it is no sealed file"),
                              ("unseal /keys/a /none", "notFound"),
                              ("unseal /keys/s /s", "wrongKind"),
                              ("seal /keys/none /t /s", "notFound"),
                              ("seal /keys/a /bin/x /s", "readOnly")):
                self.assertIn(why, run(line, 1))
            # More than one piece, and what can be done to them without the key.
            run("head -n 300 /man/interfaces > /p; files_many cut /p 6000 0")
            run("seal /keys/a /l /p; unseal /keys/a /l > /q")
            self.assertEqual(run("wc /p").split()[:3], run("wc /q").split()[:3])
            run("cp /l /cut; files_many cut /cut 3088 0; cat /l /s > /more")
            run("cp /l /swap; files_many swap /swap 16 3088")
            run("cp /s /bit; files_many cut /bit 40 0; files_many cut /bit 100 0")
            for name, why in (("cut", "its end is missing"), ("bit", "notSealed"),
                              ("swap", "its pieces are not in their order"),
                              ("more", "its pieces are not in their order")):
                self.assertIn(why, run(f"unseal /keys/a /{name}", 1))
            self.assertTrue(session.power_off())
        for name, path in self.disks.items():
            self.assertNotIn(secret.encode(), written(path), name)
        self.assertIn(visible.encode(), written(self.disks["wl-log"]))  # it would be found


if __name__ == "__main__":
    unittest.main(verbosity=2)
