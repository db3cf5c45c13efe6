"""What the rules look through: the passages of all documents with their places, and the provisions.

In the regular expressions of rules a blank stands for any white space, and case does not matter.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from drverify.linting.scopes import Atlas, Reach, atlas
from drverify.model.contract import Citation, Contract, Kind, Provision, Source
from drverify.model.document import Block, DocumentId, Remark, Text
from drverify.model.rule import Searched, SystemFact

_UNREAD = frozenset({"furniture", "caption", "code"})
DEFINITION = re.compile(
    r"^[\W\d]*[\"\u201c][^\"\u201d]{1,80}[\"\u201d]\s+(?:shall\s+)?means?\b", re.IGNORECASE
)
SUPPORTED_LANGUAGES = frozenset({"en", "und"})
"""A text too short to tell is read; where that was in doubt, a remark of the document says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One block of one document, with the headings above it."""

    document: DocumentId
    block: Block
    text: str
    section: str
    heading: str

    def citation(self) -> Citation:
        """Where it stands."""
        return Citation(
            document=self.document,
            section=self.section,
            heading=self.heading,
            span=self.block.span,
            quote=self.text,
            page=self.block.page,
            locator=self.block.locator,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Everything that one run of the rules looks at."""

    contract: Contract
    passages: tuple[Passage, ...]
    remarks: tuple[tuple[Source, Remark], ...]
    """Of every document, those of its source and of its text together."""
    atlas: Atlas
    """What each provision covers."""
    inventory: tuple[SystemFact, ...] = ()

    def reach(self, provision: Provision) -> Reach:
        """What a provision covers."""
        return self.atlas.of(provision)

    def provisions(self, *kinds: Kind) -> tuple[Provision, ...]:
        """The provisions of these kinds that nobody rejected, in the register's order."""
        return tuple(
            one for one in self.contract.provisions if one.kind in kinds and one.review != "rejected"
        )

    def searched(self, provisions: int = 0) -> Searched:
        """What was looked through."""
        supplied = [one for one in self.contract.documents if one.supplied]
        return Searched(
            documents=tuple(one.id for one in sorted(supplied, key=lambda one: one.precedence)),
            not_supplied=tuple(one.name for one in self.contract.documents if not one.supplied),
            segments=len(self.passages),
            provisions=provisions,
        )

    def doubts(self) -> tuple[str, ...]:
        """Why "absent" cannot be said; empty when everything could be read."""
        found = [
            f"{source.name}: {remark.detail}" for source, remark in self.remarks if remark.blocks_absence
        ]
        for one in self.contract.documents:
            if not one.supplied:
                found.append(f"{one.name} is named and was not supplied")
            elif one.language and one.language not in SUPPORTED_LANGUAGES:
                found.append(f"{one.name} is not in English (language {one.language})")
        return tuple(dict.fromkeys(found))


def survey(
    contract: Contract, texts: Mapping[DocumentId, Text], inventory: tuple[SystemFact, ...] = ()
) -> Ground:
    """Lay out the texts in the order of the register's documents."""
    passages: list[Passage] = []
    remarks: list[tuple[Source, Remark]] = []
    for source in contract.documents:
        text = texts.get(source.id)
        if text is not None:
            passages += passages_of(source.id, text)
        found = (*source.remarks, *(text.remarks if text is not None else ()))
        remarks += [(source, remark) for remark in dict.fromkeys(found)]
    return Ground(
        contract=contract,
        passages=tuple(passages),
        remarks=tuple(remarks),
        atlas=atlas(contract, inventory),
        inventory=inventory,
    )


def passages_of(document: DocumentId, text: Text) -> Iterator[Passage]:
    """Every block that is read, with the nearest heading and clause number."""
    heading, above = "", ""
    for block in text.blocks:
        if block.kind in _UNREAD:
            continue
        words = text.of(block.span)
        if block.kind == "heading":
            heading, above = words.lstrip("# ").strip(), block.number
        section = block.number or above
        yield Passage(document=document, block=block, text=words, section=section, heading=heading)


@cache
def pattern(expression: str) -> re.Pattern[str]:
    """A rule's regular expression, compiled. `re.error` when it is none."""
    return re.compile(spread(expression), re.IGNORECASE | re.DOTALL)


def spread(expression: str) -> str:
    """The expression with its blanks as any white space, and ` ?` as none or some of it."""
    return expression.replace(" ?", r"\s*").replace(" ", r"\s+")


def says(ground: Ground, expression: str, never: str = "") -> Iterator[Passage]:
    """The passages, headings left out, whose words match."""
    wanted, unwanted = pattern(expression), pattern(never) if never else None
    for one in ground.passages:
        if one.block.kind == "heading" or not wanted.search(one.text):
            continue
        if unwanted is None or not unwanted.search(one.text):
            yield one


def nearest(ground: Ground, expression: str) -> Passage | None:
    """The passage with most of the words of the expression: no definition, no heading if it can be."""
    if not expression:
        return None
    wanted = pattern(rf"\b(?:{expression})")
    best: tuple[tuple[bool, int, bool], Passage] | None = None
    for one in ground.passages:
        count = len({match.group().casefold() for match in wanted.finditer(one.text)})
        rank = (DEFINITION.match(one.text) is None, count, one.block.kind != "heading")
        if count and (best is None or rank > best[0]):
            best = rank, one
    return best[1] if best else None


def place(ground: Ground, citation: Citation | None) -> tuple[int, int, int]:
    """A key that orders citations by document, start and end; none at all comes last."""
    if citation is None:
        return (len(ground.contract.documents) + 1, 0, 0)
    ids = [one.id for one in ground.contract.documents]
    at = ids.index(citation.document) if citation.document in ids else len(ids)
    return (at, citation.span.start, citation.span.end)
