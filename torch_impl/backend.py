"""What PyTorch computes on, and what is set for the whole process."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from common.regime import Regime


def prepare(rules: Regime) -> None:
    """Set what the rules ask of the whole process."""
    torch.backends.cuda.matmul.allow_tf32 = bool(rules.tf32)
    torch.set_flush_denormal(rules.denormals == "flushed")
    # asked first, because to set it imports PyTorch's compiler, which takes two seconds
    if rules.deterministic != torch.are_deterministic_algorithms_enabled():
        torch.use_deterministic_algorithms(rules.deterministic)


@cache
def mkl_at_home() -> bool:
    """Whether products are MKL's and the processor Intel's: on others it leaves AVX-512 unused."""
    try:
        processor = Path("/proc/cpuinfo").read_text()
    except OSError:  # no Linux
        processor = platform.processor()
    return torch.backends.mkl.is_available() and "GenuineIntel" in processor


def synchronize(device: str) -> None:
    """Wait until the device has finished all it was given."""
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    elif device == "mps":
        torch.mps.synchronize()


def peak_bytes(device: str) -> int | None:
    """The most memory that tensors took on a CUDA device; None elsewhere."""
    return torch.cuda.max_memory_allocated(device) if device.startswith("cuda") else None


def runtime() -> dict[str, Any]:
    """`versions`, `devices` and `threads` of PyTorch, as read back from it."""
    devices = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        devices.append("mps")
    return {
        # not torch.__version__: a class of its own, which a parent could unpickle with torch alone
        "versions": {name: version(name) for name in ("torch", "torchvision")},
        "devices": devices,
        "threads": torch.get_num_threads(),
    }
