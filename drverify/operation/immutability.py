"""One probe of a source's immutability: attack canaries, judge, sign."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from drverify.adapters import table
from drverify.adapters.clock import SystemClock
from drverify.adapters.storage.probes import canaries, keep_probe
from drverify.compose import Workshop
from drverify.engine.drills.drill import new_drill_id
from drverify.engine.ports import Progress
from drverify.engine.trials.immutability import Tamperer
from drverify.engine.wiring import Fence
from drverify.errors import InputError, SupersededError
from drverify.judging.immutability import judged, withstood
from drverify.model.agreement import AgreementId
from drverify.model.drill import DrillId
from drverify.model.immutability import IMMUTABILITY_TYPE, ImmutabilityResult, PromisedLock
from drverify.operation.drilling import ready
from drverify.planning.immutability import promised_locks
from drverify.sealing.beside import signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A probe whose result is signed."""

    result: ImmutabilityResult
    statement: Path


def sources_with_writer(workshop: Workshop) -> tuple[str, ...]:
    """Names of the sources of which the settings say how backups are written."""
    return tuple(name for name, one in sorted(workshop.settings.sources.items()) if one.writer)


async def probe(
    workshop: Workshop,
    source: str,
    progress: Progress,
    *,
    workloads: Sequence[str] = (),
    fence: Fence | None = None,
    begun: Callable[[DrillId], None] = lambda _: None,
) -> Probed:
    """Attack canaries of a source, and sign what that shows of every clause about these workloads.

    No workload named: all of the source. `begun` is told its number before anything is attacked.

    InputError when the settings do not say how its backups are written; SupersededError, and nothing signed,
    when the fence says so.
    """
    await ready(workshop)
    tamperer = tamperer_of(workshop, source)
    known = await asyncio.to_thread(canaries, workshop.state_dir, source)
    clock = SystemClock()
    number = new_drill_id(clock.utc())
    begun(number)
    tampering = await tamperer.tamper(known, progress)
    at = clock.utc()
    names = tuple(
        one.name
        for one in workshop.workloads
        if one.source == source and (not workloads or one.name in workloads)
    )
    promises: dict[str, PromisedLock] = {}
    for name in names:
        for one in promised_locks(workshop.agreed.contract, name, at):
            promises[one.provision] = one
    outcome, reason = withstood(tampering)
    result = ImmutabilityResult(
        id=number,
        agreement=AgreementId(workshop.agreed.contract.id),
        workloads=names,
        source=source,
        at=at,
        tampering=tampering,
        outcome=outcome,
        reason=reason,
        verdicts=judged(tuple(promises.values()), tampering, at),
    )
    if fence is not None and not await fence():
        raise SupersededError(f"another attempt took the place of probe {number}: nothing was signed")
    return await asyncio.to_thread(_kept, workshop, result)


def tamperer_of(workshop: Workshop, source: str) -> Tamperer:
    """Who attacks the canaries of a source. InputError when its settings name nobody, or are wrong."""
    chosen = workshop.settings.sources.get(source)
    if chosen is None or not chosen.writer:
        raise InputError(
            f"the settings do not say how backups of source {source} are written",
            hint=f"add [sources.{source}.writer]: see docs/controls.md",
        )
    options = dict(chosen.writer)
    factory = table.load(table.TAMPERERS, str(options.pop("kind", "")), "writer")
    made: Tamperer = factory(source, options, workshop.secret)
    return made


def _kept(workshop: Workshop, result: ImmutabilityResult) -> Probed:
    signer = workshop.signer()
    name = f"immutability of {result.source}"
    envelope = signed(IMMUTABILITY_TYPE, name, result, keyid=signer.keyid, sign=signer.sign)
    return Probed(result=result, statement=keep_probe(workshop.state_dir, result, envelope))
