"""Goldens: what one model gave judges the other, as long as nothing that it is made of changes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from benchmarks.twins import golden as goldens
from benchmarks.twins.climb import Refused
from benchmarks.twins.golden import golden_path, read_golden, write_golden
from benchmarks.twins.judge import judge
from tests.twins.goldens.models import NAMES, against, children, write_both


@pytest.mark.parametrize("absent", NAMES)
def test_the_same_model_is_right_by_the_golden_of_the_other(written, absent):
    judgement = against(written, absent)
    assert judgement.verdict == "right", judgement.sentence
    assert judgement.frameworks == NAMES and judgement.weights == "drawn"
    assert judgement.pairs == [("a", "one"), ("b", "two")]
    assert any(f"{absent} (" in note and "its golden" in note for note in judgement.notes)
    both = judge(written, NAMES, children=children())
    names = [(r.rung, r.tensor) for r in judgement.rungs]
    assert names == [(r.rung, r.tensor) for r in both.rungs if "slot" not in r.tensor]
    assert {r.bound for r in judgement.rungs} == {r.bound for r in both.rungs}


@pytest.mark.parametrize("absent", NAMES)
@pytest.mark.parametrize(
    ("brings", "weights"),
    [(("keras",), "carried from keras"), (("torch",), "carried from torch"), (NAMES, "own")],
)
def test_weights_that_a_model_brings_are_in_the_golden(file, absent, brings, weights):
    judge(file, NAMES, children=children(brings=brings), on_right=write_both)
    judgement = against(file, absent, brings=brings)
    assert (judgement.verdict, judgement.weights) == ("right", weights), judgement.sentence
    other = against(file, absent, names=("longer", "still longer"))
    assert other.verdict == ("wrong" if weights == "own" else "right"), other.sentence
    assert weights != "own" or "the weights that both bring are not the same" in other.sentence


@pytest.mark.parametrize("absent", NAMES)
@pytest.mark.parametrize(
    ("fault", "rung", "words"),
    [
        ("bias", "outputs", "not those of"),
        ("rate", "step 1", "the optimisers differ"),
        ("shape", None, "not those of"),
    ],
)
def test_a_model_with_a_fault_is_wrong_from_its_rung_on(written, absent, fault, rung, words):
    judgement = against(written, absent, fault)
    assert judgement.verdict == "wrong" and words in judgement.sentence
    assert rung in (None, next(r.rung for r in judgement.rungs if r.broken))


def test_a_model_that_draws_is_said_to_draw(written):
    judgement = against(written, fault="random")
    assert judgement.verdict == "random" and "torch's model draws" in judgement.sentence


def test_a_model_whose_layers_have_new_names_is_still_right(written):
    judgement = against(written, names=("first", "second"))
    assert judgement.verdict == "right", judgement.sentence
    assert judgement.pairs == [("a", "first"), ("b", "second")]


def test_a_bound_of_the_users_is_said_where_it_lets_pass(written):
    judgement = against(written, fault="rate", bounds=[("step *", 10.0)])
    assert judgement.verdict == "right"
    assert any("by a bound of yours alone" in note for note in judgement.notes)
    assert {r.rung for r in judgement.rungs if r.excused} == {"step 1", "step 3"}
    strict = against(written, bounds=[("outputs*", -1.0)])
    assert strict.verdict == "wrong"


@pytest.mark.parametrize(
    ("old", "new", "noticed"),
    [
        ("return WIDTH\n\n\ndef torch", "return 2 * WIDTH\n\n\ndef torch", True),
        ("WIDTH = 5", "WIDTH = 6", True),
        ("def torch_model():\n    return", "def torch_model():\n    return 1 *", False),
        ("Two models", "Both models", False),
        ("\n\n\n", "\r\n\r\n", False),
    ],
)
def test_a_golden_is_refused_once_its_own_model_has_changed(written, old, new, noticed):
    text = written.read_text()
    assert old in text
    written.write_bytes(text.replace(old, new).encode())
    judgement = against(written)
    assert judgement.verdict == ("refused" if noticed else "right"), judgement.sentence
    assert noticed == ("pair_twins.py changed since keras's golden" in judgement.sentence)


@pytest.mark.parametrize("change", ["changed", "lost"])
def test_what_a_model_imports_from_beside_it_is_part_of_it(written, tmp_path, change):
    nets = tmp_path / "nets.py"
    nets.unlink() if change == "lost" else nets.write_text("WIDTH = 6\n")
    judgement = against(written)
    assert judgement.verdict == "refused" and "nets.py changed since" in judgement.sentence
    assert against(written, "torch").verdict == "right"  # that one had imported nothing


def test_a_golden_has_no_slots_and_is_not_written_of_what_is_too_large(file, monkeypatch):
    monkeypatch.setattr(goldens, "MOST", 9)
    said = []

    def write(case):
        with pytest.raises(Refused, match=r"pair_twins.keras.golden would have [\d,]+ bytes"):
            write_golden(case, 0)
        monkeypatch.undo()
        said.append(write_golden(case, 0))

    judge(file, NAMES, children=children(), on_right=write)
    assert said == [golden_path(file, "keras")]
    names = load_file(said[0])
    assert any(name.startswith("float64/step 3/") for name in names)
    assert not any("slot" in name for name in names)


def altered(path, change):
    """The golden of Keras with other tensors or facts."""
    path = golden_path(path, "keras")
    golden = read_golden(path)
    tensors = load_file(path)
    facts = json.loads(goldens.msgspec.json.encode(golden.facts))
    change(tensors, facts)
    save_file(tensors, path, metadata={goldens.KEY: json.dumps(facts)})


HOSTILE = {
    "another format": lambda t, f: f.update(format=2),
    "a fact of another type": lambda t, f: f.update(seed="0"),
    "halves": lambda t, f: t.update({"given/a/bias": np.zeros(5, np.float16)}),
    "one precision alone": lambda t, f: t.pop("float32/loss/loss"),
    "a rung less": lambda t, f: [t.pop(n) for n in list(t) if "/step 3/" in n],
    "weights of another shape": lambda t, f: t.update({"given/a/kernel": np.zeros((2, 2))}),
    "no weights": lambda t, f: [t.pop(n) for n in list(t) if n.startswith("given/")],
    "no targets": lambda t, f: t.pop("targets/0"),
    "another framework's": lambda t, f: f.update(framework="torch"),
    "a partner that is not there": lambda t, f: f.update(partner="jax"),
    "a third side": lambda t, f: f.update(number=7),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_golden_that_does_not_fit_is_never_right(written, kind):
    altered(written, HOSTILE[kind])
    judgement = against(written)
    wanted = "wrong" if kind == "no weights" else "refused"
    assert judgement.verdict == wanted and judgement.sentence


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 64, b"\x80\x80\x04." + bytes(99)])
def test_a_file_that_is_no_golden_is_refused(written, content):
    golden_path(written, "keras").write_bytes(content)
    judgement = against(written)
    assert judgement.verdict == "refused" and "is no golden" in judgement.sentence


def test_a_device_in_a_goldens_place_is_not_read(written):
    path = golden_path(written, "keras")
    path.unlink()
    path.symlink_to("/dev/zero")
    assert "is no golden" in against(written).sentence
