"""Builders of plans, records and registers, and hypothesis strategies over them.

`plan()`, `record()` and `register()` give a drill in which everything is well; every keyword replaces
one field. All of it decodes and agrees with each other, so tests only say what they change.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from drverify.model.agreement import Agreement, AgreementId, Clause, Sha256, Span
from drverify.model.drill import (
    Artefact,
    Attribution,
    ControlResult,
    Counter,
    Defect,
    DrillId,
    DrillPlan,
    DrillRecord,
    Fault,
    GaveUp,
    IsolationCheck,
    IsolationRecord,
    PhaseName,
    PhaseRecord,
    ProbeResult,
    ProbeStatus,
    RestoreFacts,
    Selection,
    ToolFact,
    UndeclaredDependency,
)
from drverify.model.obligation import (
    Allowance,
    ApplicationValidation,
    BackupFrequency,
    Gap,
    Objective,
    Obligation,
    ObligationId,
    Register,
    RestoreTestFrequency,
    Retention,
    Rpo,
    Rto,
    in_scope,
)
from drverify.model.playbook import (
    BootProbe,
    Database,
    DnsAnswer,
    Expectation,
    FreshnessProbe,
    HttpProbe,
    NewestRow,
    PingProbe,
    Playbook,
    PostgresProbe,
)
from drverify.model.recovery import (
    DiskImage,
    FileSet,
    GuestShape,
    Network,
    PointFilter,
    PointId,
    RecoveryPoint,
    SecretRef,
    Workload,
)
from drverify.planning.selection import select
from drverify.sealing import codec

MIN, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SEC, MS = timedelta(seconds=1), timedelta(milliseconds=1)
INCIDENT = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
STARTED = INCIDENT + SEC
NEWEST = INCIDENT - timedelta(minutes=30, seconds=1)

QUOTES = {
    "4.1": "no more than one (1) hour lies between two Recovery Points",
    "4.6": "keep every Recovery Point for at least thirty (30) Days \u2013 restorable",
    "5.1": "The Recovery Point Objective is one (1) hour.",
    "6.1": "The Recovery Time Objective is four (4) hours.",
    "7.1": "a successful Restore Test at least once every ninety-two (92) Days",
    "8.1": "shall demonstrate that the Application works",
}
DOCUMENT = "\n".join(["# Agreement", *(f"{number} {quote}" for number, quote in QUOTES.items())]).encode()
CONSOLE = b"Linux version 6.1\nshop login: \n"
TRANSCRIPTS = {probe: f"asked {probe}\n".encode() for probe in ("boot", "web", "orders", "fresh", "ping")}


def digest(content: bytes) -> Sha256:
    """Sha256 as the model writes it."""
    return Sha256(hashlib.sha256(content).hexdigest())


def clauses() -> tuple[Clause, ...]:
    """The clauses of DOCUMENT, with their spans in its text."""
    text = DOCUMENT.decode()
    return tuple(
        Clause(
            number=number,
            title=f"Clause {number}",
            quote=quote,
            span=Span(start=text.index(quote), end=text.index(quote) + len(quote)),
        )
        for number, quote in QUOTES.items()
    )


def obligation(clause: str, objective: Objective, **changes: Any) -> Obligation:
    """An obligation of the workload `shop`."""
    made = Obligation(
        id=ObligationId(f"{objective.kind}-shop"), clause=clause, scope=("shop",), objective=objective
    )
    return replace(made, **changes)


def register(**changes: Any) -> Register:
    """A register with one obligation of each kind for `shop`, and one for another workload."""
    made = Register(
        agreement=Agreement(
            id=AgreementId("A-1"),
            title="Managed Hosting and Recovery",
            document="agreement.md",
            sha256=digest(DOCUMENT),
            provider="Provider GmbH",
            customer="Customer GmbH",
            effective=date(2026, 1, 1),
            clauses=clauses(),
        ),
        look_back=7 * DAY,
        obligations=(
            obligation("4.1", BackupFrequency(every=HOUR)),
            obligation("4.6", Retention(at_least=30 * DAY)),
            obligation("5.1", Rpo(limit=HOUR)),
            obligation(
                "6.1",
                Rto(limit=4 * HOUR),
                allowances=(Allowance(name="replacement server", time=30 * MIN, clause="6.1"),),
            ),
            obligation("7.1", RestoreTestFrequency(every=92 * DAY)),
            obligation("8.1", ApplicationValidation()),
            obligation("5.1", Rpo(limit=DAY), id=ObligationId("rpo-other"), scope=("other",)),
        ),
        gaps=(Gap(id="second-copy", subject="second copy", question="where?", clause="4.1"),),
    )
    return replace(made, **changes)


def database() -> Database:
    """The shop's database."""
    return Database(address="10.20.0.10", name="shop", user="probe", password=SecretRef("env:SHOP_DB"))


