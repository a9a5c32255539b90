"""How the frameworks run what they are given: the facts of docs/differences/12 and further."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
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
from tests.conftest import error, installed, processes

HERE = f"{__name__}:"
THREADS = 2


@pytest.fixture(scope="module")
def children() -> Iterator[Any]:
    """The process of a framework by name, as a user has it."""
    with processes(regime="native", threads=THREADS) as of:
        yield of


@pytest.fixture
def call(children) -> Any:
    """Call a function of this file in the process of a framework."""
    return lambda name, function, *args: children(name).call(HERE + function.__name__, *args)


def fresh(name: str, function: Any, *args: Any, **options: Any) -> Any:
    """The same in a process of its own."""
    with Child(installed(name), **{"regime": "native", "threads": THREADS, **options}) as child:
        return child.call(HERE + function.__name__, *args)


# 12, compilation


def compiled_in_keras() -> bool:
    return _keras_net().jit_compile


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


def _keras_net(**options: Any) -> Any:
    import keras

    net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    net.compile(optimizer="sgd", loss="mse", **options)
    return net


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
    net = _keras_net(steps_per_execution=at_once)
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
    found = {}
    for name in ("keras", "torch"):
        with Child(installed(name), regime="native") as child:
            target = HERE + "switches_in"
            found[name] = {regime: child.call(target, name, regime) for regime in STAGES}
    return found


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


@pytest.mark.parametrize("name", ["keras", "torch"])
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


# 20, sparse input


def products(name: str, x: Any, kernel: np.ndarray) -> list[np.ndarray]:
    """Rows times a kernel in every way that the framework has: dense, as bags of words, sparse."""
    dense, starts, words = x.toarray(), x.indptr.astype(np.int64), x.indices.astype(np.int64)
    if name != "torch":
        return [_keras_product(dense, kernel), _keras_product(x, kernel)]
    import torch
    from torch.nn import functional

    weight, starts, words = map(torch.from_numpy, (kernel, starts, words))
    matrix = torch.sparse_csr_tensor(starts, words, torch.ones(len(words)), x.shape)
    bags = functional.embedding_bag(words, weight, starts[:-1], mode="sum")
    return [(torch.from_numpy(dense) @ weight).numpy(), bags.numpy(), (matrix @ weight).numpy()]


def _keras_product(x: Any, kernel: np.ndarray) -> np.ndarray:
    import keras

    layer = keras.layers.Dense(kernel.shape[1], use_bias=False)
    is_sparse = not isinstance(x, np.ndarray)
    net = keras.Sequential([keras.Input((len(kernel),), sparse=is_sparse), layer])
    layer.set_weights([kernel])
    return net.predict(x, batch_size=len(kernel), verbose=0)


def words_of_rows(rows: int, features: int, seed: int = 0) -> Any:
    """A multi-hot CSR matrix; no row is empty, and each has a number of words of its own."""
    from scipy import sparse

    rng = np.random.default_rng(seed)
    dense = (rng.random((rows, features)) < 0.1).astype(np.float32)
    dense[:, 0] = 1
    return sparse.csr_matrix(dense)


@pytest.mark.parametrize("name", ["keras", "keras:jax", "torch"])
def test_sparse_rows_give_the_products_of_dense_ones(call, name):
    x = words_of_rows(50, 200)
    kernel = np.random.default_rng(1).normal(size=(200, 16)).astype(np.float32)
    for found in call(name, products, name, x, kernel):
        assert error(found, x.toarray().astype(np.float64) @ kernel) <= 1e-6


def programs_compiled(epochs: list[Any]) -> list[int]:
    """How many programs JAX compiles in each epoch of training on the given sparse rows."""
    import jax
    import keras

    compiled: list[str] = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, *_, **__: compiled.append(event) if "backend_compile" in event else None
    )
    net = keras.Sequential([keras.Input((200,), sparse=True), keras.layers.Dense(1)])
    net.compile(optimizer="sgd", loss="mse")
    found = []
    for x in epochs:
        before = len(compiled)
        net.fit(x, np.zeros(x.shape[0]), batch_size=10, shuffle=False, verbose=0)
        found.append(len(compiled) - before)
    return found


def test_jax_compiles_anew_for_another_number_of_non_zeros(call):
    x = words_of_rows(40, 200)
    _, same, other = call(
        "keras:jax", programs_compiled, [x, x, x[np.random.default_rng(1).permutation(40)]]
    )
    assert same == 0 < other


# 21, evaluate and predict


def batches_scored(**options: Any) -> dict[str, int]:
    import keras

    counts = {"predict": 0, "evaluate": 0}

    def end(method: str, batch: int, logs: Any) -> None:
        counts[method] += 1

    count = keras.callbacks.LambdaCallback(
        on_predict_batch_end=partial(end, "predict"), on_test_batch_end=partial(end, "evaluate")
    )
    net, x = _keras_net(), np.ones((100, 3))
    net.predict(x, verbose=0, callbacks=[count], **options)
    net.evaluate(x, np.ones(100), verbose=0, callbacks=[count], **options)
    return counts


def test_keras_scores_32_rows_at_a_time(children):
    call = children("keras").call
    assert call(HERE + "batches_scored") == {"predict": 4, "evaluate": 4}
    assert call(HERE + "batches_scored", batch_size=100) == {"predict": 1, "evaluate": 1}


# 23, seeds


def drawn(name: str) -> np.ndarray:
    """A kernel (300, 200) from Glorot's uniform distribution and seed 0."""
    if name == "torch":
        import torch

        torch.manual_seed(0)
        return torch.nn.init.xavier_uniform_(torch.empty(200, 300)).numpy().T
    import keras

    return np.asarray(keras.initializers.GlorotUniform(seed=0)((300, 200)))


