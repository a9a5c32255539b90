"""Records of every command with one value that is lost or another: read as they are, or skipped."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.explain import steps_table
from benchmarks.explain.from_records import explained
from benchmarks.explain.twins.kept import explained as explained_twins
from benchmarks.explain.walk_table import sections as walk_sections
from benchmarks.export import mlflow
from benchmarks.folds import tune_table
from benchmarks.folds.crossval_table import fold_sections
from benchmarks.folds.tune import as_plain, choose, chosen
from benchmarks.harness.progress import _result
from benchmarks.records.declared import read_plan
from benchmarks.records.keys import Record
from benchmarks.records.kinds import typed
from benchmarks.records.packed import unpack
from benchmarks.records.record import read_files, read_finished, read_records
from benchmarks.report.contents import contents, read_kinds
from benchmarks.show import section
from benchmarks.show.html import text
from benchmarks.show.html.page import figures_of, script_json
from benchmarks.show.section import markdown
from benchmarks.speed import compilation_table, limit_table, race_table, scale_table
from benchmarks.statistics.compared import Compared
from benchmarks.study import declared
from benchmarks.study import study_table as study_report
from tests.faults.test_records import LOST, altered, places

pytestmark = pytest.mark.fault
ALTERATIONS = 100  # a kind of record
OTHERS = (
    *(LOST, None, "x", "", -1, 0, 0.5, 1e-300, 1e308, 10**400, True),
    *([], {}, [None], ["x"], [0], [-1], {"x": None}, {"x": 1}),
)
SHARED = ("host", "git", "versions", "warnings", "stages")  # asked of every kind in the same way


def sample() -> dict[str, list[dict[str, Any]]]:
    """By kind, a few records as the commands wrote them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for record in unpack(Path(__file__).with_name("records.jsonl.gz")):
        found.setdefault(record["kind"], []).append(record)
    return found


KINDS = sample()
WALKED = [typed(r) for r in KINDS["explain"] if r["problem"].startswith("twins:")]
RUNS = [typed(r) for r in KINDS["run"] if r["framework"] == KINDS["crossval"][0]["framework"]]


def tables(sections: Iterable[Any]) -> None:
    """Markdown of them; a row has as many cells as there are headings."""
    sections = list(sections)
    assert all(len(row) == len(s.headings) for s in sections for row in s.rows)
    markdown(sections)


def report(folder: Path) -> None:
    """What `twinbench report` makes of a folder, every chart of it drawn."""
    parts = contents(read_kinds(folder, complain=lambda _: None))
    script_json(figures_of(parts))
    text.markdown(parts)
    tables(table for part in parts for table in part.sections)


def trackers(folder: Path) -> None:
    """What MLflow is given, and with it what TensorBoard is."""
    made = SimpleNamespace(info=SimpleNamespace(run_id="1"))
    calls = ("log_batch", "log_dict", "set_terminated")
    found = {"search_runs": [], "create_run": made}
    client = SimpleNamespace(
        **{name: lambda *_, n=name, **__: found.get(n) for name in (*found, *calls)}
    )
    for kind in ("run", "crossval"):
        runs = [r for r in read_records(folder, kind, lambda _: None) if not r.error]
        list(mlflow.log_records(runs, mlflow.Store(client, "1")))


def folds(records: list[Record]) -> None:
    """What `crossval` and `tune` make of theirs."""
    tables(fold_sections(records))
    list(map(_result, records))
    choices = choose(records)
    json.dumps([as_plain(choice) for choice in choices], allow_nan=False)
    list(map(chosen, choices))
    tables(tune_table.page(choices, records, RUNS, Path("x")))


def walks(records: list[Record]) -> None:
    """What a report makes of a walk between twins."""
    tables(table for walk in explained_twins(records, WALKED) for table in walk_sections(walk))


def plans(folder: Path) -> None:
    """What `study` makes of a plan."""
    plan = read_plan(folder)
    tables(study_report.sections(Compared.of(RUNS, plan), plan, Path("x")))
    known = KINDS["plan"][0]["problems"]["boston"]
    later = ("declared", "runs_before", "git")
    declared.declare(folder, {"boston": {k: v for k, v in known.items() if k not in later}})


COMMANDS: dict[str, Callable[[list[Record]], object]] = {
    "race": lambda records: tables(race_table.sections(records)),
    "limit": lambda records: tables(limit_table.page(records, Path("x"))),
    "compilation": lambda records: tables(compilation_table.sections(records)),
    "scale": lambda records: tables(scale_table.page(records, Path("x"))),
    "ablation": lambda records: tables(steps_table.sections(records)),
    "crossval": folds,
    "explain_rung": lambda records: list(explained([], records)),
    "explain_walk": walks,
}
"""What a command makes of the finished records that it finds, by their kind."""


def alterations(kind: str) -> list[tuple[tuple, Any]]:
    """Places of the first record of a kind, and what is put there: so many, always the same."""
    every = [(place, value) for place in places(KINDS[kind][0]) for value in OTHERS]
    own = [each for each in every if each[0][0] not in SHARED]
    generator = random.Random(20)
    return generator.sample(own, min(len(own), ALTERATIONS)) + generator.sample(every, 40)


@pytest.fixture
def no_figures(monkeypatch):
    pytest.importorskip("mlflow")
    monkeypatch.setattr(section, "drawn", lambda *_: [])
    monkeypatch.setattr(declared, "PROTOCOL", KINDS["plan"][0]["protocol"])


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", KINDS)
def test_every_command_takes_whatever_is_read_as_a_record(kind, tmp_path, no_figures, capsys):
    for number, record in enumerate(KINDS[kind]):
        (tmp_path / f"{number}.json").write_text(json.dumps(record))
    path, refused = tmp_path / "0.json", 0
    if kind == "plan":
        path = path.rename(tmp_path / "plan.json")
    for place, value in alterations(kind):
        path.write_text(json.dumps(altered(KINDS[kind][0], place, value)))
        said: list[str] = []
        assert len(list(read_files(tmp_path, said.append))) + len(said) == len(KINDS[kind])
        refused += len(said)
        trackers(tmp_path)
        try:
            report(tmp_path)
            if kind == "plan":
                plans(tmp_path)
            found = filter(None, map(read_finished, sorted(tmp_path.glob("*.json"))))
            COMMANDS.get(kind, list)([r for r in found if r.kind == kind])
        except ValueError as error:
            kept = kind == "plan" and str(path) in str(error)
            assert kept or place in (("protocol",), ("schema",)), (place, value)
    capsys.readouterr()
    assert 10 < refused < len(alterations(kind)) - 10  # both happened


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("plan", "parity")])
def test_records_that_are_missing_are_not_missed(kind, tmp_path, no_figures):
    """As after runs that failed: each alone, and all but each."""
    for number, record in enumerate(KINDS[kind][:8]):
        others = [r for r in KINDS[kind] if r is not record]
        for some in ([record], others):
            folder = tmp_path / f"{number}-{some is others}"
            folder.mkdir()
            for name, each in enumerate(some):
                (folder / f"{name}.json").write_text(json.dumps(each))
            report(folder)
            COMMANDS.get(kind, list)(list(map(typed, some)))
