"""Whether a log tells of every drill what came of it: starts and results held against each other. Pure.

A start without a result is a drill that failed, or one that somebody would rather not show: it never
disappears. A result without a start, or a second result of one start, shows that a drill was repeated
until it came out right. A result belongs to the one entry that it names as its start: a plan that was
logged as begun twice has one start without a result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from drverify.model.agreement import Sha256
from drverify.sealing.records.statements import Statement
from drverify.transparency.leaf import Leaf

State = Literal["finished", "open", "repeated", "never-started", "not-here"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One entry and what it means."""

    index: int
    leaf: Leaf
    drill: str
    """Id of the drill; empty when its envelope is not at hand."""
    workload: str
    state: State
    why: str = ""


def complete(
    entries: Sequence[tuple[int, Leaf]], statements: Mapping[Sha256, Statement], *, origin: str
) -> tuple[Logged, ...]:
    """Say of each entry of the log of that name what it means; `statements` by digest of their payload."""
    begun = {index: leaf.payload for index, leaf in entries if leaf.kind == "drill-started"}
    results: dict[int, list[int]] = {index: [] for index in begun}
    for index, leaf in entries:
        start = _start_of(index, leaf, statements.get(leaf.payload), begun, origin)
        if start is not None:
            results[start].append(index)
    owners = {index: start for start, found in results.items() for index in found}
    return tuple(
        _logged(index, leaf, statements.get(leaf.payload), results, owners) for index, leaf in entries
    )


def _start_of(
    index: int, leaf: Leaf, one: Statement | None, begun: Mapping[int, Sha256], origin: str
) -> int | None:
    """Index of the start that a result belongs to; None when no such start was logged before it."""
    stated = one.start if one is not None and leaf.kind == "restore-drill" else None
    if stated is None or stated.origin != origin or stated.index >= index:
        return None
    return stated.index if begun.get(stated.index) == stated.payload else None


def _logged(
    index: int,
    leaf: Leaf,
    one: Statement | None,
    results: Mapping[int, Sequence[int]],
    owners: Mapping[int, int],
) -> Logged:
    if leaf.kind == "drill-started":
        state, why = _of_start(results[index])
    elif one is None:
        state, why = "not-here", "its envelope is not at hand"
    elif index not in owners:
        state, why = "never-started", "no start was logged before it"
    else:
        state, why = _of_result(index, results[owners[index]])
    drill, workload = (one.drill, one.workload) if one else ("", "")
    return Logged(index=index, leaf=leaf, drill=drill, workload=workload, state=state, why=why)


def _of_result(index: int, found: Sequence[int]) -> tuple[State, str]:
    if found[0] != index:
        return "repeated", f"entry {found[0]} is a result of the same start"
    return "finished", ""


def _of_start(found: Sequence[int]) -> tuple[State, str]:
    if not found:
        return "open", "no result: unless the drill is running it counts as failed"
    if len(found) > 1:
        return "repeated", f"it has {len(found)} results: entries {', '.join(map(str, found))}"
    return "finished", ""
