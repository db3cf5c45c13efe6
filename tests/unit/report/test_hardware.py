"""What a report says of other hardware."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

from rich.console import Console

from drverify.engine.drills.drill import Concluded
from drverify.judging.objectives import judge_all
from drverify.model.drill import PhaseName, PhaseRecord, ProbeStatus
from drverify.model.hardware import HardwareProfile
from drverify.model.inspection import Inspection, InspectionFinding, Trouble
from drverify.model.layout import Rework
from drverify.report.hardware import lines, table
from tests.support import records

SERVER = HardwareProfile(name="server", disk_bus="scsi", scsi_controller="megasas", memory_mib=99)
REWORK = Rework(what="initramfs", change="made anew for kernel 6.1", why="it lacked megaraid_sas")
ADAPTED = (
    *records.phases(),
    PhaseRecord(name=PhaseName.ADAPT, started=2 * records.SEC, took=81 * records.SEC),
)
PLAN = records.plan(hardware=SERVER)
AWAY = records.with_result(records.record(), "web", status=ProbeStatus.FAILED, settled=None)
LACKS = Inspection(
    disks=(),
    findings=(
        InspectionFinding(
            trouble=Trouble.NO_DISK_DRIVER,
            where="6.1",
            what="its initramfs has no megaraid_sas",
            fault="hardware",
        ),
    ),
)


def shown(*of) -> str:
    done = [
        Concluded(
            register=records.register(),
            plan=PLAN,
            record=one,
            verdicts=judge_all(records.register(), PLAN, one),
            evidence=Path("/nowhere"),
        )
        for one in of
    ]
    console = Console(width=240, record=True, file=StringIO())
    console.print(table(done))
    return console.export_text()


def test_the_head_names_what_differs_and_what_was_done() -> None:
    (first, second) = lines(PLAN, records.record(phases=ADAPTED, reworks=(REWORK,)))
    assert first.startswith("hardware   server: memory: 99 MiB instead of ")
    assert "disk controller: scsi (megasas) instead of " in first
    assert second == "done       initramfs: made anew for kernel 6.1 (adapt in 1 min 21 s)"
    assert not [*lines(records.plan(), records.record())]
    assert [*lines(PLAN, records.record())][1] == "done       nothing was done to the restored system"


def test_a_first_boot_is_told_with_the_time_that_it_took() -> None:
    done = Rework(what="first boot", change="on sata, then switched off in order", why="hardware server")
    stages = (
        PhaseRecord(name=PhaseName.FIRST_BOOT, started=2 * records.SEC, took=41 * records.SEC),
        PhaseRecord(name=PhaseName.SHUTDOWN, started=43 * records.SEC, took=9 * records.SEC),
    )
    of = records.record(phases=(*ADAPTED, *stages), reworks=(REWORK, done))
    (_, first, second) = lines(PLAN, of)
    assert first.endswith("(adapt in 1 min 21 s)")
    assert second == (
        "done       first boot: on sata, then switched off in order (it answered after 41 s, and was off 9 s later)"
    )


def test_the_table_says_where_it_worked_and_why_it_did_not_elsewhere() -> None:
    text = shown(records.record(reworks=(REWORK,)), AWAY, replace(AWAY, inspection=LACKS))
    rows = [line for line in text.splitlines() if "│ server" in line]
    assert "│ yes " in rows[0]
    assert "initramfs: made anew" in rows[0]
    assert "no: probe web failed after" in rows[1]
    assert "no: kernel-without-the-disks-driver: its initramfs has no megaraid_sas" in rows[2]
