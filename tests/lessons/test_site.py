"""The site: a page of its own, built with the site's settings."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from benchmarks.cli.parser import commands
from tests.lessons.docs import DOCS

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

## Exercises

1. What is one and one?

### Answer 1

It is two.

```{code-cell}
%%torch
assert 1 + 1 == 2
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
    names = ["Keras", "PyTorch", "Keras and PyTorch", "PyTorch"]
    assert [label.strip() for label in labels] == names
    sets = re.findall(r'class="(sd-tab-set[^"]*) docutils', site)
    assert sets == ["sd-tab-set side-by-side", "sd-tab-set", "sd-tab-set"]  # two are columns
    assert re.findall(r'data-sync-id="(\w+)"', site) == ["keras", "torch", "torch"]
    text = re.sub(r"<[^>]+>", "", site)
    assert "%%" not in text.partition("Commands")[0]
    assert "y = x + 1" in text and "takes x, brings back y" in text


def test_an_answer_is_folded_with_its_cells_and_is_no_entry_of_the_contents(site):
    folded = re.search(
        r'<details class="[^"]*answer" id="answer-1">(.*?)</details>', site, re.DOTALL
    )
    words = re.sub("<[^>]+>", "", folded[1])
    assert words.split()[:5] == ["Answer", "1", "It", "is", "two."] and "1 + 1 == 2" in words
    assert site.count("Answer 1") == 1 and "Exercises" in site.partition("toc-tree")[2]


def test_a_page_has_its_notebook_the_help_of_every_command_formulas_and_needs_no_network(site):
    assert re.search(r'href="_downloads/\w+/index.ipynb"', site)
    assert "twinbench lesson index" in re.sub("<[^>]+>", "", site)
    for name in commands():
        assert f"usage: twinbench {name}" in site and f'id="{name}"' in site
    assert "<mfrac>" in site and "1 $ or 2 $" in site  # MathML, and money is no formula
    loaded = re.findall(r'<(?:script|img|link)[^>]*(?:src|href)="([^"]+)"', site)
    assert loaded and not [address for address in loaded if "//" in address]
