"""The comparisons of whole runs are made once a command."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks.records.record import write_record
from benchmarks.statistics.verdict import comparisons
from tests.sample_records import seeds

RECORDS = seeds([0.97, 0.96], "alpha") + seeds([0.95, 0.94], "beta")


@pytest.fixture
def made(monkeypatch):
    """A comparison that was asked for is noted here."""
    notes = []

    def noted(records, plan=None):
        notes.append(len(records))
        return comparisons(records, plan)

    monkeypatch.setattr("benchmarks.statistics.compared.comparisons", noted)
    return notes


@pytest.mark.parametrize(
    "words", ["table", "table --show matrix", "table --json", "study --look", "report"]
)
def test_a_command_that_reads_records_compares_once(words, here, made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where a study puts its figures
    for number, record in enumerate(RECORDS):
        write_record(record, tmp_path / "results" / f"{number}.json")
    done = here(*words.split())
    assert done.status == 0 and made == [4], done.err


def test_a_run_compares_once_for_its_table_and_its_verdict(here, made, tmp_path, monkeypatch):
    jobs = [SimpleNamespace(folder="")] * len(RECORDS)
    monkeypatch.setattr("benchmarks.run.run_command._jobs", lambda args: jobs)
    monkeypatch.setattr("benchmarks.harness.engine.run_jobs", lambda *_, **__: RECORDS)
    monkeypatch.setattr("benchmarks.show.curves.save_curves", lambda records, folder: [])
    done = here("run", "mnist", "--results", tmp_path)
    assert done.status == 0 and "Verdict: " in done.out and made == [4]
