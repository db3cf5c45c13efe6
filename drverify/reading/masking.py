"""A copy of a text in which what must not be read is blanked, character for character: offsets stay."""
# ruff: noqa: E501 - long patterns

import re

from drverify.model.document import Format, Text
from drverify.reading.tables.wording import FALSE_BACKUPS

_MARKUP: dict[Format, re.Pattern[str]] = {
    "md": re.compile(
        r"!\[[^\]\n]{0,500}\](?:\([^)\n]{0,500}\))?"  # pictures, their alternative text included
        r"|\]\([^)\n]{0,500}\)(?:\{[^}\n]{0,120}\})?|\]\[[^\]\n]{0,80}\]|(?<![\w\]])\[(?=[^\]\n]{1,300}\]\()"  # links
        r"|</?[a-zA-Z][^<>\n]{0,300}>|<!--.{0,2000}?-->"
        r"|\{\{[%<].{0,300}?[%>]\}\}|\{%.{0,300}?%\}"
        r"|\*{1,3}|(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)|`+|^[ \t]{0,8}>+|(?<=\n)[ \t]{0,8}>+|\\(?=[\[\]().*_-])",
        re.DOTALL,
    ),
    "html": re.compile(r"</?[a-zA-Z][^<>\n]{0,300}>"),
}
_BLANKED = re.compile(r"[^\n]")
_NAMED_COPY = re.compile(
    r"\b(?:(?:restor(?:e|ation)[-\s]+point|recovery[-\s]+point(?!\s*(?:[:|(]|$|no\b|not\b|of\s+(?:no|not|at|up|\d)|is\b))|(?:recovery|restore|back-?up)[-\s]+set|snap-?shot\s+cop(?=y|ies))(?:s|y|ies)?"
    r"|(?:restore|recovery)[-\s]+cop(?:y|ies))\b(?!\s+(?:objective|target|actual|capabilit))",
    re.IGNORECASE,
)
_NAMED_SERVICE = re.compile(
    r"(?<![.;:|*•-]\s)(?<=\w[\s,“\"(])((?:[A-Z][\w-]+\s)?\b[Bb]ack-?[Uu]ps?)\s(?:and|&|/)\s(?:Disaster\s)?(?:Recovery|Restore|Restoration)\b"
    r"(?:\s?[(“][^)]{0,30}[)])?(?:\s(?:Services?|Solutions?|Addendum|Schedule|Policy|Agreement|Platform|Plan|Program|Procedures?|Software))*"
)
_FALSE = re.compile("|".join(FALSE_BACKUPS), re.IGNORECASE)


def readable(text: Text) -> tuple[str, str]:
    """The content with furniture, pictures' captions and code blanked; and the same with markup blanked, too.

    The first tells where statements end, the second is what they say.
    """
    parts: list[str] = []
    done = 0
    for block in text.blocks:
        if block.kind in {"furniture", "code", "caption"}:
            parts.append(text.content[done : block.span.start])
            parts.append(_BLANKED.sub(" ", text.content[block.span.start : block.span.end]))
            done = block.span.end
    parts.append(text.content[done:])
    shape = "".join(parts)
    pattern = _MARKUP.get(text.format)
    return shape, pattern.sub(_blank, shape) if pattern is not None else shape


def without_false_backups(text: str) -> str:
    """The text with generators, withholding taxes, licence copies and their like blanked."""
    return _FALSE.sub(_blank, text) if _FALSE.search(text) else text


def with_copies_named(text: str) -> str:
    """The text with "Recovery Points", "Restore Sets" and their like called backups, as long as before.

    They are things that are made, kept and handed over; their names must not read as restoring. Nor does
    the name of a service or of a paper: "the Backup and Recovery Services", "this Backup and Restore Schedule".
    """
    return _NAMED_SERVICE.sub(_named, _NAMED_COPY.sub(_backup, text))


def _named(match: re.Match[str]) -> str:
    return match[1].ljust(len(match.group()))


def _backup(match: re.Match[str]) -> str:
    return ("backups" if match.group().endswith(("s", "S")) else "backup").ljust(len(match.group()))


def _blank(match: re.Match[str]) -> str:
    return _BLANKED.sub(" ", match.group())
