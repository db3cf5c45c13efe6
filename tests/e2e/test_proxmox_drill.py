"""Drills on a stand-in for a Proxmox cluster by the command line: verdicts, whose fault it is, evidence."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab.estate.layout import Estate
from lab.estate.tiny import stamp
from tests.support.estates import Ran, left_on_machine, started
from tests.support.guests import tiny_disk, traversable
from tests.support.pve_drills import OURS, TINY, Bench, archived, bench, packed
from tests.support.pve_estates import AGE, fresh_name, pve_estate

pytestmark = [pytest.mark.needs_root, pytest.mark.timeout(240)]


async def ran(estate: Estate, *words: str) -> Ran:
    process = await started(estate.config, *words)
    out, err = await asyncio.wait_for(process.communicate(), 200)
    assert b"Traceback" not in err, err
    assert out, err
    return Ran(code=process.returncode or 0, out=out.decode(), err=err.decode())


async def refreshed(one: Bench, archive: Path) -> str:
    """Give the cluster this archive as the one and newest backup."""
    for old in one.cluster.root.glob("storages/local/**/vzdump-*"):
        old.unlink()
    return one.cluster.add_archive("pve1", "local", archive, name=fresh_name())


@pytest.mark.needs_lab
async def test_a_guest_of_a_cluster_is_restored_booted_probed_and_judged():
    with traversable() as folder:
        disk = await tiny_disk(folder / "tiny.raw")
        await stamp(disk, datetime.now(UTC) - AGE, sequence=7)
        archive = await asyncio.to_thread(packed, folder / "a.vma.zst", TINY, {"drive-virtio0": disk})
        async with bench(real=True, archive=archive) as one:
            estate = pve_estate(one, playbook="tiny")
            await refreshed(one, archive)
            found = await ran(estate, "drill", "run", "tiny", "--json")
            record = found.json()["record"]
            assert record["faults"] == record["defects"] == []
            assert record["cleanedUp"]
            outcomes = {name: verdict["outcome"] for name, verdict in found.verdicts().items()}
            assert outcomes["rto"] == outcomes["restore-test"] == outcomes["application-validation"] == "MET"
            assert record["machine"]["name"] == "tiny"
            names = {artefact["name"] for artefact in record["artefacts"]}
            assert {
                "machine.conf",
                "guest.conf",
                "tasks.log",
                "screen.png",
                "agent.json",
                "console.log",
            } <= names
            assert all(check["closed"] for check in record["isolation"]["checks"])
            listed = json.loads((await ran(estate, "drill", "list", "--json")).out)
            directory = Path(listed[0]["directory"])
            trust = str(directory.parents[1] / "runner.trust.json")
            assert (await ran(estate, "verify", str(directory), "--trust", trust)).code == 0
            assert one.left() == left_on_machine(estate.state) == []
            assert await one.node.sentinel.leaks(OURS) == ()


@pytest.fixture
async def still() -> AsyncIterator[Bench]:
    async with bench() as one:
        yield one


RESTORE = {"task": "qmrestore"}
FAULTS: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "damaged": (
        "task-fail",
        {"match": RESTORE, "parameters": {"message": "vma: restore failed - short vma extent (1 < 2)"}},
        "defect",
        "short vma extent",
    ),
    "space": ("storage-full", {"parameters": {"storage": "drill", "at": 1}}, "restore-host", "-28"),
    "stall": ("task-hang", {"match": RESTORE}, "tool", "2 s"),
    "api": (
        "http",
        {"match": {"path": "/network$"}, "parameters": {"status": 595, "message": "No route to host"}},
        "restore-host",
        "No route to host",
    ),
    "start": (
        "task-fail",
        {"match": {"task": "qmstart"}, "parameters": {"message": "start failed: QEMU exited with code 1"}},
        "restore-host",
        "QEMU exited",
    ),
    "foreign": ("config-changed", {}, "sandbox", "net0"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_what_goes_wrong_is_blamed_on_whose_it_is(still: Bench, name: str):
    fault, how, blamed, says = FAULTS[name]
    estate = pve_estate(still, playbook="agent")
    await refreshed(still, await asyncio.to_thread(archived, still.root / "b.vma.zst"))
    for vmid in OURS if name == "foreign" else ():
        await still.cluster.inject(
            fault,
            match={"task": "qmrestore", "vmid": str(vmid)},
            parameters={"vmid": vmid, "set": {"net0": "virtio=BC:24:11:00:00:10,bridge=vmbr0"}},
        )
    if how:
        await still.cluster.inject(fault, **how)
    found = await ran(estate, "drill", "run", "tiny", "--json")
    record = found.json()["record"]
    if blamed == "defect":
        assert found.code == 10, found.err
        assert record["faults"] == []
        assert says in record["defects"][0]["what"]
    else:
        assert found.code == 11, found.err
        assert record["defects"] == []
        assert [one["attribution"] for one in record["faults"]] == [blamed]
        assert says in record["faults"][0]["what"]
        assert "MISSED" not in {verdict["outcome"] for verdict in found.verdicts().values()}
    assert record["cleanedUp"]
    assert still.left() == left_on_machine(estate.state) == []


async def test_claimed_guests_show_that_the_way_is_clear(still: Bench):
    """The same drill without a fault comes through: so each fault above is seen for itself."""
    estate = pve_estate(still, playbook="agent")
    await refreshed(still, await asyncio.to_thread(archived, still.root / "b.vma.zst"))
    found = await ran(estate, "drill", "run", "tiny", "--json")
    record = found.json()["record"]
    assert record["faults"] == record["defects"] == []
    assert found.verdicts()["rto"]["outcome"] == "MET"
    assert still.left() == left_on_machine(estate.state) == []


async def test_a_killed_drill_is_taken_back_by_the_next_reap(still: Bench):
    estate = pve_estate(still, playbook="agent")
    await refreshed(still, await asyncio.to_thread(archived, still.root / "b.vma.zst"))
    await still.cluster.inject("task-hang", match=RESTORE)
    process = await started(estate.config, "drill", "run", "tiny")
    async with asyncio.timeout(60):
        while not [task for task in still.cluster.world.tasks.of() if task["type"] == "qmrestore"]:
            await asyncio.sleep(0.02)
    process.kill()
    await process.wait()
    assert still.left() != []
    reaped = await ran(estate, "sandbox", "reap")
    assert reaped.code == 0, reaped.err
    assert "pve-guest pve:" in reaped.out
    assert still.left() == left_on_machine(estate.state) == []
