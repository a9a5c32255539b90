"""Every number of the page on defaults that belong together, recomputed from its records.

By code of this file alone: nothing of twinbench's statistics, wording or reading is used.
"""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tests.study.test_published import unpacked

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explain" / "together.md"
SWITCHES = ("kernels", "rho", "epsilon", "epsilon_inside_root")
SUBSETS = [subset for size in range(5) for subset in combinations(SWITCHES, size)]


@pytest.fixture(scope="module")
def values() -> dict[tuple[str, ...], np.ndarray]:
    """The test accuracy of each subset, seed by seed."""
    found: dict[tuple[str, ...], dict[int, float]] = {}
    for record in unpacked(PAGE.with_suffix(".jsonl.gz")):
        assert record["framework"] == "jax" and record["switches"] == list(SWITCHES)
        by_seed = found.setdefault(tuple(record["turned"]), {})
        assert record["seed"] not in by_seed
        by_seed[record["seed"]] = record["metrics"]["accuracy"]
    assert all(sorted(by_seed) == list(range(100, 200)) for by_seed in found.values())
    return {subset: np.array([own[seed] for seed in sorted(own)]) for subset, own in found.items()}


def differences(values: dict) -> dict[tuple[str, int], np.ndarray]:
    """What is averaged over seeds, by the first cell of a row and the number of its table."""
    rows = {}
    for subset in SUBSETS[1:]:
        name = "all of them" if subset == SWITCHES else ", ".join(subset)
        rows[name, 1] = values[subset] - values[()]
    for term in SUBSETS[1:11]:
        signs = [(-1) ** len({*term} - {*subset}) for subset in SUBSETS]
        total = sum(sign * values[subset] for sign, subset in zip(signs, SUBSETS, strict=True))
        rows[" and ".join(term), 2] = total * 2 ** len(term) / 16
    return rows


def test_every_number_of_the_page_follows_from_its_records(values):
    rows = differences(values)
    p_values = {name: stats.ttest_1samp(row, 0).pvalue for name, row in rows.items()}
    ordered, seen, worst = sorted(p_values, key=p_values.get), set(), 0.0
    for rank, name in enumerate(ordered):
        worst = max(worst, p_values[name] * (len(ordered) - rank))
        seen |= {name} if worst < 0.05 else set()
    tables = re.split(r"^\*\*", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[-2:]
    checked = 0
    for number, table in enumerate(tables, 1):
        for name, cell in re.findall(
            r"^\| ([^|]+) \| ([*+-][^|]*\[[^|]+) \|$", table, re.MULTILINE
        ):
            row = rows[name, number]
            low, high = stats.t.interval(0.95, len(row) - 1, loc=row.mean(), scale=stats.sem(row))
            text = f"{row.mean():+.4f} [{low:+.4f}, {high:+.4f}]"
            assert cell == (f"**{text}**" if (name, number) in seen else text), name
            checked += 1
    assert checked == 15 + 10
    assert f"| nothing | {values[()].mean():.4f} |" in tables[0]


def test_a_number_that_does_not_follow_is_noticed(values):
    wrong = {**values, ("rho",): values["rho",] + 1e-3}
    with pytest.raises(AssertionError):
        test_every_number_of_the_page_follows_from_its_records(wrong)
