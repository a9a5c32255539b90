"""A twins file written from two import paths, with blanks where its author alone can know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from common.framework import framework
from common.twins.import_path import Argument, Builder, Target

BLANK = "..."  # Python reads it, and the judge refuses it
RNGS = "rngs"  # in Flax a module is given the streams of random numbers that it draws from
Shapes = Sequence[tuple[int | None, ...]]

TEXT = '''\
"""{targets}: do both compute the same?

    twinbench parity --twins {file}
"""

INPUT = {shapes}  # {comment}
{tokens}
# LOSS = "categorical_crossentropy"  # a name of Keras's
# OPTIMIZER = {optimizers}
# WEIGHTS = {weights}  # beside this file
{models}'''

MODEL = '''

def {framework}_model({seed}):
    """{target}."""
    {imports}

    return {call}
'''


class Model(NamedTuple):
    """One of the two: its framework, its import path, and what was seen of it."""

    framework: str
    target: Target
    builder: Builder

    @property
    def blanks(self) -> list[Argument]:
        """The arguments that its author has to fill in."""
        return [argument for argument in self.builder.arguments if argument.name != RNGS]

    def function(self) -> str:
        """The function of a twins file that builds it."""
        imports = f"from {self.target.module} import {self.target.name.partition('.')[0]}"
        lines, seed = [], ""
        for argument in self.builder.arguments:
            value = f"{BLANK},  # {argument.hint or 'to be filled in'}"
            if argument.name == RNGS:
                imports, value = f"from flax import nnx\n    {imports}", "nnx.Rngs(seed),"
                seed = "seed"
            lines.append(f"{argument.name}={value}" if argument.by_name else value)
        given = "".join(f"\n        {line}" for line in lines) + "\n    " * bool(lines)
        return MODEL.format(
            framework=self.framework,
            seed=seed,
            target=self.target,
            imports=imports,
            call=f"{self.target.name}({given})",
        )


class Draft(NamedTuple):
    """The text of a twins file, and a sentence on each blank without which nothing runs."""

    text: str
    blanks: list[str]


def draft(models: Sequence[Model], file: str, given: Shapes = ()) -> Draft:
    """The file of that name for two models; `given` are the rows' shapes, else a model says."""
    source = next((m for m in models if m.builder.shapes), None)
    shapes, comment = given, "one row, channels last"
    if not given and source:
        shapes = source.builder.shapes
        comment += f"; from {source.target}"
    counts = [m.builder.tokens for m in models if any(m.builder.tokens)]
    tokens = next((c for c in counts if len(c) == max(len(shapes), 1)), ())
    names = [model.framework for model in models]
    text = TEXT.format(
        targets=" and ".join(str(model.target) for model in models),
        file=file,
        shapes=_plain(shapes),
        comment=comment,
        tokens=f"TOKENS = {_plain(tokens)}  # whole numbers below this\n" if tokens else "",
        optimizers="{" + ", ".join(f'"{name}": {name}_optimizer' for name in names) + "}",
        weights=f'{{"{names[0]}": "trained{framework(names[0]).suffix}"}}',
        models="".join(model.function() for model in models),
    )
    blanks = [
        f"{argument.name}, an argument of {model.target} without a default"
        for model in models
        for argument in model.blanks
    ]
    if not shapes or any(axis is None for shape in shapes for axis in shape):
        blanks.insert(0, "INPUT, the shape of one row, such as (28, 28, 1); --input writes it")
    return Draft(text, blanks)


def _plain(values: Sequence) -> str:
    """One value as it is, several as a tuple; what is not known is a blank."""
    text = repr(values[0] if len(values) == 1 else tuple(values)) if values else BLANK
    return text.replace("None", BLANK)
