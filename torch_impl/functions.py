"""Which of PyTorch's functions are shown while rows flow, and what their arguments are called."""

from __future__ import annotations

import inspect
from typing import Any

from torch import Tensor, nn

from torch_impl.watch import words

NORM = "weight bias eps"
POOL = "input kernel_size stride padding"
CONV = "input weight bias stride padding"
DROPOUTS = (
    "dropout dropout1d dropout2d dropout3d alpha_dropout feature_dropout feature_alpha_dropout "
    "native_dropout"
)

SAME_ARGUMENTS = {
    "input": "relu relu6 silu mish sigmoid tanh selu hardsigmoid hardswish softsign logsigmoid exp "
    "log sqrt rsqrt abs neg square reciprocal erf detach contiguous sin cos",
    "input other": "add sub rsub mul div matmul bmm mm pow maximum minimum",
    "input dim keepdim": "sum mean amax amin max min prod logsumexp norm argmax argmin any all",
    "input dim correction keepdim": "std var",
    "input dim": "softmax log_softmax softmin cumsum glu squeeze unsqueeze unbind",
    f"{POOL} dilation ceil_mode": "max_pool1d max_pool2d max_pool3d",
    f"{POOL} ceil_mode count_include_pad": "avg_pool1d avg_pool2d avg_pool3d",
    "input output_size": "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d "
    "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d",
    f"{CONV} dilation groups": "conv1d conv2d conv3d",
    f"{CONV} output_padding groups dilation": "conv_transpose1d conv_transpose2d conv_transpose3d",
    "input p training": DROPOUTS,
    "input alpha": "elu celu",
    "input min max": "clamp clip",
    "input size scale_factor mode align_corners": "interpolate upsample",
    "tensors dim": "cat concat stack",
    "input shape": "reshape view expand repeat",
    "input dims": "permute flip",
    "input dim0 dim1": "transpose swapaxes",
    "input source destination": "movedim moveaxis",
    "input dim index": "gather index_select",
    "input diagonal": "tril triu",
}
ARGUMENTS = {
    **{name: arguments for arguments, names in SAME_ARGUMENTS.items() for name in words(names)},
    "gelu": "input approximate",
    "softplus": "input beta threshold",
    "leaky_relu": "input negative_slope",
    "threshold": "input threshold value",
    "hardtanh": "input min_val max_val",
    "prelu": "input weight",
    "grid_sample": "input grid mode padding_mode align_corners",
    "pixel_shuffle": "input upscale_factor",
    "pixel_unshuffle": "input downscale_factor",
    "pad": "input pad mode value",
    "layer_norm": f"input normalized_shape {NORM}",
    "rms_norm": "input normalized_shape weight eps",
    "group_norm": f"input num_groups {NORM}",
    "batch_norm": "input running_mean running_var weight bias training momentum eps",
    "instance_norm": "input running_mean running_var weight bias use_input_stats momentum eps",
    "local_response_norm": "input size alpha beta k",
    "normalize": "input p dim eps",
    "linear": "input weight bias",
    "bilinear": "input1 input2 weight bias",
    "embedding": "input weight padding_idx",
    "embedding_bag": "input weight offsets",
    "one_hot": "input num_classes",
    "scaled_dot_product_attention": "query key value attn_mask dropout_p is_causal scale",
    "multi_head_attention_forward": "query key value embed_dim num_heads",
    "baddbmm": "input batch1 batch2",
    "addmm": "input mat1 mat2",
    "einsum": "equation operands",
    "tensordot": "input other dims",
    "cosine_similarity": "input other dim eps",
    "split": "input split_size dim",
    "chunk": "input chunks dim",
    "flatten": "input start_dim end_dim",
    "unflatten": "input dim sizes",
    "roll": "input shifts dims",
    "repeat_interleave": "input repeats dim",
    "getitem": "input index",
    "where": "condition input other",
    "masked_fill": "input mask value",
    "unfold": "input kernel_size dilation padding stride",
    "fold": "input output_size kernel_size dilation padding stride",
}
"""Functions that are shown -> the names of their arguments, in order."""

SPREAD = ("reshape", "view", "permute", "expand", "repeat", "flip")
"""Methods that take a shape as arguments of their own: x.view(2, 3)."""


def plain_name(name: str) -> str:
    """A function's name without the marks of an operator or of a change in place: "add"."""
    name = name.strip("_")
    turned = {"radd": "add", "iadd": "add", "rmul": "mul", "imul": "mul", "truediv": "div"}
    turned |= {"rtruediv": "div", "itruediv": "div", "isub": "sub", "rsub": "rsub", "rpow": "pow"}
    turned |= {"rmatmul": "matmul", "absolute": "abs", "arctan": "atan", "negative": "neg"}
    turned |= {"concatenate": "cat", "subtract": "sub", "multiply": "mul", "divide": "div"}
    return turned.get(name, name)


def arguments_of(name: str, function: Any, args: tuple, keywords: dict) -> dict[str, Any]:
    """A call's arguments by name, those with defaults included where the function says them."""
    names = ARGUMENTS.get(name, "input").split()
    if name in SPREAD and len(args) > 2 and isinstance(args[1], int):
        args = (args[0], tuple(args[1:]))
    given = dict(zip(names, args, strict=False)) | keywords
    if name == "getitem":
        return given
    try:
        bound = inspect.signature(function).bind(*args, **keywords)
        bound.apply_defaults()
        given |= bound.arguments
    except (TypeError, ValueError):  # one that is written in C
        pass
    return given


def settings_in(arguments: dict[str, Any]) -> dict[str, Any]:
    """Those that are no tensors."""
    skipped = ("inplace", "training", "_stacklevel", "input", "weight", "bias")
    settings = {}
    for name, value in arguments.items():
        if name == "index":
            settings[name] = str(value) if _plain_index(value) else "tensor"
        elif name not in skipped and not isinstance(value, Tensor | nn.Module):
            settings[name] = value
    return settings


def _plain_index(value: Any) -> bool:
    parts = value if isinstance(value, tuple) else (value,)
    return not any(isinstance(part, Tensor | list) for part in parts)
