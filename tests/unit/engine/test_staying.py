"""What stands on after a drill was signed: it is taken back afterwards, and whatever ends the wait."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.engine.drills.drill import Concluded, run_drill
from drverify.engine.staying import Held, Standing
from drverify.errors import HostError, SupersededError, TeardownError
from drverify.judging.objectives import recovered
from drverify.model.drill import PhaseName
from tests.support.memory import MemorySandbox
from tests.unit.engine.drills.test_journal import RUNNER, Bench

Fence = Callable[[], Awaitable[bool]]


class Visitor:
    """Wants it to stand, notes what was there meanwhile, and leaves when told."""

    def __init__(self, bench: Bench, *, wants: bool = True) -> None:
        self.bench, self.wants = bench, wants
        self.seen: list[tuple[Standing, bool, bool, bool]] = []
        self.came, self.leaves = asyncio.Event(), asyncio.Event()

    def wanted(self) -> bool:
        return self.wants

    async def over(self, standing: Standing) -> None:
        signed = any(self.bench.root.rglob("evidence.dsse.json"))
        logged = "restore-drill" in {kind for kind, _ in self.bench.states()}
        self.seen.append((standing, signed, logged, self.bench.stage.nothing_left()))
        self.came.set()
        await self.leaves.wait()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def drilled(bench: Bench, visitor: Visitor, fence: Fence | None = None) -> asyncio.Task[Concluded]:
    ports = replace(bench.stage.ports(), store=bench.store, log=bench.log, stay=visitor, fence=fence)
    return asyncio.create_task(run_drill(bench.order(bench.stage.plan()), ports, RUNNER))


async def there(task: asyncio.Task[Concluded], visitor: Visitor) -> None:
    """Until the visitor is; fails with the drill, should that end before."""
    came = asyncio.create_task(visitor.came.wait())
    await asyncio.wait({task, came}, return_when=asyncio.FIRST_COMPLETED)
    if not came.done():
        came.cancel()
        pytest.fail(f"the drill ended before: {await task}")


def torn_down(bench: Bench) -> bool:
    return (PhaseName.TEARDOWN, "ended") in bench.stage.progress.phases


async def test_it_is_signed_first_and_taken_back_when_the_visitor_leaves(bench: Bench) -> None:
    visitor = Visitor(bench)
    task = drilled(bench, visitor)
    await there(task, visitor)
    ((standing, signed, logged, nothing_left),) = visitor.seen
    assert (signed, logged, nothing_left) == (True, True, False)
    assert standing.workload == "web"
    assert standing.ways_in[0].startswith("memory: sandbox ")
    assert not torn_down(bench)
    visitor.leaves.set()
    done = await task
    assert (done.stood, done.left, done.left_behind) == (True, None, False)
    assert bench.stage.nothing_left()
    assert torn_down(bench)


async def test_what_is_measured_and_judged_is_as_without_it(bench: Bench, tmp_path: Path) -> None:
    """Only that it was not taken back yet is said of it: no phase, no fault, nothing else."""
    visitor = Visitor(bench)
    visitor.leaves.set()
    held = await drilled(bench, visitor)
    other = Bench(tmp_path / "other")
    plain = await drilled(other, Visitor(other, wants=False))
    assert recovered(held.plan, held.record)
    assert recovered(plain.plan, plain.record)
    names = [phase.name for phase in plain.record.phases]
    assert [phase.name for phase in held.record.phases] == names[:-1]
    assert names[-1] is PhaseName.TEARDOWN
    assert (held.record.cleaned_up, plain.record.cleaned_up) == (False, True)
    assert held.record.faults == plain.record.faults == ()


async def test_cancelled_while_it_stands_it_is_taken_back(bench: Bench) -> None:
    visitor = Visitor(bench)
    task = drilled(bench, visitor)
    await there(task, visitor)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bench.stage.nothing_left()


async def test_what_cannot_be_taken_back_then_is_told(bench: Bench) -> None:
    bench.stage.host.take_down_fails = TeardownError("still there")
    visitor = Visitor(bench)
    visitor.leaves.set()
    done = await drilled(bench, visitor)
    assert done.left is not None
    assert done.left_behind
    assert any("not everything could be taken back" in note for note in bench.stage.progress.notes)


async def test_a_bug_of_ours_while_it_is_taken_back_is_told_too(bench: Bench) -> None:
    async def bug() -> None:
        raise ValueError("what")

    stack = AsyncExitStack()
    stack.push_async_callback(bug)
    async with Held(Visitor(bench), bench.stage.progress) as held:
        held.take(stack, Standing(workload="web", ways_in=()))
    assert isinstance(held.left, TeardownError)
    assert str(held.left) == "bug in drverify: ValueError: what"


async def test_what_cannot_say_whether_it_shall_stand_is_taken_back(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsure() -> bool:
        raise ValueError("what")

    visitor = Visitor(bench)
    monkeypatch.setattr(visitor, "wanted", unsure)
    done = await drilled(bench, visitor)
    assert (visitor.seen, done.stood, done.record.cleaned_up) == ([], False, True)
    assert bench.stage.nothing_left()


async def test_what_nobody_looked_at_while_its_guest_ran_never_stands(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drill's own limit ends it while the guest starts: it was closed before, and that is all."""

    async def forever(sandbox: MemorySandbox) -> None:
        sandbox.running = True
        await asyncio.sleep(3600)

    monkeypatch.setattr(MemorySandbox, "boot", forever)
    bench.stage.limits = replace(bench.stage.limits, drill=timedelta(seconds=1))
    visitor = Visitor(bench)
    visitor.leaves.set()
    done = await drilled(bench, visitor)
    assert PhaseName.BOOT in {phase.name for phase in done.record.phases}
    assert {check.name.partition(":")[0] for check in done.record.isolation.checks} == {"before"}
    assert (visitor.seen, done.stood) == ([], False)
    assert bench.stage.nothing_left()


async def test_interrupted_with_something_left_it_does_not_say_that_all_is_well(bench: Bench) -> None:
    bench.stage.host.take_down_fails = TeardownError("still there")
    visitor = Visitor(bench)
    task = drilled(bench, visitor)
    await there(task, visitor)
    task.cancel()
    with pytest.raises(TeardownError, match="still there"):
        await task


@pytest.mark.parametrize("when", ["before", "during"])
async def test_a_sandbox_that_was_open_never_stands(bench: Bench, when: str) -> None:
    bench.stage.host.open_when = when  # type: ignore[assignment]
    visitor = Visitor(bench)
    done = await drilled(bench, visitor)
    assert visitor.seen == []
    assert not done.stood
    assert bench.stage.nothing_left()


async def test_what_was_not_made_does_not_stand(bench: Bench) -> None:
    bench.stage.host.create_fails = HostError("no room")
    visitor = Visitor(bench)
    done = await drilled(bench, visitor)
    assert (visitor.seen, done.stood) == ([], False)
    assert done.record.cleaned_up


async def test_a_guest_that_did_not_come_back_stands_to_be_looked_at(bench: Bench) -> None:
    bench.stage.host.dies = True
    visitor = Visitor(bench)
    visitor.leaves.set()
    done = await drilled(bench, visitor)
    assert len(visitor.seen) == 1
    assert done.record.gave_up
    assert bench.stage.nothing_left()


async def test_who_is_superseded_leaves_nothing_standing(bench: Bench) -> None:
    async def never() -> bool:
        return False

    visitor = Visitor(bench)
    with pytest.raises(SupersededError):
        await drilled(bench, visitor, never)
    assert visitor.seen == []
    assert bench.stage.nothing_left()
