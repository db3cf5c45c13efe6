"""Wordings that are likely, and not certainly, of a kind: for what no cue reads in a document that speaks of recovery.

In order: the first that fits names the kind. What is found is never more than a question to a person.
"""
# ruff: noqa: E501, RUF001 - long patterns, and the characters that agreements use

from drverify.reading.cue import LikelyCue
from drverify.reading.tables.words import (
    CONTINUITY,
    COPY,
    DELETE,
    DISASTER,
    ELSEWHERE,
    ENDING,
    EVERY,
    HAND_BACK,
    OWNED_DATA,
    RESTORE,
    TEST,
    WATCH,
)

ENOUGH = 3
"""Passages with provisions, without which a document does not speak of recovery throughout."""
DENSE = 7
"""Such passages in two thousand characters of the document; less, and a likely wording is mostly none."""

_COPIES = rf"(?:{COPY}|\bcop(?:y|ies)\s+of\b|\btapes?\b|\breplica\w*|\bbackups?\b|\bjournal\w*|\barchiv\w+)"
_LEFT = (
    r"\b(?:not|no|never|cannot|can['’]t|don['’]t|doesn['’]t|won['’]t|nor|neither|without|only|unless|prohibited|exclud\w+|limited\s+to)\b|"
    r"\b(?:solely|sole|own|alone|client-managed|customer-managed|self-managed)\b|\b(?:encourag|recommend|advis|urg)\w*|\b(?:you|customers?|clients?|users?)\s+(?:should|must|are|is|need|have)\b"
)
_RECOVERING = (
    rf"(?:{RESTORE}|\bfail(?:s|ed|ing)?[-\s]?(?:over|back)\b|\bresum\w+|\bbring\b[^.;]{{0,30}}\bonline\b)"
)
_MODAL = r"\b(?:shall|will|must|should|may|can|agrees?|responsible|ensures?|provides?|maintains?|keeps?|includes?|covers?|performs?|is|are)\b"

UNLIKELY = (
    r":\s*$|[*_]:\W*$",
    r"\b(?:fees?|charges?|charged|priced?|prices|invoic\w+|credits?|costs?)\b",
    r"\bthis\s+(?:page|policy|section|table|guide|document|article|schedule|addendum|exhibit)\b|\btable\s+below\b|\bsummari[sz]es\b|\bpurpose\b",
    r"\b(?:is|are)\s+(?:the|an?)\s+(?:[\w-]+\s+){0,3}(?:process|copy|method|amount|time|measure|part|way|guide)\b|\bthis\s+is\s+the\b",
    r"^\W*(?:\d+[.)]\s*)?(?:click|select|confirm|open|choose|press|go\s+to|enter|navigate|run|type|log\s+in)\b",
    r"\b(?:procedure|policy|standard|document)s?\s+(?:is|are|must|shall|will|should)\b[^.;]{0,20}\breview",
    r"\bexample\b|\b(?:dashboard|ticket)\b|\bby\s+and\s+between\b|\bthis\s+means\b",
    r"\b(?:depends?|depending)\s+on\b(?=[^.]{0,80}\boptions?\b)",
)
"""What a statement is not that promises or refuses something: a lead-in, a price, a pointer, a definition, an instruction."""

