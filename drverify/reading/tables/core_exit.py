"""Cues of the end: data handed back, data deleted; and of availability."""
# ruff: noqa: E501, ISC004, RUF001 - long patterns, and the characters that agreements use

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

_AVAILABLE = r"\b(?:availab(?:le|ility)|up[-\s]?time|verf[üu]gbar\w*|disponib\w+|operational|accessible|SLAs?\b|service\s+levels?)\b"
_FLOOR = r"\b(?:shall|will|must|may|should|can|does|is)\s*(?:not|never)\s+(?:be\s+|to\s+)?(?:fall|drop|go|be|sink|decline|allowed)?\s*(?:to\s+\w+\s+)?(?:below|under|less\s+than|lower\s+than)\b|\bnever\s+(?:falls?|drops?|goes|sinks)\s+below\b"
_EFFECT = (
    rf"^(?!.*{_FLOOR}).*(?:"
    # a figure that triggers something or says what follows is no promise (T1, T2)
    r"\b(?:(?<!not\s)(?<!no\s)less\s+than|below|under|falls?|fail(?:s|ed)?\s+to\s+(?:meet|achieve|maintain)|not\s+met|is\s+not\s+(?:achieved|reached)|drops?|lower\s+than|unterschreit\w+|inf[ée]rieur\w*)\b[^.;]{0,60}\d"
    r"|\bif\b[^.;]{0,120}\b(?:not\s+(?:met|achieved|reached|maintained|attained)|fails?|falls?|less|below|drops?|does\s+not)\b"
    r")"
)
_CREDITS = r"\b(?:credits?|refund\w*|rebate\w*|discount\w*)\b[^.;]{0,60}\b(?:of|equal|percent|\d+\s*%)|\d[\d.\u2024]*\s?%[^.;]{0,40}\b(?:of\s+(?:the\s+)?(?:monthly|fees?|charges|invoice))"
_DATA_TOO = r"(?:customer|client|personal|user|account|subscriber|company)[’']?s?\s+(?:data|content|records|files)|\ball\s+(?:\w+\s+){0,3}data\b|\brecords\s+and\s+data\b"
_SECRETS = rf"^(?!.*(?:{_DATA_TOO})).*(?:\bconfidential\s+information\b|\bdisclosing\s+party\b|\breceiving\s+party\b|\b(?:licensed|proprietary)\s+(?:software|products?|materials?)\b|\bclinical\b|\bproduct\s+(?:data|information)\b|\bmanuals?\b|\bbrochures\b|\btrade\s+secrets?\b|\bproprietary\s+information\b)"
_ONE_SIDED = r"\b(?:section|paragraph|clause|sentence|exhibit|schedule|definition)s?\s+[\d(“\"]"
_PASSIVE = r"(?:be|been|being|is|are|gets?|wird|werden)\s+(?:\w+\s+){0,3}?"
_HANDED = r"(?:returned|delivered|handed\s+over|transferred|provided|exported|made\s+available|retrieved|downloaded|extracted|migrated|supplied|sent|given|furnished|shipped|turned\s+over|available)"

