"""A machine out of a vzdump archive, without any cluster: restored, shaped, booted, probed, judged, signed."""

import asyncio
import json
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab.estate.layout import Estate
from tests.support.dump_drills import DumpEstate, dump_estate
from tests.support.dumps import settle
from tests.support.estates import Ran, Seen, drverify, left_on_machine, started

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_libvirt, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def dumped(tiny: Estate) -> DumpEstate:
    return asyncio.run(dump_estate(tiny.root.parent / f"dumped-{secrets.token_hex(4)}", tiny))


@pytest.fixture
def config(dumped: DumpEstate, state: Path, seen: Seen) -> Iterator[Path]:
    state.mkdir(parents=True, exist_ok=True)
    yield dumped.config(state)
    assert left_on_machine(state) == []
    assert seen.alive() == []


@pytest.fixture
def broken(dumped: DumpEstate, tmp_path: Path) -> DumpEstate:
    """The same with an archive of its own, to be broken."""
    copy = tmp_path / "dump" / dumped.archive.name
    copy.parent.mkdir()
    shutil.copyfile(dumped.archive, copy)
    settle(copy)
    return replace(dumped, archive=copy)


def outcomes(ran: Ran) -> dict[str, str]:
    return {name: str(verdict["outcome"]) for name, verdict in ran.verdicts().items()}


def test_an_archive_becomes_a_running_machine_and_evidence(config: Path) -> None:
    ran = drverify(config, "drill", "run", "tiny", "--json")
    assert ran.code == 11, ran.err
    assert outcomes(ran) == {
        "rpo": "MET",
        "rto": "MET",
        "backup-frequency": "MET",
        "restore-test": "MET",
        "application-validation": "MET",
        "retention": "UNPROVEN",
    }
    record = ran.json()["record"]
    assert record["faults"] == record["defects"] == []
    assert record["cleanedUp"]
    assert record["restore"]["files"] == 2
    machine = record["machine"]
    assert machine["name"] == "tiny"
    assert [disk["name"] for disk in machine["shape"]["disks"]] == ["virtio0", "scsi1"]
    assert machine["shape"]["chipset"] == "pc"
    left_out = {one["what"] for one in machine["deviations"] if one["change"] == "left out"}
    assert {"args", "hookscript", "hostpci0", "smbios1"} <= left_out
    assert "machine.conf" in {artefact["name"] for artefact in record["artefacts"]}

    listed = json.loads(drverify(config, "drill", "list", "--json").out)
    directory = Path(listed[0]["directory"])
    trust = directory.parents[1] / "runner.trust.json"
    checked = drverify(config, "verify", str(directory), "--trust", str(trust))
    assert checked.code == 0, checked.err


def test_a_truncated_archive_is_the_providers_defect_and_says_where(broken: DumpEstate, state: Path) -> None:
    """Cut off in the middle: vzdump's own `vma verify` would take it for whole."""
    size = broken.archive.stat().st_size
    with broken.archive.open("r+b") as file:
        file.truncate(size // 2)
    settle(broken.archive)
    state.mkdir(exist_ok=True)
    ran = drverify(broken.config(state), "drill", "run", "tiny", "--json")
    assert ran.code == 10, ran.err
    assert outcomes(ran)["rto"] == "MISSED"
    record = ran.json()["record"]
    assert record["faults"] == []
    (defect,) = record["defects"]
    assert "at byte" in json.dumps(defect)
    assert left_on_machine(state) == []


def test_no_room_for_the_disks_proves_nothing(dumped: DumpEstate, state: Path) -> None:
    state.mkdir(exist_ok=True)
    small = ["mount", "-t", "tmpfs", "-o", "size=16m,mode=755", "tmpfs", str(state)]
    subprocess.run(small, check=True)
    try:
        config = dumped.config(state, host="disk_mib = 1")  # or it is refused before anything is restored
        ran = drverify(config, "drill", "run", "tiny", "--json")
        assert ran.code == 11, ran.err
        assert set(outcomes(ran).values()) <= {"UNPROVEN", "MET"}
        assert outcomes(ran)["rto"] == "UNPROVEN"
        record = ran.json()["record"]
        assert record["defects"] == []
        (fault,) = record["faults"]
        assert (fault["attribution"], fault["phase"]) == ("restore-host", "restore")
        assert "no room for" in fault["what"]
    finally:
        subprocess.run(["umount", str(state)], check=True)


async def test_killed_while_it_unpacks_a_reap_leaves_nothing(config: Path, state: Path) -> None:
    process = await started(config, "drill", "run", "tiny")
    async with asyncio.timeout(120):
        while not list(state.glob("sandboxes/*/.virtio0.raw.partial")):
            assert process.returncode is None, "it ended before it was seen to unpack"
            await asyncio.sleep(0.002)
    process.kill()
    await process.communicate()
    assert left_on_machine(state) != []
    reaped = await asyncio.to_thread(drverify, config, "sandbox", "reap")
    assert reaped.code == 0, reaped.err
