"""A study on a Ray cluster of several nodes, all on this machine: what a lost node takes with it
is run again, and nothing else is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from ipaddress import ip_address

import psutil
import pytest

from benchmarks.records.arm import Arm
from benchmarks.records.keys import Record
from benchmarks.records.record import read_records
from common.install import install_extra
from tests.command import children, ended, path_with, wait_for

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(find_spec("ray") is None, reason=f"needs {install_extra('ray')}"),
    pytest.mark.skipif(find_spec("mlxtend") is None, reason="the embedded houses need mlxtend"),
]

LOOPBACK = "127.0.0.2"  # Ray takes 127.0.0.1 in an address for the machine's outer one
STUDY = (
    *("study", "boston", "--framework", "fake,fake:twin", "--regime", "native,tuned"),
    *("--data", "embedded", "--threads", "1", "--epochs", "400", "--replicas", "2"),
)


@pytest.fixture
def cluster(checkout, tmp_path, monkeypatch):
    """Three nodes of one core each, which find the fake framework alone; loopback only."""
    from ray.cluster_utils import Cluster

    settings = {
        "PYTHONPATH": path_with(checkout),
        "TWINBENCH_CACHE_DIR": str(tmp_path / "cache"),
        "FAKE": "",
        "FAKE_LOG": str(tmp_path / "log"),
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    node = {"num_cpus": 1, "include_dashboard": False, "node_ip_address": LOOPBACK}
    nodes = Cluster(initialize_head=True, head_node_args=node)
    try:
        for _ in range(2):
            nodes.add_node(num_cpus=1, node_ip_address=LOOPBACK)
        nodes.wait_for_nodes()
        yield nodes
    finally:
        nodes.shutdown()


def jobs_of(node) -> list[psutil.Process]:
    """The processes that train on a node."""
    (raylet,) = node.all_processes["raylet"]
    return children(raylet.process.pid)


def identity(record: Record) -> tuple:
    return Arm.bare(record), record.seed, record.timed


def test_a_node_lost_in_the_middle_loses_nothing_and_repeats_nothing(twinbench, cluster):
    study = (*STUDY, "--seeds", "6", "--timed", "2")
    process = twinbench.start(*study, "--engine", "ray", "--address", cluster.address)
    lost = next(iter(cluster.worker_nodes))

    def files() -> dict[str, str]:
        return {str(path): path.read_text() for path in twinbench.results.rglob("seed*.json")}

    wait_for(lambda: len(files()) >= 3, "three records", process)
    killed = wait_for(lambda: jobs_of(lost), "a job on the node", process)
    before = files()
    cluster.remove_node(lost, allow_graceful=False)
    wait_for(lambda: all(map(ended, killed)), "the end of the lost node's jobs")
    _, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    after = files()
    assert before.items() <= after.items()  # what was written is not run again
    records = list(read_records(twinbench.results))
    assert len(records) == len({*map(identity, records)}) == len(after) == 2 * 2 * 6
    assert not any(record.error for record in records)
    attempts = [record.json["host"]["attempts"] for record in records]
    assert max(attempts) >= 2 and attempts.count(1) >= len(before)
    assert sum(record.timed for record in records) == 8

    # the same study here: nothing differs but the surroundings
    here = twinbench(*study, "--results", "local")
    assert here.status == 0, here.err
    local = {identity(r): r for r in read_records(twinbench.folder / "local")}
    for record in records:
        other = local[identity(record)]
        assert record.json.keys() == other.json.keys()
        for same in ("metrics", "history", "data", "versions", "settings", "threads", "git"):
            assert getattr(record, same) == getattr(other, same), same
        assert record.json["host"].keys() - other.json["host"].keys() == {"attempts"}


def test_a_timed_job_has_a_node_to_itself_and_more_threads_than_cores_are_refused(
    twinbench, cluster, tmp_path
):
    cluster.add_node(num_cpus=2, node_ip_address=LOOPBACK)
    cluster.wait_for_nodes()
    one = ("--framework", "fake", "--regime", "native", "--seeds", "4", "--timed", "2")
    where = ("--engine", "ray", "--address", cluster.address)
    done = twinbench(*STUDY, *one, *where)
    assert done.status == 0, done.err
    lines = [line.split() for line in (tmp_path / "log").read_text().splitlines()]
    spans = {int(seed): (float(begun), float(ended)) for _, seed, begun, ended in lines}
    # the two that are timed both need the one node of two cores, and come before the others
    assert spans[0][1] < spans[1][0] or spans[1][1] < spans[0][0]
    assert max(spans[0][1], spans[1][1]) < min(spans[2][0], spans[3][0])
    refused = twinbench(*STUDY, *one, *where, "--threads", "3", "--results", "other")
    assert refused.status == 2 and "no node of the cluster has 3 cores" in refused.err


def test_an_address_without_the_engine_is_refused(twinbench):
    done = twinbench(*STUDY, "--address", "127.0.0.1:1")
    assert done.status == 2 and "give --engine ray too" in done.err


def test_without_an_address_a_cluster_is_started_that_only_this_machine_can_reach(twinbench):
    one = ("--framework", "fake", "--regime", "native", "--seeds", "2", "--timed", "1")
    process = twinbench.start(*STUDY, *one, "--engine", "ray")
    seen: dict[str, set[str]] = {}
    while process.poll() is None:
        for name, address in listening(process.pid):
            seen.setdefault(name, set()).add(address.removeprefix("::ffff:"))
        time.sleep(0.5)
    assert process.returncode == 0, process.communicate()
    assert {"gcs_server", "raylet"} <= seen.keys()
    assert all(ip_address(a).is_loopback for found in seen.values() for a in found), seen
    assert [r.json["host"]["attempts"] for r in read_records(twinbench.results)] == [1, 1]


def listening(process_id: int) -> Iterator[tuple[str, str]]:
    """Name and address of each socket on which a process or one that it started listens."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(process_id)
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                for connection in one.net_connections("inet"):
                    if connection.status == psutil.CONN_LISTEN:
                        yield one.name(), connection.laddr.ip
