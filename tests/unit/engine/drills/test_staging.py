"""A first boot on another controller: what is started, measured, told, and said when it does not work."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.engine.drills.hardware import way_on
from drverify.engine.recovering import way_of
from drverify.judging.objectives import recovered, shown
from drverify.model.drill import Attribution, DrillRecord, GaveUp, PhaseName
from drverify.model.hardware import HardwareProfile
from drverify.model.verdict import Outcome
from drverify.planning.hardware import SPARE
from drverify.sealing.contradictions.consistency import contradictions
from tests.support import records
from tests.support.memory import MemoryHost, MemorySandbox
from tests.support.memory_machines import MachineMemorySource
from tests.unit.engine import test_recovering as machines
from tests.unit.engine.drills.test_conductor import POINT

PROFILE = HardwareProfile(name="kvm", first_boot="sata", disk_bus="virtio", adapt=False)
PLAN = replace(machines.planned(), hardware=PROFILE)


async def drilled(root: Path, host: MemoryHost, monkeypatch: pytest.MonkeyPatch) -> DrillRecord:
    def way(payload, source, host, *, name):
        return way_on(PROFILE, way_of(payload, source, host, name=name), lambda: None)

    monkeypatch.setattr(machines, "way_of", way)
    record = await machines.drilled(root, PLAN, MachineMemorySource({POINT: b"disk"}), host)
    assert [*contradictions(PLAN, record, records.register())] == []
    return record


def phases(record: DrillRecord) -> list[PhaseName]:
    return [phase.name for phase in record.phases]


async def test_it_is_started_twice_and_each_is_measured(tmp_path: Path, monkeypatch) -> None:
    host = MemoryHost()
    record = await drilled(tmp_path, host, monkeypatch)
    assert record.faults == record.defects == ()
    assert recovered(PLAN, record)
    (first,) = host.staged
    assert {disk.bus for disk in first.disks if disk.name != SPARE} == {"sata"}
    assert [disk.bus for disk in first.disks if disk.name == SPARE] == ["virtio"]
    found = phases(record)
    at = found.index(PhaseName.FIRST_BOOT)
    assert found[at : at + 3] == [PhaseName.FIRST_BOOT, PhaseName.SHUTDOWN, PhaseName.BOOT]
    (done,) = record.reworks
    assert (done.what, done.why) == ("first boot", "hardware kvm")
    assert done.change == "on sata beside a spare disk on virtio, then switched off in order"


async def test_a_system_that_stays_away_already_there_is_not_booted_further(
    tmp_path: Path, monkeypatch
) -> None:
    record = await drilled(tmp_path, MemoryHost(dies=True), monkeypatch)
    assert record.gave_up_by is GaveUp.GUEST_STOPPED
    assert record.gave_up == "on its first boot, its disks on sata: the guest is not running any more"
    assert {PhaseName.SHUTDOWN, PhaseName.BOOT}.isdisjoint(phases(record))
    assert shown(records.register(), PLAN, record)[0] is Outcome.UNPROVEN
    assert any(check.name.startswith("during: ") for check in record.isolation.checks), "it ran unseen"


async def test_a_system_that_found_no_driver_stays_away_where_it_belongs(tmp_path: Path, monkeypatch) -> None:
    """What a Windows without any virtio driver does: its first boot is well, and proves nothing of the next."""
    host, off = MemoryHost(), MemorySandbox.switch_off

    async def for_good(self: MemorySandbox, *, within: timedelta) -> None:
        await off(self, within=within)
        host.dies = True

    monkeypatch.setattr(MemorySandbox, "switch_off", for_good)
    record = await drilled(tmp_path, host, monkeypatch)
    assert {PhaseName.SHUTDOWN, PhaseName.BOOT} <= {*phases(record)}
    assert [one.what for one in record.reworks] == ["first boot"]
    assert record.gave_up == "the guest is not running any more"
    assert (record.faults, record.defects) == ((), ())
    outcome, why = shown(records.register(), PLAN, record)
    assert outcome is Outcome.UNPROVEN
    assert "on hardware kvm, which is not the system's own" in why


async def test_a_system_that_does_not_switch_itself_off_is_nobodys_breach(
    tmp_path: Path, monkeypatch
) -> None:
    record = await drilled(tmp_path, MemoryHost(stays_on=True), monkeypatch)
    (fault,) = record.faults
    assert (fault.attribution, fault.phase) == (Attribution.RESTORE_HOST, PhaseName.SHUTDOWN)
    assert record.defects == ()
    assert record.reworks == ()
    assert shown(records.register(), PLAN, record)[0] is Outcome.UNPROVEN


async def test_a_host_without_such_boots_says_so(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delattr(MemorySandbox, "stage")
    record = await drilled(tmp_path, MemoryHost(), monkeypatch)
    assert "cannot start a system on one controller first" in record.faults[0].what
    assert PhaseName.FIRST_BOOT not in phases(record)