def playbook(**changes: Any) -> Playbook:
    """Probes of a PostgreSQL web application: four required, one advisory."""
    made = Playbook(
        name="web",
        description="PostgreSQL web application",
        applies_to="disk-image",
        probes=(
            BootProbe(id="boot", console="login:"),
            HttpProbe(id="web", url="http://shop.example/", headers=(("content-type", "html"),)),
            PostgresProbe(
                id="orders",
                database=database(),
                query="select count(*) from orders",
                expect=Expectation(op="ge", value="1"),
                proves_application=True,
            ),
            FreshnessProbe(id="fresh", newest=NewestRow(database=database(), query="select max(at) from b")),
            PingProbe(id="ping", address="10.20.0.10", required=False),
        ),
        dns=(DnsAnswer(name="shop.example", address="10.20.0.10"),),
    )
    return replace(made, **changes)


def workload(**changes: Any) -> Workload:
    """The protected system `shop`."""
    made = Workload(
        name="shop",
        source="repo",
        points=PointFilter(host="shop", tags=("disk",)),
        payload=DiskImage(
            path="/shop.raw",
            guest=GuestShape(
                memory_mib=512,
                vcpus=1,
                networks=(
                    Network(
                        name="prod",
                        subnet="10.20.0.0/24",
                        gateway="10.20.0.1",
                        dns="10.20.0.1",
                        address="10.20.0.10",
                    ),
                ),
            ),
        ),
        playbook="web",
        protected_since=INCIDENT - 90 * DAY,
    )
    return replace(made, **changes)


def point(age: timedelta, **changes: Any) -> RecoveryPoint:
    """A point that is consistent as of `age` before the incident; its id follows from the age."""
    made = RecoveryPoint(
        id=PointId(hashlib.sha256(str(age).encode()).hexdigest()),
        source="repo",
        consistent_as_of=INCIDENT - age,
        as_of_origin="tag",
        host="shop",
        paths=("/shop.raw",),
        tags=("disk",),
        size_bytes=1_000_000_000,
    )
    return replace(made, **changes)


def hourly(count: int = 24 * 7 + 2) -> tuple[RecoveryPoint, ...]:
    """A point every hour; the newest is 30 minutes older than the incident."""
    return tuple(point(30 * MIN + n * HOUR) for n in range(count))


def plan(of: Register | None = None, **changes: Any) -> DrillPlan:
    """The plan of a full drill of the latest point."""
    agreed = of or register()
    made = DrillPlan(
        drill_id=DrillId("20260914T120001Z-0a1b2c"),
        workload=workload(),
        playbook=playbook(),
        register_sha256=codec.digest(agreed),
        obligations=tuple(one.id for one in in_scope(agreed, "shop")),
        requested_point="latest",
        mode="full",
        incident_at=INCIDENT,
        look_back=agreed.look_back,
        previous_success_at=INCIDENT - 30 * DAY,
    )
    return replace(made, **changes)


def result(probe: str, kind: str, **changes: Any) -> ProbeResult:
    """A probe that passed, settled 2 minutes and 14 seconds after the declaration."""
    made = ProbeResult(
        probe=probe,
        kind=kind,
        status=ProbeStatus.PASSED,
        expected="an answer",
        observed="the answer",
        started=120 * SEC,
        took=SEC / 2,
        attempts=3,
        settled=134 * SEC,
        transcript=digest(TRANSCRIPTS[probe]) if probe in TRANSCRIPTS else None,
    )
    return replace(made, **changes)


