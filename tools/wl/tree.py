"""The files of the tree, and C text without comments: shared by the checks."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
COMMENT_OR_STRING = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def files(*patterns):
    """Tracked and new files (not ignored ones) that match a pattern, as paths below ROOT."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", *patterns],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [Path(name) for name in sorted(set(listed)) if (ROOT / name).is_file()]


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def without_comments(text):
    """Same line numbers; strings stay."""
    def blank(found):
        token = found.group(0)
        return "\n" * token.count("\n") if token.startswith("/") else token

    return COMMENT_OR_STRING.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
