"""What a site loss would bring, promise by promise: many simulations over the spread that was measured."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from drverify.simulating.course import Capacity, Course, Recovery
from drverify.simulating.site_loss import site_loss

LOW, HIGH = 0.05, 0.95
"""The interval holds nine of ten simulated losses."""


class Prospect(StrEnum):
    """How a limit stands."""

    KEPT = "kept"
    """In the whole interval."""
    AT_RISK = "at risk"
    """In a part of it."""
    BROKEN = "broken"
    """In none of it."""
    UNKNOWN = "unknown"
    """Contention was never measured: what is kept alone need not be kept beside others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Seconds: the middle and the interval."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A limit of one obligation that a site loss puts to the test."""

    obligation: str
    clause: str
    workload: str
    limit: float
    """Seconds, allowances taken off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """One promise in a site loss."""

    promise: Promise
    back: Spread
    prospect: Prospect
    margin: float
    """Limit less the interval's upper end, as a share of the limit; the smallest breaks first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foresight:
    """What a site loss would bring."""

    course: Course
    """With the middle of what was measured everywhere."""
    back: Mapping[str, Spread]
    everything: Spread
    """Until the last system is back."""
    promises: tuple[Foreseen, ...]
    """The one that breaks first comes first."""
    runs: int


def foresee(
    variants: Mapping[str, Sequence[Recovery]],
    hosts: Mapping[str, Capacity],
    promises: Sequence[Promise],
    *,
    runs: int,
    seed: int,
    contention: bool,
) -> Foresight:
    """Simulate `runs` times, each recovery drawn out of the variants of its workload (one for each drill).

    The same seed, the same result. ValueError as `site_loss`, and for a workload without a variant.
    """
    for workload, found in variants.items():
        if not found:
            raise ValueError(f"{workload} was never drilled alone")
    chance = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    times: dict[str, list[float]] = {workload: [] for workload in variants}
    for _ in range(runs):
        drawn = [chance.choice(found) for found in variants.values()]
        for one in site_loss(drawn, hosts).returns:
            times[one.workload].append(one.back)
    spreads = {workload: spread(found) for workload, found in times.items()}
    last = spread([max(each) for each in zip(*times.values(), strict=True)])
    foreseen = [_foreseen(one, spreads[one.workload], contention=contention) for one in promises]
    return Foresight(
        course=site_loss([_middle(found) for found in variants.values()], hosts),
        back=spreads,
        everything=last,
        promises=tuple(sorted(foreseen, key=lambda one: (one.margin, one.promise.obligation))),
        runs=runs,
    )


def spread(values: Sequence[float]) -> Spread:
    """The middle of the values and the interval around it, by nearest rank."""
    ordered = sorted(values)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return Spread(low=at(LOW), middle=at(0.5), high=at(HIGH))


def _middle(found: Sequence[Recovery]) -> Recovery:
    """The variant that takes the middle time."""
    ordered = sorted(found, key=lambda one: sum(stage.alone + stage.waits for stage in one.stages))
    return replace(ordered[len(ordered) // 2])


def _foreseen(promise: Promise, back: Spread, *, contention: bool) -> Foreseen:
    if back.low > promise.limit:
        prospect = Prospect.BROKEN
    elif not contention:
        prospect = Prospect.UNKNOWN
    else:
        prospect = Prospect.AT_RISK if back.high > promise.limit else Prospect.KEPT
    margin = (promise.limit - back.high) / promise.limit if promise.limit > 0 else float("-inf")
    return Foreseen(promise=promise, back=back, prospect=prospect, margin=margin)
