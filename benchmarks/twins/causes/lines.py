"""The line to write for a layer in which several settings differ.

Each finder gives a line for one setting: the layer's call, or an argument of it. Whoever wrote the
last of them would lose the others, so the lines of one layer become one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from benchmarks.twins.cause import Cause
from benchmarks.twins.match import Pair

MAKES = re.compile(
    r"(?:layers|nn|nnx)\.(?!Activation|ReLU|Hardtanh|Dropout|UpSampling|Upsample|\w*Pool)[A-Z]\w*"
    r"|(?:keras\.optimizers|torch\.optim)\.[A-Z]\w*"
    r"|optax\.(?:sgd|rmsprop|adam|adamw|adagrad)"
)
"""What makes a layer with weights or an optimiser, and takes its settings: an activation of one's
own stands behind the layer whose name it has."""
BESIDE = re.compile(r"(.+ before the layer, and )(.+?)( in it)?")
BEHIND = re.compile(r"(.+ behind )(layers\..+)")
OR = re.compile(r",? or ")
RUNGS = {"loss", "optimizer"}
"""Where a cause shows, beside its layer."""
LAYER = "layer "
"""Beside the name of a layer in what stands for it: no place is called so."""
UNKNOWN = ("...",)
LAST = "rngs"


class Line(NamedTuple):
    """A call that makes a layer, in pieces; without `function` arguments alone, for such a call.

    `before` is what stands before the layer, `behind` what is said of the call.
    """

    function: str
    values: tuple[str, ...]
    names: Mapping[str, str]
    before: str = ""
    behind: str = ""

    @property
    def arguments(self) -> str:
        """As they are written, between the brackets."""
        return ", ".join([*self.values, *(f"{name}={v}" for name, v in self.names.items())])

    def __str__(self) -> str:
        if self.function:
            return f"{self.before}{self.function}({self.arguments}){self.behind}"
        return f"{self.before}{self.arguments}{' in it' if self.before else ''}"


def together(causes: Sequence[Cause], pairs: Sequence[Pair] = ()) -> list[Cause]:
    """The causes, those of one layer with one line that has all their settings, and its places.

    What makes no layer, and lines that contradict each other, stay as they are.
    """
    groups: dict[frozenset[str], list[Cause]] = {}
    for cause in causes:
        groups.setdefault(_layer(cause, pairs), []).append(cause)
    mended: dict[Cause, Cause] = {}
    for group in groups.values():
        whole = _joined(dict.fromkeys(cause.write for cause in group))
        for line in dict.fromkeys(whole.values()):
            several = [cause for cause in group if whole.get(cause.write) == line]
            every = (place for cause in several for place in cause.places)
            places = tuple(dict.fromkeys(place for place in every if place not in RUNGS))
            mended |= {c: c._replace(write=line, places=places or c.places) for c in several}
    return [mended.get(cause, cause) for cause in causes]


def _layer(cause: Cause, pairs: Sequence[Pair]) -> frozenset[str]:
    """The layer of the second model that a line is written in, else the places of the cause.

    A constraint is named by the optimiser, and by the first model's name alone; a separable
    convolution or an attention is one layer, and its parts have causes of their own.
    """
    places, line = frozenset(cause.places), parsed(cause.write)
    named = [pair for pair in pairs if {pair.name} & places or _names(pair) <= places]
    if not named and line and not line.function:  # a call may be another layer, beside this one
        named = [pair for pair in pairs if _names(pair) & places]
    layers = {pair.other.layer for pair in named}
    return frozenset((LAYER, *layers)) if len(layers) == 1 and all(layers) else places


def _names(pair: Pair) -> set[str]:
    return {pair.one.name, pair.other.name}


def settings(text: str) -> str:
    """The settings that a line has by name, as they are written; "" where it makes no layer."""
    line = parsed(text)
    return line._replace(values=()).arguments if line else ""


def parsed(text: str) -> Line | None:
    """A line to write in pieces; None of one that makes no layer."""
    if beside := BESIDE.fullmatch(text):
        line = _arguments(beside[2]) if beside[3] else parsed(beside[2])
        return line and line._replace(before=beside[1])
    if crop := BEHIND.fullmatch(text):
        line = parsed(crop[2])
        return line and line._replace(before=crop[1])
    for end in re.finditer(r"\)(?=[ ,;]|$)", text):
        call, behind = _call(text[: end.end()]), text[end.end() :]
        if call and MAKES.fullmatch(call.function):
            one_of_two = MAKES.search(behind) or OR.match(behind)
            return None if one_of_two else call._replace(behind=behind)
    return _arguments(text.removesuffix(" in the layer"))


def _arguments(text: str) -> Line | None:
    """Arguments by name alone; with spaces around its sign it is an assignment."""
    line = _call(f"_({text})") if re.match(r"\w+=\S", text) else None
    return line._replace(function="") if line and not line.values else None


def _call(text: str) -> Line | None:
    try:
        call = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    if not isinstance(call, ast.Call):
        return None

    def written(node: ast.expr) -> str:  # 1e-3, which ast.unparse would make 0.001
        return ast.get_source_segment(text, node) or ""

    names = {str(keyword.arg): written(keyword.value) for keyword in call.keywords}
    return Line(written(call.func), tuple(map(written, call.args)), names)


def _joined(texts: Iterable[str]) -> dict[str, str]:
    """Lines of one layer -> the line that has the settings of several of them."""
    groups: list[tuple[Line, list[str]]] = []
    for text in texts:
        line = parsed(text)
        if line is None:
            continue
        for number, (known, members) in enumerate(groups):
            if both := _both(known, line):
                groups[number] = both, [*members, text]
                break
        else:
            groups.append((line, [text]))
    return {text: str(line) for line, texts in groups if len(texts) > 1 for text in texts}


def _both(one: Line, other: Line) -> Line | None:
    """One call with the settings of both; None where they contradict each other."""
    values = [() if line.values == UNKNOWN else line.values for line in (one, other)]
    few, many = sorted(values, key=len)
    names = {**one.names, **other.names}
    texts = [
        {getattr(one, field), getattr(other, field)} - {""}
        for field in ("function", "before", "behind")
    ]
    if few != many[: len(few)] or names != {**other.names, **one.names} or max(map(len, texts)) > 1:
        return None
    ordered = sorted(names.items(), key=lambda item: item[0] == LAST)
    function, before, behind = ("".join(text) for text in texts)
    return Line(function, many or one.values or other.values, dict(ordered), before, behind)
