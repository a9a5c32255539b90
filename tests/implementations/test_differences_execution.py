"""How the frameworks run what they are given: rows 12 to 19 of docs/differences, and 29."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib.metadata import requires, version
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from packaging.version import Version

from benchmarks.harness.process import Child
from common.framework import framework
from common.problem import PROBLEMS
from common.regime import MATCHED, REGIMES
from tests.conftest import installed
from tests.implementations.differing import PAIR, fresh, keras_net, place_of

# 12, compilation


def compiled_in_keras() -> bool:
    return keras_net().jit_compile


@pytest.fixture(scope="module")
def compiler_loaded() -> list[bool]:
    """Whether PyTorch's compiler is loaded after a backward pass, and after an optimiser."""
    return fresh("torch", load_the_compiler)


def load_the_compiler() -> list[bool]:
    import torch

    net, loaded = torch.nn.Linear(3, 1), []
    net(torch.ones(4, 3)).sum().backward()
    loaded.append("torch._dynamo" in sys.modules)
    torch.optim.SGD(net.parameters())
    return [*loaded, "torch._dynamo" in sys.modules]


def test_what_is_compiled_without_being_asked(call, compiler_loaded):
    assert call("keras", compiled_in_keras) is False  # the children see no GPU
    assert call("keras:jax", compiled_in_keras) is True
    assert not compiler_loaded[0]


# 13, overhead


def returns_to_python(at_once: int) -> int:
    """How often Keras calls back in an epoch of 100 rows in batches of 16."""
    import keras

    ends: list[int] = []
    count = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: ends.append(batch)
    )
    net = keras_net(steps_per_execution=at_once)
    net.fit(np.ones((100, 3)), np.ones(100), batch_size=16, verbose=0, callbacks=[count])
    return len(ends)


