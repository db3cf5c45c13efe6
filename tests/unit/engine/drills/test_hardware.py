"""A machine that comes back on other hardware: what is restored, what is put under the guest, what is said."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.engine.drills.drill import Order
from drverify.engine.drills.hardware import HardwareWay, order_on, placed, way_on
from drverify.engine.ports import DiskSource
from drverify.engine.recovering import FileWay, HostWay, way_of
from drverify.errors import HostError, InputError
from drverify.judging.objectives import recovered
from drverify.model.drill import Attribution, DrillRecord, PhaseName, ToolFact
from drverify.model.hardware import HardwareProfile
from drverify.model.layout import Layout, PlannedFileSystem, Rework
from drverify.model.recovery import DiskImage, FileSet, GuestShape, SystemFiles
from drverify.planning.hardware import fit
from drverify.preparing.drivers import disk_drivers
from drverify.sealing.contradictions.consistency import contradictions
from tests.support import records
from tests.support.memory import MemoryHost, MemorySource
from tests.support.memory_machines import (
    DescribingMemorySource,
    MachineMemorySource,
    RestoringMemoryHost,
)
from tests.unit.engine import test_recovering as machines
from tests.unit.engine.drills.test_conductor import POINT

MIB = 1 << 20
SERVER = HardwareProfile(
    name="server", disk_bus="scsi", scsi_controller="megasas", nic_model="e1000e", disk_sizes=(4 * MIB, MIB)
)
DONE = Rework(what="initramfs", change="made anew", why="it lacked megaraid_sas")


class Bench:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Sequence[DiskSource], GuestShape]] = []

    async def adapt(self, disks, shape, *, scope, directory: Path, within: timedelta, progress):
        assert all(disk.path.stat().st_size in {MIB, 4 * MIB} for disk in disks)
        self.asked.append((tuple(disks), shape))
        return (DONE,)

    async def tool(self) -> ToolFact:
        return ToolFact(name="libguestfs", version="1.50")


async def drilled(root: Path, profile: HardwareProfile, monkeypatch, bench: Bench) -> DrillRecord:
    host, plan = MemoryHost(), replace(machines.planned(), hardware=profile)
    source = MachineMemorySource({POINT: b"disk"})

    def way(payload, source, host, *, name):
        return way_on(profile, way_of(payload, source, host, name=name), lambda: bench)

    monkeypatch.setattr(machines, "way_of", way)
    record = await machines.drilled(root, plan, source, host)
    assert [*contradictions(plan, record, records.register())] == []
    return record


async def test_a_machine_gets_the_disks_and_cards_of_the_replacement(tmp_path: Path, monkeypatch) -> None:
    bench = Bench()
    record = await drilled(tmp_path, SERVER, monkeypatch, bench)
    assert record.faults == record.defects == ()
    assert recovered(replace(machines.planned(), hardware=SERVER), record)
    assert record.machine is not None
    shape = record.machine.shape
    assert {disk.bus for disk in shape.disks if disk.bus != "pflash"} == {"scsi"}
    assert shape.nic_model == "e1000e"
    assert "hardware server" in {one.why for one in record.machine.deviations}
    ((on_bench, asked),) = bench.asked
    assert asked == shape
    assert len(on_bench) == len(shape.disks)
    assert record.reworks[-1] == DONE
    assert ToolFact(name="libguestfs", version="1.50") in record.tools
    assert {one.what for one in record.reworks} == {"disks", "initramfs"}
    names = [phase.name for phase in record.phases]
    assert names.index(PhaseName.RESTORE) < names.index(PhaseName.ADAPT) < names.index(PhaseName.BOOT)


@pytest.mark.parametrize("profile", [replace(SERVER, adapt=False), HardwareProfile(name="less", vcpus=1)])
async def test_a_system_that_may_not_or_need_not_be_adapted_is_started_as_it_is(
    tmp_path: Path, monkeypatch, profile: HardwareProfile
) -> None:
    bench = Bench()
    record = await drilled(tmp_path, profile, monkeypatch, bench)
    assert bench.asked == []
    assert PhaseName.ADAPT not in {phase.name for phase in record.phases}


@pytest.mark.parametrize("bus", ["scsi", "virtio"])
async def test_for_a_first_boot_it_is_given_the_drivers_of_both_controllers(
    tmp_path: Path, monkeypatch, bus: str
) -> None:
    """Also where nothing else is new: its own disk hung on no such controller."""
    bench = Bench()
    profile = HardwareProfile(name="staged", first_boot="sata", disk_bus=bus, disk_sizes=(4 * MIB, MIB))
    record = await drilled(tmp_path, profile, monkeypatch, bench)
    assert record.faults == record.defects == ()
    ((_, asked),) = bench.asked
    assert record.machine is not None
    (own,) = {
        driver for driver in disk_drivers(record.machine.shape) if driver not in {"virtio_pci", "sd_mod"}
    }
    assert {own, "ahci"} <= {*disk_drivers(asked)}
    assert [one.what for one in record.reworks][-2:] == ["initramfs", "first boot"]


async def test_a_disk_that_is_too_small_is_ours(tmp_path: Path, monkeypatch) -> None:
    small = replace(SERVER, disk_sizes=(1, 1))
    record = await drilled(tmp_path, small, monkeypatch, Bench())
    (fault,) = record.faults
    assert fault.attribution is Attribution.RESTORE_HOST
    assert "has 1 bytes, and what was restored has" in fault.what


def test_disks_grow_are_added_and_never_shrink(tmp_path: Path) -> None:
    path = tmp_path / "disk.raw"
    path.write_bytes(b"disk" * (MIB // 4))
    shape = fit(SERVER, GuestShape(memory_mib=64, vcpus=1)).shape
    given = {"disk": DiskSource(path=path, format="raw")}
    disks, reworks = placed(shape, given, tmp_path, SERVER)
    assert [disk.path.name for disk in disks] == ["disk.raw", "extra1.raw"]
    assert [disk.path.stat().st_size for disk in disks] == [4 * MIB, MIB]
    assert path.read_bytes()[: MIB + 4] == b"disk" * (MIB // 4) + bytes(4)
    assert [one.change for one in reworks] == [
        "disk grown from 1 to 4 MiB",
        "extra1 is empty: the original had no such disk",
    ]
    small = replace(SERVER, disk_sizes=(512, MIB))
    with pytest.raises(HostError, match="has 512 bytes") as refused:
        placed(fit(small, shape).shape, given, tmp_path, small)
    assert "rebuild from files" in refused.value.hint


def test_what_cannot_be_on_other_hardware_is_refused() -> None:
    source, host = MemorySource({}), MemoryHost()
    files = FileWay(source=source, payload=FileSet(path="/srv"))
    with pytest.raises(InputError, match="only a machine"):
        way_on(SERVER, files, Bench)
    own = HostWay(source=DescribingMemorySource({}), host=RestoringMemoryHost(), payload=machines.MACHINE)
    with pytest.raises(InputError, match="by itself, on its own hardware"):
        way_on(SERVER, own, Bench)
    staged = replace(SERVER, first_boot="sata")
    with pytest.raises(InputError, match="on one controller first"):
        way_on(staged, own, Bench)
    image = DiskImage(path="/disk.raw", guest=GuestShape(memory_mib=64, vcpus=1))
    assert isinstance(way_on(SERVER, way_of(image, source, host, name="main"), Bench), HardwareWay)


def test_an_order_says_so_before_anything_is_begun() -> None:
    def order(payload, mode="full") -> Order:
        return Order(
            workload=records.workload(payload=payload),
            playbook=records.playbook(),
            agreed=records.agreed(),
            requested_point="latest",
            mode=mode,
        )

    image = DiskImage(path="/disk.raw", guest=GuestShape(memory_mib=64, vcpus=1))
    assert order_on(SERVER, order(image)).hardware is SERVER
    with pytest.raises(InputError, match="only a machine"):
        order_on(SERVER, order(FileSet(path="/srv")))
    with pytest.raises(InputError, match="--mode full only"):
        order_on(SERVER, order(image, "instant"))
    root = Layout(table="gpt", file_systems=(PlannedFileSystem(at="/", label="root"),))
    files = SystemFiles(path="/", guest=image.guest, layout=root)
    assert order_on(SERVER, order(files)).hardware is SERVER
    with pytest.raises(InputError, match="rebuilt from its files is given the drivers"):
        order_on(replace(SERVER, first_boot="sata"), order(files))
