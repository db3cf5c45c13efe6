"""Consistency rules about one thing said twice: C-04, C-08, C-09. Pure."""

import re
from collections.abc import Iterator
from itertools import combinations

from drverify.linting import scopes
from drverify.linting.comparing import differ, shown, undecided
from drverify.linting.passages import Ground, Passage
from drverify.linting.raising import about, clause
from drverify.linting.spelled import disputes
from drverify.model.contract import Kind, Provision, Source
from drverify.model.document import DocumentId
from drverify.model.rule import Finding, FindingStatus, Rule, Severity

_COMPARED: tuple[Kind, ...] = (
    "rpo", "rto", "backup_frequency", "retention", "restore_test", "dr_test", "uptime", "data_deletion",
    "exit_data_return", "response_time",
)  # fmt: skip
_ONCE_IN_A_DOCUMENT: frozenset[Kind] = frozenset({"rpo", "rto"})
"""Within one document only these have one figure for one scope; others differ by circumstances."""
_TELL_APART = (
    "generation", "variant", "grain", "item", "level", "layer", "exercise", "start", "stop", "mode",
    "onboarding", "window",
)  # fmt: skip
_SAME_PLACE = re.compile(
    r"\b(?:same|identical|very)\s+(?:\w+\s+){0,2}(?:data\s?-?cent(?:er|re)|site|building|region|zone|room|rack|"
    r"location|facility|availability\s+zone|city)\b", re.IGNORECASE,
)  # fmt: skip
_NOT_SAME = re.compile(
    r"\b(?:not|never|no|other\s+than|different\s+from|outside)\b[^.;]{0,60}\b(?:same|identical)\b",
    re.IGNORECASE,
)


