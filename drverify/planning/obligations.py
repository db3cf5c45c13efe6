"""From the accepted contract to what can be tested: obligations with limits in elapsed time.

Only provisions that a person accepted, that are `defined`, bind a party and are mapped to workloads
become obligations; of every other one it is said why it does not. A month is never 30 days: a limit in
months, quarters or years is resolved by the calendar, at the instant for which the register is made -
backwards from it where the promise looks back, onwards from it for a recovery time - and so is business
time.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count

from drverify.model.agreement import Agreement, AgreementId, Clause, Sha256, Signed
from drverify.model.calendar import apply
from drverify.model.contract import Calendar, Contract, Figure, Kind, Provision, ProvisionId
from drverify.model.duration import MILLISECOND, whole_ms_down
from drverify.model.obligation import (
    GRAINS,
    Allowance,
    ApplicationValidation,
    BackupFrequency,
    Gap,
    Mode,
    Objective,
    Obligation,
    ObligationId,
    Register,
    RestoreTestFrequency,
    Retention,
    Rpo,
    Rto,
)
from drverify.model.quantity import Quantity, elapsed

LOOK_BACK = timedelta(days=7)
"""How far back recovery points are looked at when the agreement names no reporting period."""
TESTABLE: tuple[Kind, ...] = (
    "rpo", "rto", "backup_frequency", "restore_test", "retention", "application_validation",
)  # fmt: skip
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_AT_MOST = {"<=", "<", "="}
_AT_LEAST = {">=", ">", "="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Untestable:
    """A provision of a testable kind that does not become an obligation, and why."""

    provision: ProvisionId
    why: str


def register_of(contract: Contract, *, digest: Sha256, at: datetime) -> Register:
    """Make the register of an accepted contract for one instant (UTC), the simulated incident.

    `digest` is that of the accepted contract's one byte form. ValueError when it was not accepted.
    """
    return Registers(contract, digest).at(at)


class Registers:
    """The registers of an accepted contract for one instant after the other; `register_of` of each."""

    def __init__(self, contract: Contract, digest: Sha256) -> None:
        """Work out what is the same at every instant. ValueError as `register_of`."""
        if contract.accepted is None:
            raise ValueError("a proposal promises nothing: the contract was not accepted")
        self._contract = contract
        self._digest = digest
        self._numbers = _numbers(contract)
        self._agreement = _agreement(contract, self._numbers)
        self._testable = [one for one in contract.provisions if one.kind in TESTABLE and not _unfit(one)]
        self._gaps = tuple(
            Gap(id=f"{point.rule}-{number}", subject=point.rule, question=point.question, clause=point.clause)
            for number, point in enumerate(contract.open_points, 1)
        )

        counted = (*self._testable, *(one for one in contract.provisions if one.kind == "recovery_allowance"))
        looked = [one for one in contract.provisions if one.id == contract.look_back]
        self._daily = not any(_in_business_time(one) for one in (*counted, *looked))
        self._made: tuple[date, Register] | None = None

    def at(self, at: datetime) -> Register:
        """Make the register for one instant (UTC).

        Nothing but business time tells the hours of a day apart: months begin and end with days. So one
        register is that of its whole day when no figure is in business time.
        """
        if self._made is not None and self._daily and self._made[0] == at.date():
            return self._made[1]
        made = self._register(at)
        self._made = at.date(), made
        return made

    def _register(self, at: datetime) -> Register:
        made = (_made(one, self._contract, self._numbers, at) for one in self._testable)
        return Register(
            agreement=self._agreement,
            contract=self._digest,
            look_back=_look_back(self._contract, at),
            obligations=tuple(one for one in made if isinstance(one, Obligation)),
            gaps=self._gaps,
        )


def untestable(contract: Contract, *, at: datetime) -> tuple[Untestable, ...]:
    """Every provision of a testable kind that does not become an obligation, and why."""
    numbers = _numbers(contract)
    made = (_made(one, contract, numbers, at) for one in contract.provisions if one.kind in TESTABLE)
    return tuple(one for one in made if isinstance(one, Untestable))


def least_time(one: Provision, contract: Contract, at: datetime) -> timedelta | str:
    """For how long a provision promises something at least, as of `at`; or why its figure does not say."""
    if one.figure is None:
        return "it states no figure"
    return _limit(one.figure, contract, at, onwards=False, least=True)


def clause_numbers(contract: Contract) -> Mapping[ProvisionId, str]:
    """How each provision's clause is called, as in `Agreement.clauses`."""
    return _numbers(contract)


