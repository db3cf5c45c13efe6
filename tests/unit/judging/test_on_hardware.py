"""On hardware that is not the system's own: what counts for it counts, what speaks against it decides nothing."""

from dataclasses import replace

import pytest

from drverify.judging.foreign import _is_less, on_foreign_hardware
from drverify.judging.objectives import judge, recovered
from drverify.model.drill import GaveUp, PhaseName, PhaseRecord, ProbeStatus
from drverify.model.hardware import HardwareProfile
from drverify.model.obligation import BackupFrequency, Retention, Rpo, Rto
from drverify.model.recovery import Deviation, DiskImage, MachineDescription, WholeMachine, stated_shape
from drverify.model.verdict import Outcome
from drverify.planning.hardware import fit
from drverify.sealing import codec
from tests.support.records import (
    DAY,
    HOUR,
    MIN,
    SEC,
    defect,
    gave_up,
    hourly,
    never_booted,
    obligation,
    record,
    register,
    selection,
    with_result,
)
from tests.support.records import plan as planned
from tests.support.second import _PROGRAM
from tests.unit.judging.test_objectives import EVERYTHING, RECOVERY

MET, MISSED, UNPROVEN = Outcome
OTHER = planned(hardware=HardwareProfile(name="sata-pc", disk_bus="sata"))
FAILED = with_result(record(), "web", status=ProbeStatus.FAILED, settled=None)
NOT_ITS_OWN = "on hardware sata-pc, which is not the system's own"


def judged(objective, of, plan=OTHER):
    return judge(obligation("4.1", objective), plan, of, register())


def test_what_is_met_there_is_met() -> None:
    assert recovered(OTHER, record())
    for objective in EVERYTHING:
        assert judged(objective, record()).outcome == judged(objective, record(), planned()).outcome


@pytest.mark.parametrize(
    "of",
    [FAILED, gave_up(FAILED, GaveUp.STALL), never_booted(GaveUp.STALL)],
    ids=["a probe failed", "stood still", "never came up"],
)
def test_a_system_that_stays_away_there_breaks_no_promise(of) -> None:
    for objective in RECOVERY:
        assert judged(objective, of, planned()).outcome is MISSED
        verdict = judged(objective, of)
        assert verdict.outcome is UNPROVEN
        assert NOT_ITS_OWN in verdict.reason


def test_a_time_that_was_too_long_there_decides_nothing() -> None:
    promise = Rto(limit=SEC)
    assert judged(promise, record(), planned()).outcome is MISSED
    verdict = judged(promise, record())
    assert (verdict.outcome, verdict.reason.startswith("it took ")) == (UNPROVEN, True)
    assert NOT_ITS_OWN in verdict.reason
    late = never_booted(GaveUp.HEALTHY_LIMIT, after_boot=5 * HOUR)
    assert judged(Rto(limit=HOUR), late, planned()).outcome is MISSED
    assert judged(Rto(limit=HOUR), late).outcome is UNPROVEN


def test_what_hardware_has_no_part_in_is_judged_as_ever() -> None:
    broken = record(defects=(defect(),))
    for objective in RECOVERY:
        assert judged(objective, broken).outcome is MISSED
    seen = record(defects=(defect(phase=PhaseName.BOOT),))
    assert judged(RECOVERY[0], seen).outcome is judged(RECOVERY[0], seen, planned()).outcome
    assert judged(Rpo(limit=MIN), record()).outcome is MISSED
    few = replace(record(), selection=selection(hourly(3)))
    assert judged(BackupFrequency(every=HOUR), few).outcome is MISSED
    assert judged(Retention(at_least=400 * DAY), few) == judged(Retention(at_least=400 * DAY), few, planned())


UNIMPORTANT = [
    HardwareProfile(name="sata-pc"),
    HardwareProfile(name="sata-pc", memory_mib=65536, vcpus=64, disk_sizes=(1 << 40,)),
]
IMPORTANT = [
    HardwareProfile(name="sata-pc", firmware="uefi"),
    HardwareProfile(name="sata-pc", chipset="pc"),
    HardwareProfile(name="sata-pc", disk_bus="scsi"),
    HardwareProfile(name="sata-pc", nic_model="rtl8139"),
    HardwareProfile(name="sata-pc", cpu_model="Nehalem"),
    HardwareProfile(name="sata-pc", memory_mib=64),
]


@pytest.mark.parametrize("profile", UNIMPORTANT, ids=["nothing", "sizes"])
def test_hardware_that_no_system_stays_away_for_excuses_nothing(profile: HardwareProfile) -> None:
    for objective in RECOVERY:
        assert judged(objective, FAILED, planned(hardware=profile)).outcome is MISSED
    assert judged(Rto(limit=SEC), record(), planned(hardware=profile)).outcome is MISSED


@pytest.mark.parametrize("profile", IMPORTANT)
def test_each_thing_that_a_system_may_fail_to_start_on_excuses(profile: HardwareProfile) -> None:
    assert judged(RECOVERY[0], FAILED, planned(hardware=profile)).outcome is UNPROVEN
    stated = stated_shape(planned().workload.payload)
    assert stated is not None
    same = replace(profile, firmware=stated.firmware, chipset=stated.chipset)
    same = replace(same, disk_bus=stated.disk_bus, nic_model=stated.nic_model, cpu_model=stated.cpu_model)
    same = replace(same, memory_mib=stated.memory_mib, vcpus=stated.vcpus)
    assert judged(RECOVERY[0], FAILED, planned(hardware=same)).outcome is MISSED


