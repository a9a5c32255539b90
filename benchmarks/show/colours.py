"""One colour per framework and peer, in every figure, chart and lesson, whatever stands beside it.

The colours are those of the manifests and of `harness.peers`: told apart on light and on dark paper
and by the colour-blind; those of Keras, JAX and PyTorch in grey print too, from dark to light.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from zlib import crc32

from benchmarks.harness.peers import PEERS
from common.framework import frameworks

GREY = "#888888"  # seen on light and on dark
BETTER, WORSE = "#44AA99", "#AA4499"  # Paul Tol's teal and purple: no framework's
MARKERS = ("", "square", "triangle-up", "cross", "triangle-down", "triangle-left")
"""Of several lines of one framework."""
# Paul Tol's light colours: parts of a whole, told apart from frameworks and by the colour-blind
STACK = ("#77AADD", "#EE8866", "#EEDD88", "#44BB99", "#FFAABB", "#99DDFF", "#BBCC33", "#AAAA00")


def colour_of(name: str) -> str:
    """The colour, #RRGGBB, of a framework or peer; of another name one that the name decides."""
    if name in PEERS:
        return PEERS[name].colour
    if name in frameworks() and frameworks()[name].colour:
        return frameworks()[name].colour
    red, green, blue = colorsys.hls_to_rgb(crc32(name.encode(errors="replace")) / 2**32, 0.5, 0.5)
    return "#" + "".join(f"{round(255 * part):02X}" for part in (red, green, blue))


def width_of(place: int, of: int) -> float:
    """The width in pixels of the line drawn at a place: equal curves show around each other."""
    return 1.0 + min(2.0, 3.0 / max(of - 1, 1)) * (of - 1 - place)


def marker_of(frameworks: Sequence[str], place: int) -> str:
    """The marker that tells the line at a place from earlier ones of the same framework."""
    return MARKERS[frameworks[:place].count(frameworks[place]) % len(MARKERS)]
