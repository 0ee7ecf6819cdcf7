"""The states of both reducers over one log."""

import itertools
import os
import subprocess
import tempfile
from pathlib import Path

import fold

ROOT = Path(os.environ.get("WL_ROOT", Path(__file__).resolve().parents[2]))
BUILD = Path(os.environ.get("WL_DEBUG_BUILD", ROOT / "build/debug"))
PROGRAMS = BUILD / "tests/reducer"
STATES = 40  # of a log that are compared, beside the last


def every(raw):
    return max(1, len(raw) // fold.RECORD_BYTES // STATES)


def states_here(raw, step, state=None):
    """By fold.py: text of each state, then, where one is, the refusal."""
    state = state or fold.State()
    for c in fold.commits(raw):
        try:
            state.apply(c)
        except fold.Refused:
            yield f"refused {state.count}\n"
            break
        if state.count % step == 0:
            yield state.text()
    yield state.text()


def states_c(raw, step):
    """By libsys/reduce.c, the same."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(raw)
        file.flush()
        command = [PROGRAMS / "reducer_states", file.name, str(step)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    block = []
    for line in done.stdout.splitlines(keepends=True):
        if line.startswith(("at ", "refused ")) and block:
            yield "".join(block)
            block = []
        block.append(line if not line.startswith("refused ") else line.partition(":")[0] + "\n")
    yield "".join(block)


def difference(raw, step=None, state=None):
    """(states compared, None), or (states compared, where the two part)."""
    step = step or every(raw)
    count = 0
    for ours, theirs in itertools.zip_longest(states_here(raw, step, state), states_c(raw, step)):
        if ours != theirs:
            return count, first_line(ours or "no state", theirs or "no state")
        count += 1
    return count, None


def first_line(ours, theirs):
    for a, b in itertools.zip_longest(ours.splitlines(), theirs.splitlines()):
        if a != b:
            return f"{ours.splitlines()[0]}: here {a}, in C {b}"
    return "length"
