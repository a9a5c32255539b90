"""A fresh process of a framework's own, in which functions are called over a pipe.

The function's return value must be plain (numbers, strings, NumPy arrays): whatever is sent is
unpickled in the parent, and a tensor would import its framework there.
"""

from __future__ import annotations

import ctypes
import importlib
import inspect
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pkgutil import resolve_name
from typing import Any, NoReturn

from benchmarks.harness.pipe import arrived, send
from benchmarks.records.place import Place
from common import framework as manifests
from common.install import ROOT
from common.regime import REGIMES, Regime
from common.say import detail

# An installed copy lies among packages that are not ours. On the path of another interpreter they
# would come before its own: its NumPy, its framework, even modules of its standard library
AMONG_OTHERS = ROOT.name in ("site-packages", "dist-packages")
OURS_ALONE = """\
import runpy, sys
from importlib.machinery import PathFinder
root = sys.argv.pop(1)
class Ours:
    def find_spec(name, path=None, target=None):
        if path is None and (name in ("common", "benchmarks") or name.endswith("_impl")):
            return PathFinder.find_spec(name, [root])
sys.meta_path.insert(0, Ours)
runpy.run_module("benchmarks.harness.process", run_name="__main__", alter_sys=True)
"""
TAIL_BYTES = 8192  # of what the child printed, kept for the error that may come
PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, linux/prctl.h


class ChildError(RuntimeError):
    """An error in the child, of a class that the parent does not know; `kind` is its name."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind, self.message = kind, message


class ChildDied(RuntimeError):
    """The process ended before it answered; the message has its last output."""


class ChildTimeout(RuntimeError):
    """The answer did not come in time, and the process group was killed."""


class ChildTraceback(Exception):
    """The child's traceback as text: the cause of an error that is raised again in the parent."""


