"""One colour per framework, told apart by any eye."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from benchmarks.harness.peers import PEERS
from benchmarks.show.colours import colour_of
from common.framework import frameworks

# Machado, Oliveira and Fernandes 2009: linear sRGB as seen without red, green or blue receptors
SIGHT = (
    np.eye(3),
    ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
)


XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour: str, sight: Any = SIGHT[0]) -> np.ndarray:
    """CIE L*a*b* of #RRGGBB: equal distances are about equally easy to see; 2.3 is just seen."""
    s = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)
    part = XYZ @ np.clip(np.array(sight) @ linear, 0, 1) / XYZ.sum(axis=1)
    x, y, z = np.where(part > 0.008856, np.cbrt(part), 7.787 * part + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_colours_are_told_apart_on_any_paper_by_any_eye_and_in_grey():
    colours = {name: colour_of(name) for name in (*frameworks(), *PEERS)}
    for sight in SIGHT:
        for one, other in combinations(colours, 2):
            apart = np.linalg.norm(lab(colours[one], sight) - lab(colours[other], sight))
            assert apart > 15, (one, other)
    assert all(lab(colour)[0] - lab("#15181c")[0] > 25 for colour in colours.values())
    assert all(lab("#ffffff")[0] - lab(colour)[0] > 25 for colour in colours.values())
    plain = sorted(lab(colours[name])[0] for name in ("keras", "torch", "jax"))
    assert min(np.diff(plain)) > 7
    assert colour_of("a stranger's") == colour_of("a stranger's") != colour_of("another's")
