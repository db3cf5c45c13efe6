"""Cues of who owes what: the customer, tools, reports, layers."""

from drverify.reading.cue import KindCue
from drverify.reading.tables.around_forms import spread
from drverify.reading.tables.around_words import AGENT, CUSTOMER, DEFINED, REPORT, SHALL, TERMINATION

_DUTIES = spread(
    "client_duty",
    {
        "text": (
            rf"{CUSTOMER} (?:\w+ ){{0,2}}?{SHALL}",
            (
                r"\b(?:supported|support by|vendors? supports?|up to date|current|licen[cs]\w+|"
                r"approv\w+|authori[sz]ed contacts?|"
                r"contacts?|test (?:data|accounts?)|notice of|inform\w*|notif\w+|own(?:s|er|ership)|"
                r"title)\b"
            ),
        ),
        "never": (
            r"\bpay(?:s|ment|ments)?\b|\binvoices?\b|\bfees?\b",
            r"\bindemnif\w+\b",
            r"\bconfidential\b",
            r"\bno(?:t| longer)\b[^.;]{0,10}\b(?:be )?(?:responsible|required)\b",
            r"\bapproval\b[^.;]{0,20}\bchanges?\b",
            rf"{CUSTOMER} (?:shall|will|must|is|are) (?:be )?(?:notified|informed|given)\b",
            DEFINED,
            r"\bcontact information\b",
        ),
    },
    {
        "text": (
            (
                rf"{CUSTOMER}[^.;]{{0,30}}\b(?:owns|own|retains? (?:\w+ )?(?:title|ownership)|"
                r"remains? the (?:sole )?owner)\b"
            ),
            r"\b(?:data|content|configurations?|records)\b",
        ),
    },
)

_TOOLING = spread(
    "tooling",
    {
        "text": (
            AGENT,
            (
                r"\b(?:install\w*|deploy\w*|us(?:e|es|ed|ing)|collect\w*|gather\w*|transmit\w*|access|"
                r"see|named|listed|are|include)\b"
            ),
        ),
        "never": (
            (
                r"\b(?:insurance|real estate|paying|escrow|travel|its) agents?\b|\bagents? (?:and|or|"
                r"of) (?:subcontractors?|employees|representatives)\b"
            ),
            r"\bemployees\b[^.;]{0,30}\bagents\b",
            rf"\b(?:remov\w+|uninstall\w*)\b[^.;]{{0,80}}{AGENT}",
            TERMINATION,
        ),
    },
)

_REPORTING = spread(
    "reporting",
    {
        "text": (
            REPORT,
            (
                r"\b(?:daily|weekly|monthly|quarterly|annual\w*|every|each|deliver\w*|provid\w*|send|"
                r"sends|shows?|contains?|covers?|"
                r"includes?|lists?|states?|sample|attached|submit\w*)\b"
            ),
        ),
        "never": (
            (
                r"\breport(?:s|ed|ing)? (?:an? |any |the |all )?(?:\w+ )?(?:incidents?|faults?|"
                r"problems?|bugs?|errors?|defects?|violations?|breach\w*|issues?|abuse)\b"
            ),
            (
                r"\b(?:credit|financial|annual|tax|audit|soc ?[12]|expense|consumer|police|"
                r"medical) reports?\b"
            ),
            r"\breports? to (?:the )?(?:board|sec|commission|authorit)",
            (
                r"\b(?:restor\w+|recovery|dr) (?:tests?|exercises?|drills?)\b[^.;:]{0,80}\breports?\b|"
                r"\breports? (?:of|on|for|about) (?:each |the |every |a )?(?:restor\w+|recovery|dr|"
                r"disaster recovery) (?:test|exercise)"
            ),
            r"\breports? (?:is|are) true\b",
            DEFINED,
        ),
    },
    {"text": (r"\breporting periods?\b",), "figure": "duration"},
    {
        "text": (
            (
                r"\bservice reviews?\b|\breview meetings?\b|\b(?:monthly|quarterly|"
                r"initial) (?:service )?reviews?\b|\bmeet\b[^.;]{0,40}\bdiscuss\b"
            ),
        )
    },
)

DUTY_CUES: tuple[KindCue, ...] = (*_DUTIES, *_TOOLING, *_REPORTING)
