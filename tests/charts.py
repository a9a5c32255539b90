"""What stands in a chart: its rows, its scales, and whatever else by its key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def scale_of(figure: dict, channel: str) -> dict[str, Any]:
    """The one scale of a channel in all panels of a figure: from a name to its value."""
    scales = [c["scale"] for c in found_in(figure, channel) if isinstance(c, dict) and "scale" in c]
    assert scales and all(scale == scales[0] for scale in scales)
    return dict(zip(scales[0]["domain"], scales[0]["range"], strict=True))


def rows_in(figure: dict) -> list[dict[str, Any]]:
    """The rows of all data of a figure."""
    return [row for rows in found_in(figure, "values") for row in rows if isinstance(row, dict)]


def found_in(value: Any, key: str) -> Iterator[Any]:
    """What stands under the key, at whatever depth of the JSON."""
    if isinstance(value, dict):
        if key in value:
            yield value[key]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from found_in(inner, key)
