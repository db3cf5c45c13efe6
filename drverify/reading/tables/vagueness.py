"""Why a clause is not testable: words by rule, and which kinds need which criterion. V-08 is the slot check."""
# ruff: noqa: E501, RUF001 - long patterns, and the characters that agreements use

from collections.abc import Mapping
from types import MappingProxyType

from drverify.model.contract import Kind

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "V-01": r"\b(?:(?:commercially\s+)?reasonable\s+(?:\w+\s+)?(?:efforts?|endeavou?rs|steps|measures|care|precautions)|best\s+efforts?|endeavou?rs?\s+to|strives?\s+to|"
        r"(?:reasonable|all\s+practical)\s+(?:commercial\s+)?(?:efforts?|steps)|wherever\s+possible|use\s+(?:its\s+|our\s+|their\s+)?efforts)\b",
        "V-02": r"\b(?:periodic(?:al|ally)?|regular(?:ly)?|from\s+time\s+to\s+time|as\s+(?:needed|required|necessary|appropriate)|frequent(?:ly)?|routine(?:ly)?|occasional(?:ly)?|"
        r"at\s+(?:regular|reasonable|appropriate)\s+intervals|for\s+a\s+(?:limited|certain|specific|reasonable)\s+(?:amount\s+of\s+)?(?:time|period)|different\s+durations)\b",
        "V-03": r"\b(?:prompt(?:ly)?|timely|in\s+a\s+timely\s+manner|as\s+(?:soon|quickly|promptly|expeditiously|rapidly|fast)\s+as|without\s+(?:undue\s+|unreasonable\s+)?delay|"
        r"expeditious(?:ly)?|reasonable\s+(?:period|time|timeframe)|quickly|rapid(?:ly)?|speedily|immediately|a\s+few\s+(?:minutes|hours|days)|soonest|"
        r"umgehend|unverz[üu]glich|dans\s+les\s+meilleurs\s+d[ée]lais)\b",
        "V-04": r"\b(?:adequate(?:ly)?|appropriate(?:ly)?|sufficient(?:ly)?|strong|industry[-\s]standards?|satisfactory|best\s+practices?|minimal|reasonabl[ey]|proper(?:ly)?|suitable|"
        r"good\s+industry\s+practice|prudent|customary|full\b|fully)\b",
        "V-05": r"\b(?:typical(?:ly)?|usual(?:ly)?|general(?:ly)?|normal(?:ly)?|approximate(?:ly)?|about|targets?|aims?|goals?|on\s+average|estimated|anticipated|expected|intended)\b",
        "V-06": r"\b(?:depend(?:s|ing|ent)?\s+(?:on|upon)|subject\s+to\s+(?:availability|the\s+availability)|where(?:ver)?\s+possible|if\s+possible|to\s+the\s+extent\s+(?:possible|practicable|feasible)|"
        r"(?:where|if|as)\s+(?:reasonably\s+)?(?:practicable|feasible))\b",
        "V-07": r"\b(?:mutually\s+agree\w*|to\s+be\s+(?:determined|agreed|defined|decided|confirmed)|as\s+(?:may\s+be\s+)?agreed|agreed\s+(?:upon\s+)?(?:between|by)\s+the\s+parties|TBD|TBA|TBC)\b",
        "V-12": r"\b(?:may\s+be\s+(?:changed|modified|updated|amended)|reserves?\s+the\s+right\s+to\s+(?:change|modify|amend|update)|as\s+posted|at\s+(?:its|our)\s+(?:sole\s+)?discretion)\b",
    }
)
STRONG = frozenset({"V-01", "V-02", "V-03", "V-05", "V-06", "V-07"})
"""Rules whose words make a clause vague that has no criterion of another sort; the rest explain only."""
PLACEHOLDER = r"\[\s*[_•●.\s]{1,20}\]|_{3,}|\[\s*\d[\d.,]*\s*\]|\bT\.?B\.?[DAC]\b|\[\s*(?:insert|TBD|number|amount|x+|to\s+be)\b[^\]]{0,60}\]|<\s*(?:insert|number|x+)[^>]{0,40}>|\bEDITME\b|\bXX+\b(?=\s*(?:hours?|days?|minutes?|%))|\{\{[^}]{1,40}\}\}"
REDACTED = r"\[\s*\*{2,}\s*\]|\*{5,}|\[\s*REDACTED\s*\]|█{2,}|\[\s*omitted\s*\]"
REFERENCE = (
    r"\b(?:within\s+the\s+(?:time|period|time-?frame|recovery\s+time)s?(?:\s+(?:periods?|frames?|objectives?))?\s+(?:specified|set\s+(?:forth|out)|stated|described|defined|provided|listed|contained)|"
    r"(?:as|in\s+the\s+manner)\s+(?:is\s+|are\s+)?(?:specified|set\s+(?:forth|out)|stated|described|defined|provided|outlined|detailed|listed|indicated|contained)\s+(?:in|on|at|by|under)|"
    r"(?:in\s+accordance|consistent|compliance)\s+with\s+(?:\w+[’']?s?\s+){0,6}?(?:plans?|polic(?:y|ies)|procedures?|standards?|schedules?|exhibits?|appendi(?:x|ces)|annex\w*|attachments?|sows?|statements?\s+of\s+work|order\s+forms?|documentation|runbooks?|service\s+descriptions?|program|requirements|practices)|"
    r"(?:pursuant|according|refer|adhere)\s+to\s+(?:\w+[’']?s?\s+){0,6}?(?:plans?|polic(?:y|ies)|procedures?|standards?|schedules?|exhibits?|appendi(?:x|ces)|annex\w*|attachments?|sows?|order\s+forms?|documentation|service\s+descriptions?|practices)|"
    r"(?:specified|set\s+(?:forth|out)|described|defined|detailed|outlined|identified|listed|stated|contained)\s+(?:in|on)\s+(?:[\w’'-]+\s+){0,5}?(?:exhibits?|schedules?|appendi(?:x|ces)|annex\w*|attachments?|orders?|sows?|statements?\s+of\s+work|plans?|polic(?:y|ies)|procedures?|sla\b|cover\s+page|documentation|service\s+descriptions?|website|portal|runbooks?))"
)
DELEGATED = r"\b(?:(?:customer|client|you|subscriber|user)s?\b[^.;]{0,40}\b(?:choose|configure|determine|select|define|set|specify|schedule)s?\b|(?:configurable|selectable|determined|chosen|configured|defined|specified|selected)\s+by\s+(?:the\s+|you\b|your\b)?(?:customer|client|user|subscriber|tenant)?)"
EVENT_BOUND = r"\b(?:until|as\s+long\s+as|so\s+long\s+as|for\s+(?:the\s+)?(?:duration|life|term)\s+of|throughout|during\s+the\s+(?:term|life)|when\s+the\s+corresponding|indefinite(?:ly)?|permanently|forever|perpetuity|while)\b"
NEEDS_FIGURE: frozenset[Kind] = frozenset(
    {"rpo", "rto", "backup_frequency", "retention", "restore_test", "dr_test", "restore_time", "uptime"}
)
"""Kinds that no machine can check without a figure."""
MATTERS: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        "backup_scope": frozenset(),
        "offsite_copy": frozenset({"V-01"}),
        "encryption": frozenset(),
        "immutability": frozenset(),
        "backup_disclaimer": frozenset(),
        "restore_responsibility": frozenset({"V-01", "V-02", "V-03"}),
        "backup_monitoring": frozenset({"V-01", "V-02"}),
        "dr_plan": frozenset({"V-01", "V-07"}),
        "exit_data_return": frozenset({"V-01", "V-03", "V-07"}),
        "data_deletion": frozenset({"V-01", "V-03", "V-07"}),
    }
)
"""Of kinds that need no figure: the rules whose words make them vague; for kinds that are not here, the strong ones."""
CHECKABLE = r"\b(?:daily|nightly|weekly|monthly|hourly|every|each|all\s+times|24\s*[x/]\s*7|logs?|reports?|reporting|notif\w+|alert\w*|fail\w*|errors?|within|success\w*|automat\w+|continuous\w*|results?|inform\w*|checksum\w*|integrity)\b"
"""What makes monitoring more than a word."""
FIRM_PLANS = (
    r"\b(?:maintain|develop|establish|prepar|implement|submit|deliver|ha(?:s|ve)\s+(?:in\s+place|developed|established|implemented)|furnish|keep|provided?\b|updat|review|document|designat|specif|cover|creat|"
    r"adopt|execut|activat|mak\w+\s+available|made\s+available|put\s+in\s+place|declar)\w*"
)
