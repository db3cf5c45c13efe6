"""Whole drills of a guest of a Proxmox cluster by the command line: restored there, booted, probed, signed, gone."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.estates import Ran, Seen
from tests.support.pve_lanes import PveEstate, pve_estate

pytestmark = [pytest.mark.needs_root, pytest.mark.timeout(400)]

COPIES = range(9000, 10000)
ALL_MET = {
    "rpo": "MET",
    "rto": "MET",
    "backup-frequency": "MET",
    "restore-test": "MET",
    "application-validation": "MET",
    "retention": "UNPROVEN",
}


@dataclass(frozen=True, kw_only=True)
class Drilled:
    """A drill, what its evidence and log say to others, and what was left."""

    ran: Ran
    listed: list[dict[str, Any]]
    verified: Ran
    logged: Ran
    files: dict[str, bytes]
    """Artefacts by name."""
    tasks: Sequence[str]
    left: Sequence[str]

    @property
    def record(self) -> dict[str, Any]:
        record = self.ran.json()["record"]
        assert isinstance(record, dict)
        return record

    @property
    def outcomes(self) -> dict[str, str]:
        return {name: str(verdict["outcome"]) for name, verdict in self.ran.verdicts().items()}


async def drilled(one: PveEstate, *, on_libvirt: bool = False, **how: Any) -> Drilled:
    async with one.lane(**how) as lane:
        if on_libvirt:
            one.without_cluster(lane)
        with Seen(lane.state) as seen:
            ran = await one.run(lane, "drill", "run", "tiny", "--json")
        listed = json.loads((await one.run(lane, "drill", "list", "--json")).out)
        directory = Path(listed[0]["directory"])
        trust = str(directory.parents[1] / "runner.trust.json")
        stored = {path.name: path for path in (directory / "artefacts" / "sha256").iterdir()}
        return Drilled(
            ran=ran,
            listed=listed,
            verified=await one.run(lane, "verify", str(directory), "--trust", trust),
            logged=await one.run(lane, "log", "check"),
            files={
                artefact["name"]: stored[artefact["sha256"]].read_bytes()
                for artefact in ran.json()["record"]["artefacts"]
            },
            tasks=[str(task["type"]) for task in reversed(one.tasks(lane))],
            left=[*await one.left(lane), *seen.alive()],
        )


@dataclass(frozen=True, kw_only=True)
class All:
    """The same backup three times: by the tunnel, by the agent alone, and without the cluster."""

    by_ssh: Drilled
    by_agent: Drilled
    on_libvirt: Drilled
    leaks: Sequence[object]
    """Frames of copies that the sentinel saw on production."""


async def all_of_them() -> All:
    async with pve_estate() as one:
        async with asyncio.TaskGroup() as group:
            by_ssh = group.create_task(drilled(one))
            by_agent = group.create_task(drilled(one, vantage="agent"))
            on_libvirt = group.create_task(drilled(one, on_libvirt=True))
        leaks = await one.node.sentinel.leaks(COPIES)
    return All(
        by_ssh=by_ssh.result(), by_agent=by_agent.result(), on_libvirt=on_libvirt.result(), leaks=leaks
    )


@pytest.fixture(scope="module")
def drills() -> All:
    return asyncio.run(all_of_them())


def test_a_good_backup_is_proven(drills: All) -> None:
    found = drills.by_ssh
    assert found.ran.code == 11, found.ran.err
    assert found.outcomes == ALL_MET
    record = found.record
    assert record["faults"] == record["defects"] == []
    assert record["cleanedUp"]
    assert all(control["status"] != "passed" for control in record["controls"])
    assert record["controls"]
    assert record["restore"]["restoredBytes"] == 56 << 20
    assert 0 < record["restore"]["allocatedBytes"] < record["restore"]["restoredBytes"]
    tools = {tool["name"]: tool["version"] for tool in record["tools"]}
    assert tools["proxmox-ve-repository"] == "drlab", "evidence of a stand-in says so"


def test_it_says_what_the_machine_was_and_what_was_changed(drills: All) -> None:
    found = drills.by_ssh
    machine = found.record["machine"]
    assert machine["name"] == "tiny"
    assert machine["shape"]["memoryMib"] == 192
    assert [(disk["name"], disk["sizeBytes"]) for disk in machine["shape"]["disks"]] == [
        ("virtio0", 56 << 20)
    ]
    changes = {one["what"]: one["change"] for one in machine["deviations"]}
    assert {"net0", "onboot", "description", "tags"} <= changes.keys()
    assert "bridge=vmbr0" in changes["net0"].partition(" -> ")[0]
    assert "bridge=drill" in changes["net0"].partition(" -> ")[2]
    assert changes["onboot"] == "1 -> 0"


def test_every_copy_knew_the_challenge_of_its_drill(drills: All) -> None:
    """The cluster writes it into the machine's identity, libvirt beside it; each is asked as its probes are."""
    challenges = set()
    for one, medium in (
        (drills.by_ssh, "SMBIOS family"),
        (drills.by_agent, "SMBIOS family"),
        (drills.on_libvirt, "SMBIOS OEM string"),
    ):
        answer = one.record["challenge"]
        assert (answer["status"], answer["medium"]) == ("returned", medium), answer
        assert b"drverify-challenge:" + answer["observed"].encode() in one.files["challenge.txt"]
        challenges.add(answer["observed"])
        assert "smbios1" in {deviation["what"] for deviation in one.record["machine"]["deviations"]}
    assert len(challenges) == 3


