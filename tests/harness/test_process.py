"""A child answers, fails, dies, hangs and is orphaned: the parent always knows which."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest

from benchmarks.harness.process import Child, ChildDied, ChildError, ChildTimeout
from common.framework import frameworks
from common.regime import REGIMES
from tests.command import ROOT, ended, wait_for

HERE = f"{__name__}:"
NAME = next(iter(frameworks()))  # which one does not matter: nothing here imports it


class Odd(Exception):
    """Known to this module alone, as an error of a framework's own would be."""


# what the children run


def pid() -> int:
    return os.getpid()


def double(x, *, plus=0):
    return 2 * x + plus


def count(n, emit):
    for i in range(n):
        emit(i)
    return "done"


def divide_by_zero():
    return 1 / 0


def end_of_file():
    raise EOFError("in the function, not on the pipe")


def be_odd():
    raise Odd("very")


def lambda_back():
    return lambda: None


def die(how):
    print("last words", flush=True)
    if how == 7:
        sys.exit(how)
    os.kill(os.getpid(), how)


def shout(n):
    for i in range(n):
        print("x" * 1000, i)
    os.write(1, b"and past Python's own sys.stdout")
    return n


def hang_with_grandchild(emit):
    emit((os.getpid(), subprocess.Popen(["sleep", "600"]).pid))
    time.sleep(600)


def environment(name):
    return os.environ.get(name)


def imported():
    return sorted({name.partition(".")[0] for name in sys.modules})


def wait_for_end(process_id: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(process_id)
        wait_for(lambda: ended(process), f"the end of {process}")


@pytest.fixture(scope="module")
def shared():
    with Child(NAME) as child:
        yield child


def same_and_turned(x):
    return [x, x, x.T, x[:, ::2], x[:0]]


def test_arrays_go_there_and_back(shared):
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    y = shared.call(HERE + "double", x, plus=1)
    assert y.dtype == np.float32 and (y == 2 * x + 1).all()


def test_one_process_answers_many_calls(shared):
    assert shared.call(HERE + "pid") == shared.call(HERE + "pid") == shared.process.pid
    assert shared.process.pid != os.getpid()


def test_events_come_in_order_before_the_value(shared):
    seen: list = []
    assert shared.call(HERE + "count", 5, on_event=seen.append) == "done"
    assert seen == [0, 1, 2, 3, 4]
    assert shared.call(HERE + "count", 3) == "done"  # nobody listens


def test_a_builtin_error_is_raised_as_itself_with_the_traceback(shared):
    with pytest.raises(ZeroDivisionError, match="division by zero") as caught:
        shared.call(HERE + "divide_by_zero")
    assert "in divide_by_zero" in str(caught.value.__cause__)
    with pytest.raises(EOFError, match="not on the pipe"):
        shared.call(HERE + "end_of_file")
    assert shared.call(HERE + "double", 4) == 8  # it goes on


def test_a_foreign_error_has_its_name_but_not_its_class(shared):
    with pytest.raises(ChildError, match="Odd: very") as caught:
        shared.call(HERE + "be_odd")
    assert (caught.value.kind, caught.value.message) == ("Odd", "very")


def test_what_cannot_be_sent_or_found_is_an_error(shared):
    with pytest.raises(Exception, match="lambda"):
        shared.call(HERE + "lambda_back")
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        shared.call("no_such_module:f")
    with pytest.raises(AttributeError, match="no_such_function"):
        shared.call(HERE + "no_such_function")
    assert shared.call(HERE + "double", 4) == 8


def test_output_does_not_reach_standard_output_and_its_tail_is_bounded(shared, capfd):
    assert shared.call(HERE + "shout", 1000) == 1000
    deadline = time.monotonic() + 30
    while "past Python" not in shared.tail and time.monotonic() < deadline:
        time.sleep(0.02)
    assert "past Python's own sys.stdout" in shared.tail
    assert len(shared.tail) <= 8192
    assert capfd.readouterr() == ("", "")


def test_the_environment_is_set_before_anything_is_imported():
    name = "TWINBENCH_TEST_FRAMEWORK_ASKS"
    with Child(NAME, threads=3, regime="matched") as child:
        asked = frameworks()[NAME].environment(REGIMES["matched"], "cpu", 3)
        assert asked
        assert {key: child.call(HERE + "environment", key) for key in asked} == dict(asked)
        assert child.call(HERE + "environment", name) is None


def test_starting_a_child_imports_no_framework(shared):
    every = {module for one in frameworks().values() for module in one.requires}
    assert every and not every & set(shared.call(HERE + "imported"))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, 7])
