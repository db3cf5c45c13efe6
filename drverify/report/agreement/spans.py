"""Provisions as spans of their documents, one JSON object a line, for scoring a reading against labels.

The vocabulary is that of the labelled corpus: our `customer` is its `client`, `vague` is every status
but `defined`, business time is a unit of its own, and offsets count characters of the document's text.
"""

import json
from collections.abc import Iterator
from decimal import Decimal

from drverify.model.contract import Contract, Figure, Party, Provision
from drverify.report.agreement.words import clean

_PARTIES: dict[Party, str] = {"customer": "client"}
_BUSINESS = {"minute": "business_minute", "hour": "business_hour", "day": "business_day"}


def lines(contract: Contract) -> str:
    """All provisions that nobody rejected, in the register's order; ends with a line feed unless empty."""
    return "".join(json.dumps(row) + "\n" for row in rows(contract))


def rows(contract: Contract) -> Iterator[dict[str, object]]:
    """One mapping for each provision; the keys always the same and in the same order."""
    names = {source.id: source.name for source in contract.documents}
    for provision in contract.provisions:
        if provision.review != "rejected":
            yield _row(provision, names.get(provision.citation.document, provision.citation.document))


def _row(provision: Provision, document: str) -> dict[str, object]:
    cited, figure = provision.citation, provision.figure
    return {
        "doc": document,
        "start": cited.span.start,
        "end": cited.span.end,
        "kind": provision.kind,
        "value": None if figure is None else _number(figure.quantity.value),
        "value_max": None if figure is None else _number(figure.quantity.upper),
        "unit": None if figure is None else _unit(figure),
        "comparator": None if figure is None else figure.comparator,
        "party": _PARTIES.get(provision.party, provision.party),
        "vague": provision.status != "defined",
        "status": provision.status,
        "section": clean(cited.section),
        "quote": cited.quote,
    }


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _unit(figure: Figure) -> str:
    unit = figure.quantity.unit
    return unit if figure.clock == "elapsed" else _BUSINESS.get(unit, unit)
