"""`Entry`: a known difference between frameworks, and what is to be written against it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from common.language import Phrase, spoken, translated
from common.twins.user_file import family


class Entry(NamedTuple):
    """One known difference between two models.

    `recognised` says in a sentence by what it is known. `keras`, `torch` and `jax` are what to
    write there, with the settings that a model has in braces, by Keras's names: "eps={epsilon}".
    `page` is the page of docs/differences that tells of what is behind it, without suffix; its own
    page is docs/causes/NAME.md. What can only be suspected, as nothing can be tried, is marked.
    """

    name: str
    title: str
    recognised: str
    keras: str
    torch: str
    jax: str
    page: str = ""
    suspected_only: bool = False

    @property
    def lines(self) -> tuple[str, str, str]:
        """What to write in each framework."""
        return self.keras, self.torch, self.jax

    def line(self, framework: str, settings: Mapping[str, Any] | None = None) -> Phrase:
        """What to write in a framework, with a model's settings; "..." for one that is unknown."""
        template: str = getattr(self, family(framework))
        known = {name: shown(value) for name, value in (settings or {}).items()}
        words = {name: spoken(value) for name, value in known.items()}
        english, in_words = (
            text.format_map(defaultdict(lambda: "...", values))
            for text, values in ((template, known), (translated(template), words))
        )
        return Phrase(english, in_words)


def shown(value: Any) -> str:
    """A setting as it stands in a line of code: 1e-3 and not 0.001."""
    if isinstance(value, float) and 0 < abs(value) < 0.01:
        mantissa, _, exponent = f"{value:.6e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    if isinstance(value, float):
        return f"{value:g}" if value != int(value) else str(value)
    return value if isinstance(value, Phrase) else str(value)


def rounded(value: float, digits: int = 7) -> float:
    """A constant that was estimated, without the digits that are rounding."""
    return float(f"{value:.{digits}g}")
