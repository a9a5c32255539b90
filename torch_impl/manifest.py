"""What may be known of the PyTorch implementation without importing PyTorch."""

from __future__ import annotations

import os
import shutil
import sys
from types import MappingProxyType

from common.framework import Framework
from common.regime import Regime

NATIVE = MappingProxyType(
    {
        "kernels": "fan_in_uniform",  # torch/nn/modules/linear.py
        "biases": "fan_in_uniform",
        "rho": 0.99,  # torch/optim/rmsprop.py, where it is called alpha
        "epsilon": 1e-8,
        "epsilon_inside_root": False,
        "order": "reshuffled",  # by a DataLoader with shuffle=True
        "loss_on": "logits",
        "last_batch": "kept",
        "denormals": "kept",
        "tf32": False,
    }
)

COMPILER = os.environ.get("CXX", {"darwin": "clang++", "win32": "cl"}.get(sys.platform, "g++"))
NO_COMPILER = (
    f"torch.compile needs a C++ compiler, and there is no {COMPILER} here: install it, as by "
    "`apt install g++` or `xcode-select --install`, or say in CXX which one there is"
)


def environment(regime: Regime, device: str, threads: int | None) -> dict[str, str]:
    """Variables for a process that will import PyTorch."""
    variables: dict[str, str] = {}
    if threads:
        variables |= {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    if device == "cpu":
        variables["CUDA_VISIBLE_DEVICES"] = "-1"
    if regime.tf32 is False:
        variables["NVIDIA_TF32_OVERRIDE"] = "0"
    if regime.deterministic:
        variables["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # cuBLAS reads it once, at its start
    if regime.compiled:  # else a first epoch would depend on who has compiled here before
        variables["TORCHINDUCTOR_FORCE_DISABLE_CACHES"] = "1"
    return variables


VARIANTS = (
    Framework(
        name="torch",
        task="torch_impl.task:TorchTask",
        requires=("torch", "torchvision"),
        devices=("cpu", "cuda", "mps"),
        environment=environment,
        native=NATIVE,
        lowest={"torch": "2.9", "torchvision": "0.24"},
        suffix=".pt",
        twin="torch_impl.twins:TorchTwin",
        probe="torch_impl.probing.probe:TorchProbe",
        recorded="torch_impl.probing.recorded",
        ablation="torch_impl.ablation",
        pieces=(
            "gradients by hand, not by autograd",
            "weights in one vector, not in one each",
            "the optimiser's pass that suits the size",
            "the library of products that suits the processor",
        ),
        extents=("forward", "optimiser"),
        without={} if shutil.which(COMPILER) else {"compiled": NO_COMPILER},
        colour="#DE8F05",
    ),
)
