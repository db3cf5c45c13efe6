"""What the interface for programs answers with, version 1: a form of its own, apart from our model.

Instants are RFC 3339 in UTC; names ending in `_s` are whole seconds, rounded up where more was measured.
Fields may be added within a version; none is taken away or changes its meaning.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

_SECOND = timedelta(seconds=1)


def _seconds(value: object) -> object:
    return -(-value // _SECOND) if isinstance(value, timedelta) else value


Seconds = Annotated[int, BeforeValidator(_seconds)]
StandsName = Literal["MISSED", "OVERDUE", "UNPROVEN", "MET"]
OutcomeName = Literal["MET", "MISSED", "UNPROVEN"]
StateName = Literal["wanted", "running", "done", "missed", "given up", "cancelled"]
FindingStateName = Literal["open", "assigned", "closed"]
T = TypeVar("T")


def _called(name: str) -> Any:
    """A field that our model calls otherwise."""
    return Field(validation_alias=AliasChoices(name))


class Form(BaseModel):
    """Read off a value of our model by the names of its fields."""

    model_config = ConfigDict(from_attributes=True, frozen=True, validate_by_name=True)


class Page(BaseModel, Generic[T]):
    """Part of a list; `next` goes into the query of the next part, and is absent in the last one."""

    items: Sequence[T]
    next: str | None = None


class Problem(BaseModel):
    """Problem details of RFC 9457."""

    type: str
    title: str
    status: int
    detail: str


class Health(Form):
    """Whether the site's databases answer, and who runs drills."""

    status: Literal["ok"]
    site: str
    version: str
    workers: int | None
    """Null for customers, whose business other agreements' drills are not."""
    running: int | None


class Counts(Form):
    """How many promises stand how; a promise counts once for each workload."""

    missed: int
    overdue: int
    unproven: int
    met: int


class Agreement(Form):
    """An accepted agreement."""

    id: str = _called("agreement")
    title: str
    provider: str
    customer: str
    effective: date | None
    contract_sha256: str = _called("contract")
    open_points: int


class AgreementStanding(Agreement):
    """An accepted agreement and how its promises stand."""

    promises: Counts


class Promise(Form):
    """One promise."""

    id: str = _called("obligation")
    clause: str
    metric: str
    mode: str
    party: str
    limit_s: Seconds | None = _called("limit")
    at_least: bool


class PromiseStanding(Promise):
    """One promise and how it stands over all workloads."""

    workloads: Counts


class OfCopy(Form):
    """What the newest drill of a further copy showed of a promise."""

    source: str = _called("copy")
    shown: OutcomeName
    drill: str
    at: datetime


class Standing(Form):
    """How one promise stands for one workload; `told` is what the drill that counts took, if unusual."""

    agreement: str
    workload: str
    promise: str
    stands: StandsName
    since: datetime
    judged_at: datetime | None
    drill: str | None
    achieved_s: Seconds | None
    limit_s: Seconds | None
    lapses_at: datetime
    flipping: bool
    met_at: datetime | None
    reason: str
    told: str
    copies: Sequence[OfCopy]


class Workload(Form):
    """A protected workload."""

    agreement: str
    name: str = _called("workload")
    description: str
    kind: str
    host: str
    playbook: str
    protected_since: datetime
    every_s: Seconds | None = _called("every")


class Verdict(Form):
    """What one drill shows of one promise."""

    promise: str = _called("obligation")
    outcome: OutcomeName
    limit_s: Seconds | None = _called("limit")
    achieved_s: Seconds | None = _called("achieved")
    allowance_s: Seconds = _called("allowance")
    changed: bool


class Taken(Form):
    """What a drill took of its workload; `source` is null but for a further copy."""

    generation: Literal["newest", "between", "oldest"]
    source: str | None = _called("copy")


class Drill(Form):
    """One drill, out of its evidence."""

    agreement: str
    id: str = _called("drill")
    workload: str
    state: Literal["concluded", "without result", "refused"]
    started_at: datetime
    ended_at: datetime | None
    recovered: bool
    mode: Literal["full", "instant"]
    taken: Taken | None
    verdicts: Sequence[Verdict]
    booking: str | None
    attempt: int


class Reason(Form):
    """Why a verdict is what it is."""

    promise: str
    text: str


class DrillInFull(Drill):
    """One drill with what its evidence holds; every text may be a stranger's."""

    reasons: Sequence[Reason]
    problem: str
    point: str
    point_at: datetime | None
    restored_bytes: int | None
    read_bytes: int | None
    faults: Sequence[str]
    defects: Sequence[str]
    cleaned_up: bool
    evidence_sha256: str | None
    log_index: int | None
    verified_at: datetime | None


class Booking(Form):
    """A drill that is meant to run, and where it stands."""

    id: str
    agreement: str
    workload: str
    """The name of the dependency group where `members` names its workloads: they are drilled as one."""
    members: Sequence[str]
    kind: Literal["drill", "control", "immutability"]
    state: StateName
    evening: date
    not_before: datetime
    not_after: datetime
    due: datetime
    priority: int
    host: str
    memory_mib: int
    vcpus: int
    disk_mib: int
    mib_per_s: int
    takes_s: Seconds = _called("takes")
    mode: Literal["full", "instant"]
    why: str
    asked_by: str


class Phase(Form):
    """A phase of a running drill."""

    name: str
    began: datetime
    ended: datetime | None
    member: str
    """Whose it is, where a group is drilled; else empty."""


class Live(Form):
    """What a running drill says of itself. Nothing of it is evidence."""

    booking: str
    attempt: int
    drill: str | None
    others: Sequence[str]
    """Drills of the other members, where a group is drilled."""
    at: datetime
    phases: Sequence[Phase]
    bytes_done: int
    bytes_total: int | None
    lines: Sequence[str]
    stands_until: datetime | None
    """It is signed, and its sandbox stands until then for a look; null: it does not."""
    ways_in: Sequence[str]
    """How to get into it; customers are told none."""


class Tonight(Form):
    """What runs now, and what waits for its time or for room."""

    running: Sequence[Live]
    open: Sequence[Booking]


class Finding(Form):
    """Something that drills leave to be mended."""

    agreement: str
    id: str
    cause: str
    workload: str
    promise: str = _called("obligation")
    state: FindingStateName
    reason: str
    first_at: datetime
    last_at: datetime
    seen: int
    drill: str
    owner: str
    action: str
    due: date | None


class Host(Form):
    """A host, what drills may take of it in a night, and what they take now."""

    name: str
    at_once: int | None
    memory_mib: int | None
    running: int
    memory_used_mib: int
    vcpus: int | None
    vcpus_used: int
    disk_mib: int | None
    disk_used_mib: int
    mib_per_s: int | None
    mib_per_s_used: int
    workloads: int


class Worker(Form):
    """A process that runs drills."""

    id: str
    site: str
    machine: str
    version: str
    seen: datetime
