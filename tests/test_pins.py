"""What users have built on stays: record keys, options, records on disk, bounds, switches."""

from __future__ import annotations

import json

import pytest

from tests.pins import PATH, current

PINNED = json.loads(PATH.read_text())


@pytest.fixture(scope="module")
def now() -> dict:
    return json.loads(json.dumps(current(), default=str))


@pytest.mark.parametrize("what", PINNED)
def test_what_is_pinned_is_as_it_was(now, what):
    assert now[what] == PINNED[what], "if it is meant: `python -m tests.pins`, and the CHANGELOG"
