"""The judge in Chinese: what is printed is Chinese, and what is kept is English."""
# ruff: noqa: RUF001 (Chinese punctuation is meant)

from __future__ import annotations

import ast
import json
import pickle
import re

import pytest

from benchmarks.twins.cause import Cause, of_setting
from benchmarks.twins.causes.catalogue import ENTRIES
from benchmarks.twins.judgement import Judgement
from benchmarks.twins.phrases import listed, stretch
from benchmarks.twins.place import Fault
from benchmarks.twins.report import STATUS, numbers, print_judgement
from benchmarks.twins.verdict import said_right, said_wrong
from common.language import chained, phrase, speak, spoken
from tests.command import ROOT
from tests.twins.fake_models import keras_net, recorded, rows, torch_net
from tools.messages import ENGLISH

CHINESE = re.compile("[一-鿿]")
MADE = {"Fault": [1], "Cause": [2, 5], "Refused": [0], "append": [0], "on_stage": [0]}
"""What is called with a sentence, and where that stands."""
ELSEWHERE = {"against", "golden", "pairing", "new_twins_command", "draft", "records_table"}
"""What speaks to pytest, to `run` and `study`, and into a report."""
JUDGE = [p for p in (ROOT / "benchmarks/twins").rglob("*.py") if p.stem not in ELSEWHERE]
SENTENCE = re.compile(r"[a-z]+ [a-z{]+ ")


@pytest.fixture
def chinese(monkeypatch):
    monkeypatch.setenv("LANGUAGE", "zh")
    speak()


def test_a_phrase_is_english_and_is_spoken_in_chinese(chinese):
    where = stretch(None, "b")
    sentence = phrase("{pair}: what goes in agrees, what comes out does not", pair=where)
    assert sentence == "between the rows and b: what goes in agrees, what comes out does not"
    assert spoken(sentence) == "输入样本 与 b 之间：输入一致，输出不一致"
    both = chained("; ", [sentence, "code"])
    assert both == f"{sentence}; code" and spoken(both) == f"{sentence.spoken}；code"
    sent = pickle.loads(pickle.dumps(both))  # noqa: S301 (our own, as through a process's pipe)
    assert sent == both and spoken(sent) == spoken(both)
    assert json.loads(json.dumps([both])) == [str(both)]


def test_what_the_catalogue_lacks_stays_english_as_a_whole(chinese):
    sentence = phrase("brand new: {what}", what=phrase("the rows"))
    assert sentence == spoken(sentence) == "brand new: the rows"
    assert spoken("plain") == "plain"


def test_without_another_language_both_are_english():
    sentence = said_right("drawn", [])
    assert sentence == spoken(sentence) == "the two compute the same, with random weights in both"


def made_in(path):
    """Of each call that takes a sentence, the arguments that are one as they stand."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        for place in MADE.get(name, []):
            given = node.args[place : place + 1]
            given += [k.value for k in node.keywords if k.arg in ("difference", "trial")]
            for argument in given:
                if isinstance(argument, ast.JoinedStr | ast.Constant):
                    yield name, ast.unparse(argument)


@pytest.mark.parametrize("path", JUDGE, ids=lambda path: path.stem)
def test_no_sentence_of_the_judge_is_made_without_a_template(path):
    assert [made for made in made_in(path) if SENTENCE.search(made[1])] == []


def judged(verdict, sentence, **more):
    one = of_setting(
        "epsilon", ("n",), "n", ("eps 1", "eps 2"), ("keras", "torch"), "eps=1", (1, 0)
    )
    suspected = Cause(
        "frozen",
        ("z",),
        phrase("{layer} draws in {framework} where it evaluates", layer="z", framework="torch"),
        "",
    )
    parts = {
        "faults": [Fault(("n",), sentence), Fault(("b",), stretch("n", "b"))],
        "causes": [one, suspected],
        "settings": [phrase("{count:,} weights in {name}", count=1000, name="keras")],
        "notes": [phrase("not reached: {names} got no gradient in either model", names="n")],
        "weights": "own",
    }
    return Judgement("a.py", ("keras", "torch"), 0, verdict, sentence, **parts, **more)


@pytest.mark.parametrize("verdict", STATUS)
def test_all_that_is_printed_is_chinese_and_all_that_is_kept_is_english(verdict, chinese, capsys):
    faults = [Fault(("n",), stretch("n", None)), Fault(("m",), ""), Fault(("o",), "")]
    sentence = said_right("own", []) if verdict == "right" else said_wrong(faults, [])
    judgement = judged(verdict, sentence)
    print_judgement(judgement)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7 and all(map(CHINESE.search, lines))
    assert not [line for line in lines if ENGLISH.search(line)]
    assert lines[2] == (
        "  原因，已证实：n：keras 中为 eps 1，torch 中为 eps 2；在 torch 中换成 eps 1，"
        "差别就从 1e+00 降到 0e+00。应写：eps=1"
    )
    assert not CHINESE.search(json.dumps(numbers(judgement, 1), ensure_ascii=False))


def test_a_long_sentence_is_cut_in_english_alone(chinese):
    sentence = said_wrong([Fault(("a",), chained("; ", [phrase("the two train")] * 80))], [])
    assert sentence.startswith("the two train; the") and len(sentence) < 700
    assert spoken(sentence) == "；".join(["两个模型训练几步"] * 80)


def test_many_names_and_a_line_to_write(chinese):
    assert spoken(listed("abcdefg")) == "a, b, c, d, e 等，另有 2 个"
    line = ENTRIES["padding_side"].line("torch", {"torch_pads": (0, 1)})
    assert line == "nn.functional.pad(x, (0, 1)) before the layer, and padding=0 in it"
    assert spoken(line) == "在这一层之前 nn.functional.pad(x, (0, 1))，层内用 padding=0"


def test_two_traces_are_judged_in_chinese_and_json_is_english(here, monkeypatch, tmp_path):
    monkeypatch.setenv("LANGUAGE", "zh")
    paths = [tmp_path / "keras.trace", tmp_path / "torch.trace"]
    for path, model in zip(paths, (keras_net(), torch_net(eps=1e-5)), strict=True):
        recorded(path, model, rows())
    done = here("parity", *paths)
    first = done.out.splitlines()[0]
    assert done.status == 1 and first.startswith(
        "不一致：norm ~ bn：输入一致，输出不一致；epsilon："
    )
    assert not ENGLISH.search(first)
    kept = here("parity", *paths, "--json")
    assert not CHINESE.search(kept.out) and "what goes in agrees" in kept.out
