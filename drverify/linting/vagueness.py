"""Vagueness rules V-01 to V-12: from a provision's status and marks, explained by the rules' words. Pure.

A provision is vague because the reader said so (its status, the rules it names). The words of a rule
explain; where none of them is there, what is missing is a figure or a criterion (V-08).
"""

from collections.abc import Iterator

from drverify.linting import scopes
from drverify.linting.passages import DEFINITION, Ground, pattern, says
from drverify.linting.raising import about, clause
from drverify.model.contract import Kind, Provision
from drverify.model.rule import Finding, FindingStatus, Rule

_BY_STATUS = {"placeholder": "V-10", "redacted": "V-10", "by_reference": "V-09"}
_EXPLAINED = ("V-01", "V-02", "V-03", "V-04", "V-05", "V-06", "V-07", "V-09", "V-12")
_OWED: frozenset[Kind] = frozenset(
    {
        "backup_frequency", "retention", "offsite_copy", "restore_test", "restore_responsibility", "dr_test",
        "backup_monitoring", "application_validation", "data_deletion", "exit_data_return", "reporting",
    }
)  # fmt: skip
"""Kinds that somebody has to do."""
_BY_QUALITY: frozenset[Kind] = frozenset(
    {
        "dr_plan", "restore_responsibility", "offsite_copy", "encryption", "immutability",
        "backup_monitoring", "backup_scope", "application_validation",
    }
)  # fmt: skip
"""Kinds without a figure: what they promise needs another criterion."""
_NO_FIGURE: frozenset[Kind] = frozenset(
    {
        "application_validation", "failover_decision", "severity", "maintenance_window", "change_control",
        "client_duty", "tooling", "migration", "layer_responsibility", "disclaimer", "covered_system",
    }
)  # fmt: skip
_NAMED: frozenset[Kind] = frozenset(
    {"layer_responsibility", "covered_system", "disclaimer", "tooling", "severity", "migration"}
)
"""Kinds that say who, what and which: not how fast or how well."""
_OF_FIGURES = frozenset({"V-01", "V-02", "V-03", "V-04", "V-05", "V-06", "V-08"})
_MENTIONED = r"back-?up|recover|restor|service|retention|availab|maintenance|polic|terms|agreement|sla\b"


def findings(rules: dict[str, Rule], ground: Ground) -> Iterator[Finding]:
    """One finding for each provision and rule, and V-12 for passages that give no provision."""
    rows = {(one.document, one.block.span.start) for one in ground.passages if one.block.kind == "row"}
    for one in ground.contract.provisions:
        if one.review == "rejected" or DEFINITION.match(one.citation.quote):
            continue
        for name in marks(one, rules):
            if name == "V-08" and _answered(one, ground):
                continue
            if name == "V-11" and (one.citation.document, one.citation.span.start) in rows:
                continue  # a table of figures stands under the clause that says who
            if name in rules:
                yield _finding(rules[name], ground, one)
    if "V-12" in rules:
        yield from _alone(rules["V-12"], ground)


def marks(provision: Provision, rules: dict[str, Rule]) -> tuple[str, ...]:
    """Ids of the vagueness rules that a provision breaks, in order."""
    named = [name for name in provision.rules if name.startswith("V-")]
    if provision.status in _BY_STATUS:
        named.append(_BY_STATUS[provision.status])
    if provision.status == "vague" and not set(named) - {"V-08", "V-11"}:
        named += [name for name in _EXPLAINED if name in rules and _words(rules[name], provision)] or ["V-08"]
    if provision.status == "placeholder" and "V-07" in rules and _words(rules["V-07"], provision):
        named.append("V-07")
    if _lacks_criterion(provision) and "V-04" in rules and _words(rules["V-04"], provision):
        named.append("V-04")
    if provision.party == "unknown":
        named.append("V-11")
    return tuple(name for name in sorted(set(named)) if _stands(name, named, provision))


def _answered(provision: Provision, ground: Ground) -> bool:
    """Whether another clause of the kind has the figure: this one only adds to it."""
    others = ground.provisions(provision.kind)
    return any(
        (one.figure is not None or one.status == "defined")
        and one.id != provision.id
        and scopes.overlap(ground.reach(one), ground.reach(provision))
        for one in others
    )


def _lacks_criterion(provision: Provision) -> bool:
    return provision.kind in _BY_QUALITY and provision.figure is None and provision.status == "defined"


def _stands(name: str, named: list[str], provision: Provision) -> bool:
    """A duty needs a party, and "something is missing" (V-08) says nothing once it is said what."""
    if name == "V-11":
        owed = provision.figure is not None or provision.modality in {"must", "must_not", "should", "target"}
        return provision.kind in _OWED and owed and provision.status in {"defined", "vague"}
    if provision.kind in _NAMED and name in _OF_FIGURES:
        return False
    if name == "V-05":  # where no figure is owed there is none to hedge
        return provision.figure is not None or provision.kind not in _NO_FIGURE
    return name != "V-08" or not set(named) - {"V-08", "V-11"}


def _words(rule: Rule, provision: Provision) -> tuple[str, ...]:
    quote = provision.citation.quote
    found = (match.group() for word in rule.words for match in pattern(word).finditer(quote))
    return tuple(dict.fromkeys(" ".join(one.split()) for one in found if one.strip()))


def _finding(rule: Rule, ground: Ground, provision: Provision) -> Finding:
    words = _words(rule, provision)
    explained = f" “{'”, “'.join(words[:3])}”." if words else "."
    why = f" {provision.why.rstrip('.')}." if provision.why and rule.id != "V-11" else ""
    status: FindingStatus = "undetermined" if provision.status == "by_reference" else "vague"
    kind = provision.kind.replace("_", " ")
    told = f"{rule.asks} ({kind}){clause(provision)}{':' if words else ''}{explained}{why}"
    return about(rule, ground, (provision,), told, status=status)


def _alone(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """Passages that let one side change what was agreed."""
    told = {
        (one.citation.document, one.citation.span.start)
        for one in ground.contract.provisions if rule.id in one.rules
    }  # fmt: skip
    for expression in rule.words:
        for passage in says(ground, expression):
            span = passage.block.span
            inside = any(doc == passage.document and span.start <= at < span.end for doc, at in told)
            if inside or not pattern(_MENTIONED).search(passage.text):
                continue
            told.add((passage.document, span.start))
            match = pattern(expression).search(passage.text)
            words = " ".join(match.group().split()) if match else ""
            yield about(
                rule, ground, (), f"{rule.asks}: “{words}”.", status="vague", also=(passage.citation(),)
            )
