"""What is asked for an inventory, and what a visitor takes from a target's copy; nothing of it harms a drill."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from drverify.engine.migration import surveying
from drverify.engine.migration.moving import baseline_of
from drverify.engine.migration.surveying import OFF, Surveyor, survey
from drverify.engine.ports import Activity, Reading
from drverify.engine.visiting import Visit
from drverify.errors import HostError
from drverify.migrating.questions import QUESTIONS
from drverify.model.access import Access
from drverify.model.migration import Asked
from drverify.model.system import Part
from tests.support import records
from tests.support.memory import NOON, MemoryHost, MemorySandbox, Silent, SteppingClock
from tests.support.migrations import answers, plan

ACCESS = Access(via="agent")
TOOLS = {one.argv: one.tool for one in QUESTIONS}


@dataclass
class System:
    """A guest that prints what it is told to."""

    said: dict[str, bytes]
    silent: bool = False
    asked: list[tuple[str, ...]] = field(default_factory=list)

    async def ask(self, access: Access, argv: Sequence[str], within: timedelta) -> Reading:
        assert access == ACCESS
        assert within > timedelta(0)
        self.asked.append(tuple(argv))
        if self.silent:
            return Reading(exit_code=None, why="login refused", transcript=b"")
        tool = TOOLS.get(tuple(argv), "")
        if tool not in self.said:
            return Reading(exit_code=127, transcript=b"")
        return Reading(exit_code=0, output=self.said[tool], transcript=b"")


@dataclass
class Copy(MemorySandbox):
    """A sandbox whose guest is off, and which takes nine seconds to give its disk back."""

    host: MemoryHost = field(default_factory=MemoryHost)
    spec: Any = None
    clock: SteppingClock = field(default_factory=lambda: SteppingClock(NOON))
    error: HostError | None = None

    async def activity(self) -> Activity:
        return Activity(running=False, console_bytes=0, disk_bytes=0, agent=False)

    async def give_back(self, into: Path) -> int:
        self.clock.advance(timedelta(seconds=9))
        if self.error is not None:
            raise self.error
        assert not into.exists()
        into.write_bytes(b"disk")
        return 4096


async def test_every_question_is_asked_once_and_a_second_packager_only_for_want_of_the_first() -> None:
    debian, other = System(answers(sata=False)), System({"rpm": b"ii \tnginx\t1\n"})
    seen = await survey(debian.ask, ACCESS)
    assert all(not one.not_read for one in seen.parts)
    assert [TOOLS[argv] for argv in debian.asked] == [one.tool for one in QUESTIONS if one.tool != "rpm"]
    await survey(other.ask, ACCESS)
    assert [TOOLS[argv] for argv in other.asked] == [one.tool for one in QUESTIONS]


async def test_who_does_not_get_in_is_not_asked_again() -> None:
    system = System({}, silent=True)
    seen = await survey(system.ask, ACCESS)
    assert len(system.asked) == 1
    assert {one.not_read for one in seen.parts} == {"login refused"}


async def test_the_copy_is_switched_off_and_its_disk_taken(tmp_path: Path) -> None:
    clock, disk, system = SteppingClock(NOON), tmp_path / "disk.raw", System(answers(sata=True))
    disk.write_bytes(b"of a run before")
    surveyor = Surveyor(ACCESS, clock, disk)
    await surveyor.look(system.ask)
    await surveyor.leave(system.ask, Copy(clock=clock))
    assert (disk.read_bytes(), surveyor.taken_bytes, surveyor.not_taken) == (b"disk", 4096, "")
    assert surveyor.converting >= timedelta(seconds=9)
    assert system.asked[-1] == OFF
    assert surveyor.inventory.of(Part.PACKAGES).items


async def test_nothing_is_taken_of_a_copy_that_never_came_up(tmp_path: Path) -> None:
    system, surveyor = System({}), Surveyor(ACCESS, SteppingClock(NOON), tmp_path / "disk.raw")
    await surveyor.leave(system.ask, Copy())
    assert (list(tmp_path.iterdir()), system.asked) == ([], [])
    assert "did not come to its end" in surveyor.not_taken
    assert all(one.not_read for one in surveyor.inventory.parts)


@pytest.mark.parametrize(
    ("sandbox", "words"),
    [
        (SimpleNamespace(), "the target's host gives no disk back"),
        (Copy(error=HostError("no space")), "its disk could not be taken: no space"),
    ],
)
async def test_why_nothing_was_taken_is_said(sandbox: Any, words: str, tmp_path: Path) -> None:
    system, surveyor = System({}), Surveyor(ACCESS, SteppingClock(NOON), tmp_path / "disk.raw")
    await surveyor.look(system.ask)
    await surveyor.leave(system.ask, sandbox)
    assert (surveyor.not_taken, surveyor.taken_bytes) == (words, 0)


async def test_a_copy_that_does_not_go_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(surveying, "LOOK", timedelta(0))
    clock, disk, system = SteppingClock(NOON), tmp_path / "disk.raw", System({})

    class Stubborn(Copy):
        async def activity(self) -> Activity:
            clock.advance(timedelta(minutes=1))
            return Activity(running=True, console_bytes=0, disk_bytes=0, agent=True)

    surveyor = Surveyor(ACCESS, clock, disk)
    await surveyor.look(system.ask)
    await surveyor.leave(system.ask, Stubborn())
    assert (disk.exists(), surveyor.not_taken) == (False, "the target's copy did not switch itself off")


async def test_a_visit_that_fails_is_said_and_raised_to_nobody() -> None:
    class Clumsy:
        async def look(self, ask: Any) -> None:
            raise RuntimeError("lost the way")

    progress = Silent()
    await Visit(Clumsy(), progress).looked(SimpleNamespace())  # type: ignore[arg-type]
    assert progress.notes == ["the visit ended early: RuntimeError: lost the way"]


def test_the_source_is_asked_what_the_plan_names_or_what_can_only_read() -> None:
    moved = plan().systems[0]
    assert [one.id for one in baseline_of(moved, records.playbook())] == ["web", "ping"]
    asked = Asked(access=moved.source.access, baseline=("orders", "boot"))
    named = replace(moved, source=asked)
    assert [one.id for one in baseline_of(named, records.playbook())] == ["orders"]