def results() -> tuple[ProbeResult, ...]:
    """One result of each probe of `playbook()`."""
    return (
        result("boot", "boot", started=55 * SEC, settled=60 * SEC),
        result("web", "http"),
        result("orders", "postgres", settled=130 * SEC),
        result("fresh", "freshness", newest=NEWEST),
        result("ping", "ping"),
    )


def controls() -> tuple[ControlResult, ...]:
    """Nothing answered before the guest was up."""
    return tuple(
        ControlResult(probe=one.probe, status=ProbeStatus.UNANSWERED, observed="nothing") for one in results()
    )


def artefacts() -> tuple[Artefact, ...]:
    """The files of the drill; `contents()` has their content."""
    named = {"console.log": CONSOLE, **{f"probes/{name}.txt": body for name, body in TRANSCRIPTS.items()}}
    return tuple(
        Artefact(name=name, sha256=digest(body), size_bytes=len(body), media_type="text/plain")
        for name, body in sorted(named.items())
    )


def contents() -> dict[Sha256, bytes]:
    """The content of `artefacts()`, by digest."""
    return {digest(body): body for body in (CONSOLE, *TRANSCRIPTS.values())}


def phases() -> tuple[PhaseRecord, ...]:
    """All phases, one after the other."""
    spans = (
        (PhaseName.SELECT, 0, 1),
        (PhaseName.PROVISION, 1, 2),
        (PhaseName.RESTORE, 3, 40),
        (PhaseName.ISOLATE, 43, 0),
        (PhaseName.BOOT, 43, 20),
        (PhaseName.APPLICATION, 63, 60),
        (PhaseName.PROBE, 123, 20),
        (PhaseName.TEARDOWN, 143, 5),
    )
    return tuple(PhaseRecord(name=name, started=at * SEC, took=took * SEC) for name, at, took in spans)


def selection(points: tuple[RecoveryPoint, ...] | None = None) -> Selection:
    """What `latest` selects out of the points (default: hourly ones)."""
    return select(hourly() if points is None else points, "latest", INCIDENT, STARTED)


def record(**changes: Any) -> DrillRecord:
    """A drill in which everything went well."""
    made = DrillRecord(
        drill_id=DrillId("20260914T120001Z-0a1b2c"),
        started_at=STARTED,
        ended_at=STARTED + 150 * SEC,
        selection=selection(),
        phases=phases(),
        restore=RestoreFacts(
            mode="full",
            restored_bytes=2**31,
            allocated_bytes=2**30,
            read_bytes=2**29,
            files=1,
            cache="cold",
        ),
        probes=results(),
        controls=controls(),
        isolation=IsolationRecord(
            checks=looks("before", "during"),
            counters=(Counter(name="packets out", value=0),),
        ),
        dependencies=(UndeclaredDependency(name="ntp.example", queries=3),),
        guest_clock_skew=timedelta(milliseconds=12),
        faults=(),
        defects=(),
        artefacts=artefacts(),
        tools=(ToolFact(name="restic", version="0.14.0"),),
        cleaned_up=True,
    )
    return replace(made, **changes)


def looks(*when: str) -> tuple[IsolationCheck, ...]:
    """A check that found the sandbox closed at each of those times."""
    return tuple(IsolationCheck(name=f"{one}: gateway", closed=True, detail="no answer") for one in when)


def with_result(base: DrillRecord, probe: str, **changes: Any) -> DrillRecord:
    """The record with one probe's result changed."""
    return replace(
        base, probes=tuple(replace(one, **changes) if one.probe == probe else one for one in base.probes)
    )


