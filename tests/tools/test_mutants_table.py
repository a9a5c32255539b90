"""The table and the list that `make mutants` writes, from what the tool prints."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from benchmarks.show.markdown import BEGIN, END
from tools import mutants_table

pytestmark = pytest.mark.skipif(
    not find_spec("mutmut"), reason="mutmut is not installed, the extra `dev`"
)
RESULTS = """    common.trace.x__floor__mutmut_1: killed
    common.trace.x_bound__mutmut_2: survived
    common.trace.x_bound__mutmut_10: no tests
    benchmarks.statistics.intervals.xǁIntervalǁreversed__mutmut_3: timeout
"""
SHOWN = """# a mutant: survived
--- common/trace.py
+++ common/trace.py
@@ -1,3 +1,3 @@
 def bound(a, b):
-    return a < b
+    return a <= b
"""


@pytest.fixture
def printed(monkeypatch):
    """What the tool would print; gives the mutants that it was asked to show."""
    shown: list[str] = []

    def mutmut(command, *names):
        shown.extend(names if command == "show" else ())
        return SHOWN if command == "show" else RESULTS

    monkeypatch.setattr(mutants_table, "mutmut", mutmut)
    return shown


def test_each_file_has_its_mutants_by_status_and_no_status_is_left_out():
    found = mutants_table.section(mutants_table.statuses(RESULTS))
    assert found.headings == ("file", "mutants", "killed", "no tests", "survived", "timeout")
    assert found.rows == [
        ["benchmarks/statistics/intervals.py", "1", "0", "0", "0", "1"],
        ["common/trace.py", "3", "1", "1", "1", "0"],
        ["all", "4", "1", "1", "1", "1"],
    ]


def test_what_survived_is_listed_once_a_function_between_the_marks(printed, tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\n{END}\nafter\n")
    monkeypatch.setattr(sys, "argv", ["mutants_table", str(page)])
    mutants_table.main()
    assert printed == ["common.trace.x_bound__mutmut_2", "common.trace.x_bound__mutmut_10"]
    text, change = page.read_text(), "-    return a < b\n+    return a <= b\n"
    assert f"```diff\n@@ common/trace.py: bound @@\n{change}{change}```\n" in text
    assert text.startswith("before\n") and text.endswith("after\n")


def test_a_mutant_is_found_in_its_file_and_function():
    places = [mutants_table.place(mutant) for mutant in mutants_table.statuses(RESULTS)]
    assert places[0] == ("common/trace.py", "_floor")
    assert places[-1] == ("benchmarks/statistics/intervals.py", "Interval.reversed")
