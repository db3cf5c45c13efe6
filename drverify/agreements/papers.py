"""The documents of an agreement as they lie beside its register, and whether they are still the same."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from drverify.adapters.documents.intake import read_document
from drverify.adapters.doors.yaml import Document, Loc, refuse
from drverify.model.contract import Contract, Figure, Provision
from drverify.model.document import DocumentId, Text
from drverify.reading.quantities import quantities
from drverify.sealing.agreed import sha256_of

Progress = Callable[[int, int | None], None]
Complaint = tuple[Loc, str]
AROUND = 40
"""Characters shown of what stands there instead."""


def texts_of(contract: Contract, folder: Path, *, progress: Progress | None = None) -> dict[DocumentId, Text]:
    """Read the supplied documents again, by document id. InputError when one cannot be read."""
    return {
        one.id: read_document(folder / one.name, progress=progress)
        for one in contract.documents
        if one.supplied
    }


def refuse_changed(contract: Contract, texts: Mapping[DocumentId, Text], lines: Document) -> None:
    """InputError that shows every document that is another one now, and every figure that no text holds."""
    found = [*_documents(contract, texts), *_quotes(contract, texts), *_figures(contract, texts)]
    refuse([lines.complaint(loc, text) for loc, text in found])


def _documents(contract: Contract, texts: Mapping[DocumentId, Text]) -> Iterator[Complaint]:
    for at, one in enumerate(contract.documents):
        text = texts.get(one.id)
        if text is None:
            continue
        if text.sha256 != one.sha256:
            yield (
                ("documents", at, "sha256"),
                f"{one.name} is another document than the one that was read: its digest is {text.sha256}",
            )
        elif sha256_of(text.content.encode()) != one.text_sha256:
            yield (
                ("documents", at, "text_sha256"),
                f"{one.name} is the same, but its text is read differently now: read and accept it again",
            )


def _quotes(contract: Contract, texts: Mapping[DocumentId, Text]) -> Iterator[Complaint]:
    for at, one in enumerate(contract.provisions):
        text, cited = texts.get(one.citation.document), one.citation
        if text is not None and text.of(cited.span) != cited.quote:
            yield (
                ("provisions", at, "citation", "quote"),
                f"{one.id} is not quoted word for word: {differs(text.content, cited.quote)}",
            )


def differs(content: str, quote: str) -> str:
    """Where the longest beginning of the quote that the text holds breaks off."""
    low, high = 0, len(quote)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if quote[:middle] in content else (low, middle - 1)
    if low < min(8, len(quote)):
        return "nothing in the document begins like it"
    at = content.find(quote[:low]) + low
    there, said = content[at : at + AROUND], quote[low : low + AROUND]
    return f"at character {at} the document has {there!r}, the quote {said!r}"


def _figures(contract: Contract, texts: Mapping[DocumentId, Text]) -> Iterator[Complaint]:
    for at, one in enumerate(contract.provisions):
        text = texts.get(one.citation.document)
        if one.figure is None or text is None or _by_a_person(one):
            continue
        if problem := _figure(one.figure, text):
            yield ("provisions", at, "figure"), f"{one.id}: {problem}"


def _by_a_person(one: Provision) -> bool:
    return one.origin == "person" or any(change.field == "figure" for change in one.corrections)


def _figure(figure: Figure, text: Text) -> str:
    """Why the characters of a figure's span do not say it; empty when they do."""
    said = text.of(figure.span)
    found = [one.quantity for one in quantities(said)]
    readings = {(quantity.value, quantity.unit) for quantity in found if quantity is not None}
    if (figure.quantity.value, figure.quantity.unit) in readings or not readings:
        return ""
    there = ", ".join(sorted(f"{value:f} {unit}" for value, unit in readings))
    return (
        f"the register says {figure.quantity.value:f} {figure.quantity.unit}, characters "
        f"{figure.span.start} to {figure.span.end} of the document say {said!r} ({there})"
    )
