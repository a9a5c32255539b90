"""`twinbench doctor` in a copy of the checkout whose only framework is `fake_impl`."""

from __future__ import annotations

import json


def test_doctor_says_what_works_and_what_to_install(twinbench):
    done = twinbench("doctor", "--threads", "3")
    assert done.status == 0, done.err
    assert "devices: cpu; auto is cpu" in done.out and "threads: 3, as asked for" in done.out
    assert 'install it with: pip install "no_such_package"' in done.out
    found = json.loads(twinbench("doctor", "--threads", "3", "--json").out)
    words = {entry["about"]: entry["verdict"] for entry in found["verdicts"]}
    assert words == {"fake": "usable", "fake:twin": "usable", "absent": "not usable"}
    assert found["results"]["threads"] == ["a run would use 3"]
    none = twinbench("doctor", "--framework", "absent")
    assert none.status == 1 and "absent is not installed" in none.out
