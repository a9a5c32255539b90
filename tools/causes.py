"""A page for each cause that `twinbench parity --twins` knows: `make causes`.

`python -m tools.causes` judges, for each cause of the catalogue, a port of tests/porting/situations
that has it. What the judge says is kept in docs/causes/verdicts.json, with the commit. From that
and from the catalogue the pages are written, and the tables of docs/causes.md.

    python -m tools.causes epsilon clip      judge these alone
    python -m tools.causes --write           judge none: after a change of the catalogue's words

exit status: 0 done, 1 the judge did not name a cause, 2 usage
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import io
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, redirect_stdout
from itertools import takewhile
from pathlib import Path
from typing import Any

from benchmarks.show.markdown import escaped, pipe_table, replace_table
from benchmarks.twins.causes.catalogue import ENTRIES, GROUPS
from benchmarks.twins.causes.entry import Entry
from benchmarks.twins.judge import judge
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.report import print_verdict
from common.say import none_such, say
from tools.porting import Children
from tools.ports import SITUATIONS, Situation, situations
from tools.project import ROOT, made_with

INDEX, PAGES = ROOT / "docs" / "causes.md", ROOT / "docs" / "causes"
VERDICTS = PAGES / "verdicts.json"
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
    "affine": "affine={scale}",
}
"""A setting that is a whole line of code -> such a line."""

Said = Mapping[str, Any]
"""What the judge said of a port: see `said`."""


def ports() -> dict[str, Situation]:
    """By cause the port that shows it: of few causes, in Keras and PyTorch, and short."""

    def rank(case: Situation) -> tuple:
        text = case.path.read_text(encoding="utf-8")
        return len(case.causes), case.frameworks != ("keras", "torch"), len(text), case.path.stem

    found: dict[str, Situation] = {}
    for case in sorted(situations([SITUATIONS]), key=rank):
        for name in case.causes:
            found.setdefault(name, case)
    return found


def said(name: str, case: Situation, judgement: Judgement) -> Said | None:
    """What is kept of a verdict; None if it does not name the cause.

    Of the cause whether it was proved, what was tried, and the gap before and after; null where
    nothing was tried. `lines` are what the command prints above its tables.
    """
    causes = [cause for cause in judgement.causes if cause.entry == name]
    if not causes:
        return None
    cause = max(causes, key=lambda cause: cause.proved)
    with redirect_stdout(io.StringIO()) as output:
        print_verdict(judgement)
    lines = [line.rstrip() for line in output.getvalue().splitlines()]
    gap = (number if math.isfinite(number) else None for number in (cause.before, cause.after))
    return {
        "situation": case.path.stem,
        "sha256": digest(case.path),
        "made_with": made_with(),
        "proved": cause.proved,
        "trial": cause.trial,
        "gap": list(gap),
        "lines": [line for line in takewhile(_is_no_table, lines) if line],
    }


def _is_no_table(line: str) -> bool:
    return not line.lstrip().startswith("pairs, ")


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def judged(names: Sequence[str], known: Mapping[str, Said]) -> tuple[dict[str, Said], list[str]]:
    """What the judge says of a port of each of these causes, beside what is known of others; and a
    sentence on each that it did not name."""
    shown, verdicts, unnamed = ports(), dict(known), []
    judgements: dict[Path, Judgement] = {}
    with closing(Children()) as children:
        for number, name in enumerate(names, 1):
            case = shown[name]
            if case.path not in judgements:
                children.renew(case.frameworks)
                judgements[case.path] = judge(case.path, case.frameworks, children=children)
            judgement = judgements[case.path]
            verdict = said(name, case, judgement)
            if verdict:
                verdicts[name] = verdict
            else:
                others = ", ".join(cause.entry for cause in judgement.causes) or "none"
                unnamed.append(f"{name}: {case.path.stem} is {judgement.verdict}, causes: {others}")
            say(f"{number}/{len(names)} {name}: {case.path.stem}{'' if verdict else ': not named'}")
    return verdicts, unnamed


def page(entry: Entry, case: Situation | None, verdict: Said | None) -> str:
    """The page of a cause, in Markdown, from a port that has it and what the judge said of that."""
    more = f" More is in [the differences](../differences/{entry.page}.md)." if entry.page else ""
    doubt = " It can only be suspected, since nothing can be tried." if entry.suspected_only else ""
    rows = ((label, f"`{_line(entry, name)}`") for name, label in LABELS.items())
    parts = [
        f"# {escaped(_sentence(entry.title))}",
        f"*Known by:* {escaped(entry.recognised)}.{doubt}{more}",
        pipe_table(("in", "write"), rows, left=range(2)),
        "A name in braces stands for a value of your own two models, which the verdict fills in. "
        "All that can be named is among the [causes](../causes.md).",
        "## A port that has it",
        *(_example(case, verdict) if case and verdict else [UNSEEN]),
    ]
    return "\n\n".join(parts) + "\n"


UNSEEN = (
    "No outputs, gradients or steps show it, so no verdict names it: both models are given the "
    "same weights. [`twinbench explain --twins`]"
    "(../porting_training.md#which-of-the-differences-is-it) has a step for it, with what it costs."
)


def _example(case: Situation, verdict: Said) -> Iterator[str]:
    text = case.path.read_text(encoding="utf-8")
    yield f"`{case.path.relative_to(ROOT).as_posix()}`:"
    yield f"```python\n{text.strip()}\n```"
    yield f"`twinbench parity --twins {case.path.name}` says:"
    yield "\n".join(["```text", *verdict["lines"], "```"])
    before, after = verdict["gap"]
    tried = "nothing could be"
    if verdict["trial"] and before is not None and after is not None:
        falls = f"the difference falls from {before:.0e} to {after:.0e}"
        tried = f"{escaped(verdict['trial'])} {falls}"
    word = "proved" if verdict["proved"] else "suspected"
    yield f"*Tried:* {tried}, so the cause is {word}. Judged at {verdict['made_with']}."


def index() -> str:
    """The tables of all causes, by group, in Markdown."""
    parts = []
    for group in GROUPS:
        title, _, rest = (inspect.getdoc(group) or "").removeprefix("Differences ").partition(": ")
        rows = (
            (
                f"[{escaped(_sentence(entry.title))}](causes/{entry.name}.md)",
                escaped(entry.recognised),
            )
            for entry in group.ENTRIES
        )
        table = pipe_table(("cause", "known by"), rows, left=range(2))
        parts += [f"## {_sentence(title)}", _sentence(rest), table]
    return "\n\n".join(parts)


def _line(entry: Entry, framework: str) -> str:
    """What to write, with the settings' names in braces."""
    return getattr(entry, framework).format_map(_Names(**EXAMPLES))


