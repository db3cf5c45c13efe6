"""Gap rules: is a question answered by some provision, and if not, how near does one come? Pure.

Two kinds of rules share the query language: those that want an answer (`any_of`, `all_of`), and those
that warn when clauses stand together that should not (`against`).
"""

from collections.abc import Iterator

from drverify.linting import scopes
from drverify.linting.passages import Ground, nearest, says
from drverify.linting.wants import NO_FIGURE, Answer, Miss, answer
from drverify.model.contract import Citation, Provision
from drverify.model.rule import Finding, FindingStatus, Rule, Want, When

_UNTOLD = frozenset({"by_reference", "needs_review"})
"""Statuses that leave open whether the answer exists: it stands elsewhere, or a person has to choose."""
_STATUS_WORDS = {
    "vague": "says it without a criterion",
    "by_reference": "leaves it to another document",
    "placeholder": "has a placeholder in its place",
    "redacted": "has it redacted",
    "disclaimed": "takes it back",
    "delegated": "leaves it to the other side",
    "needs_review": "needs a person who decides",
    "defined": "does not bind",
    "conflicting": "contradicts another clause",
}


def findings(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """What a gap rule finds: nothing, one gap, or one contradiction."""
    if not applies(rule.when, ground):
        return
    alternatives = [answer(want, ground) for want in rule.any_of]
    needed = [answer(want, ground) for want in rule.all_of]
    if rule.against:
        if not any(one.met for one in alternatives):
            yield from _against(rule, ground)
        return
    unmet = [one for one in needed if not one.met]
    if alternatives and not any(one.met for one in alternatives):
        unmet += alternatives
    if unmet:
        yield _gap(rule, ground, unmet)
        return
    yield from _per_system(rule, ground)


def applies(when: When, ground: Ground) -> bool:
    """Whether the question makes sense for this agreement."""
    asked = (when.mentions, when.kinds, when.system_kinds, when.inventory)
    if not any(asked):
        return True
    if when.inventory and ground.inventory:
        return True
    if when.kinds and ground.provisions(*when.kinds):
        return True
    kinds = {one.kind for one in ground.contract.systems} | {one.kind for one in ground.inventory}
    if kinds & set(when.system_kinds):
        return True
    return bool(when.mentions) and next(says(ground, when.mentions, when.never), None) is not None


def missing(ground: Ground) -> tuple[FindingStatus, str]:
    """How "it is not there" may be said of these documents, with the reason if it may not."""
    doubts = ground.doubts()
    if not doubts:
        return "absent", ""
    more = f" and {len(doubts) - 2} more" if len(doubts) > 2 else ""  # noqa: PLR2004 - two are enough to read
    return "undetermined", f" Not determined: {'; '.join(doubts[:2])}{more}."


def _gap(rule: Rule, ground: Ground, unmet: list[Answer]) -> Finding:
    misses = sorted((miss for one in unmet for miss in one.misses), key=lambda miss: miss.rank)
    considered = {one.id for part in unmet for one in part.provisions}
    considered |= {miss.provision.id for miss in misses}
    status, detail, about = _verdict(rule, ground, unmet, misses)
    cited = about.citation if about is not None else None
    if cited is None:
        passage = nearest(ground, rule.near)
        cited = passage.citation() if passage is not None else next(_strangers(misses), None)
    return Finding(
        rule=rule.id, family=rule.family, group=rule.group, severity=rule.severity, status=status,
        question=rule.question, detail=detail, searched=ground.searched(len(considered)), nearest=cited,
        provisions=(about.id,) if about is not None else (), wording=rule.wording,
        systems=about.scope.systems if about is not None else (),
    )  # fmt: skip


def _verdict(
    rule: Rule, ground: Ground, unmet: list[Answer], misses: list[Miss]
) -> tuple[FindingStatus, str, Provision | None]:
    """Status, detail, and the provision that comes nearest."""
    best = misses[0] if misses else None
    if best is not None and best.status and not set(best.lacks) - {NO_FIGURE}:
        words = _STATUS_WORDS[best.provision.status]
        why = f": {best.provision.why}" if best.provision.why else ""
        status: FindingStatus = "undetermined" if best.provision.status in _UNTOLD else "vague"
        return status, f"{rule.asks}: {_where(best.provision)} {words}{why}.", best.provision
    status, doubt = missing(ground)
    partly = next((one for one in unmet if one.provisions), None)
    if partly is not None:
        about = partly.provisions[0]
        lacks = f"Answered in part ({_where(about)}); missing: {', '.join(partly.lacks)}."
        return status, f"{rule.asks}: {lacks}{doubt}", about
    if best is not None and not best.stranger:
        lacks = f"{_where(best.provision)} does not say {', '.join(best.lacks)}."
        return status, f"{rule.asks}: {lacks}{doubt}", best.provision
    return status, f"{rule.asks}: no clause says it.{doubt}", None


def _strangers(misses: list[Miss]) -> Iterator[Citation]:
    return (miss.provision.citation for miss in misses)


def _where(provision: Provision) -> str:
    return f"clause {provision.citation.section}" if provision.citation.section else "a clause"


def _against(rule: Rule, ground: Ground) -> Iterator[Finding]:
    found = [answer(want, ground) for want in rule.against]
    if not all(one.met for one in found):
        return
    cited = tuple(dict.fromkeys(one.citations()[0] for one in found))
    provisions = tuple(dict.fromkeys(one.provisions[0].id for one in found if one.provisions))
    against = " against ".join(f"“{_short(one.quote)}”" for one in cited)
    yield Finding(
        rule=rule.id, family=rule.family, group=rule.group, severity=rule.severity, status="inconsistent",
        question=rule.question, detail=f"{rule.asks}: {against}.", searched=ground.searched(len(provisions)),
        nearest=cited[0], related=cited[1:], provisions=provisions, wording=rule.wording,
    )  # fmt: skip


def _short(quote: str) -> str:
    words = " ".join(quote.split())
    return words if len(words) <= 90 else f"{words[:87]}..."  # noqa: PLR2004 - one line of a terminal


def _per_system(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """Answered, but perhaps not for every covered system."""
    wants = [one for one in (*rule.any_of, *rule.all_of) if one.per_system]
    if not wants or not ground.contract.systems:
        return
    good = tuple(one for want in wants for one in answer(want, ground).provisions)
    if good:
        yield from _uncovered(rule, ground, good, wants)


def _uncovered(
    rule: Rule, ground: Ground, good: tuple[Provision, ...], wants: list[Want]
) -> Iterator[Finding]:
    near = {one.id: one for want in wants for one in ground.provisions(*want.kinds)}
    reaches = [ground.reach(one) for one in good]
    answers = {
        one.name: scopes.covering(reaches, ground.atlas.key(one.name)) for one in ground.contract.systems
    }
    status, doubt = missing(ground)
    for covered, said in ((False, status), (None, "undetermined")):
        left = tuple(name for name, found in answers.items() if found is covered)
        if not left:
            continue
        why = doubt if covered is False else " The clauses' own words do not tell; map them to systems."
        yield Finding(
            rule=rule.id, family=rule.family, group=rule.group, severity=rule.severity,
            status=said,  # type: ignore[arg-type]  # a literal of FindingStatus
            question=rule.question, detail=f"{rule.asks}: not for {', '.join(left)}.{why}",
            searched=ground.searched(len(near)), nearest=good[0].citation, systems=left, wording=rule.wording,
            provisions=tuple(one.id for one in good),
        )  # fmt: skip
