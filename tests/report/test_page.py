"""The page: what it has, what it hides, and that nothing in it runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

from benchmarks.records.kinds import typed
from benchmarks.report.contents import contents
from benchmarks.show.html import text
from benchmarks.show.html.page import figures_of, page, policy, script_json
from tests.charts import found_in
from tests.report.samples import HOSTILE, everything, hostile, needs_report, run, runs
from tests.show.samples import FAILED


@needs_report
def test_names_of_others_are_data_and_in_no_expression_of_vega():
    """Nor in what Vega-Lite makes of a figure: an expression is code."""
    import vl_convert

    kinds = {
        kind: [record.json for record in records]
        for kind, records in everything().items()
        if kind not in ("run", "explain", "explain_walk")
    }
    text = json.dumps(kinds)
    for name in ("alpha", "torch", "textbook"):
        text = text.replace(f'"{name}"', json.dumps(HOSTILE))
    others = {kind: list(map(typed, records)) for kind, records in json.loads(text).items()}
    for figure in figures_of(contents(hostile() | others)).values():
        compiled = vl_convert.vegalite_to_vega(figure)
        code = [text for key in CODE for text in found_in(compiled, key)]
        assert code and "alert(" not in json.dumps(code)
        assert "alert(1)" in json.dumps(compiled)  # it is there, as data
        assert not {"url", "href"} & {
            key for key in ("url", "href") for _ in found_in(compiled, key)
        }


CODE = ("signal", "expr", "update", "init", "test")
"""Keys of Vega whose texts are expressions."""


class Page(HTMLParser):
    """What a browser would make of a page: elements with attributes, and text by element."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self.open = ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.open = tag

    def handle_data(self, data):
        self.text.setdefault(self.open, []).append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@needs_report
def test_the_page_loads_nothing_and_has_a_table_for_every_chart():
    source = page(contents(everything()), "a report")
    found = Page(source)
    assert not {"iframe", "object", "embed", "base"} & {tag for tag, _ in found.elements}
    assert [link["href"] for link in found.named("link")] == ["data:,"]
    for tag, attributes in found.elements:
        assert not {"src", "srcset", "action", "style"} & attributes.keys(), tag
        assert not any(name.startswith("on") for name in attributes), tag
        assert (attributes.get("href") or "#").startswith(("#", "data:,")), tag
    charts = [d["id"] for d in found.named("div") if d.get("class") == "chart"]
    assert len(charts) > 10
    assert {f"{chart}-caption" for chart in charts} <= {c.get("id") for c in found.named("caption")}
    ids = [a["id"] for _, a in found.elements if "id" in a]
    assert len(ids) == len(set(ids))


@needs_report
def test_the_policy_allows_the_scripts_of_the_page_and_no_other():
    source = page(contents({"run": runs()}), "a report")
    (meta,) = (m for m in Page(source).named("meta") if m.get("http-equiv"))
    scripts = re.findall(r"<script>(.*?)</script>", source, re.DOTALL)
    assert len(scripts) == 2 and meta["content"] == policy(scripts)
    assert "default-src 'none'" in meta["content"] and "http" not in meta["content"]
    assert policy(["a"]) != policy(["b"]) and "unsafe-eval" not in policy(scripts)
    assert not re.search(r"script-src[^;]*unsafe", meta["content"])


@needs_report
def test_without_charts_the_page_has_no_chart_library():
    assert len(page(contents({"run": [run(**FAILED)]}), "a report")) < 500_000


@needs_report
def test_hostile_text_is_text():
    source = page(contents(hostile()), HOSTILE)
    found = Page(source)
    assert not found.named("img")
    assert [s.get("type") for s in found.named("script")] == ["application/json", None, None]
    assert any("alert(1)" in text for text in found.text["td"])
    markdown = text.markdown(contents(hostile()))
    assert "<img" not in markdown and "alert(1)" in markdown


def test_json_cannot_end_its_script_and_reads_back_the_same():
    value = {"a": HOSTILE, "b": [1.5, None]}
    written = script_json(value)
    assert not set("<>&") & set(written) and json.loads(written) == value
    with pytest.raises(ValueError, match="Out of range"):
        script_json({"a": np.nan})


@needs_report
def test_the_parts_need_neither_altair_nor_jinja_and_altair_no_grammars_of_addresses():
    code = (
        "import sys, benchmarks.report.contents, benchmarks.show.html.page\n"
        "print(*{'altair', 'vl_convert', 'jinja2', 'pandas'} & set(sys.modules))\n"
        "import altair\n"
        "print(*{'lark'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n\n"
