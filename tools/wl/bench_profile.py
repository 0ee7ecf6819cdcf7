"""Where the instructions of a row are."""

import subprocess

from wl.errors import Refused

SYMBOLIZER = "llvm-symbolizer-14"
KERNEL_BASE = 0xFFFFFFFF80000000
LEAST_LINE = 4


def located(program, addresses):
    """(function, file:line) for each address: the innermost of those inlined there."""
    asked = "".join(f"{at:#x}\n" for at in addresses)
    try:
        done = subprocess.run([SYMBOLIZER, f"--obj={program}", "--basenames", "--inlines"],
                              input=asked, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Refused(f"{SYMBOLIZER}: {error}") from error
    places = []
    for block in done.stdout.strip().split("\n\n"):
        lines = block.splitlines()
        places.append((lines[0], lines[1].rsplit(":", 1)[0]))
    return places


def sums(keys, hits):
    found = {}
    for key, count in zip(keys, hits):
        found[key] = found.get(key, 0) + count
    return sorted(found.items(), key=lambda item: -item[1])


def part_told(title, program, places, total):
    hits = [count for _, count in places]
    where = located(program, [at for at, _ in places])
    yield f"{total:7}  {title}, by function:"
    for function, count in sums([function for function, _ in where], hits):
        yield f"{count:7}  {function}"
    yield f"by line, {LEAST_LINE} or more, of the function it is inlined from:"
    for (function, line), count in sums(where, hits):
        if count >= LEAST_LINE:
            yield f"{count:7}  {line:24} {function}"


def told(kernel, program, row):
    """The profile of one row as lines of text. `program`: that runs in user mode, if only one
    does; else None."""
    inside = [place for place in row["places"] if place[0] >= KERNEL_BASE]
    outside = [place for place in row["places"] if place[0] < KERNEL_BASE]
    yield from part_told("in the kernel", kernel, inside, sum(count for _, count in inside))
    if program:
        yield from part_told("in user mode", program, outside, row["user"])
    else:
        yield f"{row['user']:7}  in user mode, by several programs"
