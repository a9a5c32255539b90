"""Records with one value that is lost or of another kind: read as they are, or skipped and said."""

from __future__ import annotations

import copy
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from benchmarks.export.flat import csv_text, epoch_rows, json_lines, parquet, run_rows
from benchmarks.records.keys import Record
from benchmarks.records.record import read_records
from benchmarks.report.contents import contents
from benchmarks.show import section
from benchmarks.show.curves import save_curves
from benchmarks.show.run_table import sections
from benchmarks.show.section import Section, markdown, print_sections
from benchmarks.statistics.compared import Compared
from benchmarks.study import compare_table, study_table
from benchmarks.study.compare import pairs
from benchmarks.study.verdict_table import verdict_sections
from tests.sample_records import run, seeds

pytestmark = pytest.mark.fault
LOST = object()
OTHERS = (LOST, None, "x", -1, 0.5, [], {}, [None], ["x"], {"x": None}, 10**400, True)
UNHELD = ("\ud800x", {"\udcff": 1}, 2**64, -(2**70), math.inf)
HOSTILE = (
    "x" * 100_000,
    "[bold]$\\frac{ \x1b[2J",
    "../../x",
    2**62 + 1,
    [1, "a", None, {}],
    {"a": []},
)
SOUND = seeds([0.97, 0.96, 0.98]) + seeds([0.95, 0.94, 0.96], "beta")
FAILED = run(
    metrics={},
    history={},
    epoch_seconds=[],
    data={"source": None, "digest": "sha256:1", "notice": ""},
    error={"kind": "ChildDied", "message": "it ended", "traceback_tail": ""},
)
REPORTS = {
    "table": lambda runs: markdown(sections(Compared.of(runs))),
    "verdicts": lambda runs: markdown(verdict_sections(Compared.of(runs))),
    "runs": lambda runs: csv_text(run_rows(runs)),
    "epochs": lambda runs: csv_text(epoch_rows(runs)),
    "page": lambda runs: list(contents({"run": runs})),
}
OUTPUTS = {
    "terminal": lambda runs: print_sections(
        sections(Compared.of(runs)), Console(file=io.StringIO())
    ),
    "jsonl": lambda runs: json_lines(run_rows(runs)),
    "parquet": lambda runs: parquet(run_rows(runs)),
    "study": lambda runs: markdown(study_table.sections(Compared.of(runs), {}, Path("x"))).encode(),
    "compare": lambda runs: markdown(compared(runs)).encode(),
}


def compared(runs: list[Record]) -> list[Section]:
    found, alone = pairs(runs, SOUND, ("a", "b"))
    return list(compare_table.sections(found, alone, [], ("a", "b")))


def places(value: Any, above: tuple = ()) -> Iterator[tuple]:
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*above, key)
        if isinstance(part, dict | list):
            yield from places(part, (*above, key))


PLACES = list(places(SOUND[0].json))


def altered(record: dict[str, Any], place: tuple, value: Any) -> dict[str, Any]:
    record = copy.deepcopy(record)
    *above, last = place
    part: Any = record
    for key in above:
        part = part[key]
    if value is LOST:
        del part[last]
    else:
        part[last] = value
    return record


@pytest.mark.parametrize("place", PLACES, ids=lambda at: ".".join(map(str, at)))
def test_every_report_takes_whatever_is_read_as_a_record(place, tmp_path):
    alter_and_report(SOUND[0].json, place, tmp_path)


@pytest.mark.parametrize("place", list(places(FAILED.json)), ids=lambda at: ".".join(map(str, at)))
def test_the_same_of_a_run_that_failed(place, tmp_path):
    alter_and_report(FAILED.json, place, tmp_path)


@pytest.mark.parametrize("place", PLACES, ids=lambda at: ".".join(map(str, at)))
def test_no_value_of_one_record_ends_an_output_of_all(place, tmp_path, monkeypatch):
    """What no output can hold is skipped and named; else the record is used, or that."""
    monkeypatch.setattr(section, "drawn", lambda *_: [])
    for number, sound in enumerate(SOUND):
        (tmp_path / f"{number}.json").write_text(json.dumps(sound.json))
    for value in (*UNHELD, *HOSTILE):
        text = json.dumps(altered(SOUND[0].json, place, value)).replace("Infinity", "1e999")
        (tmp_path / "0.json").write_text(text)
        said: list[str] = []
        records = list(read_records(tmp_path, complain=said.append))
        other = place == ("kind",)
        assert value not in UNHELD or ("0.json" in said[0] and len(said) == 1)
        assert len(records) + len(said) == len(SOUND) or other
        if not said and place != ("protocol",):  # two of them never share a table
            for output in OUTPUTS.values():
                output(records)


def alter_and_report(record: dict[str, Any], place: tuple, folder: Path) -> None:
    for number, sound in enumerate(SOUND[1:], 1):
        (folder / f"{number}.json").write_text(json.dumps(sound.json))
    for value in OTHERS:
        (folder / "0.json").write_text(json.dumps(altered(record, place, value)))
        said: list[str] = []
        records = list(read_records(folder, complain=said.append))
        assert len(records) + len(said) >= len(SOUND) - (place == ("kind",))
        for name, report in REPORTS.items():
            try:
                report(records)
            except ValueError as error:
                assert place == ("protocol",) and "records of protocols" in str(error), name


def test_a_flipped_bit_of_a_record_is_another_record_or_none(tmp_path):
    path, sound = tmp_path / "0.json", json.dumps(SOUND[0].json).encode()
    generator = np.random.default_rng(20)
    read = 0
    for _ in range(3000):
        content = bytearray(sound)
        content[generator.integers(len(content))] ^= 1 << generator.integers(8)
        path.write_bytes(content)
        records = list(read_records(tmp_path, complain=lambda message: None))
        read += len(records)
        REPORTS["table"](records)
    assert 100 < read < 2900  # both happened


@pytest.mark.parametrize("lost", [(6, 6), (6, 0), (1, 1), (0, 3)], ids=str)
def test_runs_that_diverged_are_counted_and_are_no_number(lost, tmp_path):
    pytest.importorskip("altair")
    runs = [
        diverged(name, seed) if seed < number else run("boston", name, seed=seed, value=2.5)
        for name, number in zip(("alpha", "beta"), lost, strict=True)
        for seed in range(6)
    ]
    table, verdicts = REPORTS["table"](runs), REPORTS["verdicts"](runs)
    assert table.count("| not finite |") == lost.count(6)
    for name, number in zip(("alpha", "beta"), lost, strict=True):
        said = f"{number} of 6 runs of {name} ended without a number"
        assert (said in verdicts) == (number > 0)
        assert f"| {name} | 2.8 | test mae | 6 | {(6 - number) / 6:.0%} |" in verdicts
    assert ("no test metric of both" in verdicts) == (6 in lost)
    assert "nan" not in (table + verdicts).lower() and "inf" not in (table + verdicts).lower()
    list(contents({"run": runs}))
    assert [path.suffix for path in save_curves(runs, tmp_path)] == [".png", ".svg"]


def diverged(framework: str, seed: int) -> Record:
    nothing = [None] * 4
    return run(
        "boston",
        framework,
        seed=seed,
        history={"loss": nothing, "mae": nothing},
        metrics={"loss": None, "mae": None},
    )