@pytest.mark.parametrize("profile", [*UNIMPORTANT, *IMPORTANT])
def test_of_a_machine_that_its_backup_states_the_record_says_in_what_it_differs(profile) -> None:
    """By the names that the fitting gives them."""
    stated = stated_shape(planned().workload.payload)
    assert stated is not None
    fitted = fit(profile, stated)
    workload = replace(planned().workload, payload=WholeMachine())
    machine = MachineDescription(name="shop", shape=fitted.shape, deviations=fitted.deviations)
    plan = planned(hardware=profile, workload=workload)
    assert on_foreign_hardware(plan, record(machine=machine)) is (profile in IMPORTANT)
    assert on_foreign_hardware(plan, record(machine=None)), "nothing says that it was not"
    pve = Deviation(what="cpu", change="left out", why="the copy runs without it")
    alike = replace(machine, deviations=(pve,))
    assert not on_foreign_hardware(plan, record(machine=alike))


@pytest.mark.parametrize("profile", [*UNIMPORTANT, *IMPORTANT])
@pytest.mark.parametrize("stated", [True, False])
def test_the_second_verifier_says_the_same(profile: HardwareProfile, stated: bool) -> None:
    shape = stated_shape(planned().workload.payload)
    assert shape is not None
    fitted = fit(profile, shape)
    machine = MachineDescription(name="shop", shape=fitted.shape, deviations=fitted.deviations)
    plan = planned(hardware=profile)
    if not stated:
        plan = replace(plan, workload=replace(plan.workload, payload=WholeMachine()))
    of = record(machine=None if stated else machine)
    second = object.__new__(_PROGRAM.Drill)
    second.plan, second.record = codec.to_json(plan), codec.to_json(of)
    assert second._other_machine() is on_foreign_hardware(plan, of) is (profile in IMPORTANT)


STAGED = HardwareProfile(name="sata-pc", first_boot="sata", disk_bus="virtio")
BEFORE = tuple(
    PhaseRecord(name=name, started=2 * SEC, took=SEC) for name in (PhaseName.FIRST_BOOT, PhaseName.SHUTDOWN)
)


def test_a_first_boot_excuses_and_hides_how_fresh_the_data_was() -> None:
    plan, once = planned(hardware=STAGED), record()
    assert on_foreign_hardware(plan, once), "it may stay away there, or not come back from it"
    assert judged(Rpo(limit=HOUR), once, plan).outcome is MET
    twice = record(phases=(*once.phases, *BEFORE))
    verdict = judged(Rpo(limit=HOUR), twice, plan)
    assert verdict.outcome is UNPROVEN
    assert "had been started before the newest record (fresh) was read" in verdict.reason
    second = object.__new__(_PROGRAM.Drill)
    second.plan = codec.to_json(plan)
    for of, hidden in ((once, False), (twice, True)):
        second.record, second.incident = codec.to_json(of), plan.incident_at
        assert second._other_machine()
        if hidden:
            with pytest.raises(_PROGRAM.Refused, match="of a system that had been started before"):
                list(second._newest())
        else:
            assert list(second._newest())


@pytest.mark.parametrize(
    ("hardware", "phases", "refused"),
    [
        (STAGED, BEFORE, ""),
        (STAGED, BEFORE[:1], "left out"),
        (STAGED, (), "left out"),
        (None, BEFORE, "no hardware asks for"),
        (None, (), ""),
    ],
)
def test_the_second_verifier_wants_a_first_boot_exactly_where_it_is_asked_for(
    hardware: HardwareProfile | None, phases: tuple[PhaseRecord, ...], refused: str
) -> None:
    second = object.__new__(_PROGRAM.Drill)
    second.plan = codec.to_json(planned(hardware=hardware))
    second.record = codec.to_json(record(phases=(*phases, *record().phases)))
    if not refused:
        second._first_boot()
        return
    with pytest.raises(_PROGRAM.Refused, match=refused):
        second._first_boot()


def test_fewer_processors_than_it_had_excuse_and_more_do_not() -> None:
    workload = planned().workload
    assert isinstance(workload.payload, DiskImage)
    guest = replace(workload.payload.guest, vcpus=4)
    payload = replace(workload.payload, guest=guest)
    for number, outcome in ((2, UNPROVEN), (4, MISSED), (8, MISSED)):
        few = HardwareProfile(name="sata-pc", vcpus=number)
        plan = planned(hardware=few, workload=replace(workload, payload=payload))
        assert judged(RECOVERY[0], FAILED, plan).outcome is outcome
        second = object.__new__(_PROGRAM.Drill)
        second.plan, second.record = codec.to_json(plan), codec.to_json(record())
        assert second._other_machine() is (outcome is UNPROVEN)


@pytest.mark.parametrize(
    ("change", "less"),
    [
        ("384 MiB instead of 512 MiB", True),
        ("1 instead of 2", True),
        ("2 instead of 2", False),
        ("1024 MiB instead of 512 MiB", False),
        (f"sd:{'A' * 43}", True),
        ("left out", False),
        ("٣ instead of 9", False),
    ],
)
def test_both_verifiers_read_alike_whether_there_is_less(change: str, less: bool) -> None:
    assert _is_less(change) is _PROGRAM.less(change) is less
