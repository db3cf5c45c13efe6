"""What a period did not test, and why: as much a part of its annex as what it did."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drverify.annex.model import NotTested, Untested
from drverify.model.contract import Contract, Kind
from drverify.model.drill import DrillPlan, DrillRecord, ProbeStatus
from drverify.model.obligation import Obligation, Register
from drverify.planning.obligations import TESTABLE, untestable

_CLAIMS = (
    "signatures and log prove what was claimed, when, and that nothing was dropped since; they do not prove "
    "that the host saw what it says, unless the customer's own marks came back"
)
BEYOND: tuple[tuple[str, str], ...] = (
    (
        "noticing the failure and deciding to recover",
        "the clock of a drill starts with the declaration; how long people take before it is not measured",
    ),
    (
        "getting replacement hardware, sites and staff",
        "a drill uses a host that stands ready and at best emulates other hardware; allowances stand apart",
    ),
    (
        "the load of real users",
        "a restored application is asked by probes, alone on its host, not used by its users",
    ),
    (
        "whatever the application reaches outside",
        "a sandbox has no way out: payment services, mail and partners are not there",
    ),
    (
        "the honesty of the restore host",
        _CLAIMS,
    ),
)
"""What no restore in a sandbox can show, whatever its outcome."""

_NO_DRILL: Mapping[Kind, str] = {
    "offsite_copy": "where copies are kept",
    "encryption": "whether backups are encrypted",
    "immutability": "whether backups can be changed or deleted before their time",
    "backup_monitoring": "whether somebody watches the backups",
    "exit_data_return": "whether data is handed over when the agreement ends",
    "data_deletion": "whether data is deleted when it has to be",
    "uptime": "how long the production system is available",
    "response_time": "how fast somebody answers",
    "failover_decision": "who decides to recover, and how fast",
    "dr_plan": "whether a recovery plan is kept",
    "dr_test": "an exercise with people",
}
"""Kinds of promises that a restore shows nothing about, and what stays unknown."""


@dataclass(slots=True)
class _Asked:
    """How often one probe was asked, and what of it does not count."""

    required: bool
    drills: int = 0
    errored: int = 0
    told: str = ""


@dataclass(slots=True)
class SeenProbes:
    """Every probe of every playbook that drills of the period used."""

    asked: dict[tuple[str, str], _Asked] = field(default_factory=dict)

    def add(self, plan: DrillPlan, record: DrillRecord) -> None:
        """Take one drill's probes."""
        results = {one.probe: one for one in record.probes}
        for spec in plan.playbook.probes:
            one = self.asked.setdefault((plan.playbook.name, spec.id), _Asked(required=spec.required))
            one.drills += 1
            result = results.get(spec.id)
            if result is not None and result.status is ProbeStatus.ERRORED:
                one.errored += 1
                one.told = result.observed

    def lines(self) -> Iterator[Untested]:
        """A line for each probe that does not decide, or could not be asked every time."""
        for (playbook, probe), one in sorted(self.asked.items()):
            whys = []
            if not one.required:
                whys.append("it only advises: no verdict rests on its answer")
            if one.errored:
                whys.append(f"it could not be asked in {one.errored} of {one.drills} drills: {one.told}")
            if whys:
                subject = f"probe {probe} of playbook {playbook}"
                yield Untested(kind=NotTested.PROBE, subject=subject, clause="", why="; ".join(whys))


def of_register(register: Register) -> Iterator[Untested]:
    """What the agreement leaves open."""
    for gap in register.gaps:
        yield Untested(kind=NotTested.OPEN_POINT, subject=gap.subject, clause=gap.clause, why=gap.question)


def of_contract(contract: Contract, at: datetime) -> Iterator[Untested]:
    """Clauses that drills cannot test: for what they leave out, or for what they promise."""
    cited = {one.id: one for one in contract.provisions}
    for lacking in untestable(contract, at=at):
        one = cited[lacking.provision]
        if one.review == "rejected":
            continue  # a person decided that the clause is no such promise
        yield Untested(
            kind=NotTested.NOT_TESTABLE,
            subject=str(lacking.provision),
            clause=one.citation.section,
            why=lacking.why,
        )
    for one in contract.provisions:
        kept = one.status == "defined" and one.review in {"accepted", "corrected"}
        if kept and one.kind not in TESTABLE and (unknown := _NO_DRILL.get(one.kind)):
            yield Untested(
                kind=NotTested.NOT_TESTABLE,
                subject=str(one.id),
                clause=one.citation.section,
                why=f"no restore shows {unknown}",
            )


def of_promises(promised: Sequence[Obligation], judged: set[str]) -> Iterator[Untested]:
    """Promises that no drill of the period was judged by."""
    for one in promised:
        if one.id not in judged:
            why = f"no drill of its {len(one.scope)} workloads has a result"
            yield Untested(kind=NotTested.NO_DRILL, subject=one.id, clause=one.clause, why=why)


def of_workloads(names: Sequence[str], planned: Mapping[str, int], drilled: set[str]) -> Iterator[Untested]:
    """Workloads that have no slot, or no drill with a result."""
    for name in names:
        slots = planned.get(name, 0)
        if planned and not slots:
            why = "the schedule of the period does not name it"
            if name in drilled:
                why += "; it was drilled all the same"
            yield Untested(kind=NotTested.NO_SLOT, subject=name, clause="", why=why)
        elif name not in drilled:
            why = f"none of its {slots} scheduled drills has a result" if slots else "it was not drilled"
            yield Untested(kind=NotTested.NOT_DRILLED, subject=name, clause="", why=why)


def beyond() -> Iterator[Untested]:
    """What no restore in a sandbox can show."""
    for subject, why in BEYOND:
        yield Untested(kind=NotTested.BEYOND, subject=subject, clause="", why=why)
