"""Two builds in two folders give the same bytes: kernel, loader, boot image and ISO."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ["WL_ROOT"])
sys.path.insert(0, str(ROOT / "tools"))
from wl import tree  # noqa: E402


class Reproducible(unittest.TestCase):
    def test_same_bytes(self):
        release = Path(os.environ["WL_RELEASE_BUILD"])
        with tempfile.TemporaryDirectory(prefix="waterlight-again-") as scratch:
            copy = Path(scratch) / "another place"
            for path in tree.files():
                (copy / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, copy / path)
            subprocess.run([copy / "tools/build", "release", "images"], check=True)
            subprocess.run([copy / "tools/iso", "--release"], check=True)
            for name in ("kernel.elf", "loader.elf", "boot.img", "waterlight.iso"):
                with self.subTest(name=name):
                    again = (copy / "build/release" / name).read_bytes()
                    self.assertTrue(again == (release / name).read_bytes(), f"{name} differs")


if __name__ == "__main__":
    unittest.main(verbosity=2)
