"""The pages of causes: each has one, a port with its verdict, and is what the catalogue says."""

from __future__ import annotations

import json
import re

import pytest

from benchmarks.lessons.pages import DOCS
from benchmarks.twins.cause import Cause
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.causes.entry import Entry
from benchmarks.twins.judgement import Judgement
from tests.sample_records import paths_in
from tools import causes
from tools.causes import INDEX, PAGES, digest, index, page, ports, said, texts, verdicts
from tools.ports import EXPECTED, Situation

PORTS, KEPT = ports(), verdicts()
UNSEEN = {"initialiser"}  # both models are given the same weights
AGAIN = "`make causes CAUSES={}`"


def test_every_cause_has_a_port_and_a_verdict_but_what_no_step_shows():
    assert set(PORTS) == ENTRIES.keys() - UNSEEN
    assert set(KEPT) == set(PORTS)


@pytest.mark.parametrize("name", sorted(KEPT))
def test_a_kept_verdict_is_of_that_port_as_it_is_and_names_the_cause(name):
    case, verdict = PORTS[name], KEPT[name]
    assert verdict["situation"] == case.path.stem, AGAIN.format(name)
    assert verdict["sha256"] == digest(case.path), AGAIN.format(name)
    assert "what was changed" not in verdict["made_with"], "commit, and judge again"
    assert verdict["lines"][0].startswith(EXPECTED[case.truth])
    words = "cause, proved: " if verdict["proved"] else "cause, suspected: "
    assert any(line.strip().startswith(words) for line in verdict["lines"])
    assert f"docs/causes/{name}.md" in " ".join(verdict["lines"])
    assert not (ENTRIES[name].suspected_only and verdict["proved"])
    assert not paths_in(list(verdict["lines"]))


def test_the_pages_are_what_the_catalogue_the_ports_and_the_verdicts_say():
    pages = texts(KEPT)
    assert {path.stem for path in PAGES.glob("*.md")} == ENTRIES.keys()
    stale = [path.stem for path, text in pages.items() if path.read_text("utf-8") != text]
    assert not stale, AGAIN.format("--write")
    assert index() in INDEX.read_text(encoding="utf-8"), AGAIN.format("--write")


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.name)
def test_a_page_says_the_sign_and_a_line_of_code_in_each_framework(entry):
    text = page(entry, PORTS.get(entry.name), KEPT.get(entry.name))
    assert text.startswith("# ") and "*Known by:* " in text
    lines = re.findall(r"^\| (\w+) \| `(.+)` \|$", text, re.MULTILINE)
    assert [label for label, _ in lines] == ["Keras", "PyTorch", "JAX"]
    assert not [line for _, line in lines if re.fullmatch(r"\{\w+\}", line)]
    assert ("It can only be suspected" in text) == entry.suspected_only
    assert (f"(../differences/{entry.page}.md)" in text) == bool(entry.page)
    for link in re.findall(r"\]\(([^)#]+)", text):
        assert (PAGES / link).is_file(), link
    assert text.count("```") in (0, 4)


def test_pages_name_the_index_which_links_to_each_of_them():
    links = re.findall(r"\(causes/(\w+)\.md\)", INDEX.read_text(encoding="utf-8"))
    assert links == list(ENTRIES)
    for name in ("index.md", "porting.md", "differences/index.md"):
        assert re.search(r"\bcauses\b", (DOCS / name).read_text(encoding="utf-8")), name
    assert "(../porting_training.md#which-of-the-differences-is-it)" in page(
        ENTRIES["initialiser"], None, None
    )
    training = (DOCS / "porting_training.md").read_text("utf-8")
    assert "## Which of the differences is it?" in training


def test_names_stay_in_braces_and_markup_is_text():
    entry = Entry("a_b", "a | b", "x < y", "f({a}, {scaling})", "g", "h", suspected_only=True)
    text = page(entry, None, None)
    assert text.startswith("# A \\| b\n\n*Known by:* x &lt; y.")
    assert "`f({a}, {factor} * x + {offset})`" in text


def judgement(*found: Cause) -> Judgement:
    pairs = [("norm", "norm")]
    verdict, sentence = "wrong", "norm differs"
    return Judgement(
        "norm.py", ("keras", "torch"), 0, verdict, sentence, causes=list(found), pairs=pairs
    )


def test_what_is_kept_is_what_the_command_prints_above_its_tables(tmp_path):
    port = tmp_path / "norm.py"
    port.write_text("INPUT = (2,)\n")
    case = Situation(port, "wrong", causes=("epsilon",))
    tried = True, "with 1e-3 in torch", 6e-3, 2e-7
    cause = Cause("epsilon", ("norm",), "norm has another epsilon", "eps=1e-3", *tried)
    weak = Cause("epsilon", ("more",), "more has another epsilon", "eps=1e-3")
    verdict = said("epsilon", case, judgement(weak, cause))
    assert verdict is not None and verdict["lines"][0] == "wrong: norm differs"
    assert verdict["lines"][-1] == "  more: docs/causes/epsilon.md"
    assert (verdict["proved"], verdict["gap"]) == (True, [6e-3, 2e-7])
    assert said("epsilon", case, judgement(weak))["gap"] == [None, None]
    assert said("slope", case, judgement(cause)) is None


def test_named_causes_are_judged_again_and_the_others_stay(tmp_path, monkeypatch, capsys):
    pages = tmp_path / "causes"
    (tmp_path / "causes.md").write_text(INDEX.read_text(encoding="utf-8"))
    for name, path in {"PAGES": pages, "INDEX": pages.with_suffix(".md")}.items():
        monkeypatch.setattr(causes, name, path)
    monkeypatch.setattr(causes, "VERDICTS", pages / "verdicts.json")
    monkeypatch.setattr(causes.Children, "renew", lambda self, names: None)
    asked = []

    def judge(path, frameworks, *, children):
        asked.append(path.stem)
        (name,) = (n for n in ("epsilon", "slope") if PORTS[n].path == path)
        return judgement(Cause(name if name == "epsilon" else "clip", ("norm",), "it differs", ""))

    monkeypatch.setattr(causes, "judge", judge)
    causes.write({"clip": {**KEPT["clip"]}})
    assert causes.main(["epsilon", "slope"]) == 1
    assert asked == [PORTS[name].path.stem for name in ("epsilon", "slope")]
    assert "not named: slope" in capsys.readouterr().err
    kept = json.loads((pages / "verdicts.json").read_text())
    assert list(kept) == ["epsilon", "clip"] and kept["clip"] == KEPT["clip"]
    assert "it differs" in (pages / "epsilon.md").read_text()
    assert len(list(pages.glob("*.md"))) == len(ENTRIES)
    with pytest.raises(SystemExit):
        causes.main(["epsilonn"])
    assert "did you mean 'epsilon'?" in capsys.readouterr().err
