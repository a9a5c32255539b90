"""Processes that stay alive from job to job, one per kind of arm."""

from __future__ import annotations

from typing import Any

from benchmarks.harness.local import OnEvent, recorded
from benchmarks.harness.process import Child
from benchmarks.records.job import Job
from common.framework import framework

PROCESS_WIDE = ("denormals", "tf32", "deterministic")  # what torch's threads take over when made


class Processes:
    """One Child for each group of arms that can share it; all end when the block does."""

    def __init__(self) -> None:
        self.children: dict[tuple, Child] = {}

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self.children.values():
            child.close()

    def call(self, target: str, job: Job, **options: Any) -> Any:
        """Call `target(job)` in the job's process; one that fails is ended, and made anew later."""
        rules = job.regime.resolve(framework(job.framework).native)
        flags = tuple(getattr(rules, switch) for switch in PROCESS_WIDE)
        key = (job.framework, job.device, job.threads, job.python, flags)
        if key not in self.children:
            self.children[key] = Child.at(job.place, rules)
        try:
            return self.children[key].call(target, job, timeout=job.timeout, **options)
        except BaseException:
            self.children.pop(key).close()
            raise

    def run(self, kind: str, target: str, job: Job, on_event: OnEvent) -> dict[str, Any]:
        """The record, of that kind, of what `target(job)` measures; for `run_jobs`."""
        return recorded(job, lambda: self.call(target, job, on_event=on_event), kind)
