"""Document rules D-01 to D-05: what limits that anything can be said to be absent. Pure."""

from collections.abc import Iterator

from drverify.linting.passages import SUPPORTED_LANGUAGES, Ground
from drverify.linting.raising import about
from drverify.model.contract import Source
from drverify.model.document import RemarkKind
from drverify.model.rule import Finding, Rule

_RULES: dict[RemarkKind, str] = {
    "language": "D-01", "no-text": "D-02", "encrypted": "D-02", "truncated": "D-02", "other": "D-02",
    "tracked": "D-03", "hidden": "D-03", "struck": "D-03", "columns-lost": "D-04",
}  # fmt: skip


def findings(rules: dict[str, Rule], ground: Ground) -> Iterator[Finding]:
    """What every document, and what is missing beside them, leaves unread."""
    remarked = set()
    for source, remark in ground.remarks:
        name = _RULES[remark.kind]
        if name not in rules:
            continue
        if remark.kind == "other" and not remark.blocks_absence:
            continue
        if name == "D-01":
            remarked.add(source.id)
        page = f", page {remark.page}" if remark.page is not None else ""
        yield _finding(rules[name], ground, f"{source.name}{page}: {remark.detail}")
    for source in ground.contract.documents:
        yield from _of_source(rules, ground, source, told=source.id in remarked)


def _of_source(rules: dict[str, Rule], ground: Ground, source: Source, *, told: bool) -> Iterator[Finding]:
    if not source.supplied and "D-05" in rules:
        yield _finding(rules["D-05"], ground, f"{source.name} is named by the agreement and was not supplied")
    elif "D-01" in rules and source.language and source.language not in SUPPORTED_LANGUAGES and not told:
        several = source.language == "mul"
        what = "in more than one language" if several else f"in the language {source.language}"
        yield _finding(rules["D-01"], ground, f"{source.name} is {what}; only English is read")


def _finding(rule: Rule, ground: Ground, detail: str) -> Finding:
    consequence = "" if rule.id == "D-03" else " What is not found may be there: it is “not determined”."
    return about(rule, ground, (), f"{detail.rstrip('.')}.{consequence}", status="document")
