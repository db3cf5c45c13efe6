"""Cues of the end: data handed back, data deleted; and of availability."""

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import (
    ASKED,
    BACKUP,
    DELETE,
    ENDING,
    FREE_OF,
    HAND_BACK,
    OWNED_DATA,
    PERCENT,
)

_AVAILABLE = (
    r"\b(?:availab(?:le|ility)|up-?time|verf[üu]gbar\w*|disponib\w+|operational|accessible|SLA|service\s+level)\b"
)
_EFFECT = (
    # a figure that triggers something or says what follows is no promise (T1, T2)
    r"\b(?:less\s+than|below|under|falls?|fail(?:s|ed)?\s+to\s+(?:meet|achieve|maintain)|drops?|lower\s+than|unterschreit\w+|inf[ée]rieur\w*)\b[^.;]{0,60}\d"
)
_PROPRIETARY = r"\bproprietary\b|\btrade\s+secrets?\b"

EXIT_CUES = (
    KindCue(
        kind="exit_data_return",
        text=(
            rf"{HAND_BACK}[^.;]{{0,130}}{OWNED_DATA}|{OWNED_DATA}[^.;]{{0,130}}\b(?:returned|delivered|handed\s+over|transferred|provided|exported|made\s+available|retrieved|downloaded|extracted|migrated)\b|"
            rf"\b(?:return|retriev|export)\w*\b[^.;]{{0,40}}\b(?:data|content)\b",
        ),
        either=(ENDING,),
        never=(
            r"\b(?:return|delivery)\s+(?:receipt|date|address)\b",
            r"\bdata\s+subjects?[’']?\s+(?:access\s+)?requests?\b",
            r"\bprovid\w+\b[^.;]{0,30}\b(?:notice|services?)\b(?![^.;]*\b(?:data|content|records|files)\b)",
        ),
    ),
    KindCue(
        kind="data_deletion",
        text=(rf"{DELETE}[^.;]{{0,110}}(?:{OWNED_DATA}|{BACKUP}|\bcopies\b|\binformation\b|\bcomponents\b)|(?:{OWNED_DATA}|{BACKUP}|\bcopies\b|\binformation\b|\bcomponents\b)[^.;]{{0,110}}{DELETE}",),
        either=(rf"{ENDING}|{ASKED}|{BACKUP}|\bno\s+longer\s+(?:needed|required|necessary)|\bretention\b|\bdisposal\b|\bin\s+lieu\b",),
        never=(
            r"\b(?:loss|damage|alteration|disclosure|access|theft|misuse|corruption|acquisition)\b[^.;]{0,50}\bdestruction|\bdestruction\b[^.;]{0,30}\b(?:loss|damage|alteration|theft)\b|\bsafety\s+from\s+destruction",
            r"\b(?:lost|damaged|corrupted|stolen|altered)\b[^.;]{0,20}\b(?:or|and)\s+(?:destroyed|deleted|erased)",
            r"\b(?:destroyed|deleted|erased)\b[^.;]{0,20}\b(?:lost|damaged|corrupted)",
            r"\b(?:accidental\w*|inadvertent\w*|mistaken\w*|unauthori[sz]ed)\b[^.;]{0,30}\b(?:delet|destr|eras)",
            r"\bdelet(?:e|es|ed|ing)\s+(?:the\s+)?(?:first|second|third|last|following|section|sentence|paragraph|clause)\b",
        ),
    ),
    KindCue(
        kind="uptime",
        text=(_AVAILABLE, PERCENT),
        never=(
            r"\b(?:credits?|refund\w*|rebate\w*|discount\w*)\b[^.;]{0,60}\b(?:of|equal|percent|\d+\s*%)|\d[\d.]*\s?%[^.;]{0,40}\b(?:of\s+(?:the\s+)?(?:monthly|fees?|charges|invoice))",
            _EFFECT,
            r"\bmeasured\s+as\b|\bcalculat\w+\b|\bformula\b|\bmultipl\w+",
        ),
        figure="percent",
        weight=2,
    ),
    KindCue(
        kind="uptime",
        text=(PERCENT, r"\b(?:up-?time|availability)\s+(?:guarantee|commitment|target|percentage|sla|of|is|will|shall|exceeds)\b|\b(?:availab\w+|up-?time)\b[^.;]{0,80}\b(?:at\s+least|minimum|not\s+less\s+than|no\s+less\s+than)"),
        figure="percent",
        never=(r"\b(?:less\s+than|below|falls?|drops?)\b[^.;]{0,60}\d",),
        weight=2,
    ),
    KindCue(
        kind="uptime",
        text=(PERCENT,),
        context=(r"\b(?:availability|up-?time|verf[üu]gbarkeit|disponibilit[ée])\b",),
        never=(r"\b(?:less\s+than|below|falls?|drops?)\b", r"[<≤]", r"\b(?:credits?|refund|fees?|discount)\b"),
        never_context=(r"\bcredits?\b|\brefund|\bpenalt",),
        blocks=("row", "item"),
        figure="percent",
    ),
    KindCue(
        kind="uptime",
        text=(
            r"\b(?:available|accessible|operational|availability|up-?time)\b[^.;]{0,80}\b(?:24\s*(?:/|x|hours)|twenty[-\s]four|seven\s+days|7\s+days|365|at\s+all\s+times)\b|"
            r"\b(?:efforts|endeavou?rs)\b[^.;]{0,50}\b(?:make|keep|ensure|maintain)\b[^.;]{0,60}\b(?:available|availability|up-?time)\b",
            r"\b(?:services?|systems?|platform|site|website|application|software|network|hosting|servers?|portal|api)\b",
        ),
        never=(r"\b(?:support|help\s?desk|personnel|staff|telephone|hotline|technicians?|representatives?|books|records)\b[^.;]{0,50}\b(?:available|24)", FREE_OF + r"\s+guarantee"),
    ),
)
