"""One drill from order to evidence: plan it, conduct it, judge it, seal it."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from drverify.engine.conductor import conduct
from drverify.engine.journal import Journal
from drverify.engine.keeping import Signer
from drverify.engine.wiring import DrillPorts
from drverify.errors import InputError
from drverify.judging.objectives import judge_all, recovered
from drverify.model.drill import DrillId, DrillPlan, DrillRecord
from drverify.model.obligation import Mode, Register, in_scope
from drverify.model.playbook import Playbook
from drverify.model.recovery import Workload
from drverify.model.verdict import Verdict
from drverify.planning.request import incident_of
from drverify.sealing import codec
from drverify.sealing.agreed import Agreed
from drverify.sealing.seal import Sealing, seal


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the operator wants drilled."""

    workload: Workload
    playbook: Playbook
    agreed: Agreed
    requested_point: str
    mode: Mode
    keep: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluded:
    """A drill with its judgement and its evidence."""

    register: Register
    plan: DrillPlan
    record: DrillRecord
    verdicts: tuple[Verdict, ...]
    evidence: Path


def new_drill_id(now: datetime) -> DrillId:
    """Make an id that sorts by start and meets no other one."""
    return DrillId(f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}")


def plan_of(order: Order, now: datetime, previous_success_at: datetime | None) -> DrillPlan:
    """Fix everything before anything happens."""
    incident_at = incident_of(order.requested_point, now)
    register = order.agreed.register(incident_at)
    return DrillPlan(
        drill_id=new_drill_id(now),
        workload=order.workload,
        playbook=order.playbook,
        register_sha256=codec.digest(register),
        obligations=tuple(obligation.id for obligation in in_scope(register, order.workload.name)),
        requested_point=order.requested_point,
        mode=order.mode,
        incident_at=incident_at,
        look_back=register.look_back,
        previous_success_at=previous_success_at,
    )


async def run_drill(order: Order, ports: DrillPorts, signer: Signer) -> Concluded:
    """Run a drill to its signed evidence. Cancellation leaves a plan without evidence."""
    previous = ports.store.last_success(order.workload.name)
    plan = plan_of(order, ports.clock.utc(), previous)
    register = order.agreed.register(plan.incident_at)
    ports.store.begin(plan.drill_id, codec.encode(plan))
    ports.progress.note(f"drill {plan.drill_id}: {order.workload.name}, {order.mode} restore")
    journal = Journal(ports.log, ports.store, plan.drill_id, stamps=ports.stamps, note=ports.progress.note)
    try:
        record = await conduct(plan, ports, keep=order.keep, begin=lambda: journal.started(plan, signer))
    except InputError:  # the request leads to no point: nothing was begun
        ports.store.abandon(plan.drill_id)
        raise
    verdicts = judge_all(register, plan, record)
    envelope = seal(
        Sealing(plan=plan, record=record, agreed=order.agreed, register=register, verdicts=verdicts),
        keep=lambda blob: ports.store.keep(plan.drill_id, blob),
        signer=signer,
    )
    evidence = ports.store.seal(plan.drill_id, envelope)
    ports.store.summarise(
        plan.drill_id, plan.workload.name, recovered=recovered(plan, record), ended_at=record.ended_at
    )
    await asyncio.to_thread(journal.ended, envelope)
    return Concluded(register=register, plan=plan, record=record, verdicts=verdicts, evidence=evidence)
