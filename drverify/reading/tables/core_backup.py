"""Cues of how often copies are made, where they are kept, for how long, and how they are protected."""
# ruff: noqa: E501, ISC004, RUF001 - long patterns, and the characters that agreements use

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import (
    BACKUP,
    COPY,
    ELSEWHERE,
    EVERY,
    FREE_OF,
    HOW_TO,
    KEEP,
    MAKE,
    OFTEN,
    RETAIN,
    WATCH,
)

_NOT_MADE = (
    # the interval belongs to another act than making the copy
    r"\b(?:retain|retention|keep|kept|stor(?:e|ed|age|ing)|restor\w+|test\w*|monitor\w*|examin\w+|review\w*|report\w*|logs?|delet\w+|destroy\w*|sent|send|cop(?:y|ies))\b"
    rf"[^.;]{{0,60}}\b(?:daily|nightly|weekly|monthly|hourly|yearly|annual|regular|routine|periodic|scheduled)\s+(?:\w+\s+){{0,3}}{BACKUP}"
)
_LOOKED_AT = rf"{BACKUP}\s+(?:schedules?|logs?|reports?|procedures?|polic\w+|jobs?|systems?)\s+(?:is|are|will\s+be|shall\s+be|must\s+be)\s+(?:\w+\s+)?(?:audited|reviewed|checked|verified|tested|inspected|monitored|updated)\b|\brestor(?:e|es|ation|ations)\b[^.;]{{0,20}}\bfrom\s+(?:\w+\s+)?backups?\b|{BACKUP}\s+that\s+(?:ran|was|were|had)\b|\b(?:recoverab|restorab|usab|readab)\w+\s+of\s+(?:the\s+|our\s+|its\s+|all\s+)?{BACKUP}"
_VERB = r"\b(?:backs?[-\s]up|backed[-\s]up|backing[-\s]up|(?:shall|will|must|to|may|can|should|not|we|they|you|also|automatically|regularly)\s+back[-\s]?up)\b(?!\s+(?:and|or|servers?|sites?|copies)\b)"

