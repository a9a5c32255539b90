"""One HTML page of a report: nothing is loaded, and no script runs but the page's own two."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

from benchmarks.show.figures import THEMES, as_json, spec
from benchmarks.show.html.side_by_side import Pair, side_by_side
from benchmarks.show.part import Part
from benchmarks.show.section import Section
from common.install import install_extra
from common.problem import PROBLEMS
from common.visible import visible

FOLDER = files(__package__)


def page(parts: list[Part], title: str) -> str:
    """The whole page. Raises ImportError without Jinja2, Altair or vl-convert."""
    try:
        from jinja2 import Environment, StrictUndefined
        from vl_convert import javascript_bundle

        figures = figures_of(parts)
    except ImportError as error:
        raise ImportError(f"{error}; the page needs it: {install_extra('report')}") from error
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    # the library is 0.9 MB, and of no use without a figure; in a block its names stay its own
    library = [f"{{{javascript_bundle()}}}"] if figures else []  # type: ignore[call-arg]
    scripts = [*library, _text("page.js")]
    return environment.from_string(_text("page.html.j2")).render(
        title=title,
        parts=parts,
        sources=sources(),
        policy=policy(scripts),
        scripts=scripts,
        css=_text("page.css"),
        figures=script_json({"themes": THEMES, "charts": figures} | behind(parts)),
    )


def figures_of(parts: list[Part]) -> dict[str, dict[str, Any]]:
    """The figure of each section, in Vega-Lite's words, by the id of its place."""
    return {name: _short(spec(own.draw())) for name, own in _by_id(parts) if own.draw}


def _short(value: dict[str, Any]) -> dict[str, Any]:
    """The JSON object with six digits of each fraction: more are not seen and fill a third."""
    return json.loads(json.dumps(value), parse_float=lambda text: float(f"{float(text):.6g}"))


def behind(parts: list[Part]) -> dict[str, dict[str, Any]]:
    """The arms of each figure, for the filters, and the runs of each row, by the same ids."""
    return {
        key: {name: as_json(value) for name, own in _by_id(parts) if (value := getattr(own, key))}
        for key in ("arms", "runs")
    }


def _by_id(parts: list[Part]) -> Iterator[tuple[str, Section]]:
    for part in parts:
        for number, section in enumerate(part.sections, 1):
            yield f"{part.name}-{number}", section


def sources() -> dict[str, list[Pair]]:
    """The implementations of each problem side by side, by title."""
    pairs = {problem.title: list(side_by_side(problem.name)) for problem in PROBLEMS.values()}
    return {title: own for title, own in pairs.items() if own}


def policy(scripts: list[str]) -> str:
    """A Content-Security-Policy: nothing from anywhere, and these scripts alone, by their hash.

    Styles may stand in the page, because Vega makes its own. Expressions of a chart are interpreted
    and not compiled, so that no `unsafe-eval` is needed.
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
