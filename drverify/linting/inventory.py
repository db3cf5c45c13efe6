"""Clauses against what is known from elsewhere: the inventory and its real backup schedules. Pure."""

from collections.abc import Iterable, Iterator

from drverify.linting import gaps, scopes
from drverify.linting.comparing import added, is_time, length, shown, shown_length, time_of, undecided
from drverify.linting.passages import Ground
from drverify.linting.raising import about, clause
from drverify.model.contract import Kind, Provision
from drverify.model.quantity import Quantity, shorter
from drverify.model.recovery import Workload, boots
from drverify.model.rule import Finding, Rule, SystemFact

_PROTECTING: tuple[Kind, ...] = (
    "rpo", "rto", "backup_frequency", "retention", "backup_scope", "restore_test", "covered_system",
)  # fmt: skip
_EXCLUDING: tuple[Kind, ...] = ("disclaimer", "backup_disclaimer")


def facts_of(workloads: Iterable[Workload]) -> tuple[SystemFact, ...]:
    """What an inventory of workloads knows."""
    return tuple(
        SystemFact(
            name=one.name,
            kind="vm" if boots(one.payload) else "file_set",
            description=one.description,
            backed_up=True,
        )
        for one in workloads
    )


def uncovered(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """G-SCOPE-04: a system of the inventory that no clause covers and none excludes by name."""
    clauses = ground.provisions(*_PROTECTING)
    excluded = ground.provisions(*_EXCLUDING)
    unsure: list[str] = []
    left: list[str] = []
    for fact in ground.inventory:
        if any(_names(one, fact) for one in excluded) or _is_named(fact, ground):
            continue
        answers = [_covers(one, fact, ground) if _is_scoped(one, ground) else None for one in clauses]
        if True not in answers:
            (unsure if None in answers else left).append(fact.name)
    status, _ = gaps.missing(ground)
    for names, said, words in (
        (left, status, "covered by no clause and excluded by none"),
        (unsure, "undetermined", "covered by no clause that names them; the clauses' words may mean them"),
    ):
        if names:
            told = f"In the inventory, but {words}: {', '.join(names)}."
            yield about(
                rule, ground, (), told, status=said,
                considered=len(clauses), systems=tuple(names),
                also=tuple(one.citation for one in clauses[:1]),
            )  # fmt: skip


def unknown_systems(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """I-01: a clause covers a system that the inventory does not have."""
    if not ground.inventory:
        return
    facts = {fact.name for fact in ground.inventory}
    for system in ground.contract.systems:
        key = ground.atlas.key(system.name)
        if key in facts:
            continue
        citing = [one for one in ground.provisions(*_PROTECTING) if key in ground.reach(one).keys]
        told = f"The agreement covers {system.name}; the inventory has no such system."
        yield about(rule, ground, citing, told, systems=(system.name,))


def recovery_points(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """I-02: a recovery point objective against the real schedule, and the lag of the copy."""
    for fact in ground.inventory:
        if fact.interval is None:
            continue
        for one in ground.provisions("rpo"):
            limit = time_of(one)
            if limit is None or not _covers(one, fact, ground):
                continue
            words = f"RPO {shown(limit)}{clause(one)}, {fact.name} is backed up {_schedule(fact)}"
            found = list(_compared(rule, ground, one, fact, short=limit, long=fact.interval, words=words))
            yield from found or _with_lag(rule, ground, one, fact, limit=limit, words=words)


def _with_lag(
    rule: Rule, ground: Ground, one: Provision, fact: SystemFact, *, limit: Quantity, words: str
) -> Iterator[Finding]:
    """On loss of the site only what has arrived at the other one is left."""
    if fact.interval is None or fact.copy_lag is None:
        return
    allowed, total = length(limit), added(fact.interval, fact.copy_lag)
    if allowed is not None and total is not None and allowed.shorter(total):
        lost = f"on loss of the site up to {shown_length(total)} are lost"
        told = f"{words} and copied off-site after {shown(fact.copy_lag)}: {lost}."
        yield about(rule, ground, (one,), told, systems=(fact.name,))


def intervals(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """I-03: backups that are promised more often than they really run."""
    for fact in ground.inventory:
        promised = [
            (one, every) for one in ground.provisions("backup_frequency")
            if (every := time_of(one)) is not None and _covers(one, fact, ground)
        ]  # fmt: skip
        if fact.interval is None:
            continue
        for one, every in promised:
            promise = f"Backups are promised every {shown(every)}{clause(one)}"
            words = f"{promise}, {fact.name} is backed up {_schedule(fact)}"
            yield from _compared(rule, ground, one, fact, short=every, long=fact.interval, words=words)


def retentions(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """I-04: backups that are promised for longer than they are really kept."""
    for fact in ground.inventory:
        if fact.retention is None:
            continue
        for one in ground.provisions("retention"):
            kept = time_of(one)
            if kept is not None and _covers(one, fact, ground):
                words = (
                    f"Backups are promised for {shown(kept)}{clause(one)}, those of {fact.name} are kept "
                    f"{shown(fact.retention)}"
                )
                yield from _compared(rule, ground, one, fact, short=fact.retention, long=kept, words=words)


def unprotected(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """I-05: a system that a clause protects and that is not backed up at all."""
    for fact in ground.inventory:
        if fact.backed_up is not False:
            continue
        clauses = [
            one for one in ground.provisions("rpo", "rto", "backup_frequency", "retention", "backup_scope")
            if _covers(one, fact, ground)
        ]  # fmt: skip
        if clauses:
            told = f"{fact.name} is protected{clause(clauses[0])}; by the inventory it is not backed up."
            yield about(rule, ground, clauses, told, systems=(fact.name,))


def _compared(
    rule: Rule,
    ground: Ground,
    one: Provision,
    fact: SystemFact,
    *,
    short: Quantity,
    long: Quantity,
    words: str,
) -> Iterator[Finding]:
    """A finding when `short` is shorter than `long`, or when that cannot be told."""
    if not is_time(short) or not is_time(long):
        return
    answer = shorter(short, long)
    if answer:
        yield about(rule, ground, (one,), f"{words}: it cannot be kept.", systems=(fact.name,))
    elif answer is None:
        told = f"{words}: {undecided(short, long)}."
        yield about(rule, ground, (one,), told, status="undetermined", systems=(fact.name,))


def _schedule(fact: SystemFact) -> str:
    if fact.schedule:
        return fact.schedule
    return f"every {shown(fact.interval)}" if fact.interval is not None else "at times not known"


def _known(fact: SystemFact) -> tuple[str, ...]:
    return (fact.name, *fact.aliases)


def _is_named(fact: SystemFact, ground: Ground) -> bool:
    return any(ground.atlas.key(system.name) == fact.name for system in ground.contract.systems)


def _names(one: Provision, fact: SystemFact) -> bool:
    return any(scopes.names(one.citation.quote, name) for name in _known(fact))


def _is_scoped(one: Provision, ground: Ground) -> bool:
    """Whether it can be told what the clause covers: by its words, or by the systems the agreement names."""
    return ground.reach(one).worded or bool(ground.contract.systems)


def _covers(one: Provision, fact: SystemFact, ground: Ground) -> bool | None:
    """Whether a clause covers it; one without a scope covers the systems that the agreement names."""
    reach = ground.reach(one)
    if not reach.worded and ground.contract.systems:
        return _is_named(fact, ground)
    return reach.covers(fact.name)
