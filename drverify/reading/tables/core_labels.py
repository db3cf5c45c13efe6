"""Cues of rows and items by their labels: what a column's head or the words before a colon say of a figure."""
# ruff: noqa: E501 - long patterns

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import COPY, EVERY, TRIAL

_MADE_AS = r"\b(?:incremental|differential|full|snapshots?|dumps?|images?|base\s?backups?)\b"
_OFTEN = r"^\W*(?:hourly|daily|nightly|weekly|monthly|quarterly|yearly|annual)\b"

LABEL_CUES = (
    KindCue(  # "| Daily | Incremental | 30 days |" below "Retention"
        kind="retention",
        text=(rf"{_MADE_AS}|{_OFTEN}",),
        context=(
            r"(?:^|\n)\W*(?:\w+\s+)?(?:retention|retained|kept|keep|stored\s+for|held\s+for)\b[^\n]{0,30}(?:\n|$)",
        ),
        either=(rf"{_MADE_AS}|{COPY}|\brestore\s+points?\b",),
        never=(TRIAL, r"\b(?:logs?|invoices?|reports?|metrics|contracts?|records)\b"),
        never_context=(r"\blog\s+retention\b|\b(?:personal\s+data|records)\s+retention\b",),
        figure="duration",
        blocks=("row",),
        weight=2,
    ),
    KindCue(  # "| 4 hours |" below "Recovery within"
        kind="rto",
        text=(r"\d",),
        context=(
            r"(?:^|\n)\W*(?:max\w*\.?\s+|target\s+)?(?:recover(?:y|ed)|restor(?:ed|ation)(?:\s+of\s+service)?)\s+(?:within|in)\b[^\n]{0,20}(?:\n|$)|(?:^|\n)\W*max\w*\.?\s+(?:tolerable\s+|permitted\s+|allowed\s+)?(?:downtime|outage)\b[^\n]{0,20}(?:\n|$)",
        ),
        never=(TRIAL,),
        figure="duration",
        blocks=("row",),
        weight=2,
    ),
    KindCue(  # "| 6 hours |" below "Finished within", where data come back
        kind="restore_time",
        text=(r"\d|\bnext\b",),
        context=(
            r"(?:^|\n)\W*(?:finish\w*|complet\w*|done|restored|recovered|delivered|available)\s+(?:within|in|by)\b[^\n]{0,20}(?:\n|$)",
            r"\brestor\w+|\b(?:get|getting)\s+(?:\w+\s+){0,2}back\b|\brecover\w+\s+of\s+(?:data|files)",
        ),
        never=(TRIAL, r"\bRTO\b"),
        figure="duration",
        blocks=("row",),
        weight=2,
    ),
    KindCue(
        kind="backup_frequency",
        text=(r"^\W*(?:how\s+often|when|rhythm|cadence|cycle|runs?)\s*:",),
        either=(COPY,),
        never=(TRIAL,),
        figure="interval",
        blocks=("item", "paragraph"),
        weight=2,
    ),
    KindCue(  # "Full backups weekly, incrementals daily, kept for 31 days"
        kind="backup_frequency",
        text=(rf"^\W*(?:[\w-]+\s+){{0,2}}?{COPY}\s+{EVERY}\s*[,;(]",),
        never=(TRIAL,),
        figure="interval",
        weight=4,
    ),
    KindCue(  # "Retention (daily / weekly) | 14 days / 8 weeks", "Point-in-time recovery | 7 days"
        kind="retention",
        text=(
            r"^\W*(?:\w+\s+)?retention\b[^|:]{0,60}\b(?:daily|weekly|monthly|incremental|full|copies|back-?ups?|snapshots?)\b|^\W*(?:point[-\s]in[-\s]time(?:\s+(?:recovery|restore))?|PITR)\b\W*[|:]",
        ),
        figure="duration",
        blocks=("row", "item"),
        weight=3,
    ),
    KindCue(
        kind="immutability",
        text=(
            r"^\W*(?:(?:object|retention|vault|back-?up|snapshot)[-\s]lock\w*|immutab\w+|WORM)\b[^|:]{0,30}[|:]",
        ),
        never=(r"[|:]\W*(?:no|none|not\b)",),
        blocks=("row", "item"),
        weight=3,
    ),
    KindCue(
        kind="offsite_copy",
        text=(r"^\W*(?:second(?:ary)?|off-?\s?site|remote|geo\S*)\s+cop(?:y|ies)\b[^|:]{0,30}[|:]",),
        never=(r"[|:]\W*(?:no|none|not\b|-\W*$)",),
        blocks=("row", "item"),
        weight=5,
    ),
    KindCue(
        kind="data_deletion",
        text=(
            r"^\W*(?:data\s+)?(?:deletion|erasure|destruction)\b[^|:]{0,60}[|:]",
            r"\b(?:end|contract|terminat\w+|hand-?over|exit|cancel\w*|expiry|certificate)\b",
        ),
        figure="duration",
        blocks=("row", "item"),
        weight=3,
    ),
    KindCue(
        kind="backup_monitoring",
        text=(
            r"^\W*(?:back-?up\s+|job\s+){1,2}(?:monitoring|checks?|alerts?|reports?|reporting)\b[^|:]{0,30}[|:]",
        ),
        never=(r"[|:]\W*(?:no|none|not\b)",),
        blocks=("row", "item"),
    ),
)
"""Short of words: the label stands for the sentence."""
