"""One HTML page of a report: nothing is loaded, and no script runs but the page's own two."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from benchmarks.show.html.part import Figure, Part
from benchmarks.show.html.side_by_side import Pair, side_by_side
from common.install import install_extra
from common.problem import PROBLEMS
from common.visible import visible

FOLDER = files(__package__)


def page(parts: list[Part], title: str) -> str:
    """The whole page. Raises ImportError without Jinja2 or Plotly."""
    try:
        from jinja2 import Environment, StrictUndefined
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise ImportError(f"the page needs jinja2 and plotly: {install_extra('report')}") from error
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    figures = figures_of(parts)
    # the library is 4.5 MB, and of no use without a chart
    scripts = [*([get_plotlyjs()] if figures else []), _text("page.js")]
    return environment.from_string(_text("page.html.j2")).render(
        title=title,
        parts=parts,
        sources=sources(),
        policy=policy(scripts),
        scripts=scripts,
        css=_text("page.css"),
        figures=script_json(figures),
    )


def figures_of(parts: list[Part]) -> dict[str, Figure]:
    """The figure of each block by the id of its place."""
    return {
        f"{part.name}-{number}": block.draw()
        for part in parts
        for number, block in enumerate(part.blocks, 1)
        if block.draw
    }


def sources() -> dict[str, list[Pair]]:
    """The implementations of each problem side by side, by title."""
    found = {problem.title: list(side_by_side(problem.name)) for problem in PROBLEMS.values()}
    return {title: pairs for title, pairs in found.items() if pairs}


def policy(scripts: list[str]) -> str:
    """A Content-Security-Policy: nothing from anywhere, and these scripts alone, by their hash.

    Styles may stand in the page, because Plotly makes its own.
    """
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def script_json(value: Mapping[str, Any]) -> str:
    """JSON that no text in it can end the script element of."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
