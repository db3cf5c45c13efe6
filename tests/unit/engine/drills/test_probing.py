"""When probes are asked again, and which answers are fresh enough to stand at the end."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from drverify.engine.drills.probing import Probing
from drverify.engine.drills.vigil import Ending, Vigil, Watch
from drverify.engine.ports import Blob, Observation, ProbeScope
from drverify.model.agreement import Sha256
from drverify.model.drill import Artefact, GaveUp, ProbeStatus
from drverify.model.playbook import BootProbe, Limits, ProbeSpec, TcpProbe
from tests.support.memory import NOON, HereVantage, MemoryHost, MemorySandbox, Silent, SteppingClock

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
SETTLE = 5 * SECOND


def tcp(name: str, *, every: timedelta = SECOND) -> TcpProbe:
    return TcpProbe(id=name, address="10.0.0.1", port=80, every=every)


@dataclass
class Place:
    """A prober with scripted answers on a clock that only the test moves."""

    now: timedelta = timedelta()
    passing: set[str] = field(default_factory=set)
    asked: list[tuple[str, timedelta]] = field(default_factory=list)
    answered: Callable[[str], None] = lambda _: None
    broken: Exception | None = None
    sharing: list[bool | None] = field(default_factory=list)
    """Whether each question may share a connection; None where all were closed."""

    async def prepare(self, specs: Sequence[ProbeSpec]) -> None:
        raise AssertionError

    async def ask(self, spec: ProbeSpec, scope: ProbeScope) -> Observation:
        if self.broken is not None:
            raise self.broken
        self.sharing.append(scope.lasting)
        self.asked.append((spec.id, self.now))
        await asyncio.sleep(0)
        status = ProbeStatus.PASSED if spec.id in self.passing else ProbeStatus.FAILED
        self.answered(spec.id)
        return Observation(status=status, expected="up", observed=str(status), transcript=b"", newest=None)

    async def hang_up(self) -> None:
        self.sharing.append(None)

    def probing(self, settle: timedelta = SETTLE) -> Probing:
        return Probing(
            vantage=HereVantage(),
            prober=self,
            scope=ProbeScope(guest=None, console=bytes, files=None, secret=lambda _: b""),
            offset=lambda: self.now,
            keep=kept,
            progress=Silent(),
            settle=settle,
        )

    def times(self, name: str) -> list[timedelta]:
        return [when for asked, when in self.asked if asked == name]


def kept(blob: Blob) -> Artefact:
    return Artefact(name=blob.name, sha256=Sha256("0" * 64), size_bytes=0, media_type=blob.media_type)


async def asked_at(place: Place, probing: Probing, spec: ProbeSpec, *seconds: float) -> None:
    for second in seconds:
        place.now = timedelta(seconds=second)
        await probing.once([spec])


async def turns(count: int = 50) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_an_answer_from_before_all_were_healthy_is_stale() -> None:
    place = Place(passing={"early", "late"})
    probing, early, late = place.probing(), tcp("early", every=HOUR), tcp("late")
    await asked_at(place, probing, early, 0, 5)
    await asked_at(place, probing, late, 6, 11)
    assert probing.settled([early, late])
    assert probing.stale([early, late]) == (early,)


@pytest.mark.parametrize(("last_look", "again"), [(5, set()), (5.9, set()), (6.1, {"quick"})])
async def test_an_answer_older_than_its_pace_is_stale(last_look: float, again: set[str]) -> None:
    place = Place(passing={"quick", "late"})
    probing, quick, late = place.probing(), tcp("quick"), tcp("late")
    await asked_at(place, probing, late, 0.5)
    await asked_at(place, probing, quick, 0, 5)
    await asked_at(place, probing, late, last_look + 0.5)
    probing._standing(late).started = timedelta(seconds=last_look)
    assert probing.settled([quick, late])
    assert {spec.id for spec in probing.stale([quick, late])} == again


async def test_an_answer_that_made_all_healthy_does_not_confirm_itself() -> None:
    """Without a settling time the first pass settles: it is asked once more all the same."""
    place = Place(passing={"only"})
    probing, only = place.probing(settle=timedelta()), tcp("only")
    place.answered = lambda _: setattr(place, "now", place.now + SECOND)
    await probing.once([only])
    assert probing.settled([only])
    assert probing.stale([only]) == (only,)


async def test_what_never_settled_is_no_matter_of_freshness() -> None:
    place = Place()
    probing, down = place.probing(), tcp("down")
    await asked_at(place, probing, down, 0, 9)
    assert probing.stale([down]) == ()


async def test_when_something_comes_up_the_others_are_asked_at_once() -> None:
    place = Place()
    probing, slow, first = place.probing(), tcp("slow", every=HOUR), tcp("first", every=HOUR)
    place.answered = lambda name: setattr(place, "now", place.now + HOUR)  # so that pauses are an hour
    following = asyncio.create_task(probing.follow([slow]))
    await turns()
    assert len(place.times("slow")) == 1, "its pause is not over"
    place.passing |= {"first", "slow"}
    await probing.once([first])
    await turns()
    assert len(place.times("slow")) == 2
    assert probing.passing([slow])
    following.cancel()


async def test_what_fell_after_it_settled_is_asked_again() -> None:
    place = Place(passing={"it"})
    probing, it = place.probing(settle=timedelta()), tcp("it", every=HOUR)
    following = asyncio.create_task(probing.follow([it]))
    await turns()
    assert probing.settled([it])
    assert len(place.times("it")) == 1, "a settled probe is left alone"
    place.passing.clear()
    await probing.once([it])
    assert not probing.settled([it])
    await turns()
    assert len(place.times("it")) == 3
    following.cancel()


@pytest.mark.parametrize(
    ("spec", "took", "pause"),
    [
        (tcp("quick", every=timedelta(milliseconds=40)), 0.01, 0.04),
        (tcp("usual"), 0.01, 0.5),
        (tcp("dear", every=3 * SECOND), 2, 2),
        (tcp("very-dear"), 2, 1),
        (BootProbe(id="console", console="up"), 0.01, 0.25),
    ],
    ids=lambda value: getattr(value, "id", str(value)),
)
async def test_the_pause_before_it_is_asked_again(spec: ProbeSpec, took: float, pause: float) -> None:
    place = Place()
    probing = place.probing()
    place.answered = lambda _: setattr(place, "now", place.now + timedelta(seconds=took))
    await probing.once([spec])
    assert probing._pause(probing._standing(spec)) == pause


async def test_a_passing_probe_is_looked_at_when_the_settling_time_is_over() -> None:
    place = Place(passing={"it"})
    probing, it = place.probing(), tcp("it", every=2 * SECOND)
    pauses = []
    for second in (0, 2, 4, 5):
        await asked_at(place, probing, it, second)
        pauses.append(probing._pause(probing._standing(it)))
    assert pauses == [2, 2, 1, None]


# --- the vigil ----------------------------------------------------------------------------------


def vigil(place: Place, probing: Probing) -> Vigil:
    host = MemoryHost()
    sandbox = MemorySandbox(host=host, spec=None, running=True)  # type: ignore[arg-type]
    place.host = host  # type: ignore[attr-defined]
    return Vigil(sandbox, probing, Watch(SteppingClock(NOON), Limits()))


async def test_a_goal_is_reached_by_probes_that_were_added_later() -> None:
    place = Place(passing={"first", "second"})
    probing, first, second = place.probing(), tcp("first"), tcp("second")
    async with vigil(place, probing) as watching:
        watching.ask([])
        watching.ask([first])
        assert await watching.until(lambda: probing.passing([first])) is None
        assert place.times("second") == []
        watching.ask([second])
        assert await watching.until(lambda: probing.passing([first, second])) is None


async def test_a_guest_that_ends_ends_the_vigil() -> None:
    place = Place()
    probing = place.probing()
    async with vigil(place, probing) as watching:
        place.host.dies = True  # type: ignore[attr-defined]
        watching.ask([tcp("it")])
        ending = await watching.until(lambda: False)
    assert isinstance(ending, Ending)
    assert ending.by is GaveUp.GUEST_STOPPED


async def test_a_bug_in_asking_is_raised() -> None:
    place = Place(broken=KeyError("bug"))
    probing = place.probing()
    async with vigil(place, probing) as watching:
        watching.ask([tcp("it")])
        with pytest.raises(ExceptionGroup) as caught:
            await watching.until(lambda: False)
    assert caught.group_contains(KeyError)


async def test_only_the_guests_probes_share_connections_and_these_are_closed_in_the_end() -> None:
    place = Place(passing={"a"})
    probing = place.probing()
    await probing.controls([tcp("a")])
    async with probing.connected():
        await probing.once([tcp("a")])
    await probing.once([tcp("a")])
    assert place.sharing == [False, True, None, False]


async def test_connections_are_closed_when_probing_is_cancelled() -> None:
    place = Place()
    probing = place.probing()

    async def drill() -> None:
        async with probing.connected():
            await probing.follow([tcp("a")])

    task = asyncio.create_task(drill())
    await turns()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert place.sharing[-1] is None
    assert place.sharing[0] is True
