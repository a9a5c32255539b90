"""Ports whose truth is known, and what the judge said of one.

A file says its truth itself (TRUTH, PLACE, CAUSE, CAUSES), or a table in its folder's README.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from common.twins.user_file import models_of, user_module
from tools.project import ROOT

SITUATIONS = ROOT / "tests" / "porting" / "situations"
FRAMEWORKS = ("keras", "torch", "jax")
TRUTHS = ("right", "wrong", "random", "refuse")
VERDICTS = ("right", "wrong", "random", "refused", "crashed")
EXPECTED = {"right": "right", "wrong": "wrong", "random": "random", "refuse": "refused"}
KINDS: Mapping[str, str] = {  # of a cause, by the first of which a word stands in it
    "the step": "decay|Adam|RMSprop|bias correction|schedule|clipping|momentum copied|max-norm",
    "the loss": "loss|CrossEntropy|reduction|class weights|label|twice|regulariser|(n,)",
    "gradients": "detach|stop_gradient|frozen|padding_idx|tied",
    "precision": "float16",
    "dropout": "dropout|rates",
    "normalisation": "normalisation|epsilon|momentum",
    "padding and grids": "pad|stride|crop|pixel|align_corners|interpolation|dilation|pooling",
    "attention and masks": "attention|mask|softmax|query",
    "activation": "activation|tanh|GELU|slope|relu|sigmoid",
    "order of numbers": "order|reshape|batch_first|axis|transpose|exchanged|step|backward",
    "wiring": "residual|bias|state|preprocessing|scale",
}


@dataclass(frozen=True)
class Situation:
    """A twins file and what is true of it. `places` are parts of names, any of which will do; they
    are empty where none are known. `causes` are entries of the catalogue, of which any is right."""

    path: Path
    truth: str
    places: tuple[str, ...] = ()
    cause: str = ""
    frameworks: tuple[str, str] = ("keras", "torch")
    causes: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What the cause is about, a key of KINDS; "other" if it has no word of them."""
        for kind, words in KINDS.items():
            if any(word in self.cause for word in words.split("|")):
                return kind
        return "other"


@dataclass(frozen=True)
class Outcome:
    """What the judge said of a situation. `rivals`: name -> whether it says "the same"; `causes`:
    the entry of each cause, and whether it was called proved."""

    situation: Situation
    seed: int
    verdict: str
    sentence: str
    places: Sequence[str] = ()
    notes: Sequence[str] = ()
    rivals: Mapping[str, bool | None] = field(default_factory=dict)
    seconds: float = 0.0
    causes: Sequence[tuple[str, bool]] = ()
    memory: int = 0  # the most bytes that all processes had resident at once
    made_with: str = ""

    @property
    def as_it_should_be(self) -> bool:
        return self.verdict == EXPECTED[self.situation.truth]

    @property
    def fatal(self) -> bool:
        """A right port called wrong, or a wrong one right, or a wrong cause called proved: what a
        checker must never say."""
        return {self.situation.truth, self.verdict} == {"right", "wrong"} or bool(self.misproved)

    @property
    def misproved(self) -> list[str]:
        """Causes that are called proved and are none, where the true ones are known."""
        known = self.situation.causes
        return [name for name, proved in self.causes if proved and known and name not in known]

    @property
    def explained(self) -> str:
        """How a true cause was named: "proved", "suspected", or "" if it was not."""
        words = {proved for name, proved in self.causes if name in self.situation.causes}
        return "" if not words else "proved" if True in words else "suspected"

    @property
    def placed(self) -> bool:
        """Whether a known place stands in the places or in the sentence."""
        text = "\n".join([*self.places, self.sentence])
        return any(place in text for place in self.situation.places)

    def record(self) -> dict[str, Any]:
        """The same in plain values."""
        situation = {**asdict(self.situation), "path": str(self.situation.path)}
        facts = {"placed": self.placed, "explained": self.explained, "misproved": self.misproved}
        return {**asdict(self), "situation": situation, **facts}

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Outcome:
        """The outcome that `record` wrote."""
        situation = {**record["situation"], "path": Path(record["situation"]["path"])}
        own = {field.name: record[field.name] for field in fields(cls)}
        return cls(**{**own, "situation": Situation(**situation)})


def situations(paths: Iterable[Path]) -> list[Situation]:
    """All situations of files and folders, in order. Raises ValueError where no truth is known."""
    files = [file for path in paths for file in _files(path)]
    if not files:
        raise ValueError("no twins file there: give files, or folders of them")
    return [situation(file) for file in files]


def situation(file: Path) -> Situation:
    """A file with the truth that it or the table beside it states. Raises ValueError without one,
    and for one that is none of TRUTHS."""
    module = user_module(str(file.resolve()))[0]
    constants, models = vars(module), models_of(module)
    one, other, *_ = [*(name for name in FRAMEWORKS if name in models), *FRAMEWORKS]
    if "TRUTH" in constants:
        place = constants.get("PLACE", ())
        places = (place,) if isinstance(place, str) else tuple(place)
        cause = constants.get("CAUSE", "")
        causes = tuple(constants.get("CAUSES", ()))
        case = Situation(file, constants["TRUTH"], places, cause, (one, other), causes)
    else:
        truth, cause = _table_beside(file).get(file.stem, ("", ""))
        case = Situation(
            file, truth, cause=cause, frameworks=(one, other)
        )  # the table tells the place in prose
    if case.truth not in TRUTHS:
        raise ValueError(f"{file}: TRUTH is {case.truth!r}, expected one of {', '.join(TRUTHS)}")
    return case


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.py")) if path.is_dir() else [path]


def _table_beside(file: Path) -> dict[str, tuple[str, str]]:
    """Name -> (truth, cause) of the table "file | truth | place | cause" in README.md."""
    page = file.with_name("README.md")
    lines = page.read_text(encoding="utf-8").splitlines() if page.is_file() else []
    rows = [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in lines]
    return {row[0]: (row[1], row[-1]) for row in rows if len(row) == 4}
