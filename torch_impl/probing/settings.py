"""The conventions of a layer or a function, spelt as Keras spells them where it has a word."""

from __future__ import annotations

import re
from typing import Any

from torch import nn

from torch_impl.probing.spelling import GATES, KERAS, PLAIN, spelt


def settings_of(module: nn.Module) -> dict[str, Any]:
    """A module's settings; those of a user's own class are its plain attributes of known names."""
    kind = type(module).__name__
    recurrent = isinstance(module, nn.RNNBase)
    names = [name for name in (*PLAIN, *KERAS) if name != "mode" or not recurrent]
    settings = spelt(kind, {name: vars(module)[name] for name in names if name in vars(module)})
    if isinstance(module, nn.Linear | nn.modules.conv._ConvNd | nn.Bilinear):
        settings["use_bias"] = module.bias is not None
    if isinstance(module, nn.RNNBase | nn.RNNCellBase):
        settings["use_bias"] = bool(module.bias)
        gates = GATES.get(re.sub("Cell$", "", kind), {})
        plain = {"activation": module.nonlinearity} if hasattr(module, "nonlinearity") else {}
        settings |= gates or plain
    if isinstance(module, nn.MultiheadAttention):
        settings["use_bias"] = module.in_proj_bias is not None
    return settings