class _Names(defaultdict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def texts(known: Mapping[str, Said]) -> dict[Path, str]:
    """Every page of a cause by its path."""
    shown = ports()
    return {
        PAGES / f"{name}.md": page(entry, shown.get(name), known.get(name))
        for name, entry in ENTRIES.items()
    }


def verdicts() -> dict[str, Said]:
    """What was kept."""
    return json.loads(VERDICTS.read_text(encoding="utf-8")) if VERDICTS.is_file() else {}


def write(known: Mapping[str, Said]) -> None:
    """The pages, the tables of their index, and what they are made from."""
    PAGES.mkdir(exist_ok=True)
    ordered = {name: known[name] for name in ENTRIES if name in known}
    VERDICTS.write_text(f"{json.dumps(ordered, indent=1)}\n", encoding="utf-8")
    pages = texts(ordered)
    for path in set(PAGES.glob("*.md")) - set(pages):
        path.unlink()
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
    replace_table(INDEX, index())


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser("python -m tools.causes", description=__doc__)
    parser.formatter_class = argparse.RawTextHelpFormatter
    parser.add_argument("causes", nargs="*", metavar="CAUSE", help="default: all")
    parser.add_argument("--write", action="store_true", help="judge none, write the pages")
    args = parser.parse_args(arguments)
    can = list(ports())
    for name in args.causes:
        if name not in can:
            parser.error(none_such("cause with a port", name, can))
    names = args.causes or [name for name in ENTRIES if name in can]
    known, unnamed = (verdicts(), []) if args.write else judged(names, verdicts())
    write(known)
    for sentence in unnamed:
        say(f"not named: {sentence}")
    return int(bool(unnamed))


if __name__ == "__main__":
    sys.exit(main())
