"""Records of ladders in a report."""

from __future__ import annotations

import pytest

from benchmarks.parity import parity_table
from benchmarks.parity.climbed import keep
from benchmarks.report.contents import contents, read_kinds
from benchmarks.show.html.page import figures_of
from tests.charts import rows_in
from tests.report.samples import climbed, named, needs_report, tables


def test_a_rung_that_one_ladder_lacks_is_not_judged():
    differences = [d for d in climbed().json["differences"] if d["rung"] == "loss"]
    ladders = [climbed(seed=0), climbed(seed=1, differences=differences)]
    (table,) = tables({"parity": ladders}, "parity")
    column = table.headings.index("boston seed 1: alpha and reference")
    assert [row[column] for row in table.rows][1] == "not judged"


def test_an_error_over_its_bound_is_loud_and_orange():
    (table,) = tables({"parity": [climbed(error=2e-6)]}, "parity")
    assert table.rows[0][1] == "*2.0e-06 (bound 1e-06; loss)"
    assert table.rows[1][1].startswith("0.0e+00 (must be equal")
    assert [row[0] for row in table.rows] == ["loss", "step 1"]  # weights of epochs: not judged
    (table,) = tables({"parity": [climbed(error=None)]}, "parity")
    assert table.rows[0][1].startswith("*nan")


def test_two_ladders_of_a_problem_stand_side_by_side():
    def columns(*changes: dict) -> list[str]:
        (table,) = tables({"parity": [climbed(**change) for change in changes]}, "parity")
        return list(table.headings[1::2])

    seeds = {"seed": 0, "epochs": 500}, {"seed": 3, "epochs": 500}
    assert columns(*seeds) == [f"boston seed {n}: alpha and reference" for n in (0, 3)]
    short = {"seed": 3, "epochs": 2}
    assert columns(seeds[1], short)[1] == "boston epochs 2: alpha and reference"
    # an old record knows no threads; of what cannot be told apart none is left out
    assert columns({}, {"threads": 1})[1] == "boston threads 1: alpha and reference"
    assert [name.partition(":")[0] for name in columns({}, {}, {})] == [
        "boston",
        "boston (2)",
        "boston (3)",
    ]


@needs_report
@pytest.mark.parametrize(
    ("error", "power"),
    [(1e-8, -2), (2e-6, 0.30103), (None, parity_table.MOST), (0.0, None)],
)
def test_the_heat_map_has_the_power_of_ten_of_the_error_over_its_bound(error, power):
    cell, *_ = rows_in(figures_of(contents({"parity": [climbed(error=error)]}))["parity-1"])
    assert cell["power"] == (power and pytest.approx(power, abs=1e-4))
    assert cell["share"] == {1e-8: "0.01", 2e-6: "2", None: "inf", 0.0: "0"}[error]


def test_a_ladder_is_kept_as_a_record(tmp_path):
    about = ("kind", "schema", "created", "error", "host", "git", "versions")
    trace = {k: v for k, v in climbed().json.items() if k not in about}
    keep(trace, tmp_path / "parity" / "boston" / "matched.json")
    (kept,) = read_kinds(tmp_path)["parity"]
    assert kept.json | trace == kept.json and kept.versions["numpy"]
    assert named({"parity": [kept]}) == ["parity", "environment"]
