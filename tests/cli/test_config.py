"""`twinbench.toml`: where it is found, what its values do, and what is wrong with it."""

from __future__ import annotations

import json
import os

import pytest

from benchmarks.cli.config import CONFIG, read_config
from benchmarks.cli.parser import make_parser
from benchmarks.harness.plan import plan
from common.problem import PROBLEMS
from common.regime import NATIVE


@pytest.fixture
def parsed(tmp_path, monkeypatch):
    """The options of a command line in a folder below that of a file, and what it took from it."""

    def parse(text: str, *words: str):
        below = tmp_path / "deep" / "deeper"
        below.mkdir(parents=True, exist_ok=True)
        (tmp_path / CONFIG).write_text(text)
        monkeypatch.chdir(below)
        config = read_config(None)
        args = make_parser(words, config).parse_args([*words])
        return args, config.taken(args)

    return parse


def test_a_value_of_the_file_is_what_the_option_would_give(parsed):
    text = 'threads = 3\nframework = ["keras", "torch"]\nhidden = [8, 4]\nlearning_rate = 1e-2\n'
    args, taken = parsed(f'{text}regime = "tuned"\n[run]\nforce = true\nepochs = 2\n', "run")
    words = "run --threads 3 --framework keras,torch --hidden 8,4 --learning-rate 0.01"
    words = f"{words} --regime tuned --force --epochs 2".split()
    assert vars(args) == vars(make_parser(words).parse_args(words))
    assert sorted(taken) == [
        *("--epochs 2", "--force", "--framework keras,torch", "--hidden 8,4"),
        *("--learning-rate 0.01", "--regime tuned", "--threads 3"),
    ]


def test_the_key_of_a_job_is_that_of_the_options(parsed):
    file, _ = parsed("[run]\nepochs = 2\nthreads = 3\n", "run")
    line = make_parser(["run"]).parse_args(["run", "--epochs", "2", "--threads", "3"])

    def keys(args):
        problem = PROBLEMS["boston"].but(epochs=args.epochs)
        devices = {"keras": args.device}
        jobs = plan([problem], ["keras"], [NATIVE], devices, range(2), threads=args.threads)
        return [job.key for job in jobs]

    assert keys(file) == keys(line)


def test_the_command_line_stands_above_the_file_and_its_own_table_above_what_is_shared(parsed):
    text = "threads = 3\nepochs = 5\nforce = false\n[run]\nepochs = 2\n[tune]\nfolds = 3\n"
    args, taken = parsed(text, "run", "--threads", "1")
    assert (args.threads, args.epochs, args.force) == (1, 2, False)
    assert taken == ["--epochs 2"]


def test_a_path_is_meant_from_the_folder_of_the_file(parsed, tmp_path):
    args, taken = parsed('results = "kept"\n[data]\ndata-dir = "sets"\n', "run")
    assert args.results.resolve() == tmp_path / "kept" and taken == ["--results ../../kept"]
    args, taken = parsed('results = ["a", "b"]\n', "report")
    assert [path.name for path in args.results] == ["a", "b"]
    assert taken == ["--results ../../a ../../b"]
    for words in (("data",), ("data", "list"), ("data", "verify")):
        args, _ = parsed('data-dir = "sets"\n', *words)
        assert os.path.abspath(args.data_dir) == str(tmp_path / "sets")


def test_what_may_be_given_several_times_is_added_to(parsed, tmp_path):
    (tmp_path / "python").touch(mode=0o755)
    there = str(tmp_path / "python")
    args, taken = parsed(f'python = ["torch={there}"]\n', "run", "--python", f"jax={there}")
    assert dict(args.python) == {"torch": there, "jax": there}
    assert taken == [f"--python torch={there}"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("thread = 1", "'thread' is no option that commands share; did you mean 'threads'?"),
        ("[rnu]\nepochs = 1", "'rnu' is no command, as a table is; did you mean 'run'?"),
        ("[run]\nepoch = 1", "run has no option --epoch; did you mean 'epochs'?"),
        ("[run]\nlayers = 1", "twinbench run has no option --layers"),
        ("[run]\nepochs = 0", "--epochs: a whole number of at least 1 was expected, got '0'"),
        ("epochs = true", "--epochs: a text, a number or a list of these was expected"),
        ("force = 1", "--force: true or false was expected, got 1"),
        ('regime = "matchd"', "did you mean 'matched'?"),
        ('[run]\ndata = "reel"', "invalid choice: 'reel'; there are: auto, real, embedded"),
        ("threads = ", "is no TOML"),
        ("config = 'x'", "'config' is no option"),
        ("export = 1", "'export' is no option"),
        ("[threads]", "'threads' is no command"),
        ("[run]\ndebug = true", "twinbench run has no option --debug"),
    ],
)
def test_a_fault_of_the_file_is_one_line_with_its_name_and_nothing_runs(
    here, tmp_path, monkeypatch, text, message
):
    (tmp_path / CONFIG).write_text(f"{text}\n")
    monkeypatch.chdir(tmp_path)
    done = here("run", "boston")
    assert done.status == 2 and done.out == "" and done.err.count("\n") == 1
    assert f"{CONFIG}" in done.err and message in done.err
    assert [path.name for path in tmp_path.iterdir()] == [CONFIG]


def test_what_was_taken_is_said_and_another_file_may_be_named(twinbench, tmp_path):
    (tmp_path / CONFIG).write_text("threads = 2\n[run]\nseeds = 3\n")
    (tmp_path / "other.toml").write_text("[run]\nseeds = 5\n")
    words = ["run", "boston", "--data", "embedded", "--regime", "native", "--dry-run", "--json"]
    done = twinbench(*words)
    assert f"{CONFIG}: --seeds 3, --threads 2\n" in done.err
    assert json.loads(done.out)["results"]["runs"] == 3
    for command in (["--config", "other.toml", *words], [*words, "--conf=other.toml"]):
        done = twinbench(*command)
        assert "other.toml: --seeds 5\n" in done.err and CONFIG not in done.err
        assert json.loads(done.out)["results"]["runs"] == 5
    assert twinbench(*words, "--config", os.devnull).err.count("toml") == 0
    assert twinbench(*words, "--config", "gone.toml").status == 5


def test_the_file_of_another_user_is_not_taken_unless_it_is_named(tmp_path, monkeypatch, capsys):
    (tmp_path / CONFIG).write_text("threads = 2\n")
    monkeypatch.chdir(tmp_path)
    owner = (tmp_path / CONFIG).stat().st_uid
    assert read_config(None)
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    monkeypatch.setattr("benchmarks.cli.config.ROOT_USER", -1)
    assert read_config(None) is None and "another user's" in capsys.readouterr().err
    assert read_config(tmp_path / CONFIG)
