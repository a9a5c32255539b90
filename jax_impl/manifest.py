"""What may be known of the JAX implementation without importing JAX."""

from __future__ import annotations

import os
from types import MappingProxyType

from common.framework import Framework
from common.regime import Regime

NATIVE = MappingProxyType(
    {
        "kernels": "lecun_normal",  # flax/nnx/nn/linear.py; JAX itself has no layers
        "biases": "zeros",
        "rho": 0.9,  # optax/_src/alias.py, where it is called decay; JAX has no optimisers
        "epsilon": 1e-8,
        "epsilon_inside_root": True,
        "order": "reshuffled",  # as JAX's examples/mnist_classifier.py
        "loss_on": "logits",
        "last_batch": "kept",
        "denormals": "flushed",  # by XLA's own thread pool
        "tf32": True,
    }
)

DETERMINISTIC = "--xla_gpu_deterministic_ops=true"


def environment(regime: Regime, device: str, threads: int | None) -> dict[str, str]:
    """Variables for a process that will import JAX, which reads all of them once.

    It takes its threads from NPROC (xla/pjrt/utils.cc).
    """
    variables = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    if threads:
        variables["NPROC"] = str(threads)
    if device == "cpu":
        variables |= {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    elif regime.deterministic:
        variables["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {DETERMINISTIC}".strip()
    if regime.tf32 is False:
        variables["NVIDIA_TF32_OVERRIDE"] = "0"
    return variables


VARIANTS = (
    Framework(
        name="jax",
        task="jax_impl.task:JaxTask",
        requires=("jax", "optax"),
        devices=("cpu", "cuda"),
        environment=environment,
        native=NATIVE,
        lowest={"jax": "0.7.2", "optax": "0.2.5"},
        companions={"flax": "0.12"},
        suffix=".npz",
        twin="jax_impl.twins:JaxTwin",
        probe="jax_impl.probing.probe:JaxProbe",
        recorded="jax_impl.probing.recorded",
        ablation="jax_impl.ablation",
        # its gradients and its update are one program: another name for it would be no other arm
        without={"compiled": "JAX compiles every step: matched is it"},
        fixed=("denormals",),
        rank=1,
        on_request=True,
        colour="#009E73",
    ),
)
