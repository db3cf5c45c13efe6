"""Drills over nights as a flow of least cost: a drill's work flows into nights of its window that have room.

A drill's work is the time that it keeps lanes of its host busy; a night takes as much of it as its host has
lanes, with something to spare. Work of one drill may be split by the flow; the night with the larger part
gets it, and `timetable` finds another where that does not fit. Source of the model: the transportation
problem, Ahuja, Magnanti and Orlin, Network Flows, 1.2 and 9; solved by OR-tools.
"""

import hashlib
from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from ortools.graph.python import min_cost_flow

from drverify.model.nights import Due, Night, Room
from drverify.planning.nights.lanes import lanes_of

UNIT = timedelta(minutes=1)
SPARE = 0.85
"""Part of a night that is given away: drills do not fit together without gaps."""
_LEFT_OUT = 10_000
"""Cost of a unit that gets no night: more than any night's."""
_CROWDED = (0, 20, 60)
"""Cost of the first, second and last third of a night's room: nights are filled evenly."""


def spread(
    dues: Sequence[Due], nights: Sequence[Night], rooms: Sequence[Room], *, seed: str
) -> list[int | None]:
    """A night for each drill, by its number; None where there is no room. The same input, the same answer."""
    if not dues or not nights:
        return [None] * len(dues)
    place = {room.host: number for number, room in enumerate(rooms)}
    work = np.array([_work(due, rooms[place[due.host]]) for due in dues], dtype=np.int64)
    begins = np.array([night.begins.timestamp() for night in nights])
    ends = np.array([night.ends.timestamp() for night in nights])
    tails, heads, costs, counts = [], [], [], []
    for number, due in enumerate(dues):
        able = np.flatnonzero((ends > due.opens.timestamp()) & (begins < due.closes.timestamp()))
        if not able.size:
            able = np.flatnonzero(begins >= due.closes.timestamp())  # too late is better than never
            target = able[0] if able.size else 0
        else:
            target = able[int(_chance(seed, due) * able.size * SPARE)]
        tails.append(np.full(able.size, number))
        heads.append(len(dues) + place[due.host] * len(nights) + able)
        costs.append(np.abs(able - target))
        counts.append(able.size)
    return _solved(work, _Arcs(tails, heads, costs), nights, rooms)


class _Arcs:
    """From drills to nights of their hosts."""

    def __init__(
        self, tails: Sequence[np.ndarray], heads: Sequence[np.ndarray], costs: Sequence[np.ndarray]
    ) -> None:
        self.tails = np.concatenate(tails).astype(np.int64)
        self.heads = np.concatenate(heads).astype(np.int64)
        self.costs = np.concatenate(costs).astype(np.int64)


def _solved(
    work: np.ndarray, arcs: _Arcs, nights: Sequence[Night], rooms: Sequence[Room]
) -> list[int | None]:
    drills, cells = len(work), len(rooms) * len(nights)
    nowhere, sink = drills + cells, drills + cells + 1
    room = np.array(
        [int(night.lasts / UNIT * one.at_once * SPARE) for one in rooms for night in nights], dtype=np.int64
    )
    flow = min_cost_flow.SimpleMinCostFlow()
    given = flow.add_arcs_with_capacity_and_unit_cost(arcs.tails, arcs.heads, work[arcs.tails], arcs.costs)
    everyone = np.arange(drills)
    flow.add_arcs_with_capacity_and_unit_cost(
        everyone, np.full(drills, nowhere), work, np.full(drills, _LEFT_OUT)
    )
    flow.add_arcs_with_capacity_and_unit_cost(
        np.array([nowhere]), np.array([sink]), np.array([int(work.sum())]), np.array([0])
    )
    for cost in _CROWDED:
        third = -(-room // len(_CROWDED))
        flow.add_arcs_with_capacity_and_unit_cost(
            np.arange(drills, drills + cells), np.full(cells, sink), third, np.full(cells, cost)
        )
    supply = np.zeros(sink + 1, dtype=np.int64)
    supply[:drills] = work
    supply[sink] = -work.sum()
    flow.set_nodes_supplies(np.arange(sink + 1), supply)
    if flow.solve() != flow.OPTIMAL:
        raise RuntimeError("the flow has no solution, and every drill has a way to nowhere")
    return _largest(work, arcs, flow.flows(given), len(nights))


def _largest(work: np.ndarray, arcs: _Arcs, flows: np.ndarray, nights: int) -> list[int | None]:
    """The night that got most of a drill; none when more of it got nowhere."""
    best: list[int | None] = [None] * len(work)
    most = [0] * len(work)
    used = np.flatnonzero(flows)
    for tail, head, part in zip(arcs.tails[used], arcs.heads[used], flows[used], strict=True):
        if part > most[tail]:
            best[tail], most[tail] = int((head - len(work)) % nights), int(part)
    return best


def _work(due: Due, room: Room) -> int:
    return max(1, -(-due.takes // UNIT)) * lanes_of(due, room)


def _chance(seed: str, due: Due) -> float:
    """A number of [0, 1) for this drill: chance that nobody who knows the plan beforehand has drawn."""
    drawn = hashlib.sha256(f"{seed}\n{due.agreement}/{due.workload}\n{due.number}".encode()).digest()
    return int.from_bytes(drawn[:6]) / (1 << 48)
