"""The lessons: pages with code, each of which is a notebook too."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from benchmarks.cli.main import main
from benchmarks.lessons import pages
from tests.command import ROOT


def test_the_lessons_are_listed(capsys):
    assert main(["lesson"]) == 0
    printed = capsys.readouterr().out
    for lesson in pages.lessons():
        assert lesson.name in printed and lesson.title.split("`")[0][:30] in printed
    workflow = pages.lesson("workflow")
    assert workflow.title == "The workflow" and {"keras", "torch"} <= set(workflow.frameworks)


def test_a_lesson_is_written_as_a_notebook_but_not_over_one_with_changes(tmp_path, capsys):
    pytest.importorskip("jupytext")
    write, path = ["lesson", "workflow", "--into", str(tmp_path)], tmp_path / "workflow.ipynb"
    assert main(write) == 0
    assert f"jupyter lab {path}" in capsys.readouterr().out
    notebook = json.loads(path.read_text())
    assert notebook["metadata"] == {"kernelspec": pages.KERNEL}
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert code[0] == "%load_ext twinbench"
    assert sum(source.startswith("%%torch") for source in code) >= 5
    assert all(not cell.get("outputs") for cell in notebook["cells"])
    path.write_text("mine")
    assert main(write) == 2
    assert "--force" in capsys.readouterr().err and path.read_text() == "mine"
    assert main([*write, "--force"]) == 0
    assert path.read_text() != "mine"


PAGE = """---
kernelspec:
  name: python3
  display_name: Python 3
---
# {title}

```{{code-cell}}
{code}
```
"""


@pytest.fixture
def docs(tmp_path, monkeypatch):
    """Pages of their own, instead of those of the checkout."""
    monkeypatch.setattr(pages, "DOCS", tmp_path / "docs")
    for name, title, code in (
        ("a/01-fine", "Fine", "import benchmarks\nprint('and', 'fine')"),
        ("a/index", "One", "assert __import__('os').environ['TWINBENCH_DATA'] == 'embedded'"),
        ("b/index", "Broken", "print('so far')\nraise KeyError('on purpose')"),
    ):
        path = tmp_path / "docs" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGE.format(title=title, code=code))
    (tmp_path / "docs" / "plain.md").write_text("# No code\n")
    return tmp_path


def test_all_lessons_are_run_and_those_that_fail_are_named(docs, monkeypatch, capsys):
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("TWINBENCH_DATA", "embedded")
    assert main(["lesson", "--all", "--execute", "--into", str(docs / "out")]) == 1
    done = capsys.readouterr()
    assert "2 of 3 lessons ran to their end" in done.out
    failed = [line for line in done.err.splitlines() if line.startswith("failed: ")]
    assert failed == ["failed: b/index: KeyError: 'on purpose'"]
    fine, broken = (docs / "out" / f"{name}.ipynb" for name in ("a/01-fine", "b/index"))
    assert "and fine" in fine.read_text() and "so far" in broken.read_text()


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["nothing"], "'nothing' is no lesson; there are: a/01-fine, a/index, b/index"),
        (["index"], "'index' is more than one lesson; there are: a/index, b/index"),
        (["fine", "--all"], "--all stands instead of a name"),
    ],
)
def test_what_is_wrong_with_a_name_is_said(docs, capsys, arguments, words):
    assert main(["lesson", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_short_name_is_enough_and_is_the_english_lesson(docs):
    shutil.copytree(docs / "docs" / "a", docs / "docs" / "zh" / "a")
    assert pages.lesson("fine").name == pages.lesson("01-fine").name == "a/01-fine"
    assert pages.lesson("zh/a/01-fine").translated


def test_without_a_checkout_or_jupytext_it_is_said_in_a_line(docs, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "jupytext", None)
    assert main(["lesson", "fine"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    monkeypatch.setattr(pages, "DOCS", docs / "gone")
    assert main(["lesson"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "checkout" in error


OUTPUTS = {
    f"{ROOT}/docs/a.md": "cell 1 shows a path",
    f"'{Path.home()}'": "cell 1 shows a path",
    f"{sys.prefix}/bin/python": "cell 1 shows a path",
    "lib/site-packages/keras/src/a.py:1: UserWarning": "cell 1 shows a path",
    "keras:\ntorch:\n3": "cell 1 shows nothing below keras:",
    "torch:\n3\nkeras:jax:\n": "cell 1 shows nothing below keras:jax:",
    "keras:\n1\ntorch:\n2\nshapes:\n": None,
    "/path/to/files https://a.org/root/tmp 3/4 keras/src/a.py": None,
}


@pytest.mark.parametrize("text", OUTPUTS)
@pytest.mark.parametrize("kind", ["stream", "error", "display_data"])
def test_an_output_has_no_path_of_this_machine_and_no_name_over_nothing(text, kind):
    nbformat = pytest.importorskip("nbformat").v4
    made = {
        "stream": {"text": text},
        "error": {"traceback": text.splitlines()},
        "display_data": {"data": {"text/plain": text, "image/png": f"{ROOT}/"}},
    }
    cell = nbformat.new_code_cell(outputs=[nbformat.new_output(kind, **made[kind])])
    faults = list(pages.faults_of(nbformat.new_notebook(cells=[cell])))
    expected = OUTPUTS[text]
    assert len(faults) == bool(expected) and all(fault.startswith(expected) for fault in faults)
