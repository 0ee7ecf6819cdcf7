"""Sizes and layout: the kernel's budget, files, functions, lines, includes."""

import ast
import csv
import io
import re
import subprocess

from wl import tree

KERNEL_LIMIT = 3000
FILE_LINES, FUNCTION_LINES, COLUMNS = 400, 70, 100
SOURCES = ("*.c", "*.h", "*.S", "*.cpp", "*.py", "*.capnp", "*.cmake", "CMakeLists.txt")
SCRIPTS = ("tools/*", ".ci/run")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def count_kernel_lines():
    """File -> code lines, as cloc counts C, headers and assembly."""
    paths = [str(path) for path in tree.files("kernel") if path.suffix in (".c", ".h", ".S")]
    if not paths:
        return {}
    table = subprocess.run(["cloc", "--quiet", "--csv", "--by-file", *paths], cwd=tree.ROOT,
                           check=True, capture_output=True, text=True).stdout
    rows = csv.reader(io.StringIO(table[table.index("language") :]))
    return {row[1]: int(row[4]) for row in rows if len(row) > 4 and row[1] in paths}


def budget_rows():
    """(subsystem, patterns, budget) of the table in kernel/README.md."""
    rows = []
    if not (tree.ROOT / "kernel/README.md").exists():
        return rows
    table = tree.read("kernel/README.md").partition("| subsystem | files | budget |")[2]
    for line in table.partition("\n\n")[0].splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) >= 3 and cells[2].isdigit():
            patterns = re.findall(r"[\w./*\[\]-]+", cells[1].replace("`", " "))
            rows.append((cells[0], patterns, int(cells[2])))
    return rows


def kernel_lines():
    """Each file belongs to one row of the budget, and no row is over it."""
    problems = []
    counts = count_kernel_lines()
    total = sum(counts.values())
    left = {name.removeprefix("kernel/"): lines for name, lines in counts.items()}
    rows = budget_rows()
    if not rows:
        return ["kernel/README.md: no table `| subsystem | files | budget |`"]
    for subsystem, patterns, budget in rows:
        used = 0
        for pattern in patterns:
            regex = re.compile(re.escape(pattern).replace(r"\*", "[^/]*").replace(r"\[ch\]", "[ch]")
                               .replace(r"\[", "[").replace(r"\]", "]"))
            for name in [n for n in left if regex.fullmatch(n)]:
                used += left.pop(name)
        print(f"{subsystem:28} {used:5} of {budget:5}")
        if used > budget:
            problems.append(f"kernel/README.md: {subsystem} has {used} lines, budget {budget}")
    for name in left:
        problems.append(f"kernel/{name}: in no row of the budget in kernel/README.md")
    print(f"{'kernel':28} {total:5} of {KERNEL_LIMIT:5}")
    if total > KERNEL_LIMIT:
        problems.append(f"kernel: {total} code lines, at most {KERNEL_LIMIT}")
    return problems


def sources():
    scripts = [p for p in tree.files(*SCRIPTS) if p.parent.name in ("tools", ".ci")]
    scripts = [p for p in scripts if tree.read(p).startswith("#!")]
    return sorted(set(tree.files(*SOURCES)) | set(scripts))


def c_functions(text):
    """(first line, lines) of each function: its brace stands alone in column 0."""
    lines = text.split("\n")
    for index, line in enumerate(lines):
        if line != "{" or index == 0:
            continue
        start = index - 1
        while start > 0 and lines[start - 1].strip() and lines[start - 1][-1] not in ";}/":
            start -= 1
        end = next((i for i in range(index, len(lines)) if lines[i].startswith("}")), len(lines))
        yield start + 1, end - start + 1


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            yield node.lineno, node.end_lineno - node.lineno + 1


def functions(path, text):
    if path.suffix in (".c", ".h", ".cpp"):
        return c_functions(text)
    if path.suffix == ".py" or text.startswith("#!/usr/bin/python3"):
        return python_functions(text)
    return ()


def shape():
    """Files, functions and lines are not too long."""
    problems = []
    for path in sources():
        text = tree.read(path)
        lines = text.split("\n")
        if len(lines) - 1 > FILE_LINES:
            problems.append(f"{path}: {len(lines) - 1} lines, at most {FILE_LINES}")
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS and path.suffix != ".capnp":
                problems.append(f"{path}:{number}: {len(line)} columns, at most {COLUMNS}")
            if line != line.rstrip() and path.suffix != ".md":
                problems.append(f"{path}:{number}: white space at the end")
        for first, length in functions(path, text):
            if length > FUNCTION_LINES:
                problems.append(f"{path}:{first}: a function of {length} lines,"
                                f" at most {FUNCTION_LINES}")
    return problems


def resolve(path, name, known):
    """The file that an include means, or None if it is not one of the tree."""
    for base in (path.parent, path.parents[-2] if len(path.parents) > 1 else path.parent):
        candidate = (tree.ROOT / base / name).resolve()
        if candidate.is_relative_to(tree.ROOT) and candidate.relative_to(tree.ROOT) in known:
            return candidate.relative_to(tree.ROOT)
    folders = ("kernel", "libsys", "kernel/arch/x86_64")
    if component(path) != "kernel":  # as the compiler is told: libsys first
        folders = ("libsys", "kernel", "kernel/arch/x86_64")
    for base in folders:
        candidate = (tree.ROOT / base / name).relative_to(tree.ROOT)
        if candidate in known:
            return candidate
    return None


def find_cycle(graph):
    """A cycle as a list of nodes, or None. Iterative: the graph may be deep."""
    done, path, on_path = set(), [], set()
    for root in graph:
        stack = [(root, iter(graph[root]))] if root not in done else []
        path, on_path = [root] if stack else [], {root} if stack else set()
        while stack:
            node, edges = stack[-1]
            target = next(edges, None)
            if target is None:
                stack.pop()
                done.add(node)
                on_path.discard(path.pop())
            elif target in on_path:
                return path[path.index(target) :] + [target]
            elif target not in done and target in graph:
                stack.append((target, iter(graph[target])))
                path.append(target)
                on_path.add(target)
    return None


def component(path):
    """`servers/vfs` of a file below it: what no other component may include."""
    if path.parts[0] in ("servers", "drivers") and len(path.parts) > 2:
        return "/".join(path.parts[:2])
    return path.parts[0]


def includes():
    """Headers include each other without cycles; a server knows no other server's folder."""
    problems = []
    known = set(tree.files("*.h", "*.c", "*.cpp"))
    graph = {}
    for path in sorted(known):
        names = INCLUDE.findall(tree.without_comments(tree.read(path)))
        targets = [t for t in (resolve(path, name, known) for name in names) if t]
        graph[path] = targets
        own = component(path)
        for target in targets:
            other = component(target)
            if other != own and other.split("/")[0] in ("servers", "drivers", "init") \
                    and own != "tests":
                problems.append(f"{path}: includes {target}, another program's own header")
            if own == "kernel" and other != "kernel":
                problems.append(f"{path}: the kernel includes {target}")
            if "kernel" == other and target.parts[1] != "abi" and own not in ("kernel", "tests"):
                problems.append(f"{path}: includes {target}, the kernel's own header")
            if "abi" in path.parts and "abi" not in target.parts:
                problems.append(f"{path}: the ABI depends on {target}")
    cycle = find_cycle(graph)
    if cycle:
        problems.append("include cycle: " + " -> ".join(map(str, cycle)))
    return problems
