"""Whether a log tells of every drill what came of it, and whether what the parties state fits. Pure.

A start without a result is a drill that failed, or one that somebody would rather not show: it never
disappears, unless both parties agree that it does not count. A result without a start, or a second result
of one start, shows that a drill was repeated until it came out right. A result belongs to the one entry
that it names as its start: a plan that was logged as begun twice has one start without a result.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from drverify.model.agreement import Sha256
from drverify.model.records import PartyRecord, VoidedDrill
from drverify.sealing.records.checking import Grounds, contradictions
from drverify.sealing.records.history import Begun, History
from drverify.sealing.records.reading import Checked
from drverify.sealing.records.statements import Statement
from drverify.sealing.records.wording import title_of
from drverify.transparency.leaf import Leaf

State = Literal[
    "finished", "open", "repeated", "never-started", "not-here", "voided", "agreed", "contradicted", "refused"
]
GOOD: frozenset[State] = frozenset({"finished", "voided", "agreed"})
"""What leaves nothing to ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One entry and what it means."""

    index: int
    leaf: Leaf
    drill: str
    """Id of the drill; empty when its envelope is not at hand, or it is of no drill."""
    workload: str
    state: State
    why: str = ""
    what: str = ""
    """What the parties state, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the parties state, as far as it is at hand, by the entry that it was logged as."""

    checked: Mapping[Leaf, Checked] = field(default_factory=dict)
    refused: Mapping[Leaf, str] = field(default_factory=dict)
    """Why an envelope that is there does not hold: form or signatures."""
    grounds: Callable[[int], Grounds] = lambda _: Grounds()
    """What the record that is entry so-and-so is held against besides the log."""


NOTHING_STATED = Stated()


def history_of(
    entries: Sequence[tuple[int, Leaf]],
    statements: Mapping[Sha256, Statement],
    *,
    origin: str,
    stated: Stated = NOTHING_STATED,
) -> History:
    """What the log of that name tells; `statements` by digest of their payload."""
    history = History(origin=origin)
    for index, leaf in entries:
        _take(history, index, leaf, statements.get(leaf.payload), stated)
    return history


def complete(
    entries: Sequence[tuple[int, Leaf]],
    statements: Mapping[Sha256, Statement],
    *,
    origin: str,
    stated: Stated = NOTHING_STATED,
) -> tuple[Logged, ...]:
    """Say of each entry of the log of that name what it means; `statements` by digest of their payload."""
    history = History(origin=origin)
    owners: dict[int, Begun] = {}
    wrong: dict[int, str] = {}
    for index, leaf in entries:
        one = statements.get(leaf.payload)
        if one is not None and leaf.kind == "restore-drill":
            owner = history.start_of(index, one)
            if owner is not None:
                owners[index] = owner
        wrong[index] = _take(history, index, leaf, one, stated)
    found = []
    for index, leaf in entries:
        record = _record(leaf, stated)
        if record is not None:
            found.append(_of_record(index, leaf, record, history, wrong[index]))
        elif leaf.kind in {"drill-started", "restore-drill"}:
            found.append(_of_drill(index, leaf, statements.get(leaf.payload), history, owners))
        else:
            found.append(_unread(index, leaf, stated))
    return tuple(found)


def _take(history: History, index: int, leaf: Leaf, one: Statement | None, stated: Stated) -> str:
    """Take the next entry, and say why a record in it cannot be true: then it tells nothing."""
    record = _record(leaf, stated)
    wrong = "" if record is None else "; ".join(contradictions(record, history, index, stated.grounds(index)))
    history.take(index, leaf, one or (None if wrong else record))
    return wrong


def _record(leaf: Leaf, stated: Stated) -> PartyRecord | None:
    found = stated.checked.get(leaf)
    return found.record if found is not None and found.kind == leaf.kind else None


def _of_record(index: int, leaf: Leaf, record: PartyRecord, history: History, wrong: str) -> Logged:
    drill, workload = "", ""
    if isinstance(record, VoidedDrill):
        begun = history.begun.get(record.start.index)
        drill, workload = record.drill, begun.workload if begun else ""
        if not wrong and begun is not None and begun.results:
            wrong = f"the drill got a result later, entry {begun.results[0].index}"
    return Logged(
        index=index,
        leaf=leaf,
        drill=drill,
        workload=workload,
        state="contradicted" if wrong else "agreed",
        why=wrong,
        what=title_of(record),
    )


def _unread(index: int, leaf: Leaf, stated: Stated) -> Logged:
    why = stated.refused.get(leaf)
    return Logged(
        index=index,
        leaf=leaf,
        drill="",
        workload="",
        state="not-here" if why is None else "refused",
        why="its envelope is not at hand" if why is None else why,
    )


def _of_drill(
    index: int, leaf: Leaf, one: Statement | None, history: History, owners: Mapping[int, Begun]
) -> Logged:
    if leaf.kind == "drill-started":
        state, why = _of_start(history.begun[index])
    elif one is None:
        state, why = "not-here", "its envelope is not at hand"
    elif index not in owners:
        state, why = "never-started", "no start was logged before it"
    else:
        state, why = _of_result(index, owners[index])
    drill, workload = (one.drill, one.workload) if one else ("", "")
    return Logged(index=index, leaf=leaf, drill=drill, workload=workload, state=state, why=why)


def _of_result(index: int, begun: Begun) -> tuple[State, str]:
    first = begun.results[0].index
    if first != index:
        return "repeated", f"entry {first} is a result of the same start"
    return "finished", ""


def _of_start(begun: Begun) -> tuple[State, str]:
    found = [one.index for one in begun.results]
    if len(found) > 1:
        return "repeated", f"it has {len(found)} results: entries {', '.join(map(str, found))}"
    if not found and begun.voided is not None:
        return "voided", f"both parties agree that it does not count, entry {begun.voided}"
    if not found:
        return "open", "no result: unless the drill is running it counts as failed"
    return "finished", ""
