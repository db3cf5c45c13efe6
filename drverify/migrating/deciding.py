"""Go, no-go or undecided, out of the facts of a verified migration. Pure; a verifier decides again.

What speaks against it makes it NO-GO. What is not known makes it UNDECIDED, unless something speaks against
it: a part that was not read, a drill that proved nothing, a way back that was not walked, a cut-over of which
one run alone is known. GO is what is left.
"""

from collections.abc import Iterator, Sequence

from drverify.migrating.comparing import differences, unmet
from drverify.migrating.explaining import hardware_of
from drverify.migrating.timing import cutover
from drverify.model.drill import ProbeStatus
from drverify.model.duration import exact, human
from drverify.model.migration import (
    CutoverTime,
    Decided,
    Decision,
    MigrationFacts,
    MigrationPlan,
    MovedSystem,
    Reason,
    TargetDrill,
    Weight,
)
from drverify.model.system import Cause, Difference, Part
from drverify.model.verdict import Outcome

FEWEST_RUNS = 2
"""Of one run nobody knows how much the next one differs."""


def decide(facts: MigrationFacts) -> Decided:
    """Decide from the facts alone."""
    times = tuple(cutover(group, facts.systems) for group in facts.plan.groups)
    reasons = tuple(_reasons(facts, times))
    weights = {one.weight for one in reasons}
    if Weight.AGAINST in weights:
        decision = Decision.NO_GO
    else:
        decision = Decision.UNDECIDED if Weight.OPEN in weights else Decision.GO
    return Decided(decision=decision, reasons=reasons, cutover=times)


def compared(facts: MigrationFacts, system: MovedSystem) -> tuple[Difference, ...]:
    """The differences of a system as its inventories and the plan have them, whatever was written down."""
    moved = next((one for one in facts.plan.systems if one.workload == system.workload), None)
    expected = (*(moved.expected if moved else ()), *facts.plan.expected)
    return differences(system.source, system.target, expected, hardware_of(facts.hardware, system.own))


def _reasons(facts: MigrationFacts, times: Sequence[CutoverTime]) -> Iterator[Reason]:
    plan = facts.plan
    known = {one.workload for one in facts.systems}
    for moved in plan.systems:
        if moved.workload not in known:
            yield _reason(Weight.OPEN, moved.workload, "nothing was found out about it")
    for system in facts.systems:
        yield from _of_inventories(facts, system)
        yield from _of_probes(system)
        yield from _of_drills(plan, system)
        yield from _of_rollback(plan, system)
    for one in times:
        yield from _of_time(one)
    for what in facts.left:
        yield _reason(Weight.OPEN, plan.name, f"something of a shared sandbox may still exist: {what}")


def _reason(weight: Weight, where: str, what: str) -> Reason:
    return Reason(weight=weight, where=where, what=what)


def _of_inventories(facts: MigrationFacts, system: MovedSystem) -> Iterator[Reason]:
    name = system.workload
    for side, seen in (("source", system.source), ("target", system.target)):
        whys = [seen.of(part).not_read for part in Part]
        if all(whys) and len({*whys}) == 1:
            yield _reason(Weight.OPEN, name, f"nothing was read on the {side}: {whys[0]}")
            continue
        for part, why in zip(Part, whys, strict=True):
            if why:
                yield _reason(Weight.OPEN, name, f"{part} not read on the {side}: {why}")
    found = compared(facts, system)
    if found != system.differences:
        yield _reason(Weight.OPEN, name, "its differences are not those of its inventories")
    for one in found:
        if one.cause is Cause.NONE:
            yield _reason(Weight.AGAINST, name, f"not explained: {in_words(one)}")
    if explained := sum(one.cause is not Cause.NONE for one in found):
        yield _reason(Weight.NOTE, name, f"{explained} differences are explained")
    moved = next((one for one in facts.plan.systems if one.workload == name), None)
    for missing in unmet(moved.expected if moved else (), found):
        what = f"{missing.part} {missing.item}" + (f", {missing.fact}" if missing.fact else "")
        yield _reason(Weight.NOTE, name, f"expected, and not seen: {what}")


def in_words(one: Difference) -> str:
    """`mounts /srv: options: ro instead of rw`."""
    if one.fact:
        change = f"{one.target or 'nothing'} instead of {one.source or 'nothing'}"
        return f"{one.part} {one.item}: {one.fact}: {change}"
    if one.source:
        return f"{one.part} {one.item}: not on the target"
    return f"{one.part} {one.item}: on the target only"


