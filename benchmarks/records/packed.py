"""Many records in one small file: gzipped JSON lines, what they have in common written once."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from common.atomic import replaced

FORMAT = 1
SHARED = "="  # the key of an object that stands for a shared value: {"=": its number}
MAX_BYTES = 1 << 25  # of memory, about, for one record; a ladder with all its tensors takes 1 MB
MAX_ALL_BYTES = 1 << 28  # the same for all of a file; the 481 of a study take 9 MB
MAX_RECORDS = 100_000
LIMITS = (
    f"at most {MAX_RECORDS:,} records are read, of {MAX_BYTES:,} bytes of memory each and "
    f"{MAX_ALL_BYTES:,} in all"
)
DAMAGED = (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError, RecursionError)
LONG = 24  # characters of JSON from which on a repeated value is shared


def pack(records: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write the records whole or not at all; the same records in this order give the same bytes.

    The first line has the format's number and the shared values, each other one a record.
    Raises ValueError for more than `unpack` would read.
    """
    records = list(records)
    size = sum(made_of(json.dumps(record)) + 1 for record in records)
    if size > MAX_ALL_BYTES or len(records) > MAX_RECORDS:
        raise ValueError(f"{path} cannot hold {len(records):,} records of {size:,} bytes: {LIMITS}")
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
        lines = io.BytesIO(_unzipped(path))
        first = lines.readline()
        if made_of(first) > MAX_ALL_BYTES:
            raise ValueError(LIMITS)
        head = json.loads(first)
        if head["compact"] != FORMAT:
            raise ValueError(f"format {head['compact']!r:.60}, this version reads {FORMAT}")
        records = list(_records(lines, head["shared"]))
    except DAMAGED as error:
        raise ValueError(f"{path} is no file of packed records: {error}") from error
    yield from records


def made_of(text: str | bytes) -> int:
    """About how many bytes of memory the values of a JSON text take, each of them over 50."""
    content = text.encode(errors="replace") if isinstance(text, str) else text
    return len(content) + 64 * sum(map(content.count, (b",", b"[", b"{")))


def _unzipped(path: Path) -> bytes:
    """What the one gzip stream of a file holds; another behind it is none of ours."""
    with open(path, "rb") as file:
        packed = file.read(MAX_ALL_BYTES + 1)
    stream = zlib.decompressobj(wbits=31)
    text = stream.decompress(packed, MAX_ALL_BYTES + 1)
    if len(text) > MAX_ALL_BYTES:
        raise ValueError(LIMITS)
    if not stream.eof or stream.unused_data:
        raise EOFError("it does not end where its gzip stream does")
    return text


def _records(lines: Iterable[bytes], shared: list[Any]) -> Iterator[dict[str, Any]]:
    """The record of each line. What a shared value adds to one is counted at each of its places:
    made of a few bytes, it could be any size as text."""
    sizes = [made_of(json.dumps(value)) for value in shared]
    total = 0
    for number, line in enumerate(lines, 1):
        size = made_of(line)

        def value_of(reference: dict[str, Any]) -> Any:
            nonlocal size
            size += sizes[reference[SHARED]] - made_of(json.dumps(reference))
            return shared[reference[SHARED]]

        record = _unfolded(json.loads(line), value_of) if size <= MAX_BYTES else None
        total += size
        if size > MAX_BYTES or total > MAX_ALL_BYTES or number > MAX_RECORDS:
            raise ValueError(LIMITS)
        if not isinstance(record, dict):
            raise ValueError(f"record {number} is no object")
        yield record


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


def _unfolded(value: Any, value_of: Callable[[dict[str, Any]], Any]) -> Any:
    if not isinstance(value, dict):
        return value
    if SHARED in value:
        return value_of(value)
    return {key: _unfolded(part, value_of) for key, part in value.items()}
