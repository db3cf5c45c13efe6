"""What a drill takes of its host, out of the one on record."""

from dataclasses import replace

from drverify.model.nights import Load
from drverify.operation.past_drills import load_of
from drverify.operation.rooms import room_of
from drverify.settings import NightRoom
from tests.support.records import phases, record, workload

SHAPE = workload().payload.guest


def test_disk_and_line_are_what_the_drill_on_record_took() -> None:
    guest = {"memory_mib": SHAPE.memory_mib, "vcpus": SHAPE.vcpus}
    assert load_of(workload(), None) == Load(**guest)
    # 512 MiB read in 40 s, 1 GiB on disk
    assert load_of(workload(), record()) == Load(**guest, disk_mib=1024, mib_per_s=13)
    unknown = record(restore=replace(record().restore, read_bytes=None))
    assert load_of(workload(), unknown).mib_per_s == 0
    assert load_of(workload(), record(phases=phases()[:2])).mib_per_s == 0


def test_a_host_without_limits_takes_any_load() -> None:
    free = room_of("a", NightRoom(memory_mib=64))
    assert not Load(vcpus=1 << 20, disk_mib=1 << 40, mib_per_s=1 << 20).beyond(free.load)
    narrow = room_of("a", NightRoom(memory_mib=64, vcpus=2, disk_gib=3, mib_per_s=4, read_gib=5))
    assert narrow.load == Load(memory_mib=64, vcpus=2, disk_mib=3072, mib_per_s=4)
    assert narrow.reads == 5 << 30
    assert Load(disk_mib=3073).beyond(narrow.load, "a") == "takes 3073 MiB of disk, and a has 3072 for drills"
