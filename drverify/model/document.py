"""A document as it is read: one canonical text, its blocks, and the way back to the original.

Every offset counts characters of `Text.content` from 0; ends are exclusive.
"""

from dataclasses import dataclass
from typing import Literal, NewType

from drverify.model.agreement import Sha256, Span

DocumentId = NewType("DocumentId", str)
Format = Literal["txt", "md", "html", "docx", "pdf"]
BlockKind = Literal[
    "heading", "paragraph", "item", "row", "header-row", "caption", "code", "footnote", "furniture"
]
"""`row` and `header-row` are rows of a table; `caption` covers captions and alternative texts;
`furniture` is what a page repeats (running heads, page numbers): kept in the text, never read."""
RemarkKind = Literal[
    "language", "no-text", "tracked", "hidden", "struck", "columns-lost", "encrypted", "truncated", "other"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One heading, paragraph, list item, table row or the like, in reading order. Blocks never overlap."""

    kind: BlockKind
    span: Span
    number: str = ""
    """The clause or item number as printed or resolved ("4.1", "(b)", "Schedule 2"), without the text."""
    level: int = 0
    """Depth: of a heading from 1; of an item from 1 (nested lists); 0 for the rest."""
    page: int | None = None
    """Page of the original from 1, where it has pages."""
    locator: str = ""
    """Where it stands in the original: `line 12`, `lines 12-14`, `word/document.xml paragraph 17`,
    `page 3 at 72,540..523,556` (points from the lower left corner)."""
    table: int | None = None
    """Which table of the document (from 0) a row belongs to."""
    cells: tuple[Span, ...] = ()
    """The cells of a row, left to right, an empty one as an empty span."""
    continues: bool = False
    """Whether it goes on with the sentence of the last block before it that is no furniture: a page or
    column break lies between. Only where the content cannot be put in order (`txt`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about the document that limits what reading it can say (rules D-01 to D-04)."""

    kind: RemarkKind
    detail: str
    page: int | None = None
    blocks_absence: bool = True
    """Whether "absent" must be said as "not determined" because of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a document says, canonically. The same bytes always give the same value.

    For `txt` and `md` the content is the file decoded from UTF-8, nothing translated, a leading byte
    order mark kept out: offsets are those of the file's own text.
    """

    name: str
    """File name, without folders."""
    format: Format
    sha256: Sha256
    """Digest of the file's bytes."""
    content: str
    blocks: tuple[Block, ...]
    pages: int | None = None
    language: str = "en"
    """ISO 639-1, `mul` when mixed, `und` when it cannot be told."""
    remarks: tuple[Remark, ...] = ()

    def of(self, span: Span) -> str:
        """The characters of a span."""
        return self.content[span.start : span.end]
