"""The porting bench: how often is the judge of two models right?

`python -m tools.porting [PATH...]` runs files and folders of twins files whose truth is known: a
file says it itself (TRUTH, PLACE, CAUSE, CAUSES), or a table in the folder's README.md does. What
`--json` wrote of another run is a PATH too, and is shown beside the rest. Ends
with status 1 if a right port is called wrong or a wrong one right, or a wrong cause is called
proved.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.harness.process import Child
from benchmarks.show.section import Section, show
from common.say import say
from tools.memory import Peak
from tools.ports import KINDS, SITUATIONS, TRUTHS, VERDICTS, Outcome, Situation, situations
from tools.project import made_with
from tools.rivals import RIVALS, answers


class Children(dict[str, Child]):
    """A process for each framework, which serves many files; one that died is made anew."""

    def died(self) -> bool:
        return any(child.connection.closed for child in self.values())

    def renew(self, frameworks: Iterable[str]) -> None:
        from benchmarks.twins.judge import THREADS

        for name in frameworks:
            if name not in self or self[name].connection.closed:
                self[name] = Child(name, threads=THREADS)

    def close(self) -> None:
        for child in self.values():
            child.close()
        self.clear()


@contextmanager
def _children() -> Iterator[Children]:
    children = Children()
    try:
        yield children
    finally:
        children.close()


def outcomes(
    cases: Sequence[tuple[Situation, int]],
    judge: Callable[..., Any],
    children: Children,
    *,
    alone: bool = False,
) -> Iterator[Outcome]:
    """The judge's answer to each situation and seed. An error of it is an outcome, "crashed", and
    ends its processes; but one that tells the user what to write, ValueError, is a refusal.
    `alone`: each has processes of its own, as from the command line."""
    made = made_with()
    for case, seed in cases:
        start = time.monotonic()
        with Peak() as peak:
            outcome = _outcome(case, seed, judge, children)
        seconds = time.monotonic() - start
        yield replace(outcome, seconds=seconds, memory=peak.bytes, made_with=made)
        if alone:
            children.close()


def _outcome(case: Situation, seed: int, judge: Callable[..., Any], children: Children) -> Outcome:
    try:
        frameworks = case.frameworks
        children.renew(frameworks)
        judgement = judge(case.path, frameworks, seed=seed, children=children)
        if children.died():  # perhaps of what many files had left there: once more, afresh
            children.renew(frameworks)
            judgement = judge(case.path, frameworks, seed=seed, children=children)
        return Outcome(
            case,
            seed,
            judgement.verdict,
            judgement.sentence,
            judgement.places,
            judgement.notes,
            answers(judgement.outputs, judgement.first_layer),
            causes=[(cause.entry, cause.proved) for cause in judgement.causes],
        )
    except ValueError as error:
        return Outcome(case, seed, "refused", str(error))
    except Exception as error:
        children.close()
        return Outcome(case, seed, "crashed", f"{type(error).__name__}: {error}")


def sections(
    results: Sequence[Outcome], *, rivals: bool = False, each: bool = False
) -> list[Section]:
    """The tables: rates, each port by itself, and what people use today beside it."""
    tables = [_rates(results)]
    tables += [_each(results)] if each else []
    return tables + ([_beside(results)] if rivals else [])


def _each(results: Sequence[Outcome]) -> Section:
    """A row for each port: what it is, what it is called, and what that takes."""
    rows = []
    for outcome in results:
        case = outcome.situation
        text = ast.get_docstring(ast.parse(case.path.read_text(encoding="utf-8"))) or ""
        wrong = outcome.verdict == "wrong"
        place = ("yes" if outcome.placed else "no") if wrong and case.places else "-"
        cause = (outcome.explained or "no") if wrong and case.causes else "-"
        numbers = f"{outcome.seconds:.0f}", f"{outcome.memory / 1e9:.1f}"
        rows.append([case.path.stem, text, case.truth, outcome.verdict, place, cause, *numbers])
    headings = ("port", "what it is", "truth", "called", "place named", "cause", "s", "GB")
    notes = ["GB: the most memory that all processes had resident at once"]
    return Section("Each port", headings, rows, left=(0, 1, 2, 3, 4, 5), notes=notes)


def _rates(results: Sequence[Outcome]) -> Section:
    """How often each truth was called what; what is amiss has a line, what is fatal above it."""
    rows = []
    for truth in TRUTHS:
        ports = [o for o in results if o.situation.truth == truth]
        counts = [sum(o.verdict == verdict for o in ports) for verdict in VERDICTS]
        where = [o for o in ports if o.verdict == "wrong" and o.situation.places]
        placed = f"{sum(o.placed for o in where)} of {len(where)}" if where else "-"
        rows.append([truth, str(len(ports)), *map(str, counts), placed, *_explained(ports)])
    seconds = sum(o.seconds for o in results) / max(1, len(results))
    called = (f"called {verdict}" for verdict in VERDICTS)
    causes = ("cause named", "of these proved", "a wrong one proved")
    headings = ("truth", "ports", *called, "place named", *causes)
    seeds = ", ".join(map(str, sorted({o.seed for o in results})))
    made = "; ".join(sorted({o.made_with for o in results}))
    notes = [f"{made}; seeds {seeds}; {seconds:.1f} s a port"]
    notes += [_line(o) for o in results if not o.as_it_should_be and not o.fatal]
    astray = [o for o in results if o.as_it_should_be and o.situation.places and not o.placed]
    notes += [f"{_line(o)}; the place is {' or '.join(o.situation.places)}" for o in astray]
    without = [
        o for o in results if o.verdict == "wrong" and o.situation.causes and not o.explained
    ]
    notes += [f"{_line(o)}; the cause is {' or '.join(o.situation.causes)}" for o in without]
    notices = [
        _line(o) + (f"; proved wrongly: {', '.join(o.misproved)}" if o.misproved else "")
        for o in results
        if o.fatal
    ]
    title = "Ports and what the judge calls them"
    return Section(title, headings, rows, notes=notes, notices=notices)


def _explained(ports: Sequence[Outcome]) -> list[str]:
    """Of wrong ports whose causes are known: how many are named, proved, and proved wrongly."""
    known = [o for o in ports if o.verdict == "wrong" and o.situation.causes]
    if not known:
        return ["-", "-", "-"]
    words = [o.explained for o in known]
    named, proved = len(words) - words.count(""), words.count("proved")
    return [f"{named} of {len(known)}", str(proved), str(sum(bool(o.misproved) for o in known))]


def _line(outcome: Outcome) -> str:
    case = outcome.situation
    name = f"{case.path.stem}, seed {outcome.seed}"
    return f"{name}: is {case.truth}, {outcome.verdict}: {outcome.sentence}"


def _beside(results: Sequence[Outcome]) -> Section:
    """How many wrong ports of each kind are caught, and how many right ones are called wrong."""
    answered = [o for o in results if o.rivals and o.situation.truth in ("right", "wrong")]
    wrong = [o for o in answered if o.situation.truth == "wrong"]
    right = [o for o in answered if o.situation.truth == "right"]
    kinds = sorted({o.situation.kind for o in wrong}, key=[*KINDS, "other"].index)
    rows = [
        [f"wrong: {kind}", *_caught([o for o in wrong if o.situation.kind == kind])]
        for kind in kinds
    ]
    rows += [["*wrong, all: caught", *_caught(wrong)], ["*right: false alarms", *_caught(right)]]
    headings = ("kind of port", "ports", "twinbench", *(rival.name for rival in RIVALS))
    notes = ["a count is of ports called wrong; `-` where there was nothing to look at"]
    return Section("What each check sees", headings, rows, notes=notes)


def _caught(results: Sequence[Outcome]) -> list[str]:
    """The number of ports, and of those that the judge and each rival call wrong."""
    counts = [str(len(results)), str(sum(o.verdict == "wrong" for o in results))]
    for rival in RIVALS:
        same = [s for o in results if (s := o.rivals.get(rival.name)) is not None]
        counts.append(str(same.count(False)) if same else "-")
    return counts


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tools.porting")
    parser.add_argument("paths", nargs="*", type=Path, default=[SITUATIONS], metavar="PATH")
    parser.add_argument("--seeds", default="0", help="of rows and weights, such as 0,1")
    parser.add_argument("--each", action="store_true", help="a row for each, with time and memory")
    parser.add_argument("--rivals", action="store_true", help="what people use today beside it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every outcome there")
    parser.add_argument("--into", type=Path, metavar="PAGE", help="write the tables into a page")
    parser.add_argument("--mark", default="", help="the name of their marks in the page")
    args = parser.parse_args(arguments)
    written = [path for path in args.paths if path.suffix == ".json"]
    files = [path for path in args.paths if path not in written]
    try:
        results = [Outcome.of(o) for path in written for o in json.loads(path.read_text())]
        seeds = [int(seed) for seed in args.seeds.split(",")]
        ports = situations(files) if files or not written else []
    except ValueError as error:
        parser.error(str(error))
    cases = [(case, seed) for case in ports for seed in seeds]
    results += run(cases, alone=args.each) if cases else []
    tables = sections(results, rivals=args.rivals, each=args.each)
    show(tables)
    if args.into:
        show(tables, into=args.into, mark=args.mark)
    if args.json:
        args.json.write_text(json.dumps([o.record() for o in results], indent=1) + "\n")
    return int(any(o.fatal for o in results))


def run(cases: Sequence[tuple[Situation, int]], *, alone: bool = False) -> list[Outcome]:
    """All outcomes, with a line on standard error for each; Ctrl-C keeps those that are there."""
    from benchmarks.twins.judge import judge

    results: list[Outcome] = []
    with _children() as children, suppress(KeyboardInterrupt):
        for outcome in outcomes(cases, judge, children, alone=alone):
            results.append(outcome)
            name = f"{outcome.situation.path.stem}: {outcome.verdict}"
            say(
                f"{len(results)}/{len(cases)} {name if outcome.as_it_should_be else _line(outcome)}"
            )
    return results


if __name__ == "__main__":
    sys.exit(main())