def _in_business_time(one: Provision) -> bool:
    figure = one.figure
    return figure is not None and (figure.clock != "elapsed" or figure.quantity.unit.startswith("business"))


def _made(
    one: Provision, contract: Contract, numbers: Mapping[ProvisionId, str], at: datetime
) -> Obligation | Untestable:
    why = _unfit(one)
    if why:
        return Untestable(provision=one.id, why=why)
    objective = _objective(one, contract, at)
    if isinstance(objective, str):
        return Untestable(provision=one.id, why=objective)
    return Obligation(
        id=ObligationId(one.id),
        clause=numbers[one.id],
        scope=one.scope.systems,
        objective=objective,
        party="customer" if one.party == "customer" else "provider",
        allowances=tuple(_allowances(one, contract, numbers, at)) if one.kind == "rto" else (),
        conditions=one.conditions,
    )


def _unfit(one: Provision) -> str:
    """Why it cannot be tested whatever its figure says; empty when it can."""
    if one.review not in {"accepted", "corrected"}:
        return f"it was not accepted (it is {one.review})"
    if one.status != "defined":
        return f"it is {one.status}: {one.why or 'no criterion to judge by'}"
    if one.party not in {"provider", "customer", "both"}:
        return f"it names no party of the agreement that it binds (party: {one.party})"
    if not one.scope.systems:
        return "it is mapped to no workload of the inventory"
    return ""


def _objective(one: Provision, contract: Contract, at: datetime) -> Objective | str:
    """The objective, or why there is none."""
    if one.kind == "application_validation":
        return ApplicationValidation()
    if one.figure is None:
        return "it states no figure"
    limit = _limit(one.figure, contract, at, onwards=one.kind == "rto", least=one.kind == "retention")
    if isinstance(limit, str):
        return limit
    return _of_time(one, limit)


def _of_time(one: Provision, limit: timedelta) -> Objective:
    match one.kind:
        case "rpo":
            return Rpo(limit=limit)
        case "rto":
            mode: Mode = "instant" if "instant" in one.values("mode") else "full"
            return Rto(limit=limit, mode=mode)
        case "backup_frequency":
            return BackupFrequency(every=limit)
        case "restore_test":
            named = one.values("grain")
            return RestoreTestFrequency(every=limit, grains=tuple(each for each in GRAINS if each in named))
        case _:
            return Retention(at_least=limit)


def _limit(
    figure: Figure, contract: Contract, at: datetime, *, onwards: bool, least: bool
) -> timedelta | str:
    """The inclusive limit in elapsed time, or why the figure is none."""
    value, comparator = figure.quantity.value, figure.comparator
    if comparator == "between":
        if figure.quantity.upper is None:
            return "its figure is a range without an upper end"
        value, comparator = (value, ">=") if least else (figure.quantity.upper, "<=")
    if comparator == "~":
        return "its figure is approximate"
    if comparator not in (_AT_LEAST if least else _AT_MOST):
        return f"its figure bounds from {'above' if least else 'below'}, which promises nothing here"
    try:
        found = _elapsed(
            Quantity(value=value, unit=figure.quantity.unit), figure.clock, contract, at, onwards
        )
    except (ValueError, OverflowError) as error:
        return str(error)
    if comparator == ">":
        found += MILLISECOND
    elif comparator == "<":
        found -= MILLISECOND
    return found if found >= MILLISECOND or comparator != "<" else "its figure allows no time at all"