def questions_for_rows(whole_batches: bool) -> int:
    """How often PyTorch asks a dataset for rows in an epoch of 100 rows in batches of 16."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    asked: list[Any] = []

    class Rows(TensorDataset):
        def __getitem__(self, index):
            asked.append(index)
            return super().__getitem__(index)

    rows = Rows(torch.ones(100, 3))
    chosen = torch.randperm(100).split(16)
    for _ in DataLoader(rows, 16) if not whole_batches else map(rows.__getitem__, chosen):
        pass
    return len(asked)


def test_how_often_python_is_asked_in_an_epoch(call):
    assert [call("keras", returns_to_python, at_once) for at_once in (1, 7)] == [7, 1]
    assert [call("torch", questions_for_rows, whole) for whole in (False, True)] == [100, 7]


# 14, TF32, and 15, denormals: of the whole process, so in one of their own


@pytest.fixture(scope="module")
def switches() -> dict[str, dict[str, Any]]:
    """By framework what is so before there is a Task, with a native one, and with a matched one."""
    switches = {}
    for name in PAIR:
        with Child(installed(name), regime="native") as child:
            target = place_of(switches_in)
            switches[name] = {regime: child.call(target, name, regime) for regime in STAGES}
    return switches


STAGES = ("", "native", "matched")


def switches_in(name: str, regime: str) -> dict[str, Any]:
    """Whether products may be TF32; a running square of 1e-10 after 1,000 steps at 0."""
    if regime:
        framework(name).make_task(PROBLEMS["boston"], regime=REGIMES[regime])
    if name == "keras":
        import tensorflow as tf

        @tf.function
        def decayed(square):
            for _ in tf.range(1000):
                square = square * 0.9
            return square

        switch = tf.config.experimental.tensor_float_32_execution_enabled()
        return {"tf32": switch, "square": float(decayed(tf.constant(1e-10)))}
    import torch

    square = torch.tensor(1e-10)
    for _ in range(1000):
        square = square * 0.9
    return {"tf32": torch.backends.cuda.matmul.allow_tf32, "square": square.item()}


def test_tf32_is_on_in_tensorflow_and_off_in_pytorch(switches):
    for name, default in (("keras", True), ("torch", False)):
        assert [switches[name][regime]["tf32"] for regime in STAGES] == [default, default, False]
        assert framework(name).native["tf32"] is default
        assert framework(name).environment(MATCHED, "cuda", None)["NVIDIA_TF32_OVERRIDE"] == "0"


def test_denormals_are_flushed_in_keras_and_kept_in_pytorch(switches):
    kept = float(4 * np.finfo(np.float32).smallest_subnormal)  # 4 * .9 rounds to 4
    squares = {name: [switches[name][r]["square"] for r in STAGES] for name in switches}
    assert squares == {"keras": [0.0, 0.0, 0.0], "torch": [kept, kept, 0.0]}


def flushed_share(early: bool) -> float:
    """The share of a large product that PyTorch flushes, told before its threads exist or after."""
    import torch

    if not early:
        torch.full((1_000_000,), 1.0) * 1.0
    assert torch.set_flush_denormal(True)
    numbers = torch.full((1_000_000,), 1e-37)
    return (numbers * 1e-3 == 0).float().mean().item()


def test_pytorch_flushes_denormals_in_threads_that_are_made_later():
    assert fresh("torch", flushed_share, True) == 1
    assert 0 < fresh("torch", flushed_share, False) < 1


# 16, threads


def threads_of_the_process(name: str) -> int:
    """How many the system counts once a large operation has been computed."""
    import psutil

    if name == "keras":
        import tensorflow as tf

        tf.matmul(tf.ones((1500, 1500)), tf.ones((1500, 1500))).numpy()
    else:
        import torch

        torch.ones(4_000_000) * 2
    return psutil.Process().num_threads()


@pytest.mark.parametrize("name", PAIR)
def test_each_framework_follows_its_own_variable_for_threads(name, monkeypatch):
    if (os.cpu_count() or 1) < 2:
        pytest.skip("one core: PyTorch takes one thread whatever it is told")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # NumPy's threads would be counted, too
    own, other = "TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"
    if name == "torch":
        own, other = other, own

    def count(of_own: int, of_other: int) -> int:
        monkeypatch.setenv(own, str(of_own))
        monkeypatch.setenv(other, str(of_other))
        return fresh(name, threads_of_the_process, name, threads=None)

    assert count(2, 1) == count(1, 2) + 1


# 17, memory of a GPU


def test_a_process_for_a_gpu_takes_memory_as_it_goes():
    wanted = {
        "keras": ("TF_FORCE_GPU_ALLOW_GROWTH", "true"),
        "keras:jax": ("XLA_PYTHON_CLIENT_PREALLOCATE", "false"),
    }
    for name, (variable, value) in wanted.items():
        with Child(name, device="cuda") as child:
            assert child.call("os:getenv", variable) == value


# 18, both in one process

of_newer_wheels = pytest.mark.skipif(
    bool(find_spec("torch")) and Version(version("torch")) < Version("2.14"),
    reason="a fact of wheels: PyTorch's had TensorFlow's CUDA libraries before, and no crash",
)


@of_newer_wheels
@pytest.mark.long
@pytest.mark.skipif(
    sys.platform != "linux" or any(find_spec(n) is None for n in ("tensorflow", "torch", "triton")),
    reason="the clash is one of the Linux wheels of TensorFlow, PyTorch and triton",
)
def test_both_in_one_process_crash_unless_triton_comes_first():
    use = "torch.optim.SGD([torch.zeros(1, requires_grad=True)])"
    orders = ("tensorflow, torch", "torch, tensorflow", "triton, tensorflow, torch")
    started = [
        subprocess.Popen(
            [sys.executable, "-c", f"import {order}; {use}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for order in orders
    ]
    crash = -signal.SIGSEGV
    assert [process.wait() for process in started] == [crash, crash, 0]


# 19, wheels for GPUs


@of_newer_wheels
def test_the_wheels_for_gpus_bring_different_cuda_libraries():
    if any(find_spec(name) is None for name in ("tensorflow", "torch")):
        pytest.skip("both frameworks must be installed: their metadata are compared")
    wanted = {name: [line for line in requires(name) or [] if "nvidia-" in line] for name in WHEELS}
    if not wanted["torch"]:
        pytest.skip("this wheel of PyTorch is one for CPUs")
    for name, cuda in WHEELS.items():
        assert any(f"nvidia-cudnn-{cuda}" in line for line in wanted[name])
        assert not any(
            other in line for other in {*WHEELS.values()} - {cuda} for line in wanted[name]
        )


WHEELS = {"tensorflow": "cu12", "torch": "cu13"}


# 29, the first optimiser


def test_the_first_optimizer_of_pytorch_imports_its_compiler(compiler_loaded):
    assert compiler_loaded == [False, True]
