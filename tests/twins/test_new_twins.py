"""A twins file written from two import paths: what is seen of them, what is blank, what is said."""

from __future__ import annotations

import ast
from types import ModuleType

import pytest

from benchmarks.cli import main
from benchmarks.harness.process import Child
from benchmarks.twins.draft import Model, draft
from benchmarks.twins.judgement import Judgement
from common.framework import frameworks
from common.twins.import_path import Argument, Builder, Target
from common.twins.user_file import user_package

NETS = {
    "nets/__init__.py": "",
    "nets/before.py": """
import keras
from keras import layers
from common import WIDTH

def build():
    return keras.Sequential(
        [keras.Input((5,)), layers.Embedding(9, 4, name="words"), layers.Flatten(),
         layers.Dense(WIDTH, name="last")]
    )
""",
    "nets/after.py": """
from torch import nn
from common import WIDTH

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.last = nn.Embedding(9, 4), nn.Linear(20, WIDTH)
    def forward(self, x):
        return self.last(self.words(x).flatten(1))

class Deep(Net):
    def __init__(self, depth: "int\\nimport os", *, width, rate=0.5, **more):
        super().__init__()
""",
    "nets/plain.py": """
value = 3
class Thing:
    pass
def thing():
    return Thing()
def late(classes):
    import torch
def keras_too():
    import keras
""",
    "nets/broken.py": "1 / 0",
    "common.py": "WIDTH = 3",
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder with packages of a user's, one of them named as ours is."""
    monkeypatch.chdir(tmp_path)
    for name, text in NETS.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture
def torch_child():
    """A process of PyTorch that has not imported it."""
    if frameworks()["torch"].missing:
        pytest.skip("needs PyTorch")
    with Child("torch", threads=1) as child:
        yield child


@pytest.mark.parametrize("text", ["nets", "nets:", ":Net", "nets:a b", "nets:N()", "a-b:c", "a:if"])
def test_what_is_no_import_path_is_refused(text):
    with pytest.raises(ValueError, match=r"package\.module:Name was expected"):
        Target.of(text)


def test_a_user_s_package_is_imported_as_their_file_would(here):
    module = user_package(str(here / "later_twins.py"), "nets.plain")
    assert isinstance(module, ModuleType) and module.value == 3
    import common

    assert not hasattr(common, "WIDTH")


def test_a_target_is_recognised_without_a_framework_or_refused_in_words(here, torch_child):
    def asked(text):
        return torch_child.call(
            "common.twins.import_path:look", "torch", str(here / "x.py"), Target.of(text)
        )

    assert asked("nets.plain:late") == Builder((Argument("classes"),))  # it names its framework
    assert asked("nets.plain:thing") == "it gives a Thing, no model of torch"
    assert asked("nets.plain:Thing") == "it gives a Thing, no model of torch"
    assert asked("os.path:join") == "it loads nothing of torch"
    assert asked("nets.before:build") == asked("nets.plain:keras_too") == "it imports keras"
    assert asked("nets.broken:Net") == "its import ends with ZeroDivisionError: division by zero"
    for text, words in {
        "nots:Net": "nots:Net: no module nots, in the working folder",
        "nets.nots:Net": "no module nets.nots",
        "nets.plain:Nots": "no Nots in nets.plain; it has Thing, thing, late, keras_too",
        "nets.plain:value": "is a int; name the function or class",
    }.items():
        with pytest.raises(ValueError, match=words):
            asked(text)


def models(*builders: Builder) -> list[Model]:
    targets = (("keras", "nets.before:build"), ("torch", "nets.after:Net.small"))
    return [
        Model(name, Target.of(text), builder)
        for (name, text), builder in zip(targets, builders, strict=True)
    ]


def names_in(text: str) -> dict:
    """What a draft defines, without the calls in its functions."""
    scope: dict = {}
    exec(compile(ast.parse(text), "draft", "exec"), scope)
    return scope


def test_a_model_of_keras_gives_shapes_and_words():
    built = Builder(shapes=((7,), (2,)), tokens=(50, 0))
    written = draft(models(built, Builder()), "my_twins.py")
    scope = names_in(written.text)
    assert not written.blanks
    assert scope["INPUT"] == ((7,), (2,)) and scope["TOKENS"] == (50, 0)
    assert "LOSS" not in scope and "keras_model" in scope and "torch_model" in scope
    assert "from nets.after import Net\n\n    return Net.small()" in written.text
    assert "twinbench parity --twins my_twins.py" in scope["__doc__"]


def test_what_only_the_author_knows_is_blank_and_said():
    arguments = Argument("rate", by_name=False), Argument("classes", "int")
    builders = Builder(arguments), Builder(tokens=(50,))
    written = draft(models(*builders), "my_twins.py")
    scope = names_in(written.text)
    assert scope["INPUT"] is ... and scope["TOKENS"] == 50
    assert (
        "before import build\n\n    return build(\n        ...,  # to be filled in\n"
        in written.text
    )
    assert "        classes=...,  # int\n    )\n" in written.text
    assert [blank.partition(",")[0] for blank in written.blanks] == ["INPUT", "rate", "classes"]
    half = draft(models(Builder(shapes=((None, None, 3),)), Builder()), "my_twins.py")
    assert names_in(half.text)["INPUT"] == (..., ..., 3) and len(half.blanks) == 1
    assert not draft(models(Builder(), Builder()), "my_twins.py", [(4,)]).blanks


def test_a_module_of_flax_is_given_its_streams_of_random_numbers():
    model = Model("jax", Target.of("nets:Net"), Builder((Argument("rngs", "nnx.Rngs"),)))
    written = draft([model, *models(Builder(), Builder())[1:]], "my_twins.py", [(4,)])
    assert not written.blanks and "rngs=nnx.Rngs(seed)," in written.text
    assert "from flax import nnx" in written.text and names_in(written.text)


class FakeChild:
    """A process of a framework that sees what it is told to."""

    sees: dict
    started: list

    def __init__(self, name, **_):
        self.name = name
        self.started.append(name)

    def call(self, function, name, path, target):
        return self.sees.get((name, str(target)), "it imports another")

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture
def asked(tmp_path, monkeypatch, capsys):
    """Runs the command in an empty folder with processes and a judge that are none."""
    monkeypatch.chdir(tmp_path)
    judged: list = []

    def judge(path, names, children):
        judged.append((path.name, names, sorted(children)))
        return Judgement(str(path), names, 0, "right", "the two compute the same")

    def run(sees, *words):
        monkeypatch.setattr(FakeChild, "sees", sees, raising=False)
        monkeypatch.setattr(FakeChild, "started", [], raising=False)
        monkeypatch.setattr("benchmarks.harness.process.Child", FakeChild)
        monkeypatch.setattr("benchmarks.twins.judge.judge", judge)
        monkeypatch.setattr("benchmarks.cli.requests.available", lambda *_: ["keras", "torch"])
        status = main.main(["new-twins", "nets.before:build", "nets.after:Net", *words])
        return status, capsys.readouterr(), judged

    return run


SEEN = {
    ("keras", "nets.before:build"): Builder(shapes=((5,),)),
    ("torch", "nets.after:Net"): Builder(),
}


def test_the_command_writes_judges_and_says_what_is_open(asked, tmp_path):
    status, shown, judged = asked(SEEN)
    assert status == 0 and judged == [("net_twins.py", ("keras", "torch"), ["keras", "torch"])]
    assert "right: the two compute the same" in shown.out and "to be filled in" not in shown.out
    for name in ("LOSS", "OPTIMIZER", "WEIGHTS"):
        assert f"may be filled in: {name}; without it" in shown.out
    text = (tmp_path / "net_twins.py").read_text()
    assert names_in(text)["INPUT"] == (5,)
    status, shown, _ = asked(SEEN)
    assert status == 2 and "net_twins.py is there already" in shown.err
    assert (tmp_path / "net_twins.py").read_text() == text
    assert asked(SEEN, "--force", "--input", "4,4", "--input", "2")[0] == 0
    assert names_in((tmp_path / "net_twins.py").read_text())["INPUT"] == ((4, 4), (2,))


def test_a_blank_is_said_and_nothing_is_judged(asked):
    blank = SEEN | {("torch", "nets.after:Net"): Builder((Argument("width"),), failed="E: no")}
    status, shown, judged = asked(blank, "--into", "a/b.py")
    assert status == 0 and not judged
    assert "to be filled in: width, an argument of nets.after:Net" in shown.out
    assert "NOTE: nets.after:Net() ends with E: no" in shown.err


@pytest.mark.parametrize(
    ("sees", "said"),
    [
        ({}, "nets.before:build is a model of none of keras, torch: in a process of keras it imp"),
        ({("keras", name): Builder() for _, name in SEEN}, "both are of keras"),
    ],
)
def test_two_models_of_no_framework_or_of_one_write_nothing(asked, tmp_path, sees, said):
    status, shown, _ = asked(sees)
    assert status == 2 and said in shown.err and not list(tmp_path.iterdir())


@pytest.mark.skipif(
    any(frameworks()[name].missing for name in ("keras", "torch")), reason="needs both frameworks"
)
def test_two_real_models_are_recognised_and_judged_and_a_blank_is_left(here, capsys):
    assert main.main(["new-twins", "nets.before:build", "nets.after:Net"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("right: the two compute the same"), shown.out
    scope = names_in((here / "net_twins.py").read_text())
    assert scope["INPUT"] == (5,) and scope["TOKENS"] == 9


def test_the_arguments_of_a_class_are_those_without_a_default(here, torch_child):
    seen = torch_child.call(
        "common.twins.import_path:look", "torch", str(here / "x.py"), Target.of("nets.after:Deep")
    )
    assert seen == Builder((Argument("depth", "int import os"), Argument("width")))
