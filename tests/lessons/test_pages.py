"""The pages: none is lost, no link leads nowhere, and each with code in it is a notebook too."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from benchmarks.cli.main import main
from benchmarks.cli.parser import commands, make_parser
from benchmarks.lessons import pages
from common.framework import frameworks
from tests.command import ROOT
from tools.project import requirements

DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if path.name != "README.md")
FENCE = re.compile(r"^(`{3,}|:{3,}).*?^\1\s*$", re.MULTILINE | re.DOTALL)
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")


def entries(page: Path) -> Iterator[Path]:
    """The pages that a page's tables of contents name."""
    for block in TOCTREE.findall(page.read_text(encoding="utf-8")):
        for line in block.splitlines():
            if line.strip() and not line.startswith(":"):
                pattern = f"{line.strip()}.md"
                yield from sorted(page.parent.glob(pattern)) or [page.parent / pattern]


def test_every_page_is_in_a_table_of_contents_and_every_entry_is_a_page():
    found, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        assert page.is_file(), f"{page.relative_to(DOCS)} is in a table of contents"
        if page not in found:
            found.add(page)
            waiting += entries(page)
    assert found == set(PAGES)


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *PAGES], ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_link_to_a_file_leads_to_one(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [target.partition("#")[0] for target in LINK.findall(text) if "://" not in target]
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing


TYPED = re.compile(r"(?:^|[`!/]|&& |- run: )(twinbench|make|pip install) ([^`\n]+)", re.MULTILINE)
CODE = re.compile(r"^(`{3,}).*?^\1|`[^`]+`", re.MULTILINE | re.DOTALL)


def options_of(parser) -> set[str]:
    """The options of a command and of its actions."""
    return set(parser._option_string_actions).union(*map(options_of, below(parser).values()))


def below(parser) -> dict:
    """The parsers of what stands after the name of this one."""
    choices = [action.choices for action in parser._actions]
    return next((parsers for parsers in choices if isinstance(parsers, dict)), {})


@cache
def every_command() -> dict:
    return below(make_parser(list(commands())))


def wrong(program: str, rest: str) -> str:
    """What of a line to type does not exist; empty when all of it does."""
    words = shlex.split(re.split(r" [2|>]?[|>&]| {2}", rest)[0], comments=True)
    if program == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        return "" if words[0] in targets or "=" in words[0] else words[0]
    if program == "pip install":
        extras = {e for word in words if word[0] == "." for e in re.findall(r"\w+", word)}
        strangers = {word for word in words if word.startswith("twinbench")}
        return " ".join(strangers or extras - set(requirements()))
    if words[0].isupper() or words[0].startswith("-"):
        return ""
    if words[0] not in (parsers := every_command()):
        return words[0]
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    return " ".join(given - options_of(parsers[words[0]]))


def typed(page: Path) -> list[tuple[str, str]]:
    """The program and the rest of each line to type that stands in a page."""
    pieces = (match[0] for match in CODE.finditer(page.read_text(encoding="utf-8")))
    return [line for piece in pieces for line in TYPED.findall(piece)]


def test_every_command_to_type_exists_with_its_options():
    pages = [ROOT / "README.md", DOCS / "zh/README.md", *PAGES]
    lines = {(str(page.relative_to(ROOT)), *line) for page in pages for line in typed(page)}
    assert len(lines) > 100
    assert not {line: word for line in lines if (word := wrong(*line[1:]))}


@pytest.mark.parametrize(
    ("program", "rest", "words"),
    [
        ("twinbench", "race boston --fold", "--fold"),
        ("twinbench", "trace boston", "trace"),
        ("twinbench", "data show mnist 7 --test  # a digit", ""),
        ("twinbench", "run boston --results first 2>/dev/null", ""),
        ("pip install", '"twinbench[torch] @ ."', "twinbench[torch] @ ."),
        ("pip install", '"tensorflow[and-cuda]" ".[keras]"', ""),
        ("pip install", '".[keras,tools]"', "tools"),
        ("make", "note", "note"),
    ],
)
def test_what_does_not_exist_is_noticed(program, rest, words):
    assert wrong(program, rest) == words


TABLE = re.compile(r"<!-- twinbench:table((?: \w+)?) -->\n(.*?)<!-- /twinbench:table\1 -->", re.S)
MEASURED = [ROOT / "README.md", DOCS / "zh" / "README.md"]  # pages with tables of records
MEASURED += [p for p in PAGES if p.parent.name in ("study", "speed", "explain", "tune")]
OLD = "**Old numbers, to be measured anew.** These tables are of protocol 1 and lack "
LACKS = {
    "a commit without changes": r"^- commit: .* with changes",
    "five processes per arm": r"\b[1-4] process(es)? an arm|an arm: [1-4]\b|over [1-4] proc",
}
VERDICT = re.compile(  # words that a table's interval alone may say, and stronger ones
    r"\b(fast(er|est)|slow(er|est)|as fast as|quick(er|est)|equivalent|equals?|the same speed"
    r"|better|worse|worst|ahead|wins?|won|winner|beats?|loses|outperforms?|stands? out"
    r"|everywhere|always|clearly|significant(ly)?|comes nearest|far more|by far|largest|hardly)\b"
    r"|最快|更快|最慢|更慢|胜|一样快",
    re.IGNORECASE,
)


def prose(text: str) -> str:
    """A page's own words, in one line: no tables, no code, nothing that is quoted."""
    text = FENCE.sub("", TABLE.sub("", text).partition("## Where to go")[0].partition("## 从")[0])
    text = "\n".join(line for line in text.splitlines() if not line.startswith("|"))
    return " ".join(re.sub(r"`[^`]*`|(?<!\*)\*[^*]+\*(?!\*)|“[^”]*”|\]\([^)]*\)", "", text).split())


@pytest.mark.parametrize("page", MEASURED, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_table_has_its_records_in_the_repository_or_its_page_says_what_it_lacks(page):
    text = page.read_text(encoding="utf-8")
    assert TABLE.search(text)
    records = re.findall(r"[\w/.-]*\.jsonl\.gz", text)
    if records:
        assert all((ROOT / name).exists() or (page.parent / name).exists() for name in records)
        return
    lacks = [lack for lack, pattern in LACKS.items() if re.search(pattern, text, re.MULTILINE)]
    head = " ".join(text.partition("<!-- ")[0].split())
    assert f"{OLD}their records, which are not in the repository" in head
    missing = head.partition(OLD)[2].partition(". ")[0]
    assert [lack for lack in LACKS if lack in missing] == lacks


@pytest.mark.parametrize("page", MEASURED, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_word_beside_a_table_is_stronger_than_the_table(page):
    """Verdicts are the generated sentences between the marks; other prose may quote the words."""
    word = VERDICT.search(prose(page.read_text(encoding="utf-8")))
    assert not word, word[0]


@pytest.mark.parametrize(
    "claim, strong",
    [
        ("Keras is fastest on JAX.", True),
        ("On text PyTorch is\nfastest: its products are of CSR matrices.", True),
        ("on MNIST it is ahead of PyTorch too", True),
        ("Native Keras is the script's equal, as it should be", True),
        ("Everywhere else the process ends sooner than the script does", True),
        ("What stands out on both ways is the order", True),
        ("the same as fast as\neach can go (`tuned`)", True),
        ("*Equivalent* says: closer than a margin. “Faster” is in the `faster` column.", False),
        ("the fasting of a breakfast; the interval of the whole way holds zero", False),
        (
            "<!-- twinbench:table a -->\ntorch faster\n<!-- /twinbench:table a -->\nSee above.",
            False,
        ),
    ],
)
def test_words_that_are_too_strong_are_seen(claim, strong):
    assert bool(VERDICT.search(prose(claim))) == strong


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_a_page_with_cells_says_that_it_is_a_notebook(page):
    text = page.read_text(encoding="utf-8")
    head = text.partition("\n---\n")[0]
    assert ("```{code-cell}" in text) == ("file_format: mystnb" in head)
    if "```{code-cell}" in text:
        assert text.startswith("---\n") and "name: python3" in head
        magics = re.findall(r"^%%(\w+)", text, re.MULTILINE)
        plain = {"each", "bash", "sh", "writefile", "capture", "time", "script"}
        assert set(magics) <= plain | set(frameworks())
        assert not magics or "%load_ext twinbench" in text or set(magics) <= plain - {"each"}


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


SITE = """---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---
# A page

It costs 1 $ or 2 $, and {math}`a_1 = \\frac{1}{2}`.

```{code-cell}
%%keras -i x -o y
y = x + 1
```

```{code-cell}
%%torch
z = 2
```

```{code-cell}
%%each keras,torch
both = 3
```

```{code-cell}
plain = 4
```

## Commands

```{command-line}
```
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> str:
    """The HTML of a page of its own, with this site's settings; its cells are not run."""
    pytest.importorskip("sphinx")
    folder = tmp_path_factory.mktemp("site")
    (folder / "pages").mkdir()
    (folder / "pages" / "index.md").write_text(SITE)
    options = ["-W", "--keep-going", "-q", "-c", str(DOCS)]
    options += ["-D", "nb_execution_mode=off", "-D", "suppress_warnings=myst-nb.lexer"]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, str(folder / "pages"), str(folder / "html")],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return (folder / "html" / "index.html").read_text()


def test_cells_of_two_frameworks_are_tabs_and_lose_their_magic(site):
    labels = re.findall(r'<label[^>]*class="sd-tab-label"[^>]*>\s*([^<]+)<', site)
    assert [label.strip() for label in labels] == ["Keras", "PyTorch", "Keras and PyTorch"]
    assert len(re.findall(r'class="sd-tab-set', site)) == 2
    assert re.findall(r'data-sync-id="(\w+)"', site) == ["keras", "torch"]
    text = re.sub(r"<[^>]+>", "", site)
    assert "%%" not in text.partition("Commands")[0]
    assert "y = x + 1" in text and "takes x, brings back y" in text


def test_a_page_has_its_notebook_the_help_of_every_command_formulas_and_needs_no_network(site):
    assert re.search(r'href="_downloads/\w+/index.ipynb"', site)
    assert "twinbench lesson index" in re.sub("<[^>]+>", "", site)
    for name in commands():
        assert f"usage: twinbench {name}" in site and f'id="{name}"' in site
    assert "<mfrac>" in site and "1 $ or 2 $" in site  # MathML, and money is no formula
    loaded = re.findall(r'<(?:script|img|link)[^>]*(?:src|href)="([^"]+)"', site)
    assert loaded and not [address for address in loaded if "//" in address]
