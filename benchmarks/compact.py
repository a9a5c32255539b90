"""Many records in one small file: gzipped JSON lines, what they have in common written once."""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from common.atomic import replaced

FORMAT = 1
SHARED = "="  # the key of an object that stands for a shared value: {"=": its number}
MAX_BYTES = 1 << 28  # unpacked; the 481 records of a study have 0.9 MB
DAMAGED = (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError, RecursionError)
LONG = 24  # characters of JSON from which on a repeated value is shared


def pack(records: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write the records whole or not at all; the same records in this order give the same bytes.

    The first line has the format's number and the shared values, each other one a record.
    """
    records = list(records)
    counts = Counter(text for record in records for text in _texts(record))
    numbers: dict[str, int] = {}  # of the values that are shared, as JSON
    lines: list[Any] = [_folded(record, counts, numbers) for record in records]
    lines.insert(0, {"compact": FORMAT, "shared": [json.loads(text) for text in numbers]})
    text = "".join(
        f"{json.dumps(line, separators=(',', ':'), allow_nan=False)}\n" for line in lines
    )
    with replaced(path) as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        packed.write(text.encode())


def unpack(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a file in the order in which they were packed; ValueError if it is none."""
    try:
        with gzip.open(path) as file:
            text = file.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise ValueError(f"over {MAX_BYTES:,} bytes unpacked")
        head, *rest = [json.loads(line) for line in text.splitlines()]
        if head["compact"] != FORMAT:
            raise ValueError(f"format {head['compact']!r}, this version reads {FORMAT}")
        yield from [_unfolded(line, head["shared"]) for line in rest]
    except DAMAGED as error:
        raise ValueError(f"{path} is no file of packed records: {error}") from error


def _texts(value: Any) -> Iterator[str]:
    """The JSON of every value of an object and of the objects in it."""
    if isinstance(value, Mapping):
        for part in value.values():
            yield json.dumps(part)
            yield from _texts(part)


def _folded(value: Any, counts: Mapping[str, int], numbers: dict[str, int]) -> Any:
    """The value with those in it that occur more than once by number; new ones are numbered."""
    if not isinstance(value, Mapping):
        return value
    if SHARED in value:
        raise ValueError(f"a record must have no key {SHARED!r}")
    folded = {}
    for key, part in value.items():
        text = json.dumps(part)
        if counts[text] > 1 and len(text) >= LONG:
            folded[key] = {SHARED: numbers.setdefault(text, len(numbers))}
        else:
            folded[key] = _folded(part, counts, numbers)
    return folded


def _unfolded(value: Any, shared: list[Any]) -> Any:
    if not isinstance(value, dict):
        return value
    if SHARED in value:
        return shared[value[SHARED]]
    return {key: _unfolded(part, shared) for key, part in value.items()}
