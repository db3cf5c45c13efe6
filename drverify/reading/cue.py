r"""What the reader's tables are made of: cues for kinds and for slots. The engine is elsewhere.

A pattern is a regular expression of `re`, matched without regard to case, in a segment's text with its
white space as it stands (write `\s+` between words). `context` patterns are matched in what the segment
inherits: heading path, list stem, header cells of its table.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from drverify.model.agreement import Span
from drverify.model.contract import Kind
from drverify.model.document import Block

_POINTS_BACK = re.compile(
    r"\b(?:such|these|those|this|they|them|said|the\s+(?:plans?|tests?|same|data|backups?|cop(?:y|ies)|arrangements?)|the\s+foregoing)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The smallest sentence, row or bullet that may carry a provision, and what it inherits."""

    span: Span
    text: str
    block: Block
    section: str = ""
    headings: tuple[str, ...] = ()
    """From the outermost to the nearest."""
    stem: str = ""
    """The sentence that introduces the list the segment is an item of ("The Provider shall:")."""
    header: tuple[str, ...] = ()
    """Texts of the header cells of its table, by column."""

    example: bool = False
    """Whether it stands under a sentence that announces an example (trap T14)."""
    before: str = ""
    """The segment before it in the same section."""

    def inherited(self) -> str:
        """Headings, stem and header, one a line; and the segment before, when this one points back to it."""
        return "\n".join(
            (
                *self.headings,
                self.stem,
                *self.header,
                *((self.before,) if _POINTS_BACK.search(self.text[:90]) else ()),
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCue:
    """One way to recognise a kind: every pattern of `text` and of `context` is found, none of `never`."""

    kind: Kind
    text: tuple[str, ...]
    context: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    """Each found in the text or in what it inherits."""
    never: tuple[str, ...] = ()
    """Anti-cues, looked for in the segment's text."""
    never_context: tuple[str, ...] = ()
    """Anti-cues, looked for in what it inherits."""
    figure: Literal["", "duration", "interval", "percent", "count"] = ""
    """Whether the segment (or its table's cells) must hold a figure of this dimension."""
    blocks: tuple[str, ...] = ()
    """Kinds of blocks it applies to; empty: all."""
    weight: int = 1
    """Of two kinds that exclude one another on the same words the heavier cue wins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelyCue:
    """What is likely of a kind: each of `text` is in its own words, each of `anywhere` there or above."""

    kind: Kind
    text: tuple[str, ...]
    anywhere: tuple[str, ...] = ()
    figure: Literal["", "time", "duration", "interval", "percent"] = ""
    """The dimension of the figure that must be there; `time` is a duration that is no number of copies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotCue:
    """One way to fill a slot of provisions of some kinds.

    `value` empty: the value is the match of group 1, or of the whole pattern.
    """

    kinds: tuple[Kind, ...]
    slot: str
    pattern: str
    value: str = ""
    inherited: bool = field(default=False)
    """Whether heading, stem and header are searched, too (the slot's span is then that of the segment)."""
