"""Findings as SARIF 2.1.0 (OASIS standard), for the tools that show results of static analysis.

Regions count Unicode code points of the text that drverify reads; for Markdown and plain text that is
the file's own text, for other formats the extracted text, which the artifact's description says.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from hashlib import sha256
from urllib.parse import quote

from drverify import __version__
from drverify.model.agreement import Span
from drverify.model.contract import Citation, Contract, Source
from drverify.model.document import DocumentId, Text
from drverify.model.rule import Finding, Rule, Rulebook, Severity
from drverify.report.agreement.findings import cited
from drverify.report.agreement.words import clean

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Mapping[Severity, str] = {"critical": "error", "major": "warning", "minor": "note"}
_RANKS: Mapping[Severity, float] = {"critical": 90.0, "major": 60.0, "minor": 30.0}


def sarif(
    contract: Contract, texts: Mapping[DocumentId, Text], found: Sequence[Finding], rules: Rulebook
) -> str:
    """One run with every rule that was asked and every finding."""
    places = _Places(contract, texts)
    known = [rule.id for rule in rules.rules]
    run = {
        "tool": {
            "driver": {
                "name": "drverify",
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in rules.rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "artifacts": [places.artifact(source) for source in contract.documents if source.supplied],
        "results": [_result(one, known, contract, places) for one in found],
    }
    value = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(value, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.question},
        "fullDescription": {"text": rule.asks or rule.question},
        "help": {"text": f"A wording that answers it: {rule.wording}" if rule.wording else rule.question},
        "defaultConfiguration": {"level": _LEVELS[rule.severity], "rank": _RANKS[rule.severity]},
        "properties": {
            "tags": [tag for tag in dict.fromkeys((rule.family, rule.group)) if tag],
            "source": rule.source,
        },
    }


def _result(one: Finding, known: Sequence[str], contract: Contract, places: "_Places") -> dict[str, object]:
    result: dict[str, object] = {"ruleId": one.rule}
    if one.rule in known:
        result["ruleIndex"] = known.index(one.rule)
    result |= {
        "level": _LEVELS[one.severity],
        "rank": _RANKS[one.severity],
        "message": {"text": _message(one, contract)},
        "locations": places.locations(one),
        "relatedLocations": [
            {"id": number, **places.location(other), "message": {"text": cited(other, contract)}}
            for number, other in enumerate(one.related, 1)
        ],
        "partialFingerprints": {"drverify/1": _fingerprint(one)},
        "properties": {
            "status": one.status,
            "systems": list(one.systems),
            "provisions": list(one.provisions),
            "wording": one.wording,
        },
    }
    return result


def _message(one: Finding, contract: Contract) -> str:
    words = clean(f"{one.question} {one.detail}".strip())
    if one.status in {"absent", "undetermined"} and one.nearest is not None:
        words += f" The nearest clause is {cited(one.nearest, contract)}."
    return words


def _fingerprint(one: Finding) -> str:
    """The same finding of a document that only moved keeps its fingerprint."""
    quoted = one.nearest.quote if one.nearest is not None else ""
    parts = (one.rule, one.status, " ".join(quoted.split()), *one.systems)
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


class _Places:
    """Lines and columns of citations."""

    def __init__(self, contract: Contract, texts: Mapping[DocumentId, Text]) -> None:
        self._sources = {source.id: source for source in contract.documents}
        self._supplied = [source.id for source in contract.documents if source.supplied]
        self._texts = texts
        self._lines = {name: _line_starts(text.content) for name, text in texts.items()}

    def artifact(self, source: Source) -> dict[str, object]:
        """A document."""
        value: dict[str, object] = {"location": {"uri": _uri(source)}}
        if source.sha256:
            value["hashes"] = {"sha-256": source.sha256}
        if source.format not in {"txt", "md"}:
            value["description"] = {"text": "regions count characters of the text that drverify extracts"}
        return value

    def locations(self, one: Finding) -> list[dict[str, object]]:
        """The clause, or for something absent without a near clause the first document as a whole."""
        if one.nearest is not None:
            return [self.location(one.nearest)]
        searched = [name for name in one.searched.documents if name in self._supplied]
        return [{"physicalLocation": self._artifact(name)} for name in (searched or self._supplied)[:1]]

    def location(self, citation: Citation) -> dict[str, object]:
        """A citation with its region, and the clause as a logical location."""
        physical = self._artifact(citation.document)
        lines = self._lines.get(citation.document)
        if lines is not None:
            physical["region"] = _region(citation.span, lines, self._texts[citation.document].content)
        value: dict[str, object] = {"physicalLocation": physical}
        name = clean(citation.section or citation.heading)
        if name:
            value["logicalLocations"] = [{"name": name, "kind": "clause"}]
        return value

    def _artifact(self, name: DocumentId) -> dict[str, object]:
        source = self._sources.get(name)
        if source is None:
            return {"artifactLocation": {"uri": quote(name)}}
        found: dict[str, object] = {"uri": _uri(source)}
        if name in self._supplied:
            found["index"] = self._supplied.index(name)
        return {"artifactLocation": found}


def _uri(source: Source) -> str:
    return quote(source.name)


def _line_starts(content: str) -> list[int]:
    return [0, *(at + 1 for at, char in enumerate(content) if char == "\n")]


def _region(span: Span, lines: Sequence[int], content: str) -> dict[str, object]:
    first, last = bisect_right(lines, span.start) - 1, bisect_right(lines, span.end) - 1
    return {
        "startLine": first + 1,
        "startColumn": span.start - lines[first] + 1,
        "endLine": last + 1,
        "endColumn": span.end - lines[last] + 1,
        "charOffset": span.start,
        "charLength": span.end - span.start,
        "snippet": {"text": clean(content[span.start : span.end], lines=True)},
    }
