"""clang-format and clang-tidy over the tree."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

from wl import tree

# The analyzer looks into fewer callees: a tenth of the time, for checks that seldom need more.
SHALLOW = [f"--extra-arg={part}" for part in ("-Xclang", "-analyzer-config", "-Xclang",
                                              "mode=shallow")]
TIDY_FOLDERS = ("kernel", "libsys", "init", "servers", "drivers", "programs", "images")


def run_clang_format(paths):
    return subprocess.run(["clang-format-14", "--dry-run", "-Werror", *paths], cwd=tree.ROOT,
                          capture_output=True, text=True)


def format_check():
    """Every C and C++ file is as clang-format writes it."""
    paths = [str(path) for path in tree.files("*.c", "*.h", "*.cpp")]
    done = run_clang_format(paths)
    if done.returncode == 0:
        print(f"{len(paths)} files")
        return []
    files = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "error:" in line})
    return [f"{name}: not as clang-format writes it (clang-format-14 -i {name})" for name in files]


def tidy_one(build, path):
    done = subprocess.run(["clang-tidy-14", "--quiet", *SHALLOW, "-p", str(build), str(path)],
                          cwd=tree.ROOT, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    return [line for line in lines if " error: " in line or " warning: " in line]


def tidy(build):
    """clang-tidy's checks of .clang-tidy on the code that runs inside."""
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    compiled = {command["file"] for command in commands}
    paths = [tree.ROOT / path for path in tree.files(*TIDY_FOLDERS) if path.suffix == ".c"]
    paths = [path for path in paths if str(path) in compiled]
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda path: tidy_one(build, path), paths)
    print(f"{len(paths)} files")
    if not paths:
        return ["no file was found to check"]
    return sorted({line for lines in results for line in lines})
