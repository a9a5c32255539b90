"""What may be known of the Keras implementation without importing Keras."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from common.framework import Framework
from common.regime import Regime

NATIVE = MappingProxyType(
    {
        "kernels": "glorot_uniform",  # keras/src/layers/core/dense.py
        "biases": "zeros",
        "rho": 0.9,  # keras/src/optimizers/rmsprop.py
        "epsilon": 1e-7,
        "epsilon_inside_root": True,
        "order": "repeated",  # by TensorFlow and a seed: one permutation for all epochs of a `fit`
        "loss_on": "probabilities",
        "last_batch": "kept",
        "denormals": "flushed",  # by TensorFlow's own thread pools, and by JAX's
        "tf32": True,
    }
)


def environment(
    regime: Regime, device: str, threads: int | None, backend: str = "tensorflow"
) -> dict[str, str]:
    """Variables for a process that will import Keras on a backend.

    TensorFlow ignores OMP_NUM_THREADS. One inter-op thread: the graphs here are chains. JAX takes
    its threads from NPROC (xla/pjrt/utils.cc).
    """
    variables = {"KERAS_BACKEND": backend}
    if backend == "tensorflow":
        variables |= {
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "TF_ENABLE_ONEDNN_OPTS": "1",
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        }
    if backend == "jax":
        variables["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    if threads:
        n = str(threads)
        variables |= {
            "tensorflow": {"TF_NUM_INTRAOP_THREADS": n, "TF_NUM_INTEROP_THREADS": "1"},
            "jax": {"NPROC": n},
            "torch": {"OMP_NUM_THREADS": n, "MKL_NUM_THREADS": n},
        }[backend]
    if device == "cpu":
        variables["CUDA_VISIBLE_DEVICES"] = "-1"
        if backend == "jax":
            variables["JAX_PLATFORMS"] = "cpu"
    if regime.tf32 is False:
        variables["NVIDIA_TF32_OVERRIDE"] = "0"
    if backend == "torch" and regime.deterministic:
        variables["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # cuBLAS reads it once, at its start
    return variables


LOWEST = MappingProxyType({"tensorflow": "2.20", "jax": "0.7.2", "torch": "2.9"})


def _variant(name: str, backend: str, colour: str, without: Mapping[str, str]) -> Framework:
    """Keras on one backend; TensorFlow and JAX cannot keep denormals."""
    kept = backend == "torch"
    return Framework(
        name=name,
        task="keras_impl.task:KerasTask",
        requires=("keras", backend),
        devices=("cpu", "cuda"),
        environment=partial(environment, backend=backend),
        native=MappingProxyType(
            {
                **NATIVE,
                "order": "repeated" if backend == "tensorflow" else "reshuffled",
                "denormals": "kept" if kept else "flushed",
            }
        ),
        lowest={"keras": "3.12", backend: LOWEST[backend]},
        suffix=".keras",
        twin="keras_impl.twins:KerasTwin",
        probe="keras_impl.probing.probe:KerasProbe",
        recorded="keras_impl.probing.recorded",
        ablation="keras_impl.ablation",
        fixed=() if kept else ("denormals",),
        without=without,
        label=f"keras ({backend})",
        colour=colour,
    )


VARIANTS = (
    _variant("keras", "tensorflow", "#0072B2", {}),
    _variant(
        "keras:jax",
        "jax",
        "#56B4E9",
        {"compiled": "on JAX Keras compiles every step: matched is it", "ablation": ""},
    ),
    _variant(
        "keras:torch",
        "torch",
        "#8D4AF2",
        {
            # jit_compile=True gives torch.compile Keras's whole step, with backward and optimiser
            "compiled": "after a minute torch.compile had not got through an epoch of Boston",
            "tuned": "its steps are Keras's own, one Python call after another",
            "ablation": "",
        },
    ),
)
