"""What is said in words."""

from __future__ import annotations

from common.say import counted


def test_one_is_no_plural():
    numbers = (0, 1, 2, "1", "1,000", None)
    assert [counted(number, "process") for number in numbers] == [
        *("0 processes", "1 process", "2 processes"),
        *("1 process", "1,000 processes", "None processes"),
    ]
    assert counted(1, "pair of seeds") == "1 pair of seeds"
    assert counted(2, "pair of seeds") == "2 pairs of seeds"
