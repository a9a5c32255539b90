"""A page and its tables are of one protocol."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from benchmarks.explain import steps_table
from benchmarks.folds import crossval_table
from benchmarks.folds.tune import choose
from benchmarks.records.kinds import typed
from benchmarks.records.packed import unpack
from benchmarks.report.contents import contents
from benchmarks.speed import compilation_table, limit_table, race_table, scale_table
from tests.folds.test_tune import fold
from tests.records.test_check import SAMPLE
from tests.sample_records import but
from tests.show.samples import record

PAGES = {
    "race": race_table.sections,
    "compilation": compilation_table.sections,
    "limit": partial(limit_table.page, stem=Path("unused")),
    "scale": partial(scale_table.page, stem=Path("unused")),
    "ablation": steps_table.sections,
    "crossval": crossval_table.fold_sections,
    "explain": None,
}


@pytest.mark.parametrize("kind", PAGES)
def test_records_of_two_protocols_stand_in_no_table_and_on_no_page(kind):
    known = next(sample for sample in unpack(SAMPLE) if sample["kind"] == kind)
    mixed = [typed(known | {"protocol": number}) for number in (1, 2)]
    refused = pytest.raises(ValueError, match="protocols 1 and 2 cannot stand in one table")
    with refused:
        contents({kind: mixed})
    with refused:
        contents({kind: mixed[:1], "run": [record(protocol=2)]})
    if page := PAGES[kind]:
        with refused:
            list(page(mixed))


def test_the_page_of_a_choice_refuses_two_protocols():
    with pytest.raises(ValueError, match="protocols 1 and 2"):
        choose(but(fold((8,), [1.0]), protocol=number) for number in (1, 2))
