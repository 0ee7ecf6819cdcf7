"""Nothing is assumed silently: what stands in annotations, against the list of assumptions."""

import re
from pathlib import Path

from functions import PROVED

HERE = Path(__file__).resolve().parent
KERNEL = HERE.parents[1] / "kernel"

# Functions of the machine that are specified and not proved, all in these headers. README.md says
# what each is taken to do.
ASSUMED = {"phys_to_ptr", "ptr_to_phys", "cpu", "arch_clear_page"}
AXIOMATICS = {"arith": "arith.h", "direct_map": "arch_window.h", "this_cpu": "arch_window.h",
              "climbing": "tree.h"}
COMMENT = re.compile(r"/\*@(.*?)\*/|//@([^\n]*)", re.DOTALL)
FORBIDDEN = re.compile(r"\b(admit|assume|axiom|axiomatic|lemma|inductive)\b")


def problems():
    found = []
    for path in sorted(KERNEL.glob("*.[ch]")) + sorted(HERE.glob("*.h")):
        text = path.read_text()
        in_kernel = path.parent == KERNEL
        for match in COMMENT.finditer(text):
            body = match[1] or match[2]
            for word in FORBIDDEN.findall(body):
                if in_kernel:
                    found.append(f"{path.name}: '{word}' in the kernel's annotations")
        if not in_kernel:
            for name in re.findall(r"\baxiomatic (\w+)", text):
                if AXIOMATICS.get(name) != path.name:
                    found.append(f"{path.name}: axiomatic {name} is on no list")
            if re.search(r"\b(admit|lemma)\b", text):
                found.append(f"{path.name}: admit or lemma")
            if path.name != "arith.h" and re.search(r"\baxiom\b", text):
                found.append(f"{path.name}: an axiom outside arith.h")
        for name in contracts(text):
            if name not in (PROVED if in_kernel else ASSUMED):
                found.append(f"{path.name}: {name} has a contract that nobody proves")
    code = "".join(path.read_text() for path in sorted(KERNEL.glob("*.c")))
    for name in PROVED:
        function = rf"^[\w *]*\b{name}\([^;{{]*\)\n{{\n(.*?)^}}\n"
        body = re.search(function, code, re.DOTALL | re.MULTILINE)
        if body is None:
            found.append(f"kernel: there is no function {name}")
            continue
        for callee in set(re.findall(r"\barch_\w+(?=\()", body[1])) - ASSUMED:
            found.append(f"{name} calls {callee}, of which nothing is said")
    return found


def contracts(text):
    """Functions right behind an annotation that is a contract."""
    for match in re.finditer(r"/\*@(.*?)\*/\n([^\n;{]*(?:\n[^\n;{]+)?)[;{\n]", text, re.DOTALL):
        if re.search(r"\b(requires|ensures|assigns)\b", match[1]) and "loop" not in match[1]:
            name = re.search(r"(\w+)\(", match[2])
            yield name[1] if name else f"what stands behind {match[1].strip()[:30]!r}"
