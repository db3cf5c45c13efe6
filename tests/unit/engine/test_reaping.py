"""Reaping goes on whatever one resource or one ledger does, and says what stays."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from drverify.engine.ports import Reclaimer, SandboxId
from drverify.engine.reaping import Reaped, reap
from drverify.errors import HostError, InputError, TeardownError

FIRST, SECOND = SandboxId("aaaaaaaa"), SandboxId("bbbbbbbb")


@dataclass
class Thing:
    kind: str
    name: str
    facts: dict[str, str] = field(default_factory=dict)


@dataclass
class Book:
    """A ledger in memory."""

    sandbox_id: SandboxId
    things: list[Thing]
    kept: bool = False
    full: bool = False
    locked: bool = True
    ended: bool = False

    @property
    def tag(self) -> str:
        return f"drverify:{self.sandbox_id}"

    def resources(self) -> list[Thing]:
        return list(self.things)

    def closed(self, kind: str, name: str) -> None:
        if self.full:
            raise HostError("no space left")
        self.things = [one for one in self.things if (one.kind, one.name) != (kind, name)]

    def end(self) -> None:
        if self.full:
            raise HostError("no space left")
        self.ended = True

    def release(self) -> None:
        self.locked = False


@dataclass
class Shelf:
    """All ledgers; an error stands for a ledger that cannot be adopted, None for one that has an owner."""

    books: dict[SandboxId, Book | Exception | None]
    ends_meanwhile: set[SandboxId] = field(default_factory=set)
    elsewhere: set[SandboxId] = field(default_factory=set)

    def ids(self) -> tuple[SandboxId, ...]:
        return tuple(self.books)

    def state(self, sandbox_id: SandboxId) -> str:
        if sandbox_id not in self.books:
            return "gone"
        return "elsewhere" if sandbox_id in self.elsewhere else "in use"

    def adopt(self, sandbox_id: SandboxId) -> Book | None:
        found = self.books[sandbox_id]
        if sandbox_id in self.ends_meanwhile:
            del self.books[sandbox_id]
        if isinstance(found, Exception):
            raise found
        return found


@dataclass
class Removing:
    """Reclaims everything but what it fails for."""

    fails: Mapping[str, Exception] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)

    async def reclaim(self, name: str, tag: str, facts: Mapping[str, str]) -> None:
        if name in self.fails:
            raise self.fails[name]
        self.removed.append(f"{tag} {name}")


def shelf() -> Shelf:
    return Shelf({one: Book(one, [Thing("tap", "t1"), Thing("tap", "t2")]) for one in (FIRST, SECOND)})


@pytest.mark.parametrize(
    "error", [TeardownError("busy"), PermissionError(13, "denied"), FileNotFoundError(2, "no such file")]
)
async def test_a_resource_that_fails_in_any_way_stops_no_other(error: Exception) -> None:
    ledgers, taps = shelf(), Removing({"t2": error})
    results = await reap(ledgers, {"tap": taps})
    assert taps.removed == [f"drverify:{FIRST} t1", f"drverify:{SECOND} t1"]
    assert [(one.sandbox_id, one.state, one.problems) for one in results] == [
        (FIRST, "left", (f"tap t2: {error}",)),
        (SECOND, "left", (f"tap t2: {error}",)),
    ]
    for book in ledgers.books.values():
        assert isinstance(book, Book)
        assert [one.name for one in book.things] == ["t2"]
        assert not book.ended
        assert not book.locked


@pytest.mark.parametrize("error", [HostError("line 3 is damaged"), PermissionError(13, "denied")])
async def test_a_ledger_that_cannot_be_adopted_stops_no_other(error: Exception) -> None:
    ledgers = shelf()
    ledgers.books[FIRST] = error
    bad, good = await reap(ledgers, {"tap": Removing()})
    assert bad == Reaped(sandbox_id=FIRST, state="left", problems=(str(error),))
    assert good.state == "removed"


async def test_a_ledger_that_cannot_be_written_is_told_and_released() -> None:
    ledgers = shelf()
    book = ledgers.books[FIRST]
    assert isinstance(book, Book)
    book.full = True
    left, good = await reap(ledgers, {"tap": Removing()})
    assert left.problems == ("tap t2: no space left", "tap t1: no space left")
    assert not book.locked
    assert good.state == "removed"
    book.things = []
    left, _ = await reap(ledgers, {"tap": Removing()})
    assert (left.state, left.problems) == ("left", ("no space left",))


async def test_a_drill_that_ends_while_we_look_is_not_told_to_be_in_use() -> None:
    ledgers = Shelf({FIRST: None, SECOND: None}, ends_meanwhile={FIRST})
    assert await reap(ledgers, {}) == (Reaped(sandbox_id=SECOND, state="in use"),)


class WithoutLibvirt:
    """Knows taps, and lacks what domains need."""

    def __init__(self) -> None:
        self.taps = Removing()

    def get(self, kind: str, /) -> Reclaimer | None:
        if kind == "domain":
            raise InputError("resource of kind domain needs the Python package libvirt")
        return self.taps if kind == "tap" else None


async def test_a_kind_that_is_not_installed_or_not_known_stops_no_other() -> None:
    things = [Thing("tap", "t1"), Thing("domain", "d1"), Thing("moon", "m1")]
    (result,) = await reap(Shelf({FIRST: Book(FIRST, things)}), WithoutLibvirt())
    assert result.removed == ("tap t1",)
    assert result.problems == (
        "moon m1: nothing here knows how to remove a moon",
        "domain d1: resource of kind domain needs the Python package libvirt",
    )


async def test_what_only_another_machine_can_take_back_is_told_apart() -> None:
    ledgers = Shelf({FIRST: None, SECOND: None}, elsewhere={SECOND})
    assert [one.state for one in await reap(ledgers, {})] == ["in use", "elsewhere"]
