"""Where in the kernel the instructions of a row are."""

import subprocess

from wl.errors import Refused

SYMBOLIZER = "llvm-symbolizer-14"


def located(kernel, addresses):
    """(function, file:line) for each address: the innermost of those inlined there."""
    asked = "".join(f"{at:#x}\n" for at in addresses)
    try:
        done = subprocess.run([SYMBOLIZER, f"--obj={kernel}", "--basenames", "--inlines"],
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


def told(kernel, row):
    """The profile of one row as lines of text."""
    hits = [count for _, count in row["places"]]
    places = located(kernel, [at for at, _ in row["places"]])
    yield f"{row['user']:7}  in user mode"
    yield f"{sum(hits):7}  in the kernel, by function:"
    for function, count in sums([function for function, _ in places], hits):
        yield f"{count:7}  {function}"
    yield "by line, four or more, of the function it is inlined from:"
    for (function, line), count in sums(places, hits):
        if count >= 4:
            yield f"{count:7}  {line:24} {function}"