def gave_up(base: DrillRecord, by: GaveUp, after_boot: timedelta = 1801 * SEC) -> DrillRecord:
    """The record of which waiting ended so long after the boot began, and the teardown with it."""
    at = next(phase.started for phase in base.phases if phase.name is PhaseName.BOOT) + after_boot
    ended = replace(base, gave_up=f"gave up by {by}", gave_up_by=by, gave_up_at=at)
    last = ended.phases[-2]
    waiting = replace(last, took=max(at - last.started, last.took))
    down = replace(ended.phases[-1], started=waiting.started + waiting.took)
    return replace(
        ended,
        phases=(*ended.phases[:-2], waiting, down),
        ended_at=ended.started_at + down.started + down.took + SEC,
    )


def never_booted(by: GaveUp, after_boot: timedelta = 1801 * SEC, **changes: Any) -> DrillRecord:
    """A drill whose guest did not even show its login prompt."""
    (boot, *_) = results()
    base = record(
        phases=tuple(one for one in phases() if one.name not in {PhaseName.APPLICATION, PhaseName.PROBE}),
        probes=(replace(boot, status=ProbeStatus.FAILED, attempts=1700, settled=None),),
    )
    return replace(gave_up(base, by, after_boot), **changes)


def fault(at: timedelta = 10 * SEC, phase: PhaseName = PhaseName.RESTORE, **changes: Any) -> Fault:
    """A failure of ours."""
    made = Fault(attribution=Attribution.RESTORE_HOST, phase=phase, what="no space left", at=at)
    return replace(made, **changes)


def defect(at: timedelta = 20 * SEC, phase: PhaseName = PhaseName.RESTORE) -> Defect:
    """A failure of the backup."""
    return Defect(phase=phase, what="pack 1f2e does not have its digest", at=at)


# --- strategies -------------------------------------------------------------------------------

spans = st.integers(0, 6 * 3600 * 1000).map(lambda ms: timedelta(milliseconds=ms))
ages = st.integers(-3600, 60 * 24 * 3600).map(lambda s: timedelta(seconds=s))
statuses = st.sampled_from(ProbeStatus)
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
faults = st.builds(
    Fault, attribution=st.sampled_from(Attribution), phase=st.sampled_from(PhaseName), what=texts, at=spans
)
defects = st.builds(Defect, phase=st.sampled_from(PhaseName), what=texts, at=spans)


# A drill is drawn as the good one with a few things changed, named by what they touch: so most drawn
# drills are nearly good, and properties about MET are not empty.


def few(names: str) -> st.SearchStrategy[set[str]]:
    """At most three of the names; often none."""
    return st.integers(0, 3).flatmap(
        lambda n: st.sets(st.sampled_from(names.split()), min_size=n, max_size=n)
    )


@st.composite
def plans(draw: st.DrawFn, of: Register) -> DrillPlan:
    """A plan that is often the good one."""
    wrong = draw(few("probes allowances payload protected mode previous"))
    book, load = playbook(), workload()
    if "probes" in wrong:
        kept = draw(st.lists(st.sampled_from(book.probes), max_size=5, unique=True))
        book = replace(book, probes=tuple(kept))
    if "allowances" in wrong:
        granted = st.builds(Allowance, name=texts, time=spans, clause=st.just(""))
        book = replace(book, allowances=tuple(draw(st.lists(granted, max_size=2))))
    if "payload" in wrong:
        load = replace(load, payload=FileSet(path="/srv"))
    if "protected" in wrong:
        load = replace(load, protected_since=INCIDENT - draw(ages) * 2)
    previous = draw(st.none() | ages.map(lambda age: INCIDENT - age * 2))
    return plan(
        of,
        workload=load,
        playbook=book,
        mode="instant" if "mode" in wrong else "full",
        previous_success_at=previous if "previous" in wrong else INCIDENT - 30 * DAY,
    )


@st.composite
def selections(draw: st.DrawFn) -> Selection:
    """Points of any age, and what is selected out of them, rightly or not."""
    points = hourly(draw(st.integers(0, 200))) if draw(st.booleans()) else ()
    points += tuple(point(age) for age in draw(st.lists(ages, max_size=3, unique=True)))
    chosen = select(points, "latest", INCIDENT, STARTED)
    if points and draw(st.booleans()):
        other = draw(st.sampled_from(points))
        return replace(chosen, point=other, newest_eligible=draw(st.booleans()))
    return chosen


