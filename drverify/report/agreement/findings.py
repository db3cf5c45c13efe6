"""What the rules found, as text, Markdown and JSON; the page and SARIF are made elsewhere."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from drverify.model.contract import Citation, Contract
from drverify.model.rule import Finding, Searched, Severity
from drverify.report.agreement.words import clean, shorten

SEVERITIES: tuple[Severity, ...] = ("critical", "major", "minor")
STATUS_WORDS = {
    "absent": "not there",
    "undetermined": "not determined",
    "vague": "vague",
    "inconsistent": "does not fit",
    "document": "about the document",
}


def summary(found: Sequence[Finding]) -> str:
    """`3 findings: 1 critical, 2 minor`."""
    if not found:
        return "no finding"
    counts = Counter(one.severity for one in found)
    said = ", ".join(f"{counts[name]} {name}" for name in SEVERITIES if counts[name])
    return f"{len(found)} finding{'s' if len(found) > 1 else ''}: {said}"


def title(contract: Contract) -> str:
    """What the agreement is called."""
    return clean(contract.title or contract.id)


def cited(citation: Citation, contract: Contract) -> str:
    """`4.2 Backups, page 3 of msa.pdf`, as far as it is known."""
    names = {source.id: source.name for source in contract.documents}
    heading, clause = shorten(citation.heading, 48), clean(citation.section)
    if heading and clause:
        where = heading if heading.startswith(clause) else f"{clause} ({heading})"
    else:
        where = clause or heading or clean(citation.locator)
    if citation.page is not None:
        where = f"{where}, page {citation.page}" if where else f"page {citation.page}"
    name = clean(names.get(citation.document, citation.document))
    return f"{where} of {name}" if where else name


def searched(what: Searched, contract: Contract) -> str:
    """What was looked through before something was said to be missing."""
    names = {source.id: clean(source.name) for source in contract.documents}
    documents = ", ".join(names.get(one, clean(one)) for one in what.documents) or "no document"
    text = f"{documents}: {what.segments} passages, {what.provisions} provisions"
    if what.not_supplied:
        text += f"; not supplied: {clean(', '.join(what.not_supplied))}"
    return text


def text(contract: Contract, found: Sequence[Finding]) -> str:
    """For a terminal or a log: one finding after the other, the worst first."""
    lines = [f"{title(contract)}: {summary(found)}", ""]
    for one in found:
        lines += [_headline(one), *(f"  {name:<9} {words}" for name, words in facts(one, contract)), ""]
    return "\n".join(lines)


def _headline(one: Finding) -> str:
    return f"{one.severity.upper():<8} {one.rule}  {clean(one.question)}: {STATUS_WORDS[one.status]}"


def facts(one: Finding, contract: Contract) -> Iterator[tuple[str, str]]:
    """What is known about a finding, by name, in the order in which to show it."""
    if one.detail:
        yield "found", clean(one.detail)
    if one.systems:
        yield "systems", clean(", ".join(one.systems))
    if one.searched.documents or one.searched.not_supplied:
        yield "searched", searched(one.searched, contract)
    if one.nearest is not None:
        name = "nearest" if one.status in {"absent", "undetermined"} else "clause"
        yield name, f"{cited(one.nearest, contract)}: “{shorten(one.nearest.quote, 240)}”"
    for other in one.related:
        yield "against", f"{cited(other, contract)}: “{shorten(other.quote, 240)}”"
    if one.wording:
        yield "wording", f"“{clean(one.wording)}”"


def markdown(contract: Contract, found: Sequence[Finding]) -> str:
    """For a ticket or a wiki: a table of contents by severity, then each finding."""
    lines = [f"# {_md(title(contract))}: what the agreement leaves open", "", f"{summary(found)}.", ""]
    if found:
        lines += ["| Severity | Rule | Question | Answer |", "|---|---|---|---|"]
        lines += [
            f"| {one.severity} | {one.rule} | {_cell(one.question)} | {STATUS_WORDS[one.status]} |"
            for one in found
        ]
        lines.append("")
    for one in found:
        lines += [
            f"## {one.rule}: {_md(clean(one.question))}",
            "",
            f"*{one.severity}, {STATUS_WORDS[one.status]}*",
            "",
        ]
        lines += [f"- {name}: {_md(words)}" for name, words in facts(one, contract)]
        lines.append("")
    return "\n".join(lines)


def _md(words: str) -> str:
    """Text of a document as Markdown that shows it and does nothing else."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|!&~" else char for char in words)


def _cell(words: str) -> str:
    return _md(clean(words))


def as_json(contract: Contract, found: Sequence[Finding]) -> str:
    """For programs; keys in a fixed order."""
    counts = Counter(one.severity for one in found)
    value = {
        "agreement": {"id": contract.id, "title": contract.title},
        "documents": [
            {"id": one.id, "name": one.name, "sha256": one.sha256, "supplied": one.supplied}
            for one in contract.documents
        ],
        "rules": contract.reader.rules,
        "summary": {name: counts[name] for name in SEVERITIES},
        "findings": [_row(one) for one in found],
    }
    return json.dumps(value, indent=2) + "\n"


def _row(one: Finding) -> dict[str, object]:
    return {
        "rule": one.rule,
        "family": one.family,
        "group": one.group,
        "severity": one.severity,
        "status": one.status,
        "question": one.question,
        "detail": one.detail,
        "systems": list(one.systems),
        "searched": {
            "documents": list(one.searched.documents),
            "not_supplied": list(one.searched.not_supplied),
            "segments": one.searched.segments,
            "provisions": one.searched.provisions,
        },
        "nearest": None if one.nearest is None else _citation(one.nearest),
        "related": [_citation(other) for other in one.related],
        "provisions": list(one.provisions),
        "wording": one.wording,
    }


def _citation(one: Citation) -> dict[str, object]:
    return {
        "document": one.document,
        "section": one.section,
        "heading": one.heading,
        "page": one.page,
        "locator": one.locator,
        "start": one.span.start,
        "end": one.span.end,
        "quote": one.quote,
    }
