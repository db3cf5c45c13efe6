"""Cues of running the service: answers, severities, maintenance, changes, reports."""

from drverify.reading.cue import KindCue
from drverify.reading.tables.around_forms import spread
from drverify.reading.tables.around_words import CLOCK_TIME, LEVEL, MIGRATION, SEVERITY, WEEKDAY

_RESPONSE = spread(
    "response_time",
    {
        "text": (r"\brespon(?:d|ds|se|ses)\b",),
        "either": (
            (
                rf"{SEVERITY}|\b(?:incidents?|tickets?|support|service desk|faults?|calls?|requests?|"
                r"alerts?)\b"
            ),
        ),
        "never": (
            (
                r"\brespons(?:e|es) to (?:this|the|a|any) (?:proposal|tender|rfp|subpoena|audit|"
                r"notice|complaint)\b"
            ),
            r"\bdata subjects?\b",
            r"\bhttp response\b",
            r"\bincident response (?:plan|team|procedure)",
        ),
        "figure": "duration",
    },
    {
        "text": (
            (
                r"\bresponse\b[^.;]{0,30}\bmeans\b|\brespon(?:d|se)\b[^.;]{0,80}\backnowledg\w+|"
                r"\backnowledg\w+[^.;]{0,80}\bresponse\b"
            ),
        )
    },
    {
        "text": (r"\d|\bimmediate|\bnext business day\b",),
        "context": (r"\brespon(?:se|d)\b|\breaction\b",),
        "blocks": ("row",),
        "figure": "duration",
    },
)

_SEVERITY = spread(
    "severity",
    {
        "text": (
            LEVEL,
            (
                r"\b(?:means|is defined as|applies (?:when|if|to)|denotes|describes|down|unavailable|"
                r"impair\w*|degraded|"
                r"workaround|business (?:impact|effect)|production|failed|fails?)\b|:"
            ),
        ),
        "never": (r"\brespond\w*\b[^.;]{0,60}\bwithin\b",),
    },
    {
        "text": (
            (
                r"\b(?:down|unavailable|impair\w*|degraded|workaround|impact|loss|affect\w*|"
                r"production|users?|fault|question|request|fail\w*|else)\b"
            ),
        ),
        "context": (rf"{SEVERITY}|\b(?:case|incident|fault|ticket|support|service) levels?\b",),
        "blocks": ("row",),
    },
    {
        "text": (
            SEVERITY,
            (
                r"\b(?:declar\w+|assign\w*|set(?:s)?|classif\w+|determin\w+|challeng\w+|disput\w+|"
                r"escalat\w+|updates?|inform\w*|maps?|mapped|choos\w+|chosen|selects?|selected|"
                r"propos\w+)\b"
            ),
        ),
        "never": (r"\border of (?:precedence|priority)\b", r"\bpriority (?:of|over) (?:payment|claims?)\b"),
    },
    {
        "text": (
            (
                r"\b(?:status|progress|situation) (?:updates?|reports?|information)\b|"
                r"\bupdates? (?:on|about|of) (?:the )?(?:progress|status)\b"
            ),
        ),
        "either": (rf"\bincidents?\b|{SEVERITY}|\boutages?\b",),
    },
    {
        "text": (
            (
                r"\bescalat\w+\b|\breported to (?:its|the|their)\b|\bengag(?:e|es|ing) (?:its|the|"
                r"their)\b"
            ),
            r"\b(?:vendors?|manufacturers?|makers?|data ?cent(?:er|re)|hardware|software)\b",
        ),
    },
)

_LEVELS = spread(
    "severity",
    {
        "text": (
            r"\b(?:its|the|a|different|another) levels?\b",
            r"\b(?:selects?|selected|chooses?|proposes?|propose|sets?|assigns?|declares?)\b",
        ),
        "either": (r"\b(?:cases?|incidents?|tickets?|faults?)\b",),
    },
)

_MAINTENANCE = spread(
    "maintenance_window",
    {
        "text": (
            r"\bmaintenance\b",
            (
                r"\b(?:windows?|scheduled|planned|announc\w+|notice|emergency|urgent|downtime|outside|"
                r"in advance)\b"
            ),
        ),
        "never": (
            r"\bmaintenance (?:fees?|charges?|contracts?|agreements?|payments?|costs?)\b",
            r"\bmaintenance (?:and|&) support (?:services|fees|agreement)\b",
            r"\bdiscover\w*\b|\binventor\w+\b",
        ),
    },
    {
        "text": (
            r"\bwindow\b|\bdowntime\b|\bwork\b|\bemergenc(?:y|ies)\b|\binterrupt\w*",
            r"\b(?:excus\w+|count\w*|exclud\w+|suspend\w*|notice|announc\w+|emergenc(?:y|ies))\b",
        ),
        "context": (r"\bmaintenance\b",),
    },
)

_WINDOW = spread(
    "maintenance_window",
    {"text": (r"\bwindow\b", rf"{CLOCK_TIME}|{WEEKDAY}"), "context": (r"\bmaintenance\b",)},
)

_NOTICE = spread(
    "maintenance_window",
    {
        "text": (r"\b(?:days?|hours?|weeks?)['\u2019]? (?:\w+ )?notice\b|\bwithout (?:\w+ )?notice\b",),
        "context": (r"\bmaintenance\b",),
    },
)

_CHANGE = spread(
    "change_control",
    {
        "text": (
            r"\bchanges?\b",
            (
                r"\b(?:approv\w+|consent|authori[sz]\w+|change (?:requests?|orders?|control|"
                r"management|advisory)|roll\w*[-\s]?back|"
                r"back-?out|former state|previous state|reverse\w*|revert\w*|undo\w*|standing)\b|"
                r"\broll(?:s|ed|ing)? (?:the |a |any )?(?:\w+ )?changes? back\b"
            ),
        ),
        "never": (
            r"\bchanges? (?:of|in) (?:control|law|ownership|address|name)\b",
            r"\bexchange",
            r"\b(?:price|fee|rate) changes?\b",
            MIGRATION,
            r"\bpasswords?\b",
        ),
    },
    {
        "text": (
            (
                r"\b(?:add(?:ed|s|ing)?|additions?|additional|remov(?:e|ed|al)|new|chang(?:e|ed|es)|"
                r"amend\w*)\b"
            ),
            r"\b(?:services?|systems?|servers?|retention|schedule|exhibit|annex|scope|resources)\b",
            (
                r"\b(?:written|signed) (?:\w+ ){0,3}?(?:amendments?|schedules?|change orders?|orders?|"
                r"addend\w+)\b|\bamend(?:ed|ment)\b[^.;]{0,60}\b(?:signed|writing)\b|"
                r"\bsigned\b[^.;]{0,40}\bamend"
            ),
        ),
    },
)

SERVICE_CUES: tuple[KindCue, ...] = (
    *_RESPONSE,
    *_SEVERITY,
    *_LEVELS,
    *_MAINTENANCE,
    *_WINDOW,
    *_NOTICE,
    *_CHANGE,
)
