"""What the tests of ports call in a framework's process."""

from __future__ import annotations

from common.twins.user_file import model_of


def settings_in_torch(path: str) -> dict[str, str]:
    """What each module of the file's PyTorch model says of itself, by its name; no number is drawn,
    nor any memory taken for one."""
    import torch

    with torch.device("meta"):
        modules = model_of(path, "torch", seed=0).named_modules()
    return {name: f"{type(module).__name__}({module.extra_repr()})" for name, module in modules}
