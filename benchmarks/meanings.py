"""What each key of a run's record means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Record = dict[str, Any]
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
    "data.origin": (
        "text",
        "",
        "name of a file, address, package and version, or generator",
    ),
    "data.digest": ("text", "", "SHA-256 of the decoded arrays"),
    "data.real": ("true or false", "", "whether they are the whole real data set"),
    "data.notice": ("text", "", "what must be said of embedded or generated data, else empty"),
    "metrics": ("object", "share, 1,000 $", "`loss`, and `accuracy` or `mae`, of the test rows"),
    "diverged": ("true or false", "", "whether the loss rose above where it began, for good"),
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
    "settings.python": (
        "text",
        "",
        "file name of the interpreter, null for that of the command",
    ),
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
