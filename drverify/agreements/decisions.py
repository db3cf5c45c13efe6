"""What people decide about provisions: accept, reject, correct. Pure; every change is recorded."""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast, get_args

from drverify.adapters.doors.yaml import nearest
from drverify.errors import InputError
from drverify.model.agreement import Span
from drverify.model.contract import (
    Citation,
    Contract,
    Correction,
    Figure,
    Kind,
    Modality,
    Party,
    Provision,
    Review,
    Scope,
    Slot,
    Status,
)
from drverify.model.decision import Addition, Decision
from drverify.model.document import DocumentId, Text
from drverify.model.quantity import Comparator, Quantity, Unit
from drverify.model.slots import SLOTS

NONE = "none"
CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": get_args(Kind),
    "status": get_args(Status),
    "modality": get_args(Modality),
    "party": get_args(Party),
}
"""Fields that take one of a few words."""
FIELDS = (*CHOICES, "figure", "clock", "systems", "scope", "slot.NAME")
_FIGURE = re.compile(
    r"\s*(?P<cmp><=|>=|<|>|=|~)?\s*(?P<value>\d+(?:\.\d+)?)(?:\s*(?:-|to|and)\s*(?P<upper>\d+(?:\.\d+)?))?"
    r"\s*(?P<unit>%|[a-z_]+?)s?\s*"
)
_WORDS = {"%": "percent", "h": "hour", "min": "minute", "d": "day", "business hour": "business_hour"}


def decide(contract: Contract, decision: Decision) -> Contract:
    """Apply one decision. InputError when it names nothing, or a value that cannot be."""
    ids = [one.id for one in contract.provisions]
    if decision.id not in ids:
        known: list[str] = [*ids]
        raise InputError(f"there is no provision {decision.id!r}{nearest(decision.id, known)}")
    if contract.accepted is not None:
        raise InputError("an accepted register takes no decisions", hint="decide about the proposal instead")
    at = ids.index(decision.id)
    made = _decided(contract.provisions[at], decision)
    return replace(contract, provisions=(*contract.provisions[:at], made, *contract.provisions[at + 1 :]))


def add(contract: Contract, addition: Addition, texts: Mapping[DocumentId, Text]) -> Contract:
    """Add a provision, or replace one that was added before under the same id.

    InputError when its quotes do not stand in the document exactly once, or the reader read it itself.
    """
    before = next((one for one in contract.provisions if one.id == addition.id), None)
    if before is not None and before.origin != "person":
        raise InputError(
            f"{addition.id} was read from the document and need not be added",
            hint="decide about it instead, or give the addition another id",
        )
    contract = replace(contract, provisions=tuple(one for one in contract.provisions if one is not before))
    document = DocumentId(addition.document) if addition.document else contract.documents[0].id
    if document not in texts:
        raise InputError(f"{addition.id}: there is no document {document!r}")
    span = _place(texts[document].content, addition.quote, addition.id, offset=0)
    made = Provision(
        id=addition.id,
        kind=addition.kind,
        status="defined",
        citation=Citation(
            document=document, section=addition.section, heading="", span=span, quote=addition.quote
        ),
        origin="person",
        review="accepted",
        remark=addition.reason,
    )
    if addition.figure:
        stated = addition.figure_quote or addition.quote
        where = _place(addition.quote, stated, addition.id, offset=span.start)
        figure = _figure(made, addition.figure)
        made = replace(made, figure=replace(figure, span=where) if figure else None)
    for name, value in addition.changes:
        made = _corrected(made, name, value, "")
    made = replace(made, corrections=())
    ordered = sorted((*contract.provisions, made), key=lambda one: _order(one, contract))
    return replace(contract, provisions=tuple(ordered))


def _order(one: Provision, contract: Contract) -> tuple[int, int, int]:
    ids = [source.id for source in contract.documents]
    return ids.index(one.citation.document), one.citation.span.start, one.citation.span.end


def _place(text: str, quote: str, name: str, *, offset: int) -> Span:
    start = text.find(quote) if quote else -1
    if start < 0:
        raise InputError(f"{name}: the quote does not stand in the document", hint=f"quoted was {quote!r}")
    if text.find(quote, start + 1) >= 0:
        raise InputError(f"{name}: the quote stands there more than once", hint="quote more of the clause")
    return Span(start=offset + start, end=offset + start + len(quote))


