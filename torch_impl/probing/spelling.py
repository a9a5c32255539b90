"""The conventions of PyTorch's layers as Keras spells them; no PyTorch is imported here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

KERAS = {
    "eps": "epsilon",
    "stride": "strides",
    "dilation": "dilation_rate",
    "p": "rate",
    "dropout_p": "dropout",
    "scale_factor": "size",
    "num_groups": "groups",
}
PLAIN = (
    *("mode", "momentum", "kernel_size", "padding", "output_padding", "padding_mode", "groups"),
    *("ceil_mode", "count_include_pad", "negative_slope", "alpha", "approximate", "dim", "size"),
    *("align_corners", "output_size", "dropout", "padding_idx", "num_heads", "upscale_factor"),
    *("value", "min_val", "max_val", "threshold", "beta", "normalized_shape", "start_dim"),
    *("end_dim", "num_layers", "bidirectional", "add_zero_attn", "max_norm", "scale", "lower"),
    *("upper", "lambd"),
)
SIZES = ("strides", "pool_size", "kernel_size", "padding", "dilation_rate", "output_padding")
GATES: dict[str, dict[str, Any]] = {
    "LSTM": {"activation": "tanh", "recurrent_activation": "sigmoid"},
    "GRU": {"activation": "tanh", "recurrent_activation": "sigmoid", "reset_after": True},
}


def spelt(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values by the words and in the units of Keras; what is no number or text is left out.

    Keras's momentum is what is kept, PyTorch's what is taken in; its padding of nothing is "valid".
    """
    settings: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, tuple | list):  # a torch.Size too
            value = tuple(value)
        if type(value).__name__ == "dtype":
            value = str(value).removeprefix("torch.")
        if _is_plain(value):
            settings[KERAS.get(name, name)] = value
    if "output_padding" in settings and "transpose" not in kind.lower():
        del settings["output_padding"]
    if re.search("interpolate|upsampl", kind.lower()) and "mode" in settings:
        settings["interpolation"] = settings.pop("mode")
    if "pool" in kind.lower() and settings.get("kernel_size") is not None:
        settings["pool_size"] = settings.pop("kernel_size")
        settings["strides"] = settings.get("strides") or settings["pool_size"]
    axes = re.search(r"([123])d", kind.lower())
    for name in SIZES if axes else ():
        if isinstance(settings.get(name), int) and not isinstance(settings[name], bool):
            settings[name] = (settings[name],) * int(axes[1])  # type: ignore[index]
    if isinstance(settings.get("momentum"), float):
        settings["momentum"] = round(1 - settings["momentum"], 9)
    if isinstance(settings.get("approximate"), str):
        settings["approximate"] = settings["approximate"] == "tanh"
    if axes and isinstance(settings.get("padding"), tuple) and not any(settings["padding"]):
        settings["padding"] = "valid"
    return settings


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)
