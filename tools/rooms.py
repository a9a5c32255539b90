"""Draw the floors of `benchmarks` as the import contract has them: `python -m tools.rooms`."""

from __future__ import annotations

import ast
import re
import tomllib
from html import escape

from tools.project import ROOT

PICTURE = ROOT / "docs" / "images" / "rooms.svg"
WIDTH, FLOOR, GAP = 960, 52, 8  # pixels
BESIDE = 4  # the most rooms in a row; the others of a floor follow in the next row
STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #222; text-anchor: middle }
.name { font-weight: 600 }
rect { fill: #eef3f8; stroke: #7a8ca0; rx: 5 }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd } rect { fill: #22303c; stroke: #8aa0b4 }
}"""


def floors() -> list[list[str]]:
    """The rooms of each floor, from the highest down."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c["layers"] for c in contracts["contracts"] if c["name"] == "rooms")
    return [[name.strip() for name in layer.split("|")] for layer in layers]


def svg() -> str:
    """The picture: a box per room with its name and its purpose."""
    rows = [
        [(name, _purpose(f"benchmarks/{name}")) for name in part]
        for floor in floors()
        for part in (floor[i : i + BESIDE] for i in range(0, len(floor), BESIDE))
    ]
    implementations = sorted(path.name for path in ROOT.glob("*_impl"))
    rows.append([(name, "Task in one framework") for name in implementations])
    rows.append([("common", _purpose("common"))])
    height = len(rows) * (FLOOR + GAP) + GAP
    boxes = [
        _box(place, len(row), level, *text)
        for level, row in enumerate(rows)
        for place, text in enumerate(row)
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
    title = "<title>Rooms of twinbench: each imports only what lies on lower floors</title>"
    return "\n".join([head, title, f"<style>\n{STYLE}\n</style>", *boxes, "</svg>\n"])


def _purpose(folder: str) -> str:
    text = ast.get_docstring(ast.parse((ROOT / folder / "__init__.py").read_text())) or ""
    return text.partition("\n")[0].partition(". ")[0].rstrip(".")


def _box(place: int, rooms: int, level: int, name: str, purpose: str) -> str:
    width = (WIDTH - GAP) / rooms - GAP
    x, y = GAP + place * (width + GAP), GAP + level * (FLOOR + GAP)
    box = f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{FLOOR}"/>'
    if 6.5 * len(purpose) > width:  # its first clause
        purpose = re.split("[:,]", purpose)[0]
    texts = [
        f'<text class="{kind}" x="{x + width / 2:.1f}" y="{y + down}">{escape(text)}</text>'
        for kind, text, down in (("name", name, 22), ("purpose", purpose, 40))
    ]
    return box + "".join(texts)


if __name__ == "__main__":
    PICTURE.write_text(svg())
