"""Whether one agreement says the same in every format it lies in."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from drverify.model.contract import Provision
from lab.evaluation.labelled import OWN
from lab.evaluation.read import Reading, read

SUFFIXES = (".md", ".docx", ".pdf", ".html")
Said = tuple[str, str, str, str]
"""Kind, value, unit, status."""


def families(folder: Path = OWN) -> tuple[tuple[Path, ...], ...]:
    """Files of one name in two or more formats, Markdown first."""
    stems = sorted({path.stem for path in folder.glob("*.md")})
    found = (
        tuple(path for suffix in SUFFIXES if (path := folder / f"{stem}{suffix}").is_file()) for stem in stems
    )
    return tuple(family for family in found if len(family) > 1)


def said(one: Provision) -> Said:
    """What must be the same in each format."""
    figure = one.figure
    if figure is None:
        return one.kind, "", "", one.status
    quantity = figure.quantity
    upper = f"..{quantity.upper}" if quantity.upper is not None else ""
    clock = "" if figure.clock == "elapsed" else f" {figure.clock}"
    return one.kind, f"{quantity.value}{upper}", f"{quantity.unit}{clock}", one.status


def differences(first: Reading, other: Reading) -> list[str]:
    """Lines that say what only one of two readings of an agreement holds, with the quotes."""
    left, right = Counter(map(said, first.provisions)), Counter(map(said, other.provisions))
    return [
        *_only(first, other, left - right),
        *_only(other, first, right - left),
    ]


def _only(reading: Reading, other: Reading, more: Counter[Said]) -> list[str]:
    lines = []
    files = f"{reading.text.name}, not {other.text.name}"
    for what, count in sorted(more.items()):
        quotes = [
            " ".join(one.citation.quote.split())[:100] for one in reading.provisions if said(one) == what
        ]
        words = " ".join(part for part in what if part)
        lines.append(f"{files}: {words}: {count} of {len(quotes)}: {' / '.join(quotes[:4])}")
    return lines


def compared(family: Sequence[Path]) -> list[str]:
    """The differences of each format from the first."""
    first, *others = [read(path) for path in family]
    return [line for other in others for line in differences(first, other)]
