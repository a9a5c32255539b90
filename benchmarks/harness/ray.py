"""Runs jobs on a Ray cluster: a timed job has a whole node, the others share nodes by their cores.

Every node must have twinbench, the frameworks and the data in the same places as the driver. Ray
decides what runs where and runs again what a lost node or a killed worker took with it; the record
says how often, in `host.attempts`. Epochs are not told while a job runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import groupby
from typing import Any

from benchmarks.harness.local import Batch, OnJobEvent, failures, run_batch
from benchmarks.records.keys import Record
from benchmarks.records.kinds import typed
from common.install import install_extra
from common.say import counted, say

RETRIES = 5  # of what a lost node or a killed worker took with it
PATIENCE = 30.0  # seconds between two looks at whether the cluster can still run what is left


def run_batches(
    batches: Sequence[Batch], on_event: OnJobEvent = None, *, address: str | None = None
) -> Iterator[tuple[Batch, list[Record]]]:
    """An engine: all timed jobs, each alone on one of the largest nodes, then the others.

    `address` is that of a cluster (`HOST:PORT`, or `auto`); without one a cluster of this machine
    alone is started, whose ports nobody outside it can reach. Raises ImportError without Ray, and
    ValueError when no cluster answers or no node has as many cores as a job has threads.
    """
    ray = _connected(address)
    try:
        for _, same in groupby(sorted(batches, key=_untimed), key=_untimed):
            yield from _run(ray, list(same))
    finally:
        ray.shutdown()


def _untimed(batch: Batch) -> bool:
    return not batch[0].timed


def _connected(address: str | None) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if not address:  # read at the import; else Ray takes 127.0.0.1 for the machine's outer address
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    try:
        ray = import_module("ray")
    except ImportError as error:
        raise ImportError(f"--engine ray needs Ray: {install_extra('ray')}") from error
    here = {} if address else {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    try:
        ray.init(address=address or "local", log_to_driver=False, logging_level="ERROR", **here)
    except ConnectionError as error:
        raise ValueError(f"no Ray cluster answers at {address}: {error}") from error
    return ray


def _run(ray: Any, batches: Sequence[Batch]) -> Iterator[tuple[Batch, list[Record]]]:
    """All of these at once, as far as the cluster has room."""
    cores = [_cores(ray, batch) for batch in batches]  # before anything is sent
    task = ray.remote(max_retries=RETRIES)(_on_node)
    running = {}
    for batch, n in zip(batches, cores, strict=True):
        devices = 1 if batch[0].device.startswith("cuda") else 0
        running[task.options(num_cpus=n, num_gpus=devices).remote(batch)] = batch
    try:
        while running:
            ended, _ = ray.wait([*running], timeout=PATIENCE)
            if not ended and _most_cores(ray) < max(cores):
                least = counted(f"{max(cores):g}", "core")
                say(f"waiting for a node of {least}: the cluster has none left")
            for task_id in ended:
                batch = running.pop(task_id)
                yield batch, _fetched(ray, task_id, batch)
    finally:
        for task_id in running:
            ray.cancel(task_id, force=True)


def _fetched(ray: Any, ended: Any, batch: Batch) -> list[Record]:
    """The records that a task returned; what Ray itself says is a failure of each job."""
    try:
        return ray.get(ended)
    except ray.exceptions.RayError as error:
        return failures(batch, error)


def _on_node(batch: Batch) -> list[Record]:
    """Runs a batch in a fresh process of the node; the worker that does so imports no framework."""
    records = run_batch(batch)
    # elsewhere Ray tells it by its dashboard alone
    worker = import_module("ray._private.worker").global_worker.core_worker
    attempts = 1 + worker.get_current_task_attempt_number()
    return [
        typed(record.json | {"host": record.json["host"] | {"attempts": attempts}})
        for record in records
    ]


def _cores(ray: Any, batch: Batch) -> float:
    """Cores that a batch asks for: those of a whole node when it is timed."""
    most, threads = _most_cores(ray), batch[0].threads or 1
    if threads > most:
        raise ValueError(
            f"no node of the cluster has {counted(threads, 'core')}; give it fewer --threads"
        )
    return most if batch[0].timed else threads


def _most_cores(ray: Any) -> float:
    """Of the largest node there is now."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return max((node.get("CPU", 0.0) for node in nodes), default=0.0)