def test_death_is_told_with_its_cause_and_the_last_output(how):
    cause = "ended with exit status 7" if how == 7 else f"was killed by {how.name}"
    with Child(NAME) as child, pytest.raises(ChildDied, match=f"(?s){cause}.*last words"):
        child.call(HERE + "die", how)
    with pytest.raises(ValueError, match="make a new Child"):
        child.call(HERE + "pid")


def test_death_between_calls_is_told():
    with Child(NAME) as child:
        child.call(HERE + "pid")
        child.process.kill()
        child.process.wait()
        with pytest.raises(ChildDied, match="SIGKILL"):
            child.call(HERE + "pid")


def test_a_timeout_ends_the_child_and_what_it_started():
    seen: list = []
    with Child(NAME) as child:
        child.call(HERE + "pid")  # what follows is not the time of its imports
        with pytest.raises(ChildTimeout, match="stopped after 2 s"):
            child.call(HERE + "hang_with_grandchild", on_event=seen.append, timeout=2)
    [process_ids] = seen
    for process_id in process_ids:
        wait_for_end(process_id)


def test_an_error_while_listening_ends_the_child():
    def listen(event):
        raise KeyboardInterrupt

    child = Child(NAME)
    with pytest.raises(KeyboardInterrupt):
        child.call(HERE + "hang_with_grandchild", on_event=listen)
    assert child.process.returncode == -signal.SIGKILL
    with pytest.raises(ValueError, match="closed"):
        child.call(HERE + "pid")


def test_closing_twice_does_no_harm_and_leaves_no_process():
    child = Child(NAME)
    child.close()
    child.close()
    assert child.process.returncode is not None and not psutil.pid_exists(child.process.pid)


def test_an_unknown_framework_starts_nothing():
    with pytest.raises(ValueError, match="no framework 'frobnicate'"):
        Child("frobnicate")


def test_a_child_dies_with_its_parent_even_in_the_middle_of_a_call():
    program = (
        "from benchmarks.harness.process import Child\n"
        f"child = Child({NAME!r})\n"
        f"child.call({HERE + 'hang_with_grandchild'!r}, on_event=lambda e: print(*e, flush=True))"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent.stdout as output:
        child, grandchild = map(int, output.readline().split())
    try:
        assert psutil.pid_exists(child)
        parent.kill()
        parent.wait()
        wait_for_end(child)
    finally:
        os.kill(grandchild, signal.SIGKILL)  # nobody's duty: its own parent had no time left


def test_a_call_ends_when_another_thread_kills_its_child():
    seen: list[int] = []

    def kill(pids: tuple[int, int]) -> None:
        seen.extend(pids)
        threading.Thread(target=child.kill).start()

    with Child(NAME) as child, pytest.raises(ChildDied, match="SIGKILL"):
        child.call(f"{HERE}hang_with_grandchild", on_event=kill)
    assert len(seen) == 2
    for process_id in seen:
        wait_for_end(process_id)


def test_large_arrays_come_back_as_they_were():
    """What is one array stays one, and may be written to."""
    x = np.arange(300_000, dtype=np.float32).reshape(500, 600)
    with Child(NAME) as child:
        one, again, *others = child.call(f"{HERE}same_and_turned", x)
    assert one is again and one.flags.writeable and one.dtype == np.float32
    for array, expected in zip([one, *others], [x, x.T, x[:, ::2], x[:0]], strict=True):
        np.testing.assert_array_equal(array, expected)
    one[0] = 0