BACKUP_CUES = (
    KindCue(
        kind="backup_frequency",
        text=(COPY, EVERY, rf"{MAKE}[^.;]{{0,120}}{COPY}|{COPY}[^.;]{{0,120}}{MAKE}|{_VERB}"),
        never=(
            _NOT_MADE,
            _LOOKED_AT,
            r"\bexample\b|\bfor\s+instance\b|\btags?\b",
            r"\b(?:status|information|reports?)\b[^.;]{0,40}\bupdated\b",
            r"\btest(?:s|ing)?\s+(?:of\s+)?(?:the\s+|our\s+)?back|\bback\S*ups?\s+(?:is|are)\s+(?:\w+\s+)?tested",
        ),
        figure="interval",
        weight=3,
    ),
    KindCue(  # a row, a bullet or a bare phrase: "Full backups every week."
        kind="backup_frequency",
        text=(
            COPY,
            rf"^\W*(?:\([a-z]+\)\s*)?(?:\w[\w/()-]*\W+){{0,7}}?(?:{EVERY}[^.;]{{0,40}}{COPY}|{COPY}[^.;]{{0,60}}{EVERY})",
        ),
        never=(
            _NOT_MADE,
            _LOOKED_AT,
            rf"^\W*(?:\w+\s+){{0,4}}{RETAIN}",
            rf"{COPY}\W+(?:(?!{EVERY})\w+\W+){{0,4}}(?:retained|kept|preserved|stored|archived|held|stays?|lives?|remains?|expires?)\b",
            WATCH,
            r"\btest",
        ),
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
    KindCue(  # an item under such a heading
        kind="backup_frequency",
        text=(EVERY,),
        context=(
            rf"(?:{BACKUP}[^\n]{{0,40}}\b(?:frequenc\w+|schedul\w+|intervals?|how\s+often)|\b(?:frequenc\w+|schedul\w+|how\s+often)\b[^\n]{{0,40}}{BACKUP}|(?:^|\n)\W*(?:schedules?|frequency|default\s+schedule)\W*(?:\n|$))",
        ),
        either=(COPY,),
        never=(r"\btest", WATCH, RETAIN, r"\btags?\b"),
        blocks=("item",),
        figure="interval",
        weight=2,
    ),
    KindCue(  # the answer to "how often?"
        kind="backup_frequency",
        text=(
            rf"^\W*(?:(?:at\s+least|once|twice|automatically|they\s+are\s+(?:taken|made)|it\s+is\s+(?:done|run)|backups?\s+run)\s+)?{EVERY}",
        ),
        context=(rf"\bhow\s+often\b[^\n]*{COPY}|\bhow\s+often\b[^\n]*\bback",),
        blocks=("paragraph",),
        never=(r"\btest", RETAIN),
        figure="interval",
        weight=2,
    ),
    KindCue(  # a table with a column for it
        kind="backup_frequency",
        text=(EVERY,),
        context=(
            r"frequenc|schedul|interval|how\s+often|backup\s+type|(?:^|\n)\W*(?:automat\w+\s+|data\s+)?(?:back-?ups?|snapshots?)\W*(?:\n|$)",
        ),
        either=(COPY,),
        never=(r"\btest", WATCH),
        blocks=("row",),
        figure="interval",
        weight=2,
    ),
    KindCue(  # how often, without a figure
        kind="backup_frequency",
        text=(
            rf"{OFTEN}\W+(?:[\w-]+\W+){{0,4}}?{COPY}|{COPY}[^.;]{{0,90}}{MAKE}[^.;]{{0,60}}{OFTEN}|{_VERB}[^.;]{{0,90}}{OFTEN}|{OFTEN}\s+{_VERB}|{OFTEN}\s+(?:\w+\s+){{0,2}}?back[-\s]?up",
            rf"{MAKE}|{_VERB}|\bincludes?\b|\b(?:is|are)\b",
        ),
        never=(_NOT_MADE, r"\bscheduled\s+maintenance", rf"{COPY}[^.;]{{0,20}}{RETAIN}", r"\btest\w*"),
        weight=2,
    ),
    KindCue(  # that copies are made, and not even of what
        kind="backup_frequency",
        text=(
            rf"\b(?:carr(?:y|ies|ied)\s+out|perform(?:s|ed|ing)?|conduct(?:s|ed)?|execut(?:e|es|ed)|tak(?:e|es|en)|ma(?:ke|kes|de)|run|runs)\s+(?:(?:the|all|any|necessary|required|appropriate|its|our|data|system|database|full|complete|logical|physical|and)\s+){{0,3}}(?:{COPY}|\bexports\b)(?!\s+(?:of|for)\b)|"
            rf"(?:{COPY}|\blogical\s+exports\b)[^.;]{{0,40}}\b(?:is|are|be)\s+(?:also\s+)?(?:performed|taken|made|carried\s+out|created|executed)\b",
        ),
        either=(rf"{COPY}",),
        never=(
            _NOT_MADE,
            HOW_TO,
            r"\btest\w*|\brestor\w*",
            FREE_OF,
            r"\b(?:when|if|once|where|prior|before|after)\b",
        ),
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
        text=(
            COPY,
            rf"{COPY}[^.;]{{0,60}}\b(?:are|is|be|being)\s+(?:\w+\s+){{0,3}}(?:retained|kept|preserved)\b|"
            rf"\b(?:retain|keep|preserve)s?\b[^.;]{{0,60}}{COPY}|\bretention\s+(?:period|time)s?\b[^.;]{{0,30}}{COPY}[^.;]{{0,40}}\b(?:is|are|shall|will|must)\b|{COPY}\s+retention\b[^.;]{{0,30}}\b(?:is|are|shall|will|must|accord\w+)\b|"
            rf"{COPY}[^.;]{{0,90}}\bmay\s+be\s+retained\b",
        ),
        never=(
            rf"{FREE_OF}[^.;]{{0,30}}\b(?:obligated|required)\s+to\s+(?:remove|delete|destroy)",
            r"\b(?:keeps?|maintains?)\s+(?:\w+\s+)?(?:regular|frequent|routine|periodic)\b",
            r"\bkeep\w*\s+(?:\w+\s+)?(?:confidential|secret|safe|track|log|mind)\b",
        ),
    ),
    KindCue(
        kind="retention",
        text=(COPY, r"\b(?:deleted|purged|overwritten|expires?|removed|rotated)\b"),
        figure="duration",
        never=(
            r"\b(?:terminat|cancel|expiration\s+of\s+(?:the|this)|end\s+of\s+(?:the|this|your)\s+(?:term|contract|subscription|service))\w*",
            r"\b(?:service|project|account|environment|customer|client)\b[^.;]{0,40}\bdelet|\bdelet\w+\s+of\b",
            r"\b(?:your|all|customer|client|user|account)\s+(?:\w+\s+)?(?:data|content|files|accounts?)\b[^.;]{0,30}\b(?:deleted|purged|removed|erased)\b",
        ),
    ),
    KindCue(  # an item or an answer under such a heading
        kind="retention",
        text=(r"\d|\b(?:one|two|three|four|five|six|seven|ten|twelve|thirty)\b",),
        context=(r"\b(?:retention|retain\w*|kept|keep|how\s+long|aufbewahr\w*)\b[^\n]*\n?[^\n]*$",),
        either=(COPY,),
        never=(WATCH, r"\blogs?\b", r"\btest", r"\bRPO|\bRTO", r"\bexample\b", r"\bcycle\b"),
        blocks=("item", "paragraph"),
        figure="duration",
    ),
    KindCue(
        kind="retention",
        text=(
            r"\b(?:stored|held|saved|available|maintained|restorable|accessible)\b|\b(?:last|past|previous)\s+(?:\w+\s+)?(?:\(?\d+\)?\s+)?(?:hours?|days?|weeks?|months?|years?)\b|\b(?:days?|weeks?|months?)\s+(?:worth\s+)?of\b|\b(?:rolling|window|history)\b",
        ),
        either=(rf"{COPY}|\bpoint[-\s]in[-\s]time\b|\bPITR\b",),
        never=(
            WATCH,
            r"\b(?:within|notice|terminat\w+|cancel\w+|per\s+day|respond|logs?)\b",
            r"\btest\w*",
            r"\bRPO|\bRTO|\bdata\s+loss",
            r"\bexample\b",
            ELSEWHERE + r"[^.;]{0,20}\bwithin",
        ),
        figure="duration",
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
        text=(
            ELSEWHERE,
            r"\b(?:stor\w+|cop(?:y|ies|ied)|replica\w*|replicat\w+|sent|send|transfer\w*|ship\w*|kept|keep\w*|maintain\w*|mov(?:e|ed)|held|hold|tape\w*|mirror\w*|locat\w+|rotat\w+|retain\w*|provid\w+|sav(?:e|ed)|back\w*|vault\w*|transport\w*|tak(?:e|en))\b|gespeichert|stock[ée]\w*",
        ),
        either=(rf"{COPY}|\btapes?\b",),
        never=(
            r"\b(?:off[-\s]?site)\s+(?:support|staff|personnel|work|resources?|services?\s+personnel|meeting|training)\b",
            rf"{WATCH}[^.;]{{0,10}}\boff[-\s]?site",
            r"\brestor\w+\b[^.;]{0,50}\bto\s+an?\b|\b(?:equivalent|access)\b[^.;]{0,60}\balternat",
            r"\bif\s+(?:customers?|you|users?)\s+(?:wish|want)",
        ),
        weight=2,
    ),
    KindCue(
        kind="encryption",
        text=(r"\b(?:encrypt|verschl[üu]ssel|chiffr)\w*", COPY),
        never=(r"\bun-?encrypted\s+(?:\w+\s+)?media\b",),
    ),
    KindCue(
        kind="encryption",
        text=(
            r"\b(?:encrypt(?:ed|s|ion)|verschl[üu]ssel\w*|chiffr\w*)\b|\bAES[-\s]?\d|\bX25519\b",
            r"\b(?:stored|kept|is|are|be|with|using|via|at[-\s]rest|offers?|supports?|AES\S*|uses?|end-to-end|before|keys?)\b",
        ),
        context=(COPY,),
        never=(r"\bin\s+transit\s+only\b", r"\bpassword\s+is\s+required"),
    ),
    KindCue(
        kind="immutability",
        text=(
            r"\b(?:immutab\w+|worm\b|write[-\s]once|air[-\s]?gap\w*|object[-\s]lock\w*|tamper[-\s]?(?:proof|resistant|evident)|unver[äa]nder\w+|"
            r"(?:back\S*ups?|snapshots?|copies|it|they)\s+(?:\w+\s+){0,5}?(?:cannot|can\s+not|can[’']t|may\s+not|not)\s+be\s+(?:\w+\s+)?(?:altered|deleted|modified|changed|overwritten|encrypted\s+by)|"
            rf"(?:nobody|no\s+one|no\s+(?:\w+\s+)?(?:user|administrator|person|party)|neither|cannot|can\s+not|not\s+even|prevent\w*)\b[^.;]{{0,90}}\b(?:delet|alter|modif|overwrit|tamper|chang)\w*\b[^.;]{{0,30}}{COPY}|{COPY}[^.;]{{0,40}}\b(?:protected|locked|secured)\s+against\s+(?:\w+\s+)?(?:deletion|modification|alteration|chang\w+|overwrit\w+|ransomware|tampering))",
        ),
        either=(COPY,),
    ),
)
