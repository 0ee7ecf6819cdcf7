"""Words and numbers: what must not stand in the kernel or the tree, what must be unique."""

import re

from wl import tree

# Policy and services are user space's. Words of identifiers and strings, comments aside.
POLICY_WORDS = """
    ledger audit vfs shell uart power keystore identity membrane vertex registry
    filesystem directory folder filename pathname path inode username password uid gid
    permission policy acl role tenant epoch chirality session daemon driver socket
    process pid""".split()
# The layout of the boot image names files by path: for user space, the kernel does not look.
POLICY_FILES_EXEMPT = ("kernel/abi/boot.h",)
TREE_WORDS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
# Not /home: that is where people have their files in this system, too.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(root|work|farm|mnt|Users)/\w")
HOSTS = re.compile(r"\b[\w.-]*\b(debian|npmjs|pypi|pythonhosted|crates)\.(org|com|io)\b")
STRING = re.compile(r'"((?:\\.|[^"\\\n])*)"')
ENUM = re.compile(r"\benum\s+(\w+)?\s*\{(.*?)\}", re.DOTALL)
DEFINE = re.compile(r"^#define\s+(\w+)\s+(.+)$", re.MULTILINE)
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include.*$", re.MULTILINE)
LEGEND = re.compile(r"^ \*\s+(\d+) ([A-Z_]{3,})\s{2,}", re.MULTILINE)
CAPNP_ID = re.compile(r"@(0x[0-9a-f]{16})")


def policy():
    """No policy word, path or service name in the kernel."""
    problems = []
    word = re.compile(r"(?<![a-z])(" + "|".join(POLICY_WORDS) + r")s?(?![a-z])", re.IGNORECASE)
    for path in tree.files("kernel"):
        if path.suffix not in (".c", ".h", ".S", ".ld") or str(path) in POLICY_FILES_EXEMPT:
            continue
        text = INCLUDE.sub("", tree.without_comments(tree.read(path)))
        if path.suffix == ".S":
            text = re.sub(r"#(?!\s*(define|if|endif|else|include)).*", "", text)
        for found in word.finditer(text):
            where = f"{path}:{tree.line_of(text, found.start())}"
            problems.append(f"{where}: the word {found.group(0)!r} is not the kernel's")
        for found in STRING.finditer(text):
            if found.group(1).startswith("/"):
                where = f"{path}:{tree.line_of(text, found.start())}"
                problems.append(f"{where}: a path in the kernel: {found.group(0)}")
    return problems


def text():
    """No machine's paths, no package host, no unfinished-work marks; a README in each folder."""
    problems = []
    for path in tree.files():
        if str(path) == "tools/wl/check_text.py":
            continue
        try:
            contents = tree.read(path)
        except UnicodeDecodeError:
            continue
        for pattern, what in ((TREE_WORDS, "unfinished work"), (MACHINE_PATHS, "a machine's path"),
                              (HOSTS, "a package host")):
            for found in pattern.finditer(contents):
                line = tree.line_of(contents, found.start())
                problems.append(f"{path}:{line}: {what}: {found.group(0)}")
    folders = {path.parts[0] for path in tree.files() if len(path.parts) > 1}
    folders |= {"/".join(path.parts[:2]) for path in tree.files("servers", "drivers")
                if len(path.parts) > 2}
    for folder in sorted(folders):
        if not folder.startswith(".") and not (tree.ROOT / folder / "README.md").is_file():
            problems.append(f"{folder}: has no README.md")
    return problems


def enumerators(body, names):
    """(name, value) of an enum's body; `names` are constants known so far."""
    value = -1
    for item in body.split(","):
        name, _, expression = (part.strip() for part in item.partition("="))
        if not name:
            continue
        if expression:
            value = evaluate(expression, names)
        elif value is not None:
            value += 1
        if value is not None:
            names[name] = value
        yield name, value


def evaluate(expression, names):
    """The number, or None: a size, a cast, a macro with arguments."""
    plain = re.sub(r"(?<=[0-9a-fA-F])[uUlL]+\b", "", expression)
    try:
        return int(eval(plain, {"__builtins__": {}}, dict(names)))  # numbers of our own headers
    except (SyntaxError, NameError, TypeError, ValueError):
        return None


def legend_problems(path, names):
    """A comment's legend says the same as the code: ` * 3 CAP_TYPE  what it means`."""
    for number, word in LEGEND.findall(tree.read(path)):
        meant = [name for name in names if name.endswith("_" + word)]
        if not any(names[name] == int(number) for name in meant):
            yield f"{path}: the legend says {word} is {number}"


def numbers():
    """In each named enum of the ABI no two names have the same number; IDL ids are unique."""
    problems, names, seen = [], {}, 0
    headers = sorted(tree.files("kernel/abi/*.h"), key=lambda p: (p.name != "object.h", p.name))
    for path in headers:
        contents = tree.without_comments(tree.read(path))
        for name, expression in DEFINE.findall(contents):
            value = evaluate(expression, names)
            if value is not None:
                names[name] = value
        for tag, body in ENUM.findall(contents):
            by_value = {}
            for name, value in enumerators(body, names):
                seen += 1
                if tag and value is None:
                    problems.append(f"{path}: enum {tag}: {name} is no plain number")
                elif tag and value in by_value:
                    other = by_value[value]
                    problems.append(f"{path}: enum {tag}: {name} and {other} are both {value}")
                by_value[value] = name
        problems += legend_problems(path, names)
    ids = {}
    for path in tree.files("idl/*.capnp"):
        for found in CAPNP_ID.findall(tree.read(path)):
            if found in ids:
                problems.append(f"{path}: id {found} stands in {ids[found]} too")
            ids[found] = path
    print(f"{seen} enumerators, {len(ids)} interface ids")
    if not seen or not ids:
        problems.append("nothing was found to check")
    return problems
