"""What the frameworks make of the same rows and seeds: rows 20 to 28 of docs/differences."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import numpy as np
import pytest

from tests.conftest import error
from tests.implementations.differing import fresh, keras_net, place_of

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
    for product in call(name, products, name, x, kernel):
        assert error(product, x.toarray().astype(np.float64) @ kernel) <= 1e-6


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
    programs = []
    for x in epochs:
        before = len(compiled)
        net.fit(x, np.zeros(x.shape[0]), batch_size=10, shuffle=False, verbose=0)
        programs.append(len(compiled) - before)
    return programs


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
    net, x = keras_net(), np.ones((100, 3))
    net.predict(x, verbose=0, callbacks=[count], **options)
    net.evaluate(x, np.ones(100), verbose=0, callbacks=[count], **options)
    return counts


def test_keras_scores_32_rows_at_a_time(children):
    score = children("keras").call
    assert score(place_of(batches_scored)) == {"predict": 4, "evaluate": 4}
    assert score(place_of(batches_scored), batch_size=100) == {"predict": 1, "evaluate": 1}


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
    net = keras_net()
    taken = net.layers[0].kernel.value
    before = np.array(taken)
    net.fit(np.ones((4, 3)), np.full(4, 9.0), verbose=0)
    if name == "keras:jax":
        return "dead" if taken.is_deleted() else "alive"
    return "stayed" if (np.array(taken) == before).all() else "moved"


def taken_before_predict() -> bool:
    """Whether `predict` ends the array behind a variable."""
    net = keras_net()
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
    values = net.evaluate(np.ones((5, 1)), [y, y], batch_size=4, verbose=0, return_dict=True)
    return {name: float(value) for name, value in values.items()}


def test_the_losses_of_several_outputs_forget_the_size_of_the_last_batch(call):
    for name, own in (("keras", 0.5), ("keras:jax", 0.2)):
        losses = call(name, losses_of_outputs)
        assert losses["loss"] == pytest.approx(0.4) and losses["a_mse"] == pytest.approx(0.2)
        assert losses["a_loss"] == losses["b_loss"] == pytest.approx(own), name
