"""Cues of what is backed up, how often, where it is kept and for how long, and who disclaims it."""

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import (
    BACKUP,
    CLIENT,
    COPY,
    DATA,
    ELSEWHERE,
    EVERY,
    FREE_OF,
    KEEP,
    MAKE,
    OFTEN,
    RETAIN,
    WATCH,
)

_NOT_MADE = (
    # the interval belongs to another act than making the copy
    r"\b(?:retain|retention|keep|kept|stor(?:e|ed|age|ing)|restor\w+|test\w*|monitor\w*|examin\w+|review\w*|report\w*|logs?|delet\w+|destroy\w*|sent|send)\b"
    rf"[^.;]{{0,60}}\b(?:daily|nightly|weekly|monthly|hourly|yearly|annual|regular|routine|periodic|scheduled)\s+(?:\w+\s+){{0,3}}{BACKUP}"
)
_VERB = (
    r"\b(?:backs?[-\s]up|backed[-\s]up|backing[-\s]up|(?:shall|will|must|to|may|can|should|and|or|not|we|they|you)\s+back[-\s]?up)\b"
)

BACKUP_CUES = (
    KindCue(
        kind="backup_frequency",
        text=(COPY, EVERY, rf"{MAKE}[^.;]{{0,120}}{COPY}|{COPY}[^.;]{{0,120}}{MAKE}|{_VERB}"),
        never=(_NOT_MADE, r"\bexample\b|\bfor instance\b"),
        figure="interval",
        weight=3,
    ),
    KindCue(  # a row, a bullet or a bare phrase: "Full backups every week."
        kind="backup_frequency",
        text=(COPY, rf"^\W*(?:\([a-z]+\)\s*)?(?:[\w/()-]+\W+){{0,7}}?(?:{EVERY}[^.;]{{0,40}}{COPY}|{COPY}[^.;]{{0,60}}{EVERY})"),
        never=(_NOT_MADE, rf"^\W*(?:\w+\s+){{0,4}}{RETAIN}", rf"{COPY}\W+(?:\w+\W+){{0,4}}{RETAIN}", WATCH, r"\btest"),
        figure="interval",
        weight=2,
    ),
    KindCue(
        kind="backup_frequency",
        text=(r"^\W*(?:back[-\s]?up\s+)?(?:frequenc\w+|schedules?|intervals?|h[äa]ufigkeit|fr[ée]quence)\b",),
        either=(COPY,),
        figure="interval",
        weight=2,
    ),
    KindCue(  # a table with a column for it
        kind="backup_frequency",
        text=(EVERY,),
        context=(r"frequenc|schedul|interval|how\s+often|backup\s+type",),
        either=(COPY,),
        never=(r"\btest", WATCH),
        blocks=("row",),
        figure="interval",
        weight=2,
    ),
    KindCue(
        kind="backup_frequency",
        text=(COPY, OFTEN, rf"{OFTEN}[^.;]{{0,60}}{COPY}|{COPY}[^.;]{{0,60}}{OFTEN}", rf"{MAKE}|{_VERB}"),
        never=(_NOT_MADE, r"\bscheduled\s+maintenance", WATCH, rf"{COPY}[^.;]{{0,20}}{RETAIN}"),
        weight=2,
    ),
    KindCue(
        kind="retention",
        text=(COPY, rf"{COPY}[^.;]{{0,150}}{KEEP}|{KEEP}[^.;]{{0,150}}{COPY}"),
        figure="duration",
        weight=2,
    ),
    KindCue(  # "Such backups ... be retained", "Retention period - 14 days." under a heading or a list that says backup
        kind="retention",
        text=(RETAIN,),
        either=(COPY,),
        never=(r"\blogs?\b[^.;]{0,40}\bretain|\b(?:system|access|audit|activity)\s+logs?\b",),
        figure="duration",
        weight=2,
    ),
    KindCue(
        kind="retention",
        text=(COPY, rf"{COPY}[^.;]{{0,60}}\b(?:are|is|be|being)\s+(?:\w+\s+)?(?:retained|kept|preserved)\b|"
              rf"\b(?:retain|keep|preserve)s?\b[^.;]{{0,60}}{COPY}|{COPY}[^.;]{{0,20}}\bretention\b|\bretention\b[^.;]{{0,40}}{COPY}|"
              rf"{COPY}[^.;]{{0,90}}\bmay\s+be\s+retained\b"),
        never=(rf"{FREE_OF}[^.;]{{0,30}}\b(?:obligated|required)\s+to\s+(?:remove|delete|destroy)", r"\bkeep\w*\s+(?:\w+\s+)?(?:confidential|secret|safe)\b"),
    ),
    KindCue(  # a table of retention
        kind="retention",
        text=(r"\d",),
        either=(COPY, r"\bretention\b|\bretain\w*|\bkept\b|\bkeep\w*|\bstored\s+for|aufbewahr\w*"),
        never=(WATCH,),
        figure="duration",
        blocks=("row",),
    ),
    KindCue(
        kind="offsite_copy",
        text=(ELSEWHERE, r"\b(?:stor\w+|cop(?:y|ies|ied)|replica\w*|replicat\w+|sent|send|transfer\w*|ship\w*|kept|keep\w*|maintain\w*|mov(?:e|ed)|held|hold|tape\w*|mirror\w*|locat\w+|rotat\w+|retain\w*|provid\w+|sav(?:e|ed)|back\w*|vault\w*|transport\w*|tak(?:e|en))\b|gespeichert|stock[ée]\w*"),
        either=(COPY,),
        never=(r"\b(?:off[-\s]?site)\s+(?:support|staff|personnel|work|resources?|services?\s+personnel|meeting|training)\b", rf"{WATCH}[^.;]{{0,10}}\boff[-\s]?site"),
        weight=2,
    ),
    KindCue(
        kind="encryption",
        text=(r"\b(?:encrypt|verschl[üu]ssel|chiffr)\w*", COPY),
        never=(r"\bun-?encrypted\s+(?:\w+\s+)?media\b",),
    ),
    KindCue(
        kind="encryption",
        text=(r"\b(?:encrypt|verschl[üu]ssel|chiffr)\w*",),
        context=(COPY,),
        never=(r"\bin\s+transit\s+only\b",),
    ),
    KindCue(
        kind="immutability",
        text=(r"\b(?:immutab\w+|worm\b|write[-\s]once|air[-\s]?gap\w*|object[-\s]lock\w*|tamper[-\s]?(?:proof|resistant|evident)|unver[äa]nder\w+|"
              r"(?:cannot|can\s+not|can[’']t|not)\s+be\s+(?:\w+\s+)?(?:altered|deleted|modified|changed|overwritten|encrypted\s+by))",),
        either=(COPY,),
    ),
    KindCue(
        kind="backup_monitoring",
        text=(COPY, rf"{WATCH}[^.;]{{0,70}}{COPY}|{COPY}[^.;]{{0,80}}{WATCH}"),
        never=(
            rf"{COPY}\s+(?:the\s+|of\s+(?:the\s+)?)?(?:event\s+|audit\s+|system\s+)?logs\b(?![^.;]*\bresult)",
            r"\b(?:restor\w+|recover\w+)\s+test|\btest\s+restor",
            r"\breview(?:ed)?\s+and\s+updat",
            r"\b(?:report|invoice|notice)s?\s+(?:with|and|including|together)\b",
        ),
    ),
    KindCue(
        kind="backup_monitoring",
        text=(r"\b(?:fail(?:ed|ure|ures)?|success\w*|unsuccessful\w*|missed|error\w*|alert\w*|integrity)\b", COPY, rf"{WATCH}|\b(?:re-?run|rectif\w+|correct\w*|investigat\w+|resolv\w+|repeat\w*|remed\w+|action)\b"),
    ),
    KindCue(
        kind="backup_scope",
        text=(
            rf"{_VERB}[^.;]{{0,60}}{DATA}|{DATA}[^.;]{{0,80}}\b(?:backed[-\s]up|back\w*[-\s]up\s+by)\b|"
            rf"{MAKE}[^.;]{{0,50}}{BACKUP}\s+(?:cop(?:y|ies)\s+)?(?:of|for)\b|^\W*(?:\([a-z]+\)\s*)?back[-\s]?up\s+(?:of|the|all|\w+[-\s](?:specified|requested|designated))\b|"
            rf"{BACKUP}\s+(?:cop(?:y|ies)\s+)?(?:of|for)\b[^.;]{{0,60}}{DATA}[^.;]{{0,80}}{MAKE}|"
            rf"{COPY}[^.;]{{0,20}}\b(?:includes?|covers?|contains?|compris\w+|encompass\w*|protects?)\b[^.;]{{0,80}}{DATA}|\btakes?\s+(?:\w+\s+){{0,3}}{COPY}\s+of\b",
        ),
        never=(rf"{FREE_OF}[^.;]{{0,40}}{BACKUP}", r"\bfor\s+back[-\s]?up\s+purposes"),
    ),
    KindCue(  # a service list that names it
        kind="backup_scope",
        text=(rf"\bservices?\b[^.;]{{0,40}}:[^.;]{{0,120}}(?:,|\band\b)\s*{BACKUP}\s*(?:,|\band\b|\.)|:\s*{BACKUP}\s*,|\b(?:protect\w*|safeguard\w*)\b[^.;]{{0,60}}{BACKUP}|{BACKUP}[^.;]{{0,60}}\bprotects?\b",),
    ),
    KindCue(
        kind="backup_disclaimer",
        text=(
            rf"{CLIENT}[^.;]{{0,60}}\b(?:responsib\w+|liab\w+|must|shall|should|need\s+to|required|agrees?|obligat\w+|encourage\w*|advise\w*|recommend\w*|own\s+risk|duty)\b[^.]{{0,160}}{BACKUP}|"
            rf"\b(?:recommend|encourage|advise|require)\w*\b[^.;]{{0,30}}{CLIENT}[^.;]{{0,60}}{BACKUP}|{BACKUP}[^.;]{{0,100}}\bresponsibility\s+of\s+(?:the\s+)?{CLIENT}|"
            rf"{BACKUP}[^.;]{{0,60}}\b(?:is|are)\s+(?:the\s+)?(?:sole\s+)?{CLIENT}[’']?s?\s+(?:sole\s+)?responsib",
        ),
        weight=4,
    ),
    KindCue(
        kind="backup_disclaimer",
        text=(
            rf"{FREE_OF}[^.;]{{0,50}}\b(?:responsib\w+|liab\w+|obligat\w+|required|guarantee\w*|warrant\w*|undertake\w*|represent\w*)\b[^.]{{0,140}}{COPY}|"
            rf"{COPY}[^.;]{{0,60}}{FREE_OF}\s+(?:be\s+)?(?:included|provided|covered|part\s+of|performed|offered|available|guaranteed|supported|intended|a\s+substitute|taken|made)\b|"
            rf"\b(?:do(?:es)?\s+not|don['’]t|doesn['’]t|will\s+not|shall\s+not|cannot|won['’]t|not\s+(?:currently\s+)?)\s*(?:\w+\s+)?(?:provide|perform|include|offer|guarantee|maintain|make|take|create|keep|back[-\s]?up|support)\b[^.;]{{0,60}}(?:{BACKUP}|\bback[-\s]?up\b)|"
            rf"{FREE_OF}\s+back(?:ed)?[-\s]?up\b|\bno\s+(?:\w+\s+)?{COPY}\s+(?:is|are|will|shall|service)|\bexclud\w+[^.;:]{{0,40}}{BACKUP}|{BACKUP}[^.;]{{0,40}}\b(?:is|are)\s+excluded",
        ),
        weight=4,
    ),
)
