"""Runs jobs on this machine, in processes: timed ones in turn, the others several at once."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from threading import Lock
from typing import Any

from benchmarks.harness.process import Child
from benchmarks.harness.turns import IN_TURNS, Turns
from benchmarks.records.job import Job, Process
from benchmarks.records.keys import Record
from benchmarks.records.kinds import typed
from benchmarks.records.record import described, make_record

OnEvent = Callable[[dict], None] | None
OnJobEvent = Callable[[Job, dict], None] | None
Batch = list[Job]  # what one call trains: one job, or several together


class Processes:
    """The processes of these batches, each started when it is needed first.

    It ends after the last batch that shares it, when a call in it fails, or with the block.
    """

    def __init__(self, batches: Iterable[Batch] = ()) -> None:
        self.left = Counter(batch[0].process for batch in batches)
        self.children: dict[Process, Child] = {}
        self.stopped = False

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        for process in list(self.children):
            self.end(process)

    def end(self, process: Process) -> None:
        """End it; a later call starts another one."""
        if process in self.children:
            self.children.pop(process).close()

    def stop(self) -> None:
        """Kill all of them while other threads wait for their answers; none is started later."""
        self.stopped = True
        for child in list(self.children.values()):
            child.kill()

    def call(self, target: str, process: Process, *arguments: Any, **options: Any) -> Any:
        """What the target returns there; `options` are those of `Child.call`, which may raise."""
        if process not in self.children:
            self.children[process] = Child.at(process.place, process.regime)
            if self.stopped:
                self.children[process].kill()
        try:
            return self.children[process].call(target, *arguments, **options)
        except BaseException:
            self.end(process)
            raise

    def run(
        self, batch: Batch, on_event: OnEvent = None, turns: Turns | None = None
    ) -> list[Record]:
        """The record of each job of a batch; an error is that of each. One of `turns` stops."""
        first, alone = batch[0], len(batch) == 1
        target, argument = (first.target, first) if alone else (first.batch_target, batch)
        called, arguments = (IN_TURNS, (target, argument)) if turns else (target, (argument,))
        timeout = first.timeout and first.timeout * len(batch) * (turns.members if turns else 1)
        options = {"on_event": on_event, "timeout": timeout}
        try:
            answer = self.call(called, first.process, *arguments, **options)
        except Exception as error:
            return failures(batch, error)
        finally:
            self.left[first.process] -= 1
            if self.left[first.process] <= 0:
                self.end(first.process)
        return [
            make_record(job, {"trained_together": len(batch), **measured})
            for job, measured in zip(batch, [answer] if alone else answer, strict=True)
        ]


def failures(batch: Batch, error: Exception) -> list[Record]:
    """The record of each job of a batch that ended with an error."""
    return [make_record(job, error=described(error)) for job in batch]


def run_batch(batch: Batch) -> list[Record]:
    """The record of each job of a batch, from a process that nothing else shares."""
    with Processes() as processes:
        return processes.run(batch)


def _run_in_turn(
    processes: Processes, batch: Batch, turns: Turns, member: int, tell: Callable[[Job, dict], None]
) -> list[Record]:
    """The record of a job that is stopped while it is another's turn."""
    (job,) = batch

    def pause(event: dict) -> None:
        tell(job, event)
        if "turn" in event:
            child = processes.children[job.process]
            child.wait_until_stopped()
            turns.give()
            turns.take(member)
            child.resume()

    try:
        turns.take(member)
        return processes.run(batch, pause, turns)
    except RuntimeError as error:
        return failures(batch, error)
    finally:
        turns.leave(member)


def _run_heat(
    processes: Processes, heat: list[Batch], tell: Callable[[Job, dict], None]
) -> Iterator[tuple[Batch, list[Record]]]:
    """Jobs that take turns, all in processes that are alive at once; each as it ends."""
    turns, name = Turns(len(heat)), secrets.token_hex(4)
    pool = ThreadPoolExecutor(len(heat))
    try:
        futures = {
            pool.submit(_run_in_turn, processes, batch, turns, member, tell): batch
            for member, batch in enumerate(heat)
        }
        for future in as_completed(futures):
            records = [typed(record.json | {"heat": name}) for record in future.result()]
            yield futures[future], records
    except BaseException:
        turns.close()
        processes.stop()
        raise
    finally:
        pool.shutdown()


def run_batches(
    batches: Sequence[Batch], on_event: OnJobEvent = None, *, workers: int = 1
) -> Iterator[tuple[Batch, list[Record]]]:
    """An engine: the timed jobs in turn, then the others, so many processes at once.

    When the generator is closed, nothing that it started is left running.
    """
    events = Lock()

    def tell(job: Job, event: dict) -> None:
        with events:
            if on_event is not None:
                on_event(job, event)

    # a thread lives for as long as the processes that it makes, as Child asks for
    pool = ThreadPoolExecutor(workers)
    with Processes(batches) as processes:
        try:
            heats: dict[Job, list[Batch]] = {}
            for batch in (batch for batch in batches if batch[0].timed):
                heats.setdefault(batch[0].heat or batch[0], []).append(batch)
            for heat in heats.values():
                if len(heat) > 1:
                    yield from _run_heat(processes, heat, tell)
                else:
                    yield heat[0], processes.run(heat[0], partial(tell, heat[0][0]))
            futures = {
                pool.submit(processes.run, batch, partial(tell, batch[0])): batch
                for batch in batches
                if not batch[0].timed
            }
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            processes.stop()
            pool.shutdown()
