"""The help in Chinese: no text without a translation, and lines that fit a terminal."""
# ruff: noqa: RUF001 (Chinese punctuation is meant)

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from benchmarks.cli.help import CLOSING, OPENING, columns, wrapped
from benchmarks.cli.options import OPTIONS
from benchmarks.cli.parser import GROUPS, commands
from tests.command import ROOT
from tools import messages

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def variables(monkeypatch):
    """Gone are those of the locale, and put back is what `--lang` has set."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, "")
    return monkeypatch.setenv


@pytest.fixture(scope="module", params=messages.CATALOGUES, ids=lambda path: path.parts[-3])
def path(request):
    return request.param


@pytest.fixture(scope="module")
def entries(path) -> dict[str, str]:
    return {text: words for text, words in messages.read(path).items() if text}


@pytest.fixture(scope="module")
def asked() -> set[str]:
    return messages.asked()


def test_every_text_has_a_translation_and_nothing_else_has(asked, entries):
    known = {text for text, words in entries.items() if words}
    assert len(asked) > 250 and not sorted(asked - known), "make messages gives them entries"
    assert not sorted(known - asked - messages.of_argparse()), "nobody asks for these"


def test_a_new_option_and_a_new_mark_are_noticed(asked, monkeypatch, tmp_path):
    monkeypatch.setitem(OPTIONS, "--seeds", {**OPTIONS["--seeds"], "help": "brand new"})
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "new.py").write_text(
        'translated("marked"); none_such("kind", name, known)'
    )
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    assert {"brand new", "marked", "kind"} <= messages.asked() - asked


def test_a_new_text_gets_an_entry_to_fill_in(tmp_path):
    texts = ['one "two"\nthree \\\n', "four"]
    path = tmp_path / "new.po"
    path.write_text("".join(map(messages.blank, texts)))
    assert messages.read(path) == dict.fromkeys(texts, "")
    path.write_text(path.read_text().replace('msgstr ""', 'msgstr ""\n"eins\\n"\n"zwei"'))
    assert messages.read(path) == dict.fromkeys(texts, "eins\nzwei")


def test_a_translation_has_the_fields_options_and_commands_of_its_original(entries):
    for text, words in entries.items():
        assert messages.fields(words) == messages.fields(text), text


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("at least {lowest}, got {text!r}", "至少 {lowest}", "得到 {text!r}，至少 {lowest}"),
        ("so many (default: %(default)s)", "几个", "几个（默认：%(default)s）"),
        ("with --twins alone", "只限 --twin", "只限--twins"),
        ("see `twinbench run`", "见 `twinbench`", "见`twinbench run`"),
        (
            "e.g.\n  twinbench run --seeds 5    five",
            "如\n  twinbench run    五个",
            "如\n  twinbench run --seeds 5  五个",
        ),
    ],
)
def test_a_field_that_a_translation_has_lost_is_noticed(text, wrong, right):
    assert messages.fields(wrong) != messages.fields(text) == messages.fields(right)


def test_the_compiled_catalogue_is_that_of_the_text(path):
    as_is = path.with_suffix(".mo").read_bytes() == messages.compiled(messages.read(path))
    assert as_is, "make messages"  # pytest would compare the bytes for minutes


@pytest.mark.parametrize("command", ["", *commands(), "data show"])
def test_the_help_of_a_command_is_chinese_and_as_wide_as_the_terminal(command, here, variables):
    variables("COLUMNS", "100")
    words = command.split()
    english, chinese = here(*words, "--help"), here("--lang", "zh", *words, "--help")
    assert english.status == chinese.status == 0
    assert not CHINESE.search(english.out) and english.out.startswith("usage: twinbench")
    assert chinese.out.startswith("用法: twinbench")
    assert all(map(CHINESE.search, chinese.out.split("\n\n")))
    assert max(map(columns, chinese.out.splitlines())) <= 100
    options = re.compile(r"--[\w-]+")
    assert {*options.findall(chinese.out)} == {*options.findall(english.out)}


@pytest.mark.parametrize(
    ("set_", "speaks"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8", "LANGUAGE": "de:zh"}, "zh"),
    ],
)
def test_the_language_is_that_of_the_environment_unless_it_is_named(set_, speaks, here, variables):
    for name, value in set_.items():
        variables(name, value)
    first = {"en": "compare:", "zh": "比较:"}
    assert first[speaks] in here("--help").out
    for named, words in first.items():
        assert words in here("--lang", named, "--help").out
        variables("LANGUAGE", set_.get("LANGUAGE", ""))
        assert words in here("--help", f"--lang={named}").out
        variables("LANGUAGE", set_.get("LANGUAGE", ""))


def test_the_groups_of_the_listing_and_their_commands_are_those_of_english(here):
    lines = here("--lang", "zh").out.splitlines()
    listed = [line.split()[0] for line in lines if re.match(r"  \w", line)]
    assert listed[: sum(map(len, GROUPS.values()))] == [
        n for names in GROUPS.values() for n in names
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("run cifar", "参数 PROBLEM：没有问题 'cifar'；有：mnist, imdb, reuters, boston（见"),
        ("run mnits", "；你是不是要找 'mnist'？"),
        (
            "run --epcohs 2",
            "无法识别的参数：--epcohs；你是不是要找 '--epochs'？（见 twinbench run --help）",
        ),
        ("run --seeds 0", "应为不小于 1 的整数，得到 '0'"),
        ("frobnicate", "无效的选择：'frobnicate'；有：compare, compile"),
        ("table --mark", "需要一个值"),
        ("--lang fr run", "无效的选择：'fr'；有：en, zh"),
    ],
)
def test_a_usage_error_is_one_line_of_chinese(words, said, here, variables):
    variables("LANG", "zh_CN.UTF-8")
    done = here(*words.split())
    assert done.status == 2 and said in done.err and done.err.count("\n") == 1


def test_chinese_is_printed_where_no_locale_is_installed_and_imports_nothing_heavy():
    program = (
        "import sys, benchmarks.cli.main as cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit as end: assert end.code == 0\n"
        "print(*{m.partition('.')[0] for m in sys.modules} & {'numpy', 'scipy', 'rich'})"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LC_")}
    environment |= {"LANGUAGE": "", "LC_ALL": "zh_CN.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, env=environment, check=True
    )
    *lines, imported = done.stdout.decode().split("\n")[:-1]
    assert imported == "" and lines[0].startswith("用法: ")


TEXT = (
    "用留出的样本选宽度、层数和轮数，只测试一次（见 `twinbench tune --help`）。"
    "English words too, “中英文”混排。"
)


@pytest.mark.parametrize("width", range(24, 60))
def test_chinese_is_broken_anywhere_but_before_a_closing_and_behind_an_opening_mark(width):
    lines = wrapped(TEXT, width)
    assert "".join(lines).replace(" ", "") == TEXT.replace(" ", "")
    assert max(map(columns, lines)) <= width and min(map(columns, lines[:-1])) > width - 20
    assert not any(line[0] in CLOSING or line[-1] in OPENING for line in lines)