EXIT_CUES = (
    KindCue(
        kind="exit_data_return",
        text=(
            rf"{HAND_BACK}[^.;]{{0,110}}{OWNED_DATA}|{OWNED_DATA}[^.;]{{0,110}}\b(?:{_PASSIVE}{_HANDED}|available\s+for\s+(?:download|export|retrieval))\b",
        ),
        either=(ENDING,),
        never=(
            r"\b(?:return|delivery)\s+(?:receipt|date|address)\b",
            r"\bcertification\s+of\s+deletion",
            r"\bfrom\s+a\s+backup\b",
            _SECRETS,
            r"\bdata\s+subject|\b(?:sales|performance|clinical|pricing|market\w*)\s+data\b|\b(?:monthly|quarterly|weekly)\s+basis\b|\b(?:end|close)\s+of\s+(?:the|each)\s+(?:\w+\s+)?(?:month|quarter)",
            r"\bsource\s+code\b",
            r"\bescrow\b",
            r"\bpersonnel\s+records|\bemployee\s+records|\bbooks\s+of\s+account",
            r"\b(?:audit|inspect)\w*\b[^.;]{0,40}\b(?:records|books)\b",
            rf"{FREE_OF}\s+(?:\w+\s+){{0,3}}(?:be\s+able\s+to\s+)?(?:access|transfer|use)\b",
            r"\bafter\s+the\s+retrieval\b",
        ),
    ),
    KindCue(  # a copy of one's data
        kind="exit_data_return",
        text=(
            r"\b(?:copy|copies|export|extract|download|dump|archive|image)s?\s+of\s+(?:\w+[’']?s?\s+){0,4}?(?:data|content|databases?|website|files)\b|\bdata\s+(?:export|migration|extraction|portability)\b|\bmigrat\w+\s+(?:\w+\s+){0,3}data\b",
            r"\b(?:provid(?:e|es|ed|ing|ision)|availab\w+|request\w*|receiv\w+|obtain\w*|download\w*|deliver\w*|entitled|assist\w*|support\w*|suppl\w+|furnish\w*|send)\b",
        ),
        either=(rf"{ENDING}|\bexit\b|\bleave\b|\bnew\s+provider\b|\bsuccessor\b",),
        never=(
            _SECRETS,
            r"\bdata\s+subject|\b(?:sales|performance|clinical|pricing|market\w*)\s+data\b|\b(?:monthly|quarterly|weekly)\s+basis\b|\b(?:end|close)\s+of\s+(?:the|each)\s+(?:\w+\s+)?(?:month|quarter)",
            r"\bsource\s+code\b",
        ),
    ),
    KindCue(  # at any time, when asked
        kind="exit_data_return",
        text=(
            r"\b(?:return|deliver|hand\s+over|turn\s+over|provide|furnish|transfer|export|make\s+available)\b[^.;]{0,60}\b(?:all|copy|copies|extract|export|customer|client|your|user)\b[^.;]{0,40}\b(?:data|content)\b|\bexport\w*\s+(?:all\s+|of\s+)?(?:your|their|its|the|customer)?\s*(?:data|content)\b",
            ASKED,
        ),
        never=(
            _SECRETS,
            r"\bdata\s+subject|\b(?:sales|performance|clinical|pricing|market\w*)\s+data\b|\b(?:monthly|quarterly|weekly)\s+basis\b|\b(?:end|close)\s+of\s+(?:the|each)\s+(?:\w+\s+)?(?:month|quarter)",
            r"\bdata\s+(?:sheet|protection|processing)",
            r"\baccess\s+to\s+(?:the\s+)?(?:data\s?cent|systems?)",
            r"\b(?:regulator|authorit|law\s+enforcement|court|auditor)",
        ),
    ),
    KindCue(
        kind="exit_data_return",
        text=(
            r"\b(?:return|deliver|hand\s+over|turn\s+over)\b[^.;]{0,90}\b(?:data|content|files|records|information)\b",
        ),
        either=(ENDING,),
        never=(
            _SECRETS,
            r"\bcertification\s+of\s+deletion",
            r"\bdata\s+subject|\b(?:sales|performance|clinical|pricing|market\w*)\s+data\b|\b(?:monthly|quarterly|weekly)\s+basis\b|\b(?:end|close)\s+of\s+(?:the|each)\s+(?:\w+\s+)?(?:month|quarter)",
            r"\bsource\s+code\b",
            r"\bescrow\b",
        ),
    ),
    KindCue(
        kind="data_deletion",
        text=(
            rf"{DELETE}[^.;]{{0,90}}(?:{OWNED_DATA}|\bcopies\b|\b(?:all|any|relevant|such)\s+(?:[\w,]+\s+){{0,7}}?information\b|\bcomponents\b)|"
            rf"(?:{OWNED_DATA}|\bcopies\b|\binformation\b|\bcomponents\b)[^.;]{{0,110}}\b{_PASSIVE}(?:deleted|destroyed|erased|purged|wiped|removed|overwritten|sanitized|gelöscht)\b|"
            r"\b(?:deletion|destruction|erasure)\s+of\s+(?:\w+\s+){0,4}?(?:data|content|copies|files|records|information|backups?)\b",
        ),
        either=(
            rf"{ENDING}|{ASKED}|{BACKUP}|\bno\s+longer\s+(?:needed|required|necessary)|\bin\s+lieu\b|\bdispos\w+\b",
        ),
        never=(
            r"\b(?:loss|damage|alteration|disclosure|access|theft|misuse|corruption|acquisition|modification)\b[^.;]{0,50}\bdestruction|\bdestruction\b[^.;]{0,30}\b(?:loss|damage|alteration|theft)\b|\bsafety\s+from\s+destruction",
            r"\b(?:lost|damaged|corrupted|stolen|altered)\b[^.;]{0,20}\b(?:or|and)\s+(?:destroyed|deleted|erased)|\b(?:destroyed|deleted|erased)\b[^.;]{0,20}\b(?:lost|damaged|corrupted|altered)",
            r"\b(?:accidental\w*|inadvertent\w*|mistaken\w*|unauthori[sz]ed|recently)\b[^.;]{0,30}\b(?:delet|destr|eras)",
            rf"\bdelet\w+\b[^.;]{{0,20}}{_ONE_SIDED}",
            r"\bdata\s+subject|\b(?:sales|performance|clinical|pricing|market\w*)\s+data\b|\b(?:monthly|quarterly|weekly)\s+basis\b|\b(?:end|close)\s+of\s+(?:the|each)\s+(?:\w+\s+)?(?:month|quarter)",
            r"\buntil\b[^.;]{0,30}\b(?:delet|eras|destroy)",
            r"\bonce\s+(?:\w+\s+){0,4}delet",
            r"\bcertification\s+of\s+deletion",
            _SECRETS,
            r"\b(?:can|could)\s+be\s+deleted\s+by\b",
            r"\bby\s+clicking\b",
            r"\boverwrit\w+\s+your\s+production",
        ),
    ),
    KindCue(
        kind="uptime",
        text=(_AVAILABLE, PERCENT),
        never=(
            _CREDITS,
            _EFFECT,
            rf"{FREE_OF}\s+(?:\w+\s+)?(?:guarantee|warrant|promise)",
            r"\binsurance\b|\b(?:assistant|personnel|secondment|employee|FTE)\b",
            r"\ballows?\s+for\b|\bequates?\b|\bcorrespond\w*|\b(?:do(?:es)?|shall|will)\s+not\s+apply\b",
            r"\bx\s*\(|[×*=]\s*\(|\bmeasured\s+as\b|\bcalculated\s+(?:as|by|using)\b|\bformula\b|\bmultipl\w+|\bfor\s+example\b",
        ),
        never_context=(r"\bexamples?\b|\bcalculation",),
        figure="percent",
        weight=2,
    ),
    KindCue(
        kind="uptime",
        text=(
            PERCENT,
            r"\b(?:up[-\s]?time|availability)\s+(?:guarantee|commitment|target|percentage|sla|of|is|will|shall|exceeds)\b|\b(?:availab\w+|up-?time)\b[^.;]{0,80}\b(?:at\s+least|minimum|not\s+less\s+than|no\s+less\s+than)",
        ),
        never_context=(r"\bexamples?\b|\bcalculation",),
        figure="percent",
        never=(
            _EFFECT,
            rf"^(?!.*{_FLOOR}).*\b(?:less\s+than|below|falls?|drops?)\b[^.;]{{0,60}}\d",
            r"\bfor\s+example\b",
        ),
        weight=2,
    ),
    KindCue(
        kind="uptime",
        text=(PERCENT,),
        context=(r"\b(?:availability|up[-\s]?time|verf[üu]gbarkeit|disponibilit[ée])\b",),
        never=(
            r"\b(?:less\s+than|below|falls?|drops?)\b",
            r"[<≤]",
            r"\b(?:credits?|refund|fees?|discount)\b",
            r"\d\s?%\s*(?:-|–|to|and)\s*(?:<\s*)?\d",
        ),
        never_context=(r"\bexamples?\b|\bcalculation|\bcredits?\b|\brefund|\bpenalt|\bcompensation",),
        blocks=("row", "item"),
        figure="percent",
    ),
    KindCue(
        kind="uptime",
        text=(
            r"\b(?:available|accessible|operational|operation|availability|up-?time)\b[^.;]{0,80}\b(?:24\s*(?:/|x|hours)|twenty[-\s]four|seven\s+days|7\s+days|365|at\s+all\s+times)\b|"
            r"\b(?:efforts|endeavou?rs)\b[^.;]{0,50}\b(?:make|keep|ensure|maintain)\b[^.;]{0,60}\b(?:available|availability|up-?time)\b|"
            r"\b(?:ensure|assure|guarantee|warrant|maintain)s?\b[^.;]{0,20}\b(?:the\s+|a\s+)?(?:high\s+|continuous\s+)?availability\b",
            r"\b(?:services?|systems?|platform|sites?|websites?|application|software|network|hosting|servers?|portal|api)\b",
        ),
        never=(
            r"\b(?:support|help\s?desk|personnel|staff|telephone|hotline|technicians?|representatives?|books|records)\b[^.;]{0,50}\b(?:available|24)",
            FREE_OF + r"\s+(?:\w+\s+)?(?:guarantee|warrant)",
            r"\bduring\s+(?:at\s+least\s+)?the\s+hours\b",
        ),
    ),
)