def _decided(one: Provision, decision: Decision) -> Provision:
    if decision.verdict == "reject":
        if not decision.reason:
            raise InputError(f"{one.id}: a rejection needs its reason")
        return replace(one, review="rejected", remark=decision.reason)
    if decision.verdict == "accept":
        if decision.changes:
            raise InputError(f"{one.id}: an acceptance changes nothing; `correct` does")
        if one.status == "needs_review":
            raise InputError(
                f"{one.id}: the reader only asks what it says; correct or reject it", hint=one.why
            )
        return replace(one, review="accepted", remark=decision.reason or one.remark)
    if not decision.changes:
        raise InputError(f"{one.id}: a correction needs what it changes: {', '.join(FIELDS)}")
    for name, value in decision.changes:
        one = _corrected(one, name, value, decision.reason)
    review: Review = "corrected"
    return replace(one, review=review, remark=decision.reason or one.remark)


def _corrected(one: Provision, name: str, value: str, reason: str) -> Provision:
    if name not in FIELDS and not name.startswith("slot."):
        raise InputError(f"{one.id}: there is no field {name!r} to correct; there are {', '.join(FIELDS)}")
    before = shown(one, name)
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise InputError(
                f"{one.id}: {name} takes {', '.join(CHOICES[name])}; found {value!r}"
                f"{nearest(value, list(CHOICES[name]))}"
            )
        made = replace(one, **cast("dict[str, Any]", {name: value}))
        if name == "status":
            made = replace(made, why="" if value == "defined" else made.why)
    elif name == "figure":
        made = replace(one, figure=_figure(one, value))
    elif name == "clock":
        if one.figure is None:
            raise InputError(f"{one.id}: without a figure there is no clock")
        made = replace(one, figure=replace(one.figure, clock=value))
    elif name in {"systems", "scope"}:
        made = replace(one, scope=_scope(one.scope, name, value))
    else:
        made = replace(one, slots=_slots(one, name.removeprefix("slot."), value))
    change = Correction(field=name, read=before, accepted=shown(made, name), reason=reason)
    kept = tuple(old for old in one.corrections if old.field != name)
    first = next((old for old in one.corrections if old.field == name), None)
    return replace(made, corrections=(*kept, replace(change, read=first.read) if first else change))


def shown(one: Provision, name: str) -> str:
    """A field's value in the words that a correction takes."""
    match name:
        case "figure":
            return figure_words(one.figure)
        case "clock":
            return one.figure.clock if one.figure else NONE
        case "systems":
            return ", ".join(one.scope.systems) or NONE
        case "scope":
            return one.scope.text or NONE
        case _ if name.startswith("slot."):
            return ", ".join(one.values(name.removeprefix("slot."))) or NONE
    return str(getattr(one, name))


def figure_words(figure: Figure | None) -> str:
    """`<= 4 hour`, `between 2 and 4 day`, `none`."""
    if figure is None:
        return NONE
    quantity = figure.quantity
    if figure.comparator == "between":
        return f"between {quantity.value:f} and {quantity.upper or 0:f} {quantity.unit}"
    return f"{figure.comparator} {quantity.value:f} {quantity.unit}"


def _figure(one: Provision, text: str) -> Figure | None:
    if text == NONE:
        return None
    match = _FIGURE.fullmatch(text.removeprefix("between").strip().lower())
    unit = _WORDS.get(match["unit"], match["unit"]) if match else ""
    if match is None or unit not in get_args(Unit):
        units = ", ".join(get_args(Unit))
        raise InputError(
            f"{one.id}: expected a figure such as `<= 4 hour`, found {text!r}", hint=f"units are: {units}"
        )
    upper = Decimal(match["upper"]) if match["upper"] else None
    comparator = "between" if upper is not None else match["cmp"] or "="
    quantity = Quantity(value=Decimal(match["value"]), unit=cast("Unit", unit), upper=upper)
    before = one.figure
    return Figure(
        quantity=quantity,
        comparator=cast("Comparator", comparator),
        clock=before.clock if before else "elapsed",
        span=before.span if before else one.citation.span,
    )


def _scope(scope: Scope, name: str, value: str) -> Scope:
    if name == "scope":
        return replace(scope, text="" if value == NONE else value)
    systems = () if value == NONE else tuple(part.strip() for part in value.split(",") if part.strip())
    return replace(scope, systems=systems)


def _slots(one: Provision, name: str, value: str) -> tuple[Slot, ...]:
    known = SLOTS[one.kind]
    if name not in known:
        raise InputError(
            f"{one.id}: a provision of kind {one.kind} has no slot {name!r}",
            hint=f"it has: {', '.join(known) or 'none'}",
        )
    values = [] if value == NONE else [part.strip() for part in value.split(",")]
    for part in values:
        if known[name] and part not in known[name]:
            raise InputError(f"{one.id}: slot {name} takes {', '.join(known[name])}; found {part!r}")
    others = tuple(slot for slot in one.slots if slot.name != name)
    spans = {slot.value: slot.span for slot in one.slots if slot.name == name}
    return (*others, *(Slot(name=name, value=part, span=spans.get(part)) for part in values))
