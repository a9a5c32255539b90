"""What `make mutants` found, by file, and what survived: `python -m tools.mutants_table [FILE]`."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict
from importlib.metadata import version
from pathlib import Path

from benchmarks.records.machine import git, versions
from benchmarks.show.markdown import replace_table
from benchmarks.show.section import Section, markdown, print_sections

NOTICED = ("killed", "timeout")  # a test failed, or did not end


def mutmut(*words: str) -> str:
    """What the command prints of the run that left the folder `mutants`."""
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


def section(found: dict[str, str]) -> Section:
    """A row a file: its mutants by status."""
    files: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for mutant, status in found.items():
        files[place(mutant)[0]][status] += 1
    columns = sorted({*NOTICED, "survived", *found.values()})
    rows = [
        [file, *(f"{n:,}" for n in (counted.total(), *map(counted.__getitem__, columns)))]
        for file, counted in [*sorted(files.items()), ("all", Counter(found.values()))]
    ]
    checkout = git()
    changed = " and what was changed in it" if checkout["dirty"] else ""
    note = f"Python {versions()['python']}, mutmut {version('mutmut')}"
    notes = [f"commit {checkout['commit']}{changed}; {note}"]
    return Section("Mutants", ("file", "mutants", *columns), rows, notes=notes)


def survivors(found: dict[str, str]) -> str:
    """What each of them changed, function by function, as Markdown."""
    lines, last = [], None
    for mutant, status in found.items():
        if status in NOTICED:
            continue
        if place(mutant) != last:
            last = place(mutant)
            lines.append("@@ {}: {} @@".format(*last))
        shown = mutmut("show", mutant).splitlines()
        lines += [s for s in shown if s[:1] in ("-", "+") and not s.startswith(("---", "+++"))]
    return "\n".join(["```diff", *lines, "```"])


def main() -> None:
    found = statuses(mutmut("results", "--all", "true"))
    print_sections([section(found)])
    for page in map(Path, sys.argv[1:]):
        replace_table(page, markdown([section(found)]) + "\n" + survivors(found))


if __name__ == "__main__":
    main()
