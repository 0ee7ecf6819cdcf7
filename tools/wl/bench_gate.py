"""The figures kept in the tree, and what became of them."""

import json

from wl import bench_system, machine
from wl.errors import Refused

BASELINE = machine.ROOT / "tests/bench/baseline.json"
# What may not grow. How many cache lines a row touches depends on where the linker puts things, so
# it is kept to be seen.
GATED = ("least", "cr3", "msr", "invlpg")
# Of the kernel's operations each instruction counts. What goes through servers changes with every
# change to them: there a hundredth is let pass.
LOOSE, LOOSE_PART = bench_system.ROWS, 100
KEPT = (*GATED, "silent", "median", "most", "user", "longest", "data_lines", "code_lines")


def read(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path}: {error}") from error


def write(path, rows, prefix):
    """All rows; with a prefix only those, the others stay."""
    kept = {}
    if prefix and path.exists():
        kept = {name: row for name, row in read(path).items() if not name.startswith(prefix)}
    for name, row in rows.items():
        kept[name] = {key: row[key] for key in KEPT if key in row}
    lines = [f" {json.dumps(name)}: {json.dumps(kept[name])}" for name in sorted(kept)]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def compared(kept, rows, prefix=""):
    """What became worse, and what else is to be said; lines of text."""
    worse, others = [], []
    for name in sorted(name for name in kept if name.startswith(prefix) and name not in rows):
        worse.append(f"{name}: kept, but not measured")
    for name, row in rows.items():
        if name not in kept:
            worse.append(f"{name}: measured, but not kept: tools/bench --accept")
            continue
        for key in GATED:
            before, after = kept[name].get(key), row.get(key)
            if before is None or after is None or before == after:
                continue
            room = before // LOOSE_PART if name in LOOSE else 0
            text = f"{name}: {key} was {before}, is {after}"
            (worse if after > before + room else others).append(text)
    return worse, others
