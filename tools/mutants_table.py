"""The mutants of each file, and those that survived: `python -m tools.mutants_table [FILE]`."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path

from benchmarks.show.markdown import replace_table
from benchmarks.show.section import Section, markdown, print_sections
from tools.project import made_with

NOTICED = ("killed", "timeout")  # a test failed, or did not end


def mutmut(*words: str) -> str:
    """The output of `mutmut`, which reads the folder `mutants` of its last run."""
    command = [str(Path(sys.executable).with_name("mutmut")), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def statuses(results: str) -> dict[str, str]:
    """The status of each mutant by its name, from `mutmut results --all true`."""
    return dict(line.strip().split(": ") for line in results.splitlines() if line.strip())


def place(mutant: str) -> tuple[str, str]:
    """File and function of `common.trace.x_bound__mutmut_7`; a method is `xǁClassǁmethod`."""
    module, _, function = mutant.partition("__mutmut_")[0].rpartition(".")
    name = function.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
    return module.replace(".", "/") + ".py", name


def section(mutants: dict[str, str]) -> Section:
    """The table, one row per file: its mutants by status."""
    files: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for mutant, status in mutants.items():
        files[place(mutant)[0]][status] += 1
    columns = sorted({*NOTICED, "survived", *mutants.values()})
    rows = [
        [file, *(f"{n:,}" for n in (counts.total(), *map(counts.__getitem__, columns)))]
        for file, counts in [*sorted(files.items()), ("all", Counter(mutants.values()))]
    ]
    notes = [f"{made_with()}, mutmut {version('mutmut')}"]
    return Section("Mutants", ("file", "mutants", *columns), rows, notes=notes)


def survivors(mutants: dict[str, str]) -> str:
    """The changed lines of each mutant that survived, function by function, as Markdown."""
    lines, last = [], None
    for mutant, status in mutants.items():
        if status in NOTICED:
            continue
        if place(mutant) != last:
            last = place(mutant)
            lines.append("@@ {}: {} @@".format(*last))
        diff = mutmut("show", mutant).splitlines()
        lines += [s for s in diff if s[:1] in ("-", "+") and not s.startswith(("---", "+++"))]
    return "\n".join(["```diff", *lines, "```"])


def main() -> None:
    mutants = statuses(mutmut("results", "--all", "true"))
    print_sections([section(mutants)])
    for page in map(Path, sys.argv[1:]):
        replace_table(page, markdown([section(mutants)]) + "\n" + survivors(mutants))


if __name__ == "__main__":
    main()
