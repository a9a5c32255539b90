"""What each key of a run's record means, and whether one that was read has values of its kind."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from common.regime import REGIMES

MEANINGS: Mapping[str, tuple[str, str, str]] = {
    "kind": ("text", "", "`run`; records of other commands name other kinds"),
    "schema": ("number", "", "which keys a record has"),
    "protocol": ("number", "", "how it was measured; two protocols never stand in one table"),
    "created": ("text", "", "when it was made, UTC, ISO 8601"),
    "problem": ("text", "", "name of the problem"),
    "framework": ("text", "", "name of the framework, with its backend after a colon"),
    "regime": ("text", "", "name of the regime; its switches are in `settings.regime`"),
    "device": ("text", "", "`cpu`, `cuda:0`, ...: where it ran"),
    "seed": ("number", "", "of initial weights and order"),
    "timed": ("true or false", "", "whether it had the machine to itself, and has clocks"),
    "data.source": ("text", "", "`folder`, `cache`, `download`, `embedded` or `generated`"),
    "data.origin": ("text", "", "path, address, package and version, or generator and seed"),
    "data.digest": ("text", "", "SHA-256 of the decoded arrays"),
    "data.real": ("true or false", "", "whether they are the whole real data set"),
    "data.notice": ("text", "", "what must be said of embedded or generated data, else empty"),
    "metrics": ("object", "share, 1,000 $", "`loss`, and `accuracy` or `mae`, of the test rows"),
    "history": ("object of lists", "", "an epoch: of training and, as `val_...`, held-out rows"),
    "epoch_seconds": ("list", "s", "training alone, each epoch"),
    "validation_seconds": ("list", "s", "scoring the held-out rows, each epoch"),
    "steady_epoch_seconds": ("number", "s", "median of all epochs but the first"),
    "first_epoch_seconds": ("number", "s", "the first epoch, with tracing and compilation"),
    "total_seconds": ("number", "s", "from the start of the process to the test metric"),
    "samples_per_second": ("number", "rows/s", "training rows over the steady epoch"),
    "peak_rss_bytes": ("number", "bytes", "the most memory that the process had resident"),
    "import_rss_bytes": ("number", "bytes", "the same after the framework's import alone"),
    "peak_device_bytes": ("number", "bytes", "the most memory taken on the device, where told"),
    "stages": ("object", "s", "`import`, `data`, `build`, `fit` and `evaluate`, in turn"),
    "threads": ("number", "", "CPU threads, as read back from the framework"),
    "versions": ("object", "", "of Python and of every package that computes"),
    "settings.regime": ("object", "", "every switch of the regime, as it was set"),
    "settings.problem": ("object", "", "every setting of the problem"),
    "settings.changed": ("object", "", "the settings that differ from those published"),
    "settings.score_rows": ("number", "rows", "rows that are scored at a time"),
    "settings.requested": ("object", "", "device, threads and data as they were asked for"),
    "settings.python": ("text", "", "interpreter of the process, null for that of the command"),
    "settings.device": ("text", "", "the device, as the framework names it"),
    "settings.devices": ("list", "", "the devices that the framework sees"),
    "settings.compiled": ("true or false", "", "whether the network was compiled"),
    "trained_together": ("number", "", "how many seeds shared the process as replicas"),
    "host.cpu": ("text", "", "model of the processor"),
    "host.cores": ("number", "", "cores of the machine"),
    "host.usable_cores": ("number", "", "cores that the process might use"),
    "host.memory_bytes": ("number", "bytes", "memory of the machine"),
    "host.os": ("text", "", "operating system"),
    "host.governor": ("text", "", "frequency governor, null where it cannot be read"),
    "host.load_before": ("number", "", "load average of one minute, when the run began"),
    "host.load_after": ("number", "", "and when it ended"),
    "host.others_cpu_share": ("number", "share", "of all cores, used by other processes meanwhile"),
    "host.steal_share": ("number", "share", "of all cores, kept by the hypervisor meanwhile"),
    "git.commit": ("text", "", "of the checkout that ran, null outside of one"),
    "git.dirty": ("true or false", "", "whether that had changes"),
    "error": ("object", "", "null, or `kind`, `message`, `traceback_tail` of what ended it"),
    "warnings": ("list of text", "", "what makes the numbers less trustworthy"),
}
"""Type, unit and meaning of every key of a run's record, in its order; null stands for what a
failed run has not."""

KINDS: Mapping[str, type] = {
    "text": str,
    "object": dict,
    "object of lists": dict,
    "list": list,
    "list of text": list,
}
IDENTITY = ("problem", "framework", "regime", "device", "seed")
RESULTS = ("metrics", "history", "epoch_seconds")  # of a run that has not failed


def fault_of(record: Mapping[str, Any]) -> str:
    """What keeps an object from being the record of a run, in words; empty if nothing does.

    It may lack what older records do not have, and have more than is known here.
    """
    if "error" not in record:
        return "it has no 'error'"
    needed = IDENTITY if record["error"] else IDENTITY + RESULTS
    if missing := [key for key in needed if record.get(key) is None]:
        return f"it has no {missing[0]!r}"
    for key, (kind, *_) in MEANINGS.items():
        outer, _, inner = key.partition(".")
        value = record.get(outer)
        if inner:
            if not isinstance(value, dict | None):
                return f"{outer!r} is no object"
            value = (value or {}).get(inner)
        if value is not None and not _is(kind, value):
            return f"{key!r} is {value!r:.60}, expected {kind}"
    if record["regime"] not in REGIMES:
        return f"no regime {record['regime']!r}; there are: {', '.join(REGIMES)}"
    if not all(_is("number", value) for value in _clocks(record)):
        return "its clocks have what is no number"
    results = [
        *(record.get("metrics") or {}).values(),
        *chain(*(record.get("history") or {}).values()),
    ]
    if not all(value is None or _is("number", value) for value in results):
        return "'metrics' or 'history' has what is no number"
    if not all(isinstance(text, str) for text in record.get("warnings") or []):
        return "'warnings' has what is no text"
    return ""


def _is(kind: str, value: Any) -> bool:
    if isinstance(value, bool) or kind == "true or false":
        return isinstance(value, bool) and kind == "true or false"
    if isinstance(value, int | float):  # 1e999 and whole numbers of a thousand digits are none
        return kind == "number" and abs(value) <= sys.float_info.max
    if kind == "object of lists" and isinstance(value, dict):
        return all(isinstance(each, list) for each in value.values())
    return kind in KINDS and isinstance(value, KINDS[kind])


def _clocks(record: Mapping[str, Any]) -> Iterator[Any]:
    yield from record.get("epoch_seconds") or []
    yield from record.get("validation_seconds") or []
    yield from (record.get("stages") or {}).values()
