"""Raw rows through the functions of both models that prepare them."""

from __future__ import annotations

import pytest

from benchmarks.twins.match import Matching
from benchmarks.twins.place import Models
from benchmarks.twins.prepared import judged
from benchmarks.twins.training import training_faults
from common.twins.raw import preprocessed as made_of

FILE = """
def keras_preprocess(raw):
    return raw / 127.5 - 1

def torch_preprocess(raw):
    return {torch}
"""


class Prepares:
    """A side whose functions run here."""

    def __init__(self, framework):
        self.framework = framework

    def prepare(self, path, raw):
        return made_of(path, self.framework, raw)


def judged_file(tmp_path, torch, more="RAW = (4, 5, 3)"):
    path = tmp_path / f"raw{len(list(tmp_path.iterdir()))}.py"
    path.write_text(more + FILE.format(torch=torch))
    return judged(str(path), [Prepares("keras"), Prepares("torch")], 0)


def test_raw_rows_are_compared_whatever_the_order_of_axes(tmp_path):
    (rung,), faults = judged_file(tmp_path, "(raw.transpose(2, 0, 1)[None] - 127.5) / 127.5")
    assert not rung.broken and not faults
    (rung,), (fault,) = judged_file(tmp_path, "raw / 255")
    assert rung.broken and fault.places == ("preprocess",)
    models = Models(("keras", "torch"), Matching((), (), ()), (), (), lambda *_: ())
    assert training_faults(models, [rung]) == []  # no step of an optimiser
    (rung,), (fault,) = judged_file(tmp_path, "raw[1:] / 127.5 - 1")
    assert "not even in shape: (4, 5, 3) and (3, 5, 3)" in fault.sentence
    words = "import numpy as np\ndef raw(): return [np.arange(3), np.arange(2)]"
    (rung,), faults = judged_file(tmp_path, "raw / 127.5 - 1", words)
    assert rung.error == 0 and not faults


def test_a_file_without_raw_rows_or_without_a_pair_is_told_so_or_left_alone(tmp_path):
    with pytest.raises(ValueError, match="RAW is 'missing', expected the shape of one raw image"):
        judged_file(tmp_path, "raw", more="")
    with pytest.raises(ValueError, match="gives a str, expected an array of numbers"):
        judged_file(tmp_path, "'words'")
    path = tmp_path / "alone.py"
    path.write_text("def keras_preprocess(raw):\n    return raw\n")
    assert judged(str(path), [Prepares("keras"), Prepares("torch")], 0) == ([], [])
