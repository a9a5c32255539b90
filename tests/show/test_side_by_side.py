"""Two implementations side by side."""

from __future__ import annotations

from benchmarks.show.html.side_by_side import aligned, side_by_side


def test_lines_that_are_equal_share_a_row_and_none_is_lost():
    left, right = ["a", "b", "c", "d"], ["a", "x", "y", "z", "c"]
    rows = list(aligned(left, right))
    assert [row.left for row in rows if row.left_number] == left
    assert [row.right for row in rows if row.right_number] == right
    assert [row.left for row in rows if row.same] == ["a", "c"]


def test_the_implementations_are_found_by_their_folders():
    pair, *others = side_by_side("boston")
    assert all(other.left == pair.left for other in others)
    assert [path.as_posix() for path in pair[:2]] == [
        "keras_impl/boston.py",
        "torch_impl/boston.py",
    ]
    assert sum(row.same for row in pair.rows) > 5
    assert list(side_by_side("nothing")) == []
