"""Records with one value that is lost or of another kind: read as they are, or skipped and said."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.export import csv_text, epoch_rows, run_rows
from benchmarks.record import read_records
from benchmarks.report.html.contents import contents
from benchmarks.report.markdown import markdown_table
from benchmarks.report.sections import markdown
from benchmarks.report.verdicts import verdict_sections
from tests.records import seeds

pytestmark = pytest.mark.fault
LOST = object()
OTHERS = (LOST, None, "x", -1, 0.5, [], {}, [None], ["x"], {"x": None}, 10**400, True)
SOUND = seeds([0.97, 0.96, 0.98]) + seeds([0.95, 0.94, 0.96], "beta")
REPORTS = {
    "table": markdown_table,
    "verdicts": lambda runs: markdown(verdict_sections(runs)),
    "runs": lambda runs: csv_text(run_rows(runs)),
    "epochs": lambda runs: csv_text(epoch_rows(runs)),
    "page": lambda runs: list(contents({"run": runs})),
}


def places(value: Any, above: tuple = ()) -> Iterator[tuple]:
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*above, key)
        if isinstance(part, dict | list):
            yield from places(part, (*above, key))


def altered(place: tuple, value: Any) -> dict[str, Any]:
    record = copy.deepcopy(SOUND[0])
    *above, last = place
    part: Any = record
    for key in above:
        part = part[key]
    if value is LOST:
        del part[last]
    else:
        part[last] = value
    return record


@pytest.mark.parametrize(
    "place", list(places(SOUND[0])), ids=lambda place: ".".join(map(str, place))
)
def test_every_report_takes_whatever_is_read_as_a_record(place, tmp_path):
    for number, record in enumerate(SOUND):
        (tmp_path / f"{number}.json").write_text(json.dumps(record))
    for value in OTHERS:
        (tmp_path / "0.json").write_text(json.dumps(altered(place, value)))
        said: list[str] = []
        records = list(read_records(tmp_path, complain=said.append))
        assert len(records) + len(said) >= len(SOUND) - (place == ("kind",))
        for name, report in REPORTS.items():
            try:
                report(records)
            except ValueError as error:
                assert place == ("protocol",) and "records of protocols" in str(error), name
