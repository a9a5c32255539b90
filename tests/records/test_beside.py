"""What belongs into one figure."""

from __future__ import annotations

from benchmarks.records.record import read_beside, write_record
from tests import sample_records
from tests.show.samples import names


def test_a_narrower_run_keeps_what_the_figure_shows(tmp_path):
    """All that the folder has of that problem and protocol."""
    kept = [sample_records.run("boston", name) for name in ("alpha", "beta")]
    other = [sample_records.run("imdb"), sample_records.run("boston", "old", protocol=0)]
    failed = sample_records.run("boston", "failed", error={"kind": "x", "message": "y"})
    for i, written in enumerate([*kept, *other, failed]):
        write_record(written, tmp_path / written.problem / f"{i}.json")
    assert names(read_beside(kept[1:], tmp_path)) == "alpha, beta"
