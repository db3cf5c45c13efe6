"""Cues around recovery: who validates and decides, what time is allowed, moving in and out."""

from drverify.reading.cue import KindCue
from drverify.reading.tables.around_forms import spread
from drverify.reading.tables.around_words import MIGRATION, RECOVERING

_FAILS = (
    r"\b(?:servers?|machines?)\b[^.;]{0,60}\b(?:fails?|cannot be (?:returned|restored|"
    r"brought)|is lost|goes down)\b"
)

_NODE = r"\b(?:nodes?|hosts?|hypervisors?|cluster members?|physical servers?)\b"

_CHECK = (
    r"(?:validat\w+|verif\w+|check(?:s|ed|ing)?|confirm\w*|demonstrat\w+|prov(?:e|es|ed)|"
    r"test(?:s|ed|ing)?)"
)

_APPLICATION = (
    r"\b(?:applications?|guest functionality|business functions?|the shop|"
    r"services? (?:works?|answers?))\b"
)

_VALIDATION = spread(
    "application_validation",
    {
        "text": (rf"\b{_CHECK}\b[^.;]{{0,90}}{_APPLICATION}|{_APPLICATION}[^.;]{{0,90}}\b{_CHECK}\b",),
        "either": (RECOVERING,),
        "never": (
            (
                r"\b(?:time|rto|rto\)|objective|clock|"
                rf"period)\b[^.;]{{0,80}}\buntil\b[^.;]{{0,80}}\b{_CHECK}"
            ),
            MIGRATION,
            r"\bapplications? for\b",
            r"\bmobile application\b",
            r"\btest(?:s|ed|ing)? data\b",
            r"\bsuccessful (?:when|if)\b",
        ),
    },
)

_ALLOWANCE = spread(
    "recovery_allowance",
    {
        "text": (
            (
                r"\b(?:fixed at|allowance|flat[-\s]rate|lump|deemed|is added to|are added to|"
                r"taken (?:as|to be)|counted as)\b"
            ),
            (
                r"\b(?:alert\w*|staff|replace\w*|detect\w*|declar\w+|decid\w+|provision\w*|deliver\w*|"
                r"hardware|parts?|travel)\b"
            ),
        ),
        "either": (r"\brecovery time\b|\brto\b|\brecovery\b|\brestor\w+",),
        "never": (r"\b(?:price|fee|rate|charge|cost|payment)s?\b",),
        "figure": "duration",
    },
)

_FAILOVER = spread(
    "failover_decision",
    {
        "text": (
            (
                rf"{_FAILS}|{_NODE}[^.;]{{0,60}}\b(?:fail\w*|outage|is lost|goes down|crash\w*)|"
                rf"\b(?:fail\w*|outage|loss) (?:of )?(?:\w+ ){{0,3}}{_NODE}"
            ),
            (
                r"\brestart\w*|\bfail(?:s|ed)?[-\s]?over\b|\brestor(?:e|es|ed|ing)\b|\bwaits?\b|"
                r"\bawaits?\b|\bmov(?:e|es|ed)\b|\bevacuat\w+"
            ),
        ),
        "never": (r"\bhost(?:s|ed|ing) (?:by|on)\b",),
    },
    {
        "text": (
            (
                r"\b(?:decid\w+|approv\w+|authori[sz]\w+|order\w*|invok\w+|initiat\w+|"
                r"trigger\w*)\b[^.;]{0,60}\bfail[-\s]?over\b|"
                r"\bfail[-\s]?over\b[^.;]{0,60}\b(?:decided|approved|authori[sz]ed|ordered|invoked|"
                r"initiated|approval|decision)\b"
            ),
        ),
    },
)

RECOVERY_CUES: tuple[KindCue, ...] = (*_VALIDATION, *_ALLOWANCE, *_FAILOVER)