def test_its_isolation_was_looked_at_before_and_during_its_life(drills: All) -> None:
    isolation = drills.by_ssh.record["isolation"]
    assert all(check["closed"] for check in isolation["checks"])
    names = [check["name"] for check in isolation["checks"]]
    for when in ("before", "during"):
        assert any(name.startswith(f"{when}: bridge-drill") for name in names)
        assert f"{when}: drill-bridge-strangers" in names
        assert f"{when}: arp-10.30.0.1" in names
    assert "during: copy-configuration" in names
    counters = {counter["name"]: counter["value"] for counter in isolation["counters"]}
    assert counters["forwarded"] == 0
    assert any("tunnel" in name and value > 0 for name, value in counters.items()), counters
    assert drills.leaks == ()


def test_what_was_kept_of_it(drills: All) -> None:
    files = drills.by_ssh.files
    assert b"tiny: up" in files["console.log"]
    assert files["screen.png"].startswith(b"\x89PNG")
    assert b"bridge=vmbr0" in files["machine.conf"], "as it stands in the backup"
    assert b"bridge=drill" in files["guest.conf"], "as it was restored"
    log = files["tasks.log"].decode()
    for doing in ("reserve", "restore", "start"):
        assert f"== {doing} UPID:" in log
    assert "progress 100%" in log
    assert {"agent.json", "probes/page.txt", "probes/heartbeat.txt"} <= files.keys()
    secrets = [content for content in files.values() if b"PVEAPIToken" in content]
    assert secrets == []


def test_every_step_was_one_task_and_nothing_is_left(drills: All) -> None:
    tasks = [kind for kind in drills.by_ssh.tasks if kind not in {"vncproxy", "termproxy"}]
    assert tasks == ["qmcreate", "qmrestore", "qmstart", "qmstop", "qmdestroy"]
    for found in (drills.by_ssh, drills.by_agent, drills.on_libvirt):
        assert found.left == []


@pytest.mark.parametrize("name", ["by_ssh", "by_agent", "on_libvirt"])
def test_its_evidence_and_its_log_hold(drills: All, name: str) -> None:
    found: Drilled = getattr(drills, name)
    assert [entry["outcome"] for entry in found.listed] == ["recovered"]
    assert found.verified.code == 0, found.verified.err
    assert "holds the start as entry 0, the result as 1" in found.verified.out
    assert (found.logged.code, found.logged.out.splitlines()[1:]) == (
        0,
        ["every drill that was started has its one result"],
    ), found.logged.err


def test_by_the_agent_alone_what_it_can_be_asked_is_proven(drills: All) -> None:
    found = drills.by_agent
    assert found.ran.code == 11, found.ran.err
    assert found.outcomes == ALL_MET
    names = {check["name"] for check in found.record["isolation"]["checks"]}
    assert any("bridge-drill" in name for name in names)
    assert not any("drill-bridge" in name for name in names), "there is no tunnel to listen at"


def test_the_same_archive_is_the_same_machine_under_libvirt(drills: All) -> None:
    found = drills.on_libvirt
    assert found.ran.code == 11, found.ran.err
    assert found.outcomes == ALL_MET
    theirs, ours = drills.by_ssh.record["machine"], found.record["machine"]
    assert ours["name"] == theirs["name"]
    slots = {"nicSlots"}  # said only where drverify itself must plug the cards in
    assert {key: value for key, value in ours["shape"].items() if key not in slots} == {
        key: value for key, value in theirs["shape"].items() if key not in slots
    }
    assert found.tasks == []
    assert found.files["machine.conf"] == drills.by_ssh.files["machine.conf"]