class Child:
    """One process, started with the environment that the framework needs before its import.

    It ends when it is closed or when its parent dies. The operating system ties it to the *thread*
    that made it: make it in a thread that lives as long as the child.
    """

    def __init__(
        self,
        framework: str,
        *,
        regime: Regime | str = "matched",
        device: str = "cpu",
        threads: int | None = None,
        python: str | None = None,
    ) -> None:
        rules = REGIMES[regime] if isinstance(regime, str) else regime
        environment = manifests.framework(framework).environment(rules, device, threads)
        self.name = framework
        with_these = " ".join(f"{name}={value}" for name, value in sorted(environment.items()))
        detail(f"a process of {framework}: {with_these} {python or sys.executable}")
        ours, theirs = socket.socketpair()
        with ours, theirs:
            # A session of its own, so that Ctrl-C reaches the parent alone, which then ends it.
            # -P: a file keras.py in the current folder must not hide the framework.
            # -u: what a killed child had printed must not be lost in its buffer.
            command = [python or sys.executable, "-P", "-u", "-X", "faulthandler"]
            command += (
                ["-c", OURS_ALONE, str(ROOT)] if python and AMONG_OTHERS else ["-m", __name__]
            )
            self.process = subprocess.Popen(
                [*command, str(theirs.fileno()), str(os.getpid())],
                env={**os.environ, **environment, **python_path()},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.connection = Connection(ours.detach())
        self._tail = b""
        self._reader = threading.Thread(target=self._keep_tail, daemon=True)
        self._reader.start()

    @classmethod
    def at(cls, place: Place, regime: Regime) -> Child:
        """The process of a place."""
        return cls(
            place.framework,
            regime=regime,
            device=place.device,
            threads=place.threads,
            python=place.python,
        )

    def call(
        self,
        target: str,
        *args: Any,
        on_event: Callable[[Any], None] | None = None,
        timeout: float | None = None,
        **keywords: Any,
    ) -> Any:
        """Run `module:function` in the child and return what it returns.

        A function with a parameter `emit` is given one: what it passes to `emit(value)` reaches
        `on_event` here at once. `timeout` is in seconds. An error of the function is raised here,
        with the child's traceback as its cause: as itself if it is a built-in one or one of
        `common`, else as ChildError. Raises ChildDied, and ChildTimeout after ending the child.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            self._send((target, args, keywords))
            kind, value = self._receive(deadline, timeout)
            while kind == "event":
                if on_event is not None:
                    on_event(value)
                kind, value = self._receive(deadline, timeout)
        except BaseException:
            self.close()  # its answer may still come, and would be taken for the next call's
            raise
        if kind == "error":
            raise _rebuilt(*value)
        return value

    @property
    def tail(self) -> str:
        """The last output of the child, standard output and standard error together."""
        return self._tail.decode(errors="replace").strip()

    def close(self) -> None:
        """End the child and whatever it started; nothing in it is needed any more."""
        self.connection.close()
        self.kill()
        self._reader.join(timeout=1)

    def kill(self) -> None:
        """The same from another thread than that which is waiting for a call to return."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def wait_until_stopped(self) -> None:
        """Wait for the stop that it has announced, or for its end."""
        import psutil

        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.process.pid)
            while process.status() not in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE):
                time.sleep(0.001)

    def resume(self) -> None:
        """Continue it, and whatever it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGCONT)

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, message: Any) -> None:
        if self.connection.closed:
            raise ValueError(f"the {self.name} process is closed; make a new Child")
        try:
            send(self.connection, message)
        except ConnectionError:
            self._died()

    def _receive(self, deadline: float | None, timeout: float | None) -> tuple[str, Any]:
        try:
            wait = None if deadline is None else max(0.0, deadline - time.monotonic())
            if self.connection.poll(wait):
                return arrived(self.connection)()
        except (EOFError, ConnectionError):
            self._died()
        raise ChildTimeout(f"the {self.name} process was stopped after {timeout:g} s (the timeout)")

    def _died(self) -> NoReturn:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=10)
        self.close()
        status = self.process.returncode
        how = f"ended with exit status {status}"
        if status < 0:
            how = f"was killed by {signal.Signals(-status).name}"
        if status == -signal.SIGKILL:
            how += " (perhaps the system ran out of memory)"
        last = f"; its last output:\n{self.tail}" if self.tail else " and printed nothing"
        raise ChildDied(f"the {self.name} process {how}{last}")

    def _keep_tail(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            while chunk := os.read(output.fileno(), TAIL_BYTES):
                self._tail = (self._tail + chunk)[-TAIL_BYTES:]


def python_path() -> dict[str, str]:
    """The variable PYTHONPATH with these packages on it, unless they are found without."""
    if AMONG_OTHERS:
        return {}
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}


def _rebuilt(module: str, name: str, message: str, text: str) -> Exception:
    """The child's error in the parent, never by importing the framework that defines its class."""
    error: Exception = ChildError(name, message)
    if module.partition(".")[0] in ("builtins", "common"):
        with suppress(Exception):  # a class with a constructor of its own stays a ChildError
            error = getattr(importlib.import_module(module), name)(message)
    error.__cause__ = ChildTraceback(f"\n{text}")
    return error


def _run(target: str, args: tuple, keywords: dict, emit: Callable[[Any], None]) -> Any:
    function = resolve_name(target)
    if "emit" in inspect.signature(function).parameters:
        keywords = {**keywords, "emit": emit}
    return function(*args, **keywords)


def _serve(connection: Connection) -> None:
    """Answer calls until the parent closes the pipe."""
    while True:
        try:
            request = arrived(connection)
        except EOFError:
            return
        try:
            target, args, keywords = request()
            del request  # it holds the arrays too
            value = _run(target, args, keywords, lambda event: send(connection, ("event", event)))
            send(connection, ("value", value))
            del args, keywords, value
        except Exception as error:
            kind = type(error)
            text = traceback.format_exc()
            send(connection, ("error", (kind.__module__, kind.__name__, str(error), text)))


def main() -> None:
    """The child's side: `python -m benchmarks.harness.process FD PARENT_PID`."""
    descriptor, parent = map(int, sys.argv[1:])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:  # it died before it could be watched
        return
    with Connection(descriptor) as connection:
        _serve(connection)


if __name__ == "__main__":
    main()