def documents_disagree(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """C-04: two figures for one thing, in two documents or in two clauses of one."""
    sources = {one.id: one for one in ground.contract.documents}
    for kind in _COMPARED:
        things: dict[tuple[frozenset[str], ...], list[Provision]] = {}
        for one in ground.provisions(kind):
            if one.figure is not None:
                things.setdefault(_thing(one), []).append(one)
        for found in things.values():
            for a, b in combinations(found, 2):
                if _comparable(a, b, ground):
                    yield from _differing(rule, ground, a, b, sources)
    told = {one.id for one in ground.contract.provisions if one.status == "conflicting"}
    for one in ground.contract.provisions:
        if one.id in told and one.review != "rejected" and not _by_figures(one, ground):
            why = one.why or "it contradicts another clause"
            yield about(rule, ground, (one,), f"The clause{clause(one)} is marked as conflicting: {why}.")


def _by_figures(one: Provision, ground: Ground) -> bool:
    others = (other for other in ground.provisions(one.kind) if other.id != one.id)
    return one.figure is not None and any(
        other.figure is not None
        and _thing(one) == _thing(other)
        and _comparable(one, other, ground)
        and differ(one.figure.quantity, other.figure.quantity) is not False
        for other in others
    )


def _comparable(a: Provision, b: Provision, ground: Ground) -> bool:
    """Whether two clauses about one thing speak of the same systems, so that one figure is too many."""
    if a.citation.document == b.citation.document and a.citation.span == b.citation.span:
        return False
    if a.citation.document == b.citation.document and a.kind not in _ONCE_IN_A_DOCUMENT:
        return False
    if {a.party, b.party} == {"provider", "customer"}:
        return False
    if a.citation.document != b.citation.document:
        return bool(scopes.overlap(ground.reach(a), ground.reach(b)))
    named = ground.reach(a).worded and not (a.conditions or b.conditions)
    return named and scopes.same(ground.reach(a), ground.reach(b))


def _thing(one: Provision) -> tuple[frozenset[str], ...]:
    """What it speaks of: clauses of one kind that differ in this speak of different things."""
    return tuple(frozenset(one.values(name)) for name in _TELL_APART)


def _differing(
    rule: Rule, ground: Ground, a: Provision, b: Provision, sources: dict[DocumentId, Source]
) -> Iterator[Finding]:
    if a.figure is None or b.figure is None:
        return
    answer = differ(a.figure.quantity, b.figure.quantity)
    if answer is False:
        return
    first, second = (sources.get(one.citation.document) for one in (a, b))
    severity: Severity = rule.severity
    ruled = ""
    if first and second and first.id != second.id:
        if first.precedence == second.precedence:
            ruled = " No precedence tells which one holds."
        else:
            over = first if first.precedence < second.precedence else second
            ruled, severity = f" {over.name} prevails.", "minor"
    names = [one.name if one else "?" for one in (first, second)]
    words = (
        f"{_said(a)} in {names[0]}{clause(a)}, {_said(b)} in {names[1]}{clause(b)}"
        if names[0] != names[1] else f"{_said(a)}{clause(a)}, {_said(b)}{clause(b)}"
    )  # fmt: skip
    status: FindingStatus = "inconsistent" if answer else "undetermined"
    end = "." if answer else f": {undecided(a.figure.quantity, b.figure.quantity)}."
    kind = a.kind.replace("_", " ")
    told = f"Two figures for one thing ({kind}): {words}{end}{ruled}"
    yield about(rule, ground, (a, b), told, status=status, severity=severity)


def _said(one: Provision) -> str:
    return shown(one.figure.quantity) if one.figure is not None else ""


def words_and_digits(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """C-08: "four (2) hours", by the reader's mark or anywhere in the documents."""
    told: set[tuple[str, int]] = set()
    for passage in ground.passages:
        for words in disputes(passage.text):
            marked = [one for one in _marked(rule, ground) if _stands_in(one, passage)]
            told |= {(one.citation.document, one.citation.span.start) for one in marked}
            where = f" (clause {passage.section})" if passage.section else ""
            found = f"The words and the digits{where} differ: “{words}”."
            also = () if marked else (passage.citation(),)
            yield about(rule, ground, marked, found, also=also)
    for one in _marked(rule, ground):
        if (one.citation.document, one.citation.span.start) not in told:
            said = one.why or one.citation.quote
            yield about(rule, ground, (one,), f"The words and the digits{clause(one)} differ: {said}.")


def _marked(rule: Rule, ground: Ground) -> list[Provision]:
    provisions = ground.contract.provisions
    return [one for one in provisions if rule.id in one.rules and one.review != "rejected"]


def _stands_in(one: Provision, passage: Passage) -> bool:
    span = passage.block.span
    return one.citation.document == passage.document and span.start <= one.citation.span.start < span.end


def same_place(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """C-09: an "off-site" copy where the source is, by the clause's own words or by the inventory."""
    for one in ground.provisions("offsite_copy"):
        match = _SAME_PLACE.search(one.citation.quote)
        if match is not None and not _NOT_SAME.search(one.citation.quote):
            told = f"The copy{clause(one)} is off-site and in “{match.group()}”."
            yield about(rule, ground, (one,), told)
            continue
        yield from _same_by_inventory(rule, ground, one)


def _same_by_inventory(rule: Rule, ground: Ground, one: Provision) -> Iterator[Finding]:
    """The place that the clause names, or the one where copies really are, is where the source runs."""
    covered = [
        fact
        for fact in ground.inventory
        if fact.location and ground.reach(one).covers(fact.name) is not False
    ]
    for place in one.values("location"):
        there = tuple(fact.name for fact in covered if _is_place(place, fact.location))
        if there:
            told = f"The off-site copy{clause(one)} is kept in {place}, where {', '.join(there)} run, too."
            yield about(rule, ground, (one,), told, systems=there)
    really = tuple(
        fact.name for fact in covered if fact.copy_location and _is_place(fact.copy_location, fact.location)
    )
    if really:
        told = f"By the inventory the copies of {', '.join(really)} are where they run; off-site is promised"
        yield about(rule, ground, (one,), f"{told}{clause(one)}.", systems=really)


def _is_place(words: str, place: str) -> bool:
    return scopes.names(words, place) or scopes.names(place, words)
