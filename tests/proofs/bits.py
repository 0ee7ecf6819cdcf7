"""The axioms of arith.h, proved by z3 as facts about vectors of 128 bits, for every count."""

import re
import subprocess
from pathlib import Path

HEADER = Path(__file__).resolve().parent / "arith.h"


def vector(value):
    return f"(_ bv{value} 128)"


def queries(n):
    """axiom -> what must have no model, for the count n. `x` is any number below 2^64."""
    power, shift = vector(2**n), vector(n)
    rest = f"(bvurem x {power})"
    back = f"(bvshl (bvlshr x {shift}) {shift})"
    return {
        "shift": f"(not (= (bvshl x {shift}) (bvmul x {power})))",
        "shift_64": f"(and (bvule x {vector(64)}) {'true' if n <= 46 else 'false'}"
                    f" (bvugt (bvshl x {shift}) {vector(2**52)}))",
        "shift_back": f"(not (and (= {back} (bvsub x {rest})) (= (bvurem {back} {power})"
                      f" {vector(0)})))",
        "rest_less": f"(not (bvult {rest} {power}))",
        "bytes_46": f"(not (=> {'true' if n <= 46 else 'false'} (and (bvugt {power} {vector(0)})"
                    f" (bvule {power} {vector(2**46)}))))",
        "bytes_pages": f"(not (=> {'true' if 12 <= n else 'false'} (= {power} (bvmul {vector(4096)}"
                       f" {vector(2**n // 4096)}))))",
    }


def problems():
    """Axioms that are no facts, or that nobody proves."""
    stated = set(re.findall(r"axiom (\w+):", HEADER.read_text()))
    names = [(name, n) for n in range(64) for name in queries(n)]
    script = ["(set-logic QF_BV)", "(declare-const x (_ BitVec 128))",
              f"(assert (bvult x {vector(2**64)}))"]
    for name, n in names:
        script += ["(push)", f"(assert {queries(n)[name]})", "(check-sat)", "(pop)"]
    answers = subprocess.run(["z3", "-in"], input="\n".join(script), text=True,
                             capture_output=True, check=False).stdout.split()
    found = [f"arith.h: {name} at {n}: {answer}" for (name, n), answer in zip(names, answers)
             if answer != "unsat"]
    if len(answers) != len(names):
        found.append(f"arith.h: {len(answers)} answers to {len(names)} questions")
    return found + [f"arith.h: {name} is proved by nobody" for name in stated - set(queries(1))]
