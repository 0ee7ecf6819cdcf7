"""Copies the core with one text replaced: a planted fault, or a smaller constant.

plant.py KERNEL_FOLDER OUT_FOLDER FILE OLD NEW

Where OLD does not stand exactly once the copy is what it was, and the test that needs the change
fails: a kernel whose lines were edited still builds.
"""

import sys
from pathlib import Path


def main():
    kernel, out, name, old, new = Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:6]
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted([*kernel.glob("*.c"), *kernel.glob("*.h")]):
        text = path.read_text()
        if path.name == name and text.count(old) == 1:
            text = text.replace(old, new)
        elif path.name == name:
            print(f"plant.py: {name}: {text.count(old)} times, not once: {old}")
        copy = out / path.name
        if not copy.exists() or copy.read_text() != text:
            copy.write_text(text)


if __name__ == "__main__":
    main()
