"""`drverify drill run` killed in every phase of a drill on a Proxmox cluster: the next reap takes all of ours back."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import pytest

from tests.support.estates import Ran, Seen, started
from tests.support.pve_lanes import NODE, Lane, PveEstate, pve_estate

pytestmark = [pytest.mark.needs_root, pytest.mark.timeout(400)]

COPIES = range(9000, 10000)
FOREIGN = "name: somebody-else\nmemory: 64\nscsi0: drill:{vmid}/vm-{vmid}-disk-0.raw,size=1M\n"
Reached = Callable[[PveEstate, Lane, asyncio.subprocess.Process], Awaitable[None]]


def task(kind: str) -> Reached:
    """Until the cluster runs a task of this kind for the drill."""

    async def reached(one: PveEstate, lane: Lane, _: asyncio.subprocess.Process) -> None:
        while not one.tasks(lane, kind):
            await asyncio.sleep(0.01)

    return reached


def phase(name: str, after: float = 0.0) -> Reached:
    """Until the drill says that a phase has begun."""

    async def reached(one: PveEstate, lane: Lane, process: asyncio.subprocess.Process) -> None:
        del one, lane
        assert process.stderr is not None
        async for line in process.stderr:
            if f"] {name} ...".encode() in line:
                await asyncio.sleep(after)
                return
        raise AssertionError(f"the drill ended before {name}")

    return reached


STEPS: dict[str, Reached] = {
    "selecting": phase("select"),
    "standing": phase("provision", 0.4),
    "reserving": task("qmcreate"),
    "restoring": task("qmrestore"),
    "restored": phase("boot"),
    "starting": task("qmstart"),
    "booting": phase("boot", 1.5),
    "probing": phase("probe", 0.5),
    "tearing-down": phase("teardown"),
    "destroying": task("qmdestroy"),
}
AGAIN = frozenset({"standing", "restored", "probing", "tearing-down"})
"""Steps between which nothing new is made or removed; `make soak` only."""
NAMES = [pytest.param(step, marks=pytest.mark.soak if step in AGAIN else ()) for step in STEPS]
STOPPED = {"restoring": signal.SIGINT, "booting": signal.SIGTERM}
"""Steps at which it is also asked to end, by which signal."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a drill ended and what the reap did."""

    code: int | None
    sandboxes: int
    alive: Sequence[str]
    """Of its sandboxes, on this machine, before the reap."""
    reaped: Ran
    listed: Ran
    left: Sequence[str]
    foreign: bool
    """Whether somebody else's guest in the lane's range is as it was."""


async def ended(one: PveEstate, step: str, number: signal.Signals) -> Ended:
    world = one.cluster.world
    async with one.lane(vmids=2) as lane:
        guest = lane.vmids[1]
        one.cluster.add_guest(NODE, guest, FOREIGN.format(vmid=guest))
        disk = one.cluster.volume(NODE, f"drill:{guest}/vm-{guest}-disk-0.raw")
        disk.write_bytes(b"theirs")
        world.rights.join("drverify", guest=guest)  # we could remove it
        if step == "restoring":
            await one.cluster.inject("task-hang", match={"task": "qmrestore", "user": lane.token})
        with Seen(lane.state) as seen:
            process = await started(lane.config, "drill", "run", "tiny")
            reading = None
            try:
                await asyncio.wait_for(STEPS[step](one, lane, process), 90)
                os.kill(process.pid, number)
                reading = asyncio.create_task(process.communicate())
                await asyncio.wait_for(asyncio.shield(reading), 90)
            finally:
                if process.returncode is None:
                    process.kill()
                    await (reading or process.communicate())
            alive = seen.alive()
            reaped = await one.run(lane, "sandbox", "reap")
            return Ended(
                code=process.returncode,
                sandboxes=len(seen.ids),
                alive=alive,
                reaped=reaped,
                listed=await one.run(lane, "drill", "list"),
                left=[
                    *(found for found in await one.left(lane) if str(guest) not in found),
                    *seen.alive(),
                ],
                foreign=world.guests.find(guest) is not None and disk.read_bytes() == b"theirs",
            )


@dataclass(frozen=True, kw_only=True)
class All:
    """Drills by step and signal."""

    drills: dict[tuple[str, signal.Signals], Ended]
    leaks: Sequence[object]


async def all_of(steps: Sequence[str]) -> All:
    wanted = [(step, signal.SIGKILL) for step in steps] + [*STOPPED.items()]
    places = asyncio.Semaphore(3)
    async with pve_estate(lanes=3) as one:

        async def placed(step: str, number: signal.Signals) -> Ended:
            async with places:
                return await ended(one, step, number)

        async with asyncio.TaskGroup() as group:
            running = {key: group.create_task(placed(*key)) for key in wanted}
        return All(
            drills={key: made.result() for key, made in running.items()},
            leaks=await one.node.sentinel.leaks(COPIES),
        )


@pytest.fixture(scope="module")
def everything(request: pytest.FixtureRequest) -> All:
    specs = [spec for item in request.session.items if (spec := getattr(item, "callspec", None))]
    asked = {spec.params.get("step") for spec in specs}
    return asyncio.run(all_of([step for step in STEPS if step in asked]))


@pytest.mark.parametrize("step", NAMES)
def test_killed_at_any_step_the_reap_takes_back_all_of_ours(everything: All, step: str) -> None:
    found = everything.drills[step, signal.SIGKILL]
    assert found.code == -signal.SIGKILL
    assert found.reaped.code == 0, found.reaped.out + found.reaped.err
    assert found.sandboxes == (step != "selecting")
    if step not in {"selecting", "destroying"}:
        assert found.alive, "nothing of it was there when it was killed"
    assert found.left == []
    assert "interrupted" in found.listed.out


@pytest.mark.parametrize("step", STOPPED)
def test_asked_to_end_it_takes_everything_back_itself(everything: All, step: str) -> None:
    found = everything.drills[step, STOPPED[step]]
    assert found.code == 130
    assert found.alive == []
    assert found.reaped.out == "nothing to take back\n"
    assert found.left == []


def test_what_is_not_ours_is_untouched(everything: All) -> None:
    assert all(found.foreign for found in everything.drills.values())


def test_production_saw_no_frame(everything: All) -> None:
    assert everything.leaks == ()
