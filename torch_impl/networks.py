"""The network of a problem: the literal one, or dense layers where widths were changed."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from common.problem import Problem
from torch_impl import boston, imdb, mnist, reuters

LITERAL = {"mnist": mnist, "imdb": imdb, "reuters": reuters, "boston": boston}


def network(problem: Problem) -> nn.Sequential:
    """Scores (n, outputs) of rows (n, features), with fresh weights."""
    if problem.name in LITERAL and not problem.resized:
        return LITERAL[problem.name].network()
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    for name, fan_in, fan_out in problem.layers:
        modules[name] = nn.Linear(fan_in, fan_out)
        modules[f"{name}_relu"] = nn.ReLU()
    modules.popitem()  # no relu after the output
    return nn.Sequential(modules)
