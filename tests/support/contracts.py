"""Hypothesis strategies over contracts: any text a document may hold, any value a field may take."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import get_args

from hypothesis import strategies as st

from drverify.model.agreement import Span
from drverify.model.contract import (
    Calendar,
    Citation,
    Contract,
    Correction,
    Figure,
    Kind,
    Modality,
    OpenPoint,
    Parties,
    Party,
    Provision,
    ProvisionId,
    Reader,
    Review,
    Scope,
    Slot,
    Source,
    Status,
    System,
)
from drverify.model.document import DocumentId, Remark
from drverify.model.quantity import Quantity, Unit
from drverify.model.slots import SLOTS
from drverify.sealing.agreed import accept

words = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t\u2028\u0085\r"), max_size=40
) | st.sampled_from(
    [
        "4.1",
        "24h",
        "1e3",
        "no",
        "null",
        "~",
        "2026-01-01",
        "- a",
        "# b",
        " x ",
        "'",
        '"',
        "${a}",
        "0x1",
        "=",
        "<=",
    ]
)
"""What YAML is most easily mistaken about, among anything else."""
quotes = words.filter(bool)
decimals = st.integers(0, 10**6).map(Decimal) | st.decimals(0, 1000, places=2).map(
    lambda d: Decimal(format(d.normalize(), "f"))
)


@st.composite
def figures(draw: st.DrawFn, within: Span) -> Figure:
    """A figure somewhere in the quote."""
    value = draw(decimals)
    upper = draw(st.none() | decimals)
    comparator = "between" if upper is not None else draw(st.sampled_from(["<=", "<", ">=", ">", "=", "~"]))
    start = draw(st.integers(within.start, within.end))
    return Figure(
        quantity=Quantity(value=value, unit=draw(st.sampled_from(get_args(Unit))), upper=upper),
        comparator=comparator,
        clock=draw(st.sampled_from(["elapsed", "business"])),
        span=Span(start=start, end=draw(st.integers(start, within.end))),
    )


@st.composite
def slots(draw: st.DrawFn, kind: Kind) -> tuple[Slot, ...]:
    """Slots that the kind has."""
    made = []
    for name, allowed in SLOTS[kind].items():
        if draw(st.booleans()):
            value = draw(st.sampled_from(allowed) if allowed else words)
            made.append(Slot(name=name, value=value, span=draw(st.none() | st.just(Span(start=3, end=9)))))
    return tuple(made)


@st.composite
def provisions(draw: st.DrawFn, number: int) -> Provision:
    """Any provision."""
    kind = draw(st.sampled_from(get_args(Kind)))
    quote = draw(quotes)
    span = Span(start=number * 100, end=number * 100 + len(quote))
    return Provision(
        id=ProvisionId(f"{kind}-{number}"),
        kind=kind,
        status=draw(st.sampled_from(get_args(Status))),
        modality=draw(st.sampled_from(get_args(Modality))),
        figure=draw(st.none() | figures(span)),
        party=draw(st.sampled_from(get_args(Party))),
        scope=Scope(text=draw(words), systems=draw(st.sampled_from([(), ("shop",), ("shop", "shop-files")]))),
        slots=draw(slots(kind)),
        conditions=tuple(draw(st.lists(words, max_size=2))),
        why=draw(words),
        rules=draw(st.sampled_from([(), ("V-02",), ("V-02", "V-08")])),
        citation=Citation(
            document=DocumentId("main"),
            section=draw(words),
            heading=draw(words),
            span=span,
            quote=quote,
            page=draw(st.none() | st.integers(1, 99)),
            locator=draw(words),
        ),
        review=draw(st.sampled_from(get_args(Review))),
        corrections=draw(
            st.sampled_from(
                [(), (Correction(field="figure", read="= 4 hour", accepted="<= 4 hour", reason="x"),)]
            )
        ),
        remark=draw(words),
    )


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """A proposal or a lock."""
    count = draw(st.integers(0, 3))
    made = Contract(
        id=draw(quotes),
        title=draw(words),
        parties=Parties(provider=draw(words), customer=draw(words)),
        effective=draw(st.none() | st.dates(date(1990, 1, 1), date(2090, 1, 1))),
        timezone=draw(st.sampled_from(["", "Europe/Berlin"])),
        documents=(
            Source(
                id=DocumentId("main"),
                name="main.md",
                sha256="a" * 64,
                text_sha256="b" * 64,
                format="md",
                language="en",
                remarks=draw(st.sampled_from([(), (Remark(kind="struck", detail="page 3", page=3),)])),
            ),
            Source(id=DocumentId("plan"), name="Disaster Recovery Plan", precedence=2, supplied=False),
        ),
        calendars=draw(
            st.sampled_from(
                [(), (Calendar(id="office", timezone="Europe/Berlin", holidays=(date(2026, 12, 25),)),)]
            )
        ),
        systems=draw(
            st.sampled_from([(), (System(name="shop", workload="shop", span=Span(start=1, end=5)),)])
        ),
        provisions=tuple(draw(provisions(number)) for number in range(count)),
        open_points=draw(
            st.sampled_from(
                [(), (OpenPoint(rule="G-1", question="who?", severity="minor", status="absent"),)]
            )
        ),
        reader=Reader(version="1.0", grammar="c" * 64),
    )
    if not draw(st.booleans()):
        return made
    when = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
    return accept(replace(made), by=draw(quotes), at=when, note=draw(words))
