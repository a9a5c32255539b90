"""Where the time of a step goes in JAX: steps with parts left out, and its own profiler."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array

from common.problem import Problem
from jax_impl import backend
from jax_impl.program import Program, Training
from jax_impl.task import JaxTask
from jax_impl.tuned import sparse_rows

SIDE, STREAM = 2048, 2**24  # of a large product; elements of a stream beyond every cache
PRODUCTS = ("dot", "ynn_fusion", "gemm", "custom-call")  # XLA's kernels; YNNPACK fuses a product


class PartialTask(JaxTask):
    """A Task whose steps of `fit` end with a part: "input", "forward", "backward", "optimiser".

    What it gives up altogether is the running loss and metric. Each step waits for the one before
    by a number that goes through all of them, as the whole ones wait by the weights.
    """

    def __init__(self, *args: Any, last: str, **options: Any) -> None:
        self.last = last
        super().__init__(*args, **options)
        self.place, self.nothing = backend.device(self.device), jnp.zeros(2)
        self.computed: Any = [jnp.zeros(())]  # by the last step, its number first

    def step(self, x: Any, y: Any) -> Array:
        batch = jax.device_put((x, y), self.place)
        if self.last == "input":
            self.computed = batch
            return self.nothing
        self.computed = part(self.program, self.last, self.training, *batch, self.computed[0])
        if self.last == "optimiser":
            self.training = self.computed[1]
        return self.nothing

    def synchronize(self) -> None:
        jax.block_until_ready(self.computed)


@partial(jax.jit, static_argnums=(0, 1))
def part(
    program: Program, last: str, training: Training, x: Array, y: Array, token: Array
) -> tuple[Array, Any]:
    """A step up to its last part: a number that waits for another, and all that was computed."""
    weights, slots = training
    if last == "forward":
        return token + program.objective.loss(program.net(weights, x), y), None
    (loss, _), gradients = program.gradients(weights, x, y)
    if last == "backward":
        return token + loss, gradients
    updates, slots = program.optimizer.update(gradients, slots, weights)
    return token + loss, Training(optax.apply_updates(weights, updates), slots)


def products(
    problem: Problem, device: str, x: Any = None, *, tuned: bool = False
) -> Callable[[], Any]:
    """A function that does the matrix products of one step and nothing else, as one program.

    They are the same in a `tuned` step: XLA compiles every one.
    With `x`, a batch of text as CSR, those of the first layer are of its sparse rows.
    """
    place = backend.device(device)
    batch = None if x is None else sparse_rows(x)
    rows = problem.batch_size if batch is None else batch.shape[0]
    layers = [
        tuple(
            jnp.ones(shape, device=place)
            for shape in (
                (rows if number or batch is None else 0, layer.fan_in),
                (layer.fan_in, layer.fan_out),
                (rows, layer.fan_out),
            )
        )
        for number, layer in enumerate(problem.layers)
    ]

    @jax.jit
    def run(batch: Any, layers: Any) -> list[Array]:
        results = []  # what is not given back would be left out
        for number, (x, kernel, gradient) in enumerate(layers):
            rows = batch if batch is not None and not number else x
            results += [rows @ kernel, rows.T @ gradient]
            if number:  # no one asks for the gradient of the rows
                results.append(gradient @ kernel.T)
        return results

    return lambda: jax.block_until_ready(run(batch, layers))


def peaks(device: str) -> dict[str, tuple[Callable[[], Any], float]]:
    """What the machine can do at best: `product` with its flop, `stream` with its bytes."""
    place = backend.device(device)
    a, b = jnp.ones((2, SIDE, SIDE), device=place)
    sums, addend = jnp.ones((2, STREAM), device=place)
    held, add = [sums], jax.jit(jnp.add, donate_argnums=0)

    def stream() -> None:
        held[0] = jax.block_until_ready(add(held[0], addend))  # into the memory it had

    return {
        "product": (lambda: jax.block_until_ready(jnp.dot(a, b)), 2.0 * SIDE**3),
        "stream": (stream, 3 * 4.0 * STREAM),  # two read, one written
    }


def profiled(run: Callable[[], None]) -> dict[str, float]:
    """Seconds in matrix products and in other kernels while `run` ran, by JAX's profiler.

    Kernels that run side by side in XLA's thread pool count each for itself.
    """
    seconds = Counter({"products": 0.0, "other_kernels": 0.0})
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder):
            run()
        (path,) = Path(folder).rglob("*.xplane.pb")
        for plane in jax.profiler.ProfileData.from_file(str(path)).planes:
            for line in plane.lines:
                for event in line.events:
                    if "hlo_op" in dict(event.stats):  # all else is JAX's own work
                        kind = "products" if event.name.startswith(PRODUCTS) else "other_kernels"
                        seconds[kind] += event.duration_ns / 1e9
    return dict(seconds)
