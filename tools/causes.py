"""The catalogue of causes as a page: what each is known by, and what to write against it."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Iterator

from benchmarks.show.markdown import escaped
from benchmarks.twins.causes.catalogue import GROUPS
from benchmarks.twins.causes.entry import Entry

LABELS = {"keras": "Keras", "torch": "PyTorch", "jax": "JAX"}
EXAMPLES = {
    "keras_penalty": "kernel_regularizer=keras.regularizers.L2({factor})",
    "torch_penalty": "loss + {factor} * weight.square().sum()",
    "jax_penalty": "loss + {factor} * jax.numpy.sum(jax.numpy.square(kernel))",
    "keras_decay": "keras.optimizers.AdamW(weight_decay={decay}), which is beside the step",
    "torch_decay": "torch.optim.AdamW(weight_decay={decay}), which is beside the step",
    "jax_decay": "optax.adamw(learning_rate, weight_decay={decay}), which is beside the step",
    "keras_clipping": "global_clipnorm={limit}, clipnorm={limit} or clipvalue={limit}",
    "torch_clipping": "nn.utils.clip_grad_norm_(parameters, {limit}), or clip_grad_value_",
    "jax_clipping": "optax.clip_by_global_norm({limit}), or optax.clip",
    "scaling": "{factor} * x + {offset}",
}
"""A setting that is a whole line of code -> such a line."""


def catalogue_page() -> str:
    """The page's sections in Markdown of MyST: "##" a group, "###" an entry, labelled `anchor`."""
    lines = []
    for group in GROUPS:
        title, _, rest = (inspect.getdoc(group) or "").removeprefix("Differences ").partition(": ")
        lines += [f"## {_sentence(title)}", _sentence(rest)]
        for entry in group.ENTRIES:
            lines += _section(entry)
    return "\n\n".join(lines)


def anchor(entry: Entry) -> str:
    """Where the page tells of it."""
    return f"cause-{entry.name.replace('_', '-')}"


def _section(entry: Entry) -> Iterator[str]:
    yield f"({anchor(entry)})="
    yield f"### {escaped(_sentence(entry.title))}"
    page = f" More is in [](differences/{entry.page}.md)." if entry.page else ""
    doubt = " It can only be suspected, since nothing can be tried." if entry.suspected_only else ""
    yield f"*Known by:* {escaped(entry.recognised)}.{doubt}{page}"
    rows = (f"* - {label}\n  - `{_line(entry, name)}`" for name, label in LABELS.items())
    yield "\n".join(["```{list-table}", ":widths: 1 7", ":width: 100%", "", *rows, "```"])


def _line(entry: Entry, framework: str) -> str:
    """What to write, with the settings' names in braces."""
    return getattr(entry, framework).format_map(_Names(**EXAMPLES))


class _Names(defaultdict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
