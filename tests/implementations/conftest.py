"""The frameworks as a user has them, in processes that the tests of their differences share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from benchmarks.harness.process import Child
from tests.conftest import processes
from tests.implementations.differing import NATIVE, PAIR, place_of


@pytest.fixture(scope="package")
def children() -> Iterator[Callable[[str], Child]]:
    """The process of a framework by name."""
    with processes(**NATIVE) as of:
        yield of


@pytest.fixture
def call(children) -> Callable[..., Any]:
    """What a function of the test's file returns in the process of a framework."""
    return lambda name, function, *args: children(name).call(place_of(function), *args)


@pytest.fixture(params=PAIR)
def either(request: pytest.FixtureRequest) -> str:
    """The name of each of the two that are compared."""
    return request.param
