"""The methods of tools/verify: which tests, what they show, and what they leave open.

A figure is a text with {0}, {1} ... for the groups of a pattern, or {NAME} for a line
`FIGURE NAME value unit` that a test prints. Of a pattern met several times whole numbers add up.
"""

from dataclasses import dataclass, field

# design.md's invariants, in a few words; what has no method is told below the table.
PROPERTIES = {
    "I1": "capabilities name live objects", "I2": "derivation is a forest, rights narrow",
    "I3": "a revoke leaves nothing", "I4": "retyped memory is inside, disjoint, zeroed",
    "I5": "a page has one owner; no W+X; no table mapped", "I6": "queues as states say",
    "I7": "a Reply is used once", "I8": "budgets are conserved; the highest runs",
    "I9": "a step changes what it may", "I10": "authority within its closure",
    "I11": "only axiom holds authority", "I12": "state is the fold of the commits",
    "I13": "a damaged log is detected", "I14": "no ring loses silently",
    "I15": "recovery after a crash", "I16": "keys stay in the keystore",
    "I17": "fast path equals slow path", "I18": "same events, same state",
    "I19": "lines, no heap, no policy",
}
STATE = "I1 I2 I4-I8"  # what the predicates INV-* say of a state


@dataclass
class Method:
    name: str
    checks: str  # ids of PROPERTIES, ranges allowed; may be empty
    how: str
    bound: str
    tests: str  # a regular expression over names of CTest
    figures: list = field(default_factory=list)  # (text, pattern or None)
    leaves: str = ""
    long: str = ""  # more tests, with --long
    long_bound: str = ""
    slow: bool = False  # in the short form only when it is named


METHODS = [
    Method("unit", f"{STATE} I3 I9 I12 I14", "unit tests of the core on the host, ASan and UBSan",
           "every error of every operation; every INV-* broken once", "kernel",
           [("{0} tests", r"\[  PASSED  \] (\d+) test")],
           "one CPU's order at a time; sequences that nobody wrote down"),
    Method("coverage", "", "branches of kernel/*.c that the unit tests reach",
           "98 % of sides; each other one listed with its reason", "coverage|coverage_tool",
           [("{branch_coverage} of branches, {line_coverage} of lines", None)],
           "kernel/arch; paths, values"),
    Method("storm", f"{STATE} I9 I12 I14 I18", "random steps, predicates and the fold after each",
           "100 seeds", "kernel_storm|kernel_storm_planted",
           [("{0} steps, {1} seeds", r"storm: (\d+) steps in \d+ worlds of (\d+) seeds")],
           "what these seeds do not meet", "kernel_storm_long", "1,000 seeds more"),
    Method("fuzz", f"{STATE} I9 I12", "libFuzzer guided by the core's branches",
           "25 s", "kernel_fuzz", [("{0} inputs", r"number_of_executed_units:\s+(\d+)")],
           "inputs not tried", "kernel_fuzz_long", "20 minutes", slow=True),
    Method("explorer", f"{STATE} I3 I9 I12 I17", "breadth-first: every operation in every state",
           "small configurations, up to a number of states",
           "model_explore|model_explore_steps|model_explore_checked",
           [("{0} states", r"(?m)^(\d+) states$")],
           "larger configurations; what lies deeper than the search",
           "model_explore_long|model_explore_bug_.*", "20 million states; planted faults"),
    Method("proofs", "I2 I4 I8 I14", "Frama-C WP: contracts beside the code, by z3 and cvc4",
           "all inputs of the functions listed in kernel/README.md", "proofs",
           [("{0} functions, {1} goals", r"(\d+) functions, (\d+) goals")],
           "functions without a contract; what a requires says of callers; the prover",
           "proofs_can_fail", "planted faults", slow=True),
    Method("spin", "I14", "Spin: CPUs and their lock, the kernel's ring, rings between processes",
           "all interleavings of small models", "spin", [],
           "that the models are the code", "spin_long", "larger models", slow=True),
    Method("reducer", "I12 I13", "the fold and the store, again in Python, from their prose",
           "logs of the storm, disk images, recorded boots", "reducer|replay",
           [("{0} commits, {1} states", r"worlds, (\d+) commits, (\d+) complete states compared")],
           "what both took from the same words", "replay_target", "the target tests' log"),
    Method("mutants", "", "faults planted in the core, each killed by a suite",
           "the list of mutants; each checker alone", "mutants|mutants_runner",
           [("{1} of {0} killed", r"mutants: (\d+) planted, (\d+) killed")],
           "faults that nobody planted", "mutants_all", "by every suite", slow=True),
    Method("replay", "I18", "boots recorded in QEMU, executed again on the host",
           "every event of the boots", "replay|replay_random",
           [("{0} events agree", r"(\d+) events, \d+ commits: all agree")],
           "what the events do not say of user memory", "replay_random_long|replay_target",
           "more worlds; all target tests"),
    Method("checked", STATE, "the predicates inside the kernel, in QEMU",
           "every 16th step of a session, worst cases, three groups of tests", "checked",
           [("{checked_looks} looks, {checked_steps} steps", None)],
           "steps between two looks; the fold", "checked_long", "the whole suite"),
    Method("target", "I3 I4 I5 I7 I9 I12 I14", "hostile programs inside the system; then verify",
           "every operation, every error; 10^6 random calls of a stranger", "target_release",
           [("{0} tests", r"(?m)^1\.\.(\d+)")],
           "real hardware", "target_(debug|release).*", "again and again; the debug kernel, too"),
    Method("interrupts", "", "QEMU plugin: instructions with interrupts off",
           "20,000; a revoke of 10^5 does not move it", "interrupts_off|interrupts_off_fails",
           [("longest {interrupts_off_longest}", None)],
           "time; more than 1,200 parked threads; waiting for the lock",
           "interrupts_off_long", "all target tests"),
    Method("verify", "I1 I2 I4 I5 I11 I12 I13", "`verify` in the running system, after each boot",
           "all slots against the fold of all commits", "e2e_authority|e2e_distribution|audit_.*",
           [("{0} checks passed", r"Ran (\d+) tests?")],
           "execution state; what the walk does not tell"),
    Method("log", "I12 I13", "the chain and the fold as libraries: every damage is found",
           "one record flipped, dropped, swapped, repeated, cut", "log_.*",
           [("{0} tests", r"\[  PASSED  \] (\d+) test")], "two damages that undo each other"),
    Method("store", "I13 I15", "the log on a disk: a crash at every write, every bit flipped",
           "all workloads of three operations; sectors torn", "store_(tamper|errors|open|crash)",
           [("{0} crash states", r"crash_explore: (\d+) crash states")],
           "a device that lies about flushes", "store_crash_long|store_tamper_all",
           "random workloads"),
    Method("cuts", "I15", "the running system under load, its power cut at random points",
           "a disk that loses, keeps and tears what was not flushed", "e2e_cuts",
           [("{0} cuts, {1} commands", r"(\d+) cuts, .* (\d+) commands and")],
           "moments that were not drawn", "e2e_cuts_long", "50 cuts"),
    Method("sources", "I19", "lines by cloc, no policy word, stack depth, numbers, includes",
           "3,000 lines", "check_(kernel_lines|policy|stack|numbers|includes)",
           [("{0} lines", r"(?m)^kernel\s+(\d+) of")], "what a line does"),
]
