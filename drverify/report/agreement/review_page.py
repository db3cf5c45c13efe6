"""The review page: the documents with what was read marked in them, and the provisions beside."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from drverify.model.contract import Contract, Kind, Provision, Source, Status
from drverify.model.document import Block, DocumentId, Text
from drverify.report.agreement.highlight import Passage, Piece, passages
from drverify.report.agreement.page import render
from drverify.report.agreement.words import KINDS, STATUSES, clean

CHUNK = 60
"""Passages that a browser lays out together; those out of sight cost it nothing."""
_WIDEST = 60
_FAMILIES: Mapping[str, tuple[Kind, ...]] = {
    "recovery": (
        "rpo", "rto", "restore_time", "uptime", "recovery_allowance", "dr_plan", "failover_decision",
    ),
    "backup": (
        "backup_frequency", "retention", "offsite_copy", "encryption", "immutability", "backup_scope",
        "backup_monitoring", "data_retention", "covered_system",
    ),
    "test": ("restore_test", "dr_test", "application_validation", "reporting"),
    "duty": ("restore_responsibility", "layer_responsibility", "client_duty", "change_control", "tooling"),
    "no": ("backup_disclaimer", "disclaimer"),
}  # fmt: skip
FAMILY: Mapping[Kind, str] = {kind: name for name, kinds in _FAMILIES.items() for kind in kinds}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One passage as the page shows it."""

    block: Block | None
    cells: tuple[tuple[Piece, ...], ...]
    beside: tuple[int, ...]
    loose: tuple[int, ...]
    page: int | None
    """The page that begins with it."""
    goes_on: bool
    number: str
    """Of the clause, where a word processor numbers it and the text does not say it."""
    table: str
    """Class of the table that sets its columns' widths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDocument:
    """One document as the page shows it."""

    source: Source
    text: Text | None
    language: str
    chunks: Iterator[list[Shown]]
    loose: tuple[int, ...]
    """Provisions of a document whose text is not at hand."""


def review_page(contract: Contract, texts: Mapping[DocumentId, Text]) -> str:
    """The page as HTML; documents whose text is not among `texts` are named, their provisions listed."""
    provisions = list(enumerate(contract.provisions))
    documents = [
        _document(number, source, texts.get(source.id), provisions)
        for number, source in enumerate(contract.documents)
    ]
    kinds = Counter(one.kind for one in contract.provisions)
    statuses = Counter(one.status for one in contract.provisions)
    return render(
        "review.html",
        style="review.css",
        script="review.js",
        more_style=_filters(kinds, statuses) + _columns(contract, texts),
        contract=contract,
        documents=documents,
        family=[FAMILY.get(one.kind, "other") for one in contract.provisions],
        kinds=[one.kind for one in contract.provisions],
        statuses=[one.status for one in contract.provisions],
        kind_counts=[(kind, kinds[kind]) for kind in KINDS if kinds[kind]],
        status_counts=[(status, statuses[status]) for status in STATUSES if statuses[status]],
        open_count=sum(one.review == "open" for one in contract.provisions),
    )


def _document(
    number: int, source: Source, text: Text | None, provisions: Sequence[tuple[int, Provision]]
) -> ShownDocument:
    own = [pair for pair in provisions if pair[1].citation.document == source.id]
    language = text.language if text is not None and text.language.isalpha() else "und"
    return ShownDocument(
        source=source,
        text=text,
        language="und" if language == "mul" else language,
        chunks=iter(()) if text is None else _chunks(_shown(number, passages(text, own))),
        loose=tuple(at for at, _ in own) if text is None else (),
    )


def _shown(number: int, found: Iterator[Passage]) -> Iterator[Shown]:
    page: int | None = None
    for passage in found:
        block = passage.block
        turned = block is not None and block.page is not None and block.page != page
        if block is not None and block.page is not None:
            page = block.page
        yield Shown(
            block=block,
            cells=passage.cells,
            beside=passage.beside,
            loose=passage.loose,
            page=page if turned else None,
            goes_on=passage.goes_on,
            number=_number(passage),
            table="" if block is None or block.table is None else f"t{number}-{block.table}",
        )


def _number(passage: Passage) -> str:
    block = passage.block
    if block is None or not block.number or passage.goes_on or len(passage.cells) != 1:
        return ""
    said = "".join(piece.text for piece in passage.cells[0][:3]).lstrip("#*_>- \t")
    return "" if said.startswith(block.number) else clean(block.number)


def _chunks(found: Iterator[Shown]) -> Iterator[list[Shown]]:
    while chunk := list(islice(found, CHUNK)):
        yield chunk


def _filters(kinds: Counter[Kind], statuses: Counter[Status]) -> str:
    """The check boxes work without a script: each hides what it stands for when it is not checked."""
    hidden = "{display:none}"
    plain = "{background:none;border:0}"
    rules = [f"body:has(#k-{kind}:not(:checked)) :is(.card,tr).k-{kind}{hidden}" for kind in kinds]
    rules += [f"body:has(#k-{kind}:not(:checked)) .m.mk-{kind}{plain}" for kind in kinds]
    rules += [f"body:has(#s-{status}:not(:checked)) :is(.card,tr).s-{status}{hidden}" for status in statuses]
    rules += [f"body:has(#s-{status}:not(:checked)) .m.ms-{status}{plain}" for status in statuses]
    decided = ":is(.r-accepted,.r-corrected,.r-rejected)"
    rules.append(f"body:has(#r-decided:not(:checked)) :is(.card,tr){decided}{hidden}")
    return "\n" + "\n".join(rules) + "\n"


def _columns(contract: Contract, texts: Mapping[DocumentId, Text]) -> str:
    """Widths of the columns of every table, from the longest cell of each."""
    rules: list[str] = []
    for number, source in enumerate(contract.documents):
        text = texts.get(source.id)
        for table, blocks in _tables(text).items() if text is not None else ():
            count = max(len(block.cells) for block in blocks)
            widest = [0] * count
            for block in blocks:
                for at, cell in enumerate(block.cells):
                    widest[at] = max(widest[at], min(cell.end - cell.start, _WIDEST))
            shares = " ".join(f"{max(width, 6)}fr" for width in widest)
            rules.append(f".t{number}-{table}{{grid-template-columns:{shares}}}")
    return "\n".join(rules)


def _tables(text: Text) -> dict[int, list[Block]]:
    found: dict[int, list[Block]] = {}
    for block in text.blocks:
        if block.table is not None and block.cells:
            found.setdefault(block.table, []).append(block)
    return found