LIKELY: tuple[LikelyCue, ...] = (
    LikelyCue(
        kind="rpo",
        text=(r"\bRPOs?\b|\brecovery\s+points?\b|\bdata\s+loss\b|\blos[st]\w*\b|\bre-?enter\w*",),
        figure="time",
    ),
    LikelyCue(kind="uptime", text=(r"\bup[-\s]?time\b|\bavailab\w+",), figure="percent"),
    LikelyCue(kind="dr_test", text=(TEST,), anywhere=(CONTINUITY,), figure="interval"),
    LikelyCue(kind="restore_test", text=(TEST, RESTORE), anywhere=(_COPIES,), figure="interval"),
    LikelyCue(
        kind="rto",
        text=(_RECOVERING,),
        anywhere=(rf"{DISASTER}|{CONTINUITY}|\bRTOs?\b|\brecovery\s+time",),
        figure="time",
    ),
    LikelyCue(kind="restore_time", text=(_RECOVERING,), figure="time"),
    LikelyCue(kind="backup_frequency", text=(EVERY,), anywhere=(_COPIES,), figure="interval"),
    LikelyCue(
        kind="retention",
        text=(r"",),
        anywhere=(
            r"\bret(?:ain|ention)\w*|\bkept\b|\bkeep\w*|\bstor(?:ed|age)\b|\bhistory\b|\bversions?\b|\brestorable\b",
            _COPIES,
        ),
        figure="duration",
    ),
    LikelyCue(kind="data_deletion", text=(DELETE, OWNED_DATA), figure="time"),
    LikelyCue(kind="exit_data_return", text=(HAND_BACK, OWNED_DATA), anywhere=(ENDING,)),
    LikelyCue(
        kind="data_deletion",
        text=(DELETE, rf"{OWNED_DATA}|\bmedia\b|\bdisks?\b|\brecords?\b|\binformation\b"),
    ),
    LikelyCue(kind="encryption", text=(r"\bencrypt\w*|\bAES\b",), anywhere=(_COPIES,)),
    LikelyCue(
        kind="immutability",
        text=(r"\bimmutab\w+|\bWORM\b|\bobject[-\s]lock\w*|\bair[-\s]?gap\w*|\bread-only\b|\btamper\w*",),
        anywhere=(_COPIES,),
    ),
    LikelyCue(
        kind="backup_disclaimer",
        text=(_LEFT, rf"{_COPIES}|{RESTORE}|\bdata\s+loss\b|\bloss\s+of\s+(?:\w+\s+){{0,2}}data\b|\blost\b"),
    ),
    LikelyCue(
        kind="offsite_copy",
        text=(
            rf"{ELSEWHERE}|\bseparate\b|\bobject\s+storage\b|\buploaded\s+to\b",
            rf"{_COPIES}|\bdata\b|\bcopied\b|\bduplicat\w+|\breplicat\w+|\bstor(?:ed|age)\b",
        ),
        anywhere=(_COPIES,),
    ),
    LikelyCue(kind="dr_test", text=(TEST, CONTINUITY)),
    LikelyCue(
        kind="restore_test", text=(r"\b(?:test|exercis|drill|rehears|trial)\w*", rf"{RESTORE}|{_COPIES}")
    ),
    LikelyCue(
        kind="backup_monitoring",
        text=(
            rf"{WATCH}|\bconfirm\w*|\bindicat\w+|\bletters?\b|\be-?mails?\s+(?:is|are)\b|\btickets?\b",
            rf"{_COPIES}|\bjobs?\b|\breplicat\w+",
        ),
        anywhere=(_COPIES,),
    ),
    LikelyCue(
        kind="retention",
        text=(
            _COPIES,
            r"\b(?:retention|retain(?:s|ed)?|kept|keeps?|overwrit\w+|erases?|expir\w+|(?:number|limit)\w*\s+of)\b",
        ),
    ),
    LikelyCue(kind="dr_plan", text=(rf"{CONTINUITY}|\b(?:BC|DR)\s+plan\b", _MODAL)),
    LikelyCue(
        kind="restore_responsibility", text=(_RECOVERING,), anywhere=(rf"{_COPIES}|{DISASTER}|{CONTINUITY}",)
    ),
    LikelyCue(
        kind="backup_frequency",
        text=(
            _COPIES,
            r"\b(?:frequenc(?:y|ies)|schedul\w*|intervals?|days?\s+of|at\s+any\s+time|each|every|nightly|daily|weekly|automatic\w*|automated|manual(?:ly)?)\b",
        ),
    ),
)