def _elapsed(
    quantity: Quantity,
    clock: str,
    contract: Contract,
    at: datetime,
    onwards: bool,  # noqa: FBT001
) -> timedelta:
    """Resolve a figure at one instant; ValueError says why that cannot be done."""
    if clock != "elapsed" or quantity.unit.startswith("business"):
        calendar = _calendar(clock, contract)
        if not onwards:
            raise ValueError("its figure is in business time, which only a recovery time can be counted in")
        return whole_ms_down(apply(quantity, calendar, at) - at)
    if quantity.unit in _MONTHS:
        months = quantity.value * _MONTHS[quantity.unit]
        if months != int(months):
            raise ValueError("its figure is a fraction of a month")
        return abs(_shifted(at, int(months) if onwards else -int(months)) - at)
    bounds = elapsed(quantity.value, quantity.unit)
    if bounds is None:
        raise ValueError(f"its figure is in {quantity.unit}, which is no time")
    return bounds[0]


def _calendar(clock: str, contract: Contract) -> Calendar:
    known = {calendar.id: calendar for calendar in contract.calendars}
    if clock in known:
        return known[clock]
    if len(known) == 1:
        return next(iter(known.values()))
    raise ValueError(
        "its figure is in business time, and the register has no calendar that says what that is"
    )


def _shifted(at: datetime, months: int) -> datetime:
    """The same day and time some months on; the month's last day where it has no such day."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    day = min(at.day, monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day)


def _allowances(
    rto: Provision, contract: Contract, numbers: Mapping[ProvisionId, str], at: datetime
) -> Iterator[Allowance]:
    """Accepted allowances that cover one of the systems, or that name none and so cover all."""
    for one in contract.provisions:
        if one.kind != "recovery_allowance" or one.status != "defined" or one.figure is None:
            continue
        if one.review not in {"accepted", "corrected"}:
            continue
        if one.scope.systems and not set(one.scope.systems) & set(rto.scope.systems):
            continue
        time = _limit(one.figure, contract, at, onwards=True, least=False)
        if isinstance(time, timedelta):
            name = ", ".join(one.values("name")) or one.citation.heading or "allowance"
            yield Allowance(name=name, time=time, clause=numbers[one.id])


def _look_back(contract: Contract, at: datetime) -> timedelta:
    found = next((one for one in contract.provisions if one.id == contract.look_back), None)
    if found is None or found.figure is None:
        return LOOK_BACK
    limit = _limit(found.figure, contract, at, onwards=False, least=False)
    return limit if isinstance(limit, timedelta) else LOOK_BACK


def _numbers(contract: Contract) -> dict[ProvisionId, str]:
    """How each provision's clause is called: its section, told apart where one section has several quotes."""
    taken: dict[str, tuple[str, int, int]] = {}
    named: dict[ProvisionId, str] = {}
    for one in sorted(contract.provisions, key=lambda one: one.review == "rejected"):
        cited = one.citation
        place = (cited.document, cited.span.start, cited.span.end)
        base = cited.section or cited.heading or f"at {cited.span.start}"
        name = next(name for name in _candidates(base) if taken.get(name, place) == place)
        taken[name] = place
        named[one.id] = name
    return named


def _candidates(base: str) -> Iterator[str]:
    yield base
    for number in count(2):
        yield f"{base} ({number})"


def _agreement(contract: Contract, numbers: Mapping[ProvisionId, str]) -> Agreement:
    """What was signed, with each clause that a provision cites once."""
    clauses: dict[str, Clause] = {}
    for one in contract.provisions:
        if one.review != "rejected":
            cited = one.citation
            clauses.setdefault(
                numbers[one.id],
                Clause(
                    number=numbers[one.id],
                    title=cited.heading,
                    document=cited.document,
                    quote=cited.quote,
                    span=cited.span,
                ),
            )
    return Agreement(
        id=AgreementId(contract.id),
        title=contract.title,
        documents=tuple(
            Signed(id=one.id, name=one.name, sha256=Sha256(one.sha256), text_sha256=Sha256(one.text_sha256))
            for one in contract.documents
            if one.supplied
        ),
        provider=contract.parties.provider,
        customer=contract.parties.customer,
        effective=contract.effective,
        clauses=tuple(clauses.values()),
    )
