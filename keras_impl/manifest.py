"""What may be known of the Keras implementation without importing Keras."""

from __future__ import annotations

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
        "order": "repeated",  # by `fit` on arrays with a seed: one permutation for all epochs
        "loss_on": "probabilities",
        "last_batch": "kept",
        "denormals": "flushed",  # by TensorFlow's own thread pools; cannot be asked to keep them
        "tf32": True,
    }
)


def environment(regime: Regime, device: str, threads: int | None) -> dict[str, str]:
    """Variables for a process that will import Keras on TensorFlow.

    TensorFlow ignores OMP_NUM_THREADS. One inter-op thread: the graphs here are chains.
    """
    variables = {
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }
    if threads:
        variables |= {"TF_NUM_INTRAOP_THREADS": str(threads), "TF_NUM_INTEROP_THREADS": "1"}
    if device == "cpu":
        variables["CUDA_VISIBLE_DEVICES"] = "-1"
    if regime.tf32 is False:
        variables["NVIDIA_TF32_OVERRIDE"] = "0"
    return variables


VARIANTS = (
    Framework(
        name="keras",
        task="keras_impl.task:KerasTask",
        requires=("keras", "tensorflow"),
        install='pip install "twinbench[keras]"',
        devices=("cpu", "cuda"),
        environment=environment,
        native=NATIVE,
        suffix=".keras",
        twin="keras_impl.twins:KerasTwin",
        fixed=("denormals",),
    ),
)
