"""What a node's log says of damage, and what an agent's faults do."""

import asyncio
from pathlib import Path

import pytest

from drverify.adapters.vma.defects import ArchiveDefect, DefectKind
from drverify.adapters.vma.stopping import Stop, StoppedError
from lab.pve.muscle import sick
from lab.pve.muscle.faults import NAMES, Faults
from lab.pve.muscle.pacing import Pace
from lab.pve.muscle.tooltexts import complaint
from lab.pve.seam import AgentRefusedError, AgentSilentError, GuestFault, StartError


@pytest.mark.parametrize("kind", list(DefectKind))
def test_every_damage_has_words(kind: DefectKind):
    lines = complaint(ArchiveDefect(kind, "what it is", offset=7, device="drive-scsi0", cluster=42))
    assert lines[-1].startswith("vma: restore failed - ")
    if kind is DefectKind.MISSING_CLUSTERS:
        assert lines == ["vma: restore failed - detected missing cluster 42 for stream drive-scsi0"]


def set_up(name: str, vmid: int | None = None, **parameters: object) -> Faults:
    faults = Faults()
    faults.change(GuestFault(name=name, vmid=vmid, parameters=parameters))
    return faults


async def test_a_hanging_agent_still_answers_pings_and_an_absent_one_does_not():
    hangs, absent = set_up("agent-hang"), set_up("agent-absent", 9100)
    await hangs.before_asking(9100, "guest-ping", 0.01)
    with pytest.raises(AgentSilentError, match="'guest-exec' failed - got timeout"):
        await hangs.before_asking(9100, "guest-exec", 0.01)
    with pytest.raises(AgentSilentError):
        await absent.before_asking(9100, "guest-ping", 0.01)
    await absent.before_asking(9101, "guest-ping", 0.01)


async def test_a_slow_agent_is_silent_only_to_the_impatient():
    slow = set_up("agent-slow", seconds=0.02)
    with pytest.raises(AgentSilentError):
        await slow.before_asking(1, "guest-ping", 0.01)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await slow.before_asking(1, "guest-ping", 5.0)
    assert loop.time() - began >= 0.02


async def test_an_agent_may_refuse_to_run_commands_and_nothing_else():
    faults = set_up("agent-exec-disabled")
    await faults.before_asking(1, "guest-get-time", 1.0)
    with pytest.raises(AgentRefusedError, match="has been disabled"):
        await faults.before_asking(1, "guest-exec", 1.0)


def test_output_is_cut_off_and_says_so():
    faults = set_up("agent-truncated")
    answer = {"exited": True, "out-data": "A" * 100}
    cut = {"exited": True, "out-data": "A" * 64, "out-truncated": True}
    assert faults.after_answer(1, "guest-exec-status", answer) == cut
    assert faults.after_answer(1, "guest-get-osinfo", answer) is answer


def test_a_fault_ends_when_it_is_taken_back_and_an_unknown_one_is_refused():
    faults = set_up("wrong-clock", 9100)
    assert faults.clock(9100) == "2001-01-01T00:00:00"
    assert faults.clock(9101) == ""
    faults.change(GuestFault(name="wrong-clock", vmid=9100, clear=True))
    assert faults.clock(9100) == ""
    with pytest.raises(ValueError, match="agent-absent"):
        faults.change(GuestFault(name="gremlins"))
    assert "gremlins" not in NAMES


def test_a_copy_tells_each_step_once_and_never_runs_ahead_of_its_limit():
    said: list[int] = []
    with Stop() as stop:
        pace = Pace(lambda percent, _, __: said.append(percent), stop, 1024, step=10)
        for done in range(0, 20481, 2048):
            pace(done, 20480)
        assert pace.seconds >= 20480 / (1024 * 1024)
    assert said == list(range(10, 101, 10))


def test_a_copy_that_waits_ends_at_once_when_told():
    with Stop() as stop:
        stop.set()
        with pytest.raises(StoppedError):
            Pace(lambda *_: None, stop, 1)(1 << 30, 1 << 31)


@pytest.mark.parametrize("name", sorted(sick.INITS))
def test_each_ailment_finds_its_one_place_in_tinys_init(name: str):
    old, new = sick.INITS[name]
    init = sick.INIT.read_text()
    assert sick.changed(init, old, new) == init.replace(old, new) != init
    with pytest.raises(StartError, match="0 times"):
        sick.changed("#!/bin/sh\n", old, new)


async def test_an_ailment_needs_a_disk_of_tiny(tmp_path: Path):
    disk = tmp_path / "other.raw"
    disk.write_bytes(bytes(1 << 20))
    with pytest.raises(StartError, match="needs a disk of the tiny guest"):
        await sick.make_sick("kernel-panic", {"scsi0": disk})
