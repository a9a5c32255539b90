"""Settings in the words of a sentence: "a causal mask" and "no causal mask", "epsilon 1e-3"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.twins.causes.entry import shown
from common.language import phrase

EITHER: Mapping[str, tuple[str, str]] = {
    "bias": ("a bias", "no bias"),
    "backwards": ("reading from the end", "reading from the beginning"),
    "rows_first": ("rows on the first axis", "time on the first axis"),
    "begins": ("a first state that is given", "a first state of zeros"),
    "causal": ("a causal mask", "no causal mask"),
    "scaled": ("scores divided by the root of the width", "scores that are not divided"),
    "counted": ("its border counted", "its border not counted"),
    "zeros": ("zeros at its border", "nothing at its border"),
    "masked": ("steps of padding left out", "steps of padding in it"),
}
"""What is said of a setting that is true, and of one that is not."""

AFFINE = {
    (True, True): "a scale and a shift",
    (True, False): "a scale and no shift",
    (False, True): "a shift and no scale",
    (False, False): "neither scale nor shift",
}
NAMED: Mapping[str, str] = {
    "activation": "the activation {value}",
    "begins": "a first {value} state that is given, and a first cell of zeros",
    "recurrent_activation": "{value} in its gates",
    "kind": "the form of {value}",
    "roles": "its inputs {value} as query, key and value",
    "correction": "a variance over n - {value}",
    "crop": "{value} places cut off before",
    "mode": "a border of {value}",
    "negative_slope": "slope {value}",
    "order": "axes {value}",
    "low": "at least {value}",
    "high": "at most {value}",
}
"""A setting's name -> what is said of its value; else the name and the value."""


def said(key: str, value: Any) -> str:
    """A setting and its value in words."""
    if key in EITHER and isinstance(value, bool):
        return phrase(EITHER[key][not value])
    if key == "affine":
        return phrase(AFFINE[value])
    if key in NAMED:
        return phrase(NAMED[key], value=shown(value))
    return f"{key.replace('_', ' ')} {shown(value)}"
