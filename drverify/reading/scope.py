"""The agreement's own words for what a provision covers, and the conditions that restrict it."""
# ruff: noqa: E501, RUF001 - the characters that agreements use

import re

from drverify.model.contract import Kind, Scope
from drverify.reading.cue import Segment

_FOR = re.compile(
    r"^[\W\d.]*(?:for|with\s+respect\s+to|in\s+respect\s+of)\s+(?P<for>[^.;:,]{3,140}?)\s*(?:[,:]|\bthe\s+(?:SLA|RPO|RTO|recovery|retention)\b|\bprovider\b)",
    re.IGNORECASE,
)
_END = r"(?=\s+(?:is|are|shall|will|must|does|during|at|on|every|once|so|in|no|within|daily|weekly|hourly|and\s+(?:shall|will))\b|[.;:,()]|$)"
_OF_PROMISE = re.compile(  # "the RPO for the shop is", "backs up the database servers every hour"
    r"\b(?:(?:recovery\s+(?:point|time)\s+)?objectives?|rpos?|rtos?|retention(?:\s+periods?)?)\W{0,3}\s*(?:for\s+|of\s+(?=the\b|each\b|every\b|all\b))"
    rf"(?P<for>[^.;:,()]{{2,100}}?){_END}"
    rf"|\bback(?:s|ing)?\s+up\s+(?P<up>[^.;:,()]{{2,100}}?){_END}",
    re.IGNORECASE,
)
_OBJECT = re.compile(
    r"\b(?:back(?:ed|s|ing)?[-\s]?ups?(?:\s+cop(?:y|ies))?|restor(?:e|es|ation|ing)|recover(?:y|s)?|snapshots?|cop(?:y|ies))\s+(?:of|for)\s+"
    r"(?P<of>(?:(?:the|all|any|its|your|our|each|such)\s+)*[^.;:,()]{2,100}?)"
    r"(?=\s+(?:during|at|on|every|once|is|are|shall|will|must|for|to|in|as|by|and\s+(?:the|to|shall|will)|no|within|unless|that|which|from|not|up)\b|[.;:,()]|$)",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"^\W*(?:(?:all|each|every|the|any)\s+)?(?P<subject>[^.;:,]{2,100}?)\s+(?:is|are|will\s+be|shall\s+be)\s+(?:fully\s+|automatically\s+)?(?:backed[-\s]up|restored|recovered|encrypted)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:exclud(?:ing|es)|except(?:ing)?(?:\s+(?:for|where|that|as))?|unless|provided\s+that|subject\s+to|other\s+than|does\s+not\s+(?:include|apply)|only\s+(?:if|in|where|for)|"
    r"to\s+the\s+extent|if\s+requested|upon\s+(?:\w+[’']?s?\s+){0,3}request|at\s+(?:the\s+)?(?:\w+[’']?s?\s+){0,2}request|during\s+(?:business|working|service)\s+hours)\b[^.;)\n|]{0,160}",
    re.IGNORECASE,
)
_TIME = re.compile(  # "backups for thirty-five (35) days": how long, not of what
    r"^\W*(?:(?:at\s+least|up\s+to|a\s+period|a\s+minimum|no\s+less|not\s+less|more|each|every|the\s+last|the\s+past)\s+)?(?:calendar\s+|business\s+)?"
    r"(?:\d|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thir|four|fif|six|seven|eigh|nine|twen|for)(?:teen|ty)?\b|"
    r"hundred\b|minimum\b|period\b|years?\b|months?\b|weeks?\b|days?\b|hours?\b)",
    re.IGNORECASE,
)
_ROW_NUMBER = re.compile(r"^\W*\d{1,3}\W*$")
_BLANKS = re.compile(r"\s+")


def scope(segment: Segment, text: str, kind: Kind) -> Scope:
    """What it covers in the agreement's words; empty when it does not say."""
    if segment.block.kind == "row" and segment.block.cells:
        cells = [
            text[one.start - segment.span.start : one.end - segment.span.start] for one in segment.block.cells
        ]
        numbered = len(cells) > 1 and _ROW_NUMBER.match(cells[0])
        return Scope(text=_tidy(cells[1] if numbered else cells[0]))
    for pattern, group in ((_FOR, "for"), (_OBJECT, "of"), (_SUBJECT, "subject")):
        if pattern is _SUBJECT and kind not in {
            "backup_scope",
            "backup_frequency",
            "encryption",
            "restore_responsibility",
        }:
            continue
        match = pattern.search(text)
        if match is not None and not _TIME.match(match[group]):
            return Scope(text=_tidy(match[group]))
    match = _OF_PROMISE.search(text)
    if match is not None:
        return Scope(text=_tidy(match["for"] or match["up"]))
    return Scope()


def conditions(text: str) -> tuple[str, ...]:
    """Verbatim words that restrict it, in order."""
    return tuple(match.group().strip(" ,") for match in _CONDITION.finditer(text))


def _tidy(words: str) -> str:
    return _BLANKS.sub(" ", words).strip(" ,|*")
