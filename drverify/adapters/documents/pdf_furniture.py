"""Page furniture of a PDF: lines at the edges of pages that repeat, and page numbers."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from drverify.adapters.documents.furniture import is_explicit, is_page_number
from drverify.adapters.documents.pdf_lines import lines_of
from drverify.adapters.documents.pdf_page import Fragment

_EDGE_LINES = 4
_LEAST = 3
_SHARE = 0.4
_LONGEST = 140
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class _Edge:
    parts: tuple[Fragment, ...]
    text: str
    form: str
    outermost: bool

    @property
    def y(self) -> float:
        return self.parts[0].box.y0


def furniture_of(pages: Sequence[Sequence[Fragment]]) -> frozenset[int]:
    """Identities of the fragments of lines that pages repeat."""
    edges = [_edges(page) for page in pages]
    forms = Counter(form for page in edges for form in {edge.form for edge in page})
    often = max(_LEAST, _SHARE * len(pages))
    found: set[int] = set()
    for page in edges:
        known = [edge for edge in page if is_explicit(edge.text) or forms[edge.form] >= often]
        for edge in page:
            beside = any(abs(other.y - edge.y) < 3 * edge.parts[0].size for other in known)
            number = is_page_number(edge.text) and (edge.outermost or beside)
            repeated = beside and forms[edge.form] >= _LEAST and len(edge.text) <= _LONGEST
            if number or (repeated and any(character.isalpha() for character in edge.text)):
                known.append(edge)
        found.update(id(part) for edge in known for part in edge.parts)
    return frozenset(found)


def _edges(page: Sequence[Fragment]) -> list[_Edge]:
    """The lines at the top and the bottom of a page, top down."""
    lines = lines_of([fragment for fragment in page if not fragment.turned])
    last = len(lines) - 1
    near = [at for at in range(len(lines)) if at < _EDGE_LINES or at > last - _EDGE_LINES]
    made = []
    for at in near:
        text = " ".join(part.text for part in lines[at])
        form = _DIGITS.sub("#", text.strip().casefold())
        made.append(_Edge(tuple(lines[at]), text, form, at in {0, last}))
    return made