def _of_probes(system: MovedSystem) -> Iterator[Reason]:
    asked = 0
    for one in system.probes:
        if one.source is None:
            continue
        asked += 1
        if one.source is ProbeStatus.PASSED:
            if one.target is not ProbeStatus.PASSED:
                weight = Weight.AGAINST if one.target is ProbeStatus.FAILED else Weight.OPEN
                said = one.target_said or "it was not asked"
                text = f"probe {one.probe} passes on the source and not on the target: {said}"
                yield _reason(weight, system.workload, text)
            continue
        weight = Weight.OPEN if one.required else Weight.NOTE
        text = f"the source itself does not pass probe {one.probe}: {one.source_said}"
        yield _reason(weight, system.workload, text)
    if not asked:
        yield _reason(
            Weight.OPEN, system.workload, "no probe was run against the source: there is no baseline"
        )


def _of_drills(plan: MigrationPlan, system: MovedSystem) -> Iterator[Reason]:
    now = [one for one in system.drills if not one.earlier]
    if len(now) < plan.drills:
        text = f"{len(now)} of {plan.drills} drills on the target were run to their end"
        yield _reason(Weight.OPEN, system.workload, text)
    for one in now:
        yield from _of_drill(system.workload, one)


def _of_drill(name: str, one: TargetDrill) -> Iterator[Reason]:
    if one.recovery.outcome is not Outcome.MET:
        weight = Weight.AGAINST if one.recovery.outcome is Outcome.MISSED else Weight.OPEN
        said = "does not work" if weight is Weight.AGAINST else "is not shown to work"
        yield _reason(weight, name, f"drill {one.drill}: it {said} on the target: {one.recovery.reason}")
    for promise in one.unkept:
        weight = Weight.AGAINST if promise.outcome is Outcome.MISSED else Weight.OPEN
        text = (
            f"drill {one.drill}: clause {promise.clause}, {promise.what}: {promise.outcome}: {promise.reason}"
        )
        yield _reason(weight, name, text)
    if not one.cleaned_up:
        yield _reason(Weight.OPEN, name, f"drill {one.drill}: something of it may still exist")
    if one.start is not None and not one.logged:
        yield _reason(Weight.OPEN, name, f"drill {one.drill}: its result is not in the log")


def _of_rollback(plan: MigrationPlan, system: MovedSystem) -> Iterator[Reason]:
    back = system.rollback
    if back is None:
        yield _reason(Weight.OPEN, system.workload, f"the way back was not drilled: {system.no_rollback}")
        return
    if back.recovery.outcome is not Outcome.MET:
        weight = Weight.AGAINST if back.recovery.outcome is Outcome.MISSED else Weight.OPEN
        yield _reason(weight, system.workload, f"the way back: {back.recovery.reason}")
    if not back.record.cleaned_up:
        yield _reason(Weight.OPEN, system.workload, "the way back: something of it may still exist")
    if back.recovery.took is not None:
        took = back.converting + back.recovery.took
        weight = Weight.AGAINST if took > plan.rollback.within else Weight.NOTE
        text = f"the way back took {human(took)}, and may take {exact(plan.rollback.within)}"
        yield _reason(weight, system.workload, text)


def _of_time(one: CutoverTime) -> Iterator[Reason]:
    if one.longest is None or one.shortest is None:
        yield _reason(Weight.OPEN, one.group, "its cut-over was not measured")
        return
    total = one.longest + one.granted
    text = f"cut-over up to {human(total)} of {exact(one.window)} allowed: {spread(one)}"
    if total > one.window:
        yield _reason(Weight.AGAINST, one.group, text)
    elif one.measured < FEWEST_RUNS:
        yield _reason(Weight.OPEN, one.group, f"{text}; one run says nothing of the next")
    else:
        yield _reason(Weight.NOTE, one.group, text)


def spread(one: CutoverTime) -> str:
    """`41 s to 57 s measured in 3 runs, 10 m granted; ...`."""
    if one.longest is None or one.shortest is None:
        return "not measured"
    granted = f", and {exact(one.granted)} granted for what no drill measures" if one.granted else ""
    runs = f"{one.measured} runs" if one.measured != 1 else "1 run"
    said = f"{human(one.shortest)} to {human(one.longest)} measured in {runs}{granted}"
    if not one.chance_permille:
        return said
    chance = f"{one.chance_permille // 10} %"
    return f"{said}; one more such run stays within the longest with a probability of at least {chance}"