@st.composite
def probe_results(draw: st.DrawFn) -> tuple[ProbeResult, ...]:
    """Results of which one is dropped, doubled, or another answer."""
    found = list(results())
    at = draw(st.integers(0, len(found) - 1))
    newest = None if found[at].newest is None else draw(st.none() | ages.map(lambda age: INCIDENT - age))
    other = replace(found[at], status=draw(statuses), settled=draw(st.none() | spans), newest=newest)
    found[at : at + 1] = draw(st.sampled_from([(), (found[at], found[at]), (other,), (other,)]))
    return tuple(found)


@st.composite
def control_results(draw: st.DrawFn) -> tuple[ControlResult, ...]:
    """Controls of which one is dropped or another answer."""
    found = list(controls())
    at = draw(st.integers(0, len(found) - 1))
    other = replace(found[at], status=draw(statuses))
    found[at : at + 1] = draw(st.sampled_from([(), (other,)]))
    return tuple(found)


@st.composite
def later(draw: st.DrawFn) -> tuple[ProbeResult, ...]:
    """All good, some of them at another time."""
    return tuple(replace(one, settled=draw(st.just(one.settled) | spans)) for one in results())


restores = st.none() | st.builds(
    RestoreFacts,
    mode=st.sampled_from(["full", "instant"]),
    restored_bytes=st.integers(0, 2),
    allocated_bytes=st.just(0),
    read_bytes=st.none(),
    files=st.integers(0, 2),
    cache=st.just("unknown"),
)
check_names = st.builds("{}{}".format, st.sampled_from(["before: ", "during: ", ""]), texts)
isolations = st.builds(
    IsolationRecord,
    checks=st.lists(
        st.builds(IsolationCheck, name=check_names, closed=st.booleans(), detail=texts), max_size=3
    ).map(tuple),
)
CHANGES: dict[str, st.SearchStrategy[Any]] = {
    "selection": selections(),
    "ended_at": (spans | st.just(7 * HOUR)).map(lambda span: STARTED + span),
    "restore": restores,
    "probes": probe_results() | later(),
    "controls": control_results(),
    "isolation": isolations,
    "guest_clock_skew": st.none() | ages,
    "faults": st.lists(faults, max_size=2).map(tuple),
    "defects": st.lists(defects, max_size=2).map(tuple),
    "gave_up_by": st.sampled_from(GaveUp),
    "gave_up_at": st.none() | spans,
}


@st.composite
def records(draw: st.DrawFn) -> DrillRecord:
    """The good record with a few things changed."""
    wrong = sorted(draw(few(" ".join(CHANGES))))
    changes = {"ended_at": STARTED + 7 * HOUR, **{name: draw(CHANGES[name]) for name in wrong}}
    return record(**changes)


@st.composite
def registers(draw: st.DrawFn) -> Register:
    """One obligation of each kind; usual limits or any."""
    any_limit = st.integers(0, 60 * 24 * 60).map(lambda minutes: minutes * MIN)
    gap, keep, rpo, rto, test = (
        draw(st.just(usual) | any_limit) for usual in (HOUR, 7 * DAY, HOUR, 4 * HOUR, 92 * DAY)
    )
    return register(
        obligations=(
            obligation("4.1", BackupFrequency(every=gap)),
            obligation("4.6", Retention(at_least=keep)),
            obligation("5.1", Rpo(limit=rpo)),
            obligation("6.1", Rto(limit=rto, mode=draw(st.sampled_from(["full", "full", "instant"])))),
            obligation("7.1", RestoreTestFrequency(every=test)),
            obligation("8.1", ApplicationValidation()),
        )
    )


@st.composite
def drills(draw: st.DrawFn) -> tuple[Register, DrillPlan, DrillRecord]:
    """A register, a plan made for it, and a record."""
    agreed = draw(registers())
    planned, found = draw(plans(agreed)), draw(records())
    if planned.mode == "instant" and found.restore and draw(st.booleans()):
        found = replace(found, restore=replace(found.restore, mode="instant"))
    return agreed, planned, found