def test_equal_seeds_give_different_networks(call):
    names = ("keras", "keras:jax", "torch")
    kernels = np.stack([call(name, drawn, name).ravel() for name in names])
    assert np.abs(kernels).max(axis=1) == pytest.approx((6 / 500) ** 0.5, rel=1e-3)
    assert np.abs(np.corrcoef(kernels) - np.eye(3)).max() < 0.02
    for name, kernel in zip(names, kernels, strict=True):
        np.testing.assert_array_equal(call(name, drawn, name).ravel(), kernel)


# 24, what a seed imports


def loaded_by_a_seed(name: str) -> list[str]:
    """The frameworks that are loaded once a seed is set."""
    if name == "torch":
        import torch

        torch.manual_seed(0)
    else:
        import keras

        assert name == "keras" or "tensorflow" not in sys.modules
        keras.utils.set_random_seed(0)
    return [other for other in ("jax", "tensorflow", "torch") if other in sys.modules]


def test_a_seed_in_keras_imports_tensorflow_and_tensorflow_imports_jax(call):
    assert call("keras", loaded_by_a_seed, "keras") == ["jax", "tensorflow"]
    assert fresh("keras:jax", loaded_by_a_seed, "keras:jax") == ["jax", "tensorflow"]
    assert call("torch", loaded_by_a_seed, "torch") == ["torch"]


# 25, arrays behind variables


def taken_from_a_variable(name: str) -> str:
    """What becomes of an array that was taken before a step of training."""
    if name == "torch":
        import torch

        weight = torch.ones(3, requires_grad=True)
        taken = weight.detach()
        weight.sum().backward()
        torch.optim.SGD([weight], lr=0.1).step()
        return "stayed" if (taken == 1).all() else "moved"
    net = _keras_net()
    taken = net.layers[0].kernel.value
    before = np.array(taken)
    net.fit(np.ones((4, 3)), np.full(4, 9.0), verbose=0)
    if name == "keras:jax":
        return "dead" if taken.is_deleted() else "alive"
    return "stayed" if (np.array(taken) == before).all() else "moved"


def taken_before_predict() -> bool:
    """Whether `predict` ends the array behind a variable."""
    net = _keras_net()
    taken = net.layers[0].kernel.value
    net.predict(np.ones((4, 3)), verbose=0)
    return taken.is_deleted()


def test_an_array_taken_from_a_variable_dies_on_jax_and_moves_along_in_pytorch(call):
    expected = {"keras": "moved", "keras:jax": "dead", "torch": "moved"}
    assert {name: call(name, taken_from_a_variable, name) for name in expected} == expected
    assert call("keras:jax", taken_before_predict)


# 26, repeated words


def first_steps(name: str) -> np.ndarray:
    """RMSprop's first step for a word that occurs three times, and for one that occurs once."""
    words = [0, 0, 0, 1]
    if name == "torch":
        import torch

        table = torch.ones(2, 1, requires_grad=True)
        optimizer = torch.optim.RMSprop([table], 0.001, alpha=0.9, eps=1e-7)
        table[words].sum().backward()
        optimizer.step()
        return 1 - table.detach().numpy()[:, 0]
    import keras

    layer = keras.layers.Embedding(2, 1, embeddings_initializer="ones")
    net = keras.Sequential([keras.Input((4,), dtype="int32"), layer])
    rule = keras.optimizers.RMSprop(0.001, rho=0.9, epsilon=1e-7)
    net.compile(optimizer=rule, loss=lambda y, out: out)
    net.train_on_batch(np.array([words]), np.zeros((1, 4, 1)))
    return 1 - np.array(layer.embeddings)[:, 0]


def kind_of_gradient() -> str:
    """What Keras's conversion to a dense tensor makes of an embedding's gradient."""
    import keras
    import tensorflow as tf

    table = keras.Variable(np.ones((2, 1), np.float32))
    with tf.GradientTape() as tape:
        out = keras.ops.take(table, [0, 0, 1], axis=0)
    gradient = tape.gradient(out, table.value)
    return type(keras.ops.convert_to_tensor(gradient, sparse=False)).__name__


def test_keras_on_tensorflow_squares_the_parts_of_a_repeated_word(call):
    expected = {"keras": 3**0.5, "keras:jax": 1.0, "torch": 1.0}
    for name, ratio in expected.items():
        thrice, once = call(name, first_steps, name)
        assert thrice / once == pytest.approx(ratio, rel=1e-3), name
    assert call("keras", kind_of_gradient) == "IndexedSlices"


# 28, several outputs


def losses_of_outputs() -> dict[str, float]:
    """Of five rows in batches of four; only the last row has an error, of 1."""
    import keras

    start = keras.Input((1,))
    ends = [keras.layers.Dense(1, kernel_initializer="zeros", name=n)(start) for n in ("a", "b")]
    net = keras.Model(start, ends)
    net.compile(loss="mse", metrics={"a": ["mse"], "b": ["mse"]})
    y = np.array([0, 0, 0, 0, 1], np.float32)[:, None]
    found = net.evaluate(np.ones((5, 1)), [y, y], batch_size=4, verbose=0, return_dict=True)
    return {name: float(value) for name, value in found.items()}


def test_the_losses_of_several_outputs_forget_the_size_of_the_last_batch(call):
    for name, each in (("keras", 0.5), ("keras:jax", 0.2)):
        found = call(name, losses_of_outputs)
        assert found["loss"] == pytest.approx(0.4) and found["a_mse"] == pytest.approx(0.2)
        assert found["a_loss"] == found["b_loss"] == pytest.approx(each), name


# 29, the first optimiser


def test_the_first_optimizer_of_pytorch_imports_its_compiler(compiler_loaded):
    assert compiler_loaded == [False, True]
