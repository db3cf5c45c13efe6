"""Cues by form rather than by word: who denies what, copies by other names, how often and how long."""
# ruff: noqa: E501, ISC004, RUF001 - long patterns, and the characters that agreements use

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import (
    BACKUP,
    CLIENT,
    COPY,
    ELSEWHERE,
    EVERY,
    HOW_TO,
    OFTEN,
    PERCENT,
    RESTORE,
    TRIAL,
)

_DENIES = r"\b(?:no|not|nor|neither|never|without|disclaims?|excludes?|n['’]t)\b"
_BOND = r"\b(?:responsib\w+|liab\w+|obligat\w+|obliged|guarant\w+|warrant\w*|represent\w*|assur\w+|promis\w+|commit\w*|ensure)\b"
_HELD = r"\b(?:data(?:bases?)?|contents?|files?|records?|information|configurations?|websites?|e-?mails?|backups?)\b"
_HARM = r"\b(?:los[ts]|loss(?:es)?|lose|losing|corrupt\w*|delet\w+|destr\w+|damage\w*|eras\w+|recover\w*|restor\w+|reconstitut\w+|retriev\w+|preserv\w+|integrity|alteration)\b"
_OTHER_HARM = r"\b(?:profits?|revenues?|goodwill|consequential|incidental|indirect|punitive|special|business\s+interruption|savings)\b"
_CONFIDED = r"\b(?:confidential|proprietary)\s+(?:information|materials?)\b|\b(?:disclosing|receiving|recipient)\s+part(?:y|ies)\b|\bdata\s+subjects?\b|\bsource\s+code\b|\bcookies?\b"
_UNSURE = r"\b(?:complete|error[-\s]free|possible|successful\w*|available|accurate|guaranteed|timely|up[-\s]to[-\s]date|usable)\b"
_EXCLUDED = r"\b(?:not\s+(?:included?|covered?|part\s+of|provided?|comprise|extend\s+to)|exclud\w+|exclusions?|out\s+of\s+scope|outside\s+(?:of\s+)?(?:the\s+)?scope|separately\s+(?:billed|chargeable)|billed\s+separately|additional\s+(?:cost|charge))\b"
_FREES = r"\b(?:not|no|never|neither)\b[^\n]{0,40}\b(?:responsib\w+|liab\w+)\b[^\n]{0,60}$"
_SEVERAL = r"(?:(?:at\s+least\s+)?(?:the\s+|all\s+)?(?:two|three|four|five|2|3|4|5|several|multiple|different|both)|all)"
_PLACES = r"(?:availability\s+zones?|zones|data\s?-?cent(?:er|re)s|sites|regions|locations|facilities|buildings|premises)"
_WINDOW = r"\b(?:recovery|restore|restoration|retention|backup|PITR|point[-\s]in[-\s]time(?:\s+recovery)?)\s+windows?\b"

WIDER_CUES = (
    KindCue(  # nobody answers for data, for restoring them, for copies of them
        kind="backup_disclaimer",
        text=(
            rf"{_DENIES}[^.;]{{0,50}}{_BOND}[^.;]{{0,90}}{_HARM}[^.;]{{0,50}}{_HELD}|{_DENIES}[^.;]{{0,50}}{_BOND}[^.;]{{0,80}}{_HELD}[^.;]{{0,40}}{_HARM}|"
            rf"{_BOND}[^.;]{{0,30}}{_DENIES}[^.;]{{0,30}}{_HARM}[^.;]{{0,40}}{_HELD}",
        ),
        either=(rf"{COPY}|\bdata\b|\bcontents?\b|\bfiles\b",),
        never=(
            _OTHER_HARM,
            _CONFIDED,
            r"\b(?:transmission|virus\w*|merchantab\w+|third[-\s]part\w+|breach\w*|unauthori[sz]ed\s+(?:use|disclosure|access)|accura\w+|security\s+incident|personal\s+data)\b",
            r"\bobligat\w+\s+(?:to|under)\s+(?:\w+\s+)?(?:delete|destroy|return|erase)|\b(?:delete|destroy|erase|return)s?\s+(?:all|any|such|the)\b|\bno\s+(?:further\s+)?obligation\s+to\s+(?:maintain|retain|store|keep|provide)\b",
            r"\bno\s+(?:committed\s+|acknowledged\s+|such\s+)?data\s+(?:is|are|will|shall|can|may)\b|\bresponsible\s+for\s+(?:determining|selectively)\b",
        ),
        weight=4,
    ),
    KindCue(  # copies that are no substitute, restores that may fail, a service that may stop
        kind="backup_disclaimer",
        text=(
            rf"{_DENIES}[^.;]{{0,20}}\b(?:replac\w+|substitut\w+|constitut\w+|designed|intended|meant|suitable)\b[^.;]{{0,80}}{COPY}|"
            rf"(?:{RESTORE}|{COPY})[^.;]{{0,60}}\b(?:may|might|can|will|shall|are|is)\s+(?:\w+\s+)?not\s+(?:always\s+|necessarily\s+)?be\s+{_UNSURE}|"
            rf"\b(?:suspend|terminat|discontinu|ceas|withdraw|stop|remov|cancel)\w*\b[^.;]{{0,40}}{COPY}[^.;]{{0,40}}\b(?:without|any\s+time|notice|discretion)\b|"
            rf"(?:{CLIENT}|\bthey\b)[^.;]{{0,20}}\b(?:should|shall|must|may|can|will)\s*not\s+(?:\w+\s+)?(?:rely|depend|count)\b|"
            rf"{COPY}[^.;]{{0,30}}\b(?:is|are|for)\s+[^.;]{{0,30}}\b(?:convenience|internal\s+(?:use|purposes))\b|"
            rf"{COPY}[^.;]{{0,30}}\bonly\s+(?:\w+\s+)?(?:included|provided|available|performed|offered|made|taken)\s+(?:where|if|when|upon)\b|{COPY}[^.;]{{0,20}}\bmay\s+not\s+(?:\w+\s+)?(?:include|cover|contain|capture)\b|"
            rf"\b(?:not|never)\s+(?:be\s+)?(?:possible|able)\s+to\s+(?:\w+\s+)?(?:restor|recover|retriev)\w*|\b(?:no|without)\s+(?:\w+\s+){{0,2}}restor\w*\s+(?:options?|is|are|possib\w+)\b|\bmay\s+or\s+may\s+not\s+be\b|"
            rf"{COPY}[^.;]{{0,60}}\b(?:not|never)\s+be\s+(?:rel(?:y|ied)|depended|counted)\b|{COPY}[^.;]{{0,40}}(?:[\"“'‘]?as[-\s]is\b|\bwithout\s+(?:any\s+)?(?:warrant|guarant)\w+)|"
            rf"\bdata\s+(?:is|are)\s+not\s+(?:\w+\s+)*guaranteed\b",
        ),
        either=(COPY,),
        never=(
            _CONFIDED,
            r"\bcredits?\b",
            r"\b(?:business|sub-?contract\w*|third[-\s]part\w+)\s+(?:days?|hours?)\b",
        ),
        weight=4,
    ),
    KindCue(  # the customer's own copies, in whatever words
        kind="backup_disclaimer",
        text=(
            rf"{CLIENT}[^.;]{{0,20}}\b(?:must|shall|should|will|(?:is|are)\s+(?:\w+\s+)?(?:advised|encouraged|recommended|required|urged|expected)\s+to|need\w*\s+to)\s+(?:\w+\s+){{0,4}}?(?:keep|maintain|retain|make|have|store|hold|take|ensure|consider)\s+(?:[\w-]+\s+){{0,6}}?(?:cop(?:y|ies)|{BACKUP})\b|"
            rf"\b(?:recommend|encourage|advise|urge|suggest)s?\b[^.;]{{0,60}}\b(?:keep|maintain|retain|make|store|hold|take)s?\s+(?:[\w-]+\s+){{0,4}}?(?:cop(?:y|ies)|{BACKUP})\b|"
            rf"\b(?:customer|client|tenant|user|self|subscriber)[-\s](?:managed|operated|administered|run)\b|"
            rf"{CLIENT}\s+(?:must|shall|should)\s+[^.;]{{0,100}}\b(?:taking|making|keeping|performance)\s+of\s+(?:\w+\s+)?(?:back-?\s?up|copies)|"
            rf"\bup\s+to\s+(?:the\s+)?{CLIENT}\s+to\s+(?:\w+\s+)?(?:keep|make|maintain|take|back|ensure|arrange)\b|\bresponsib\w+\s+for\b[^.;]{{0,40}}{BACKUP}[^.;]{{0,40}}\b(?:rests?|lies?|lie|remains?|stays?|is|falls?)\s+(?:\w+\s+)?(?:with|on|upon|that\s+of)\s+(?:the\s+)?{CLIENT}|"
            rf"\b(?:responsib\w+)\s+for\s+(?:making|keeping|taking|performing|maintaining|creating|their|its|your|his)\s+(?:[\w-]+\s+){{0,3}}?(?:{BACKUP}|copies)",
        ),
        either=(
            rf"{COPY}|\bcop(?:y|ies)\s+of\s+(?:[\w’'-]+\s+){{0,4}}?(?:data|content|files|records|website)\b",
        ),
        never=(
            _CONFIDED,
            r"\b(?:provider|supplier|contractor|vendor|company|host)\s+(?:shall|will|must|is)\b",
            r"\bencrypt\w*|\bkeys?\b|\bthis\s+(?:agreement|policy|document|plan)\b|\bcop(?:y|ies)\s+of\s+(?:the\s+)?(?:contact|software|program|plan|policy|agreement|documentation|contingency)\b",
        ),
        weight=4,
    ),
    KindCue(  # an item under "we are not liable for:" or "not included:"
        kind="backup_disclaimer",
        text=(
            rf"\bdata\s+(?:loss|recovery|restoration)\b|\b(?:loss|recovery|restoration|corruption)\s+of\s+(?:[\w’'-]+\s+){{0,2}}(?:data|content|files)\b|\blost\s+(?:data|files|content)\b|{BACKUP}",
        ),
        context=(rf"(?:{_FREES}|{_EXCLUDED}[^\n]*$)",),
        never=(EVERY, _CONFIDED),
        blocks=("item",),
        weight=5,
    ),
    KindCue(
        kind="offsite_copy",
        text=(
            rf"\b(?:duplicated|replicated|mirrored|copied|stored|kept|held|distributed|synchroni[sz]ed|spread)\s+(?:\w+\s+)?(?:in|across|between|over|to|at|among)\s+{_SEVERAL}\s+(?:\w+\s+){{0,2}}{_PLACES}|"
            rf"{COPY}[^.;]{{0,60}}\b(?:geographically|physically)\s+(?:distributed|separated?|dispersed|diverse|distinct|redundant)\b",
        ),
        either=(rf"{COPY}|\b(?:customer|client|your|user)\s+data\b",),
        never=(TRIAL, HOW_TO, r"\bif\b"),
    ),
    KindCue(  # storage elsewhere, whoever's
        kind="offsite_copy",
        text=(
            r"\b(?:off[-\s]?sites?|off[-\s]premises?)\s+(?:\w+\s+){0,2}?(?:storage|vault\w*|archiv\w+|cop(?:y|ies))\b|\bremote\s+(?:\w+\s+){0,2}?(?:storage|vault\w*|archiv\w+)\b|\b(?:duplicated|copied|replicated|stored)\b[^.;]{0,80}\bat\s+a\s+(?:facility|location|site)\s+that\s+is\s+not\b",
            r"\b(?:data|files|records|media|tapes?|cop(?:y|ies)|provid\w+|secure\w*|back-?\s?ups?)\b",
        ),
        either=(rf"{COPY}|\b(?:data|files|records|tapes?)\b",),
        never=(
            TRIAL,
            HOW_TO,
            r"\bmay\s+not\s+be\b|\bnot\s+be\s+used\b|\bfrom\s+a\s+remote\b|\b(?:goods|inventory|warehouse|electronic\s+transmission|delivery|deliver(?:s|ed)?|preparing|sending|vendor\s+management|products?|samples|furniture|waste|batch\w*)\b",
            r"\b(?:list|describe|outline|detail)s?\w*\s+(?:of|in|the)\b",
        ),
    ),
    KindCue(
        kind="retention",
        text=(
            r"\b(?:any|every|each)\s+(?:point|moment|day|state|version)\b[^.;]{0,30}\b(?:with)?in\s+the\s+(?:last|past|previous|preceding)\b",
            r"\b(?:go|roll\w*|revert\w*|return\w*|back|restor\w*|recover\w*|rewind)\b",
        ),
        figure="duration",
        never=(r"\b(?:RPO|RTO)s?\b",),
        weight=3,
    ),
    KindCue(  # how far one can go back
        kind="retention",
        text=(_WINDOW,),
        either=(rf"{COPY}|\bpoint[-\s]in[-\s]time\b|\bPITR\b",),
        figure="duration",
        never=(r"\b(?:RPO|RTO)s?\b", r"\bmaintenance\s+window"),
        weight=4,
    ),
    KindCue(
        kind="retention",
        text=(r"\d",),
        context=(_WINDOW,),
        figure="duration",
        never=(r"\b(?:RPO|RTO)s?\b|\btest",),
        blocks=("row",),
        weight=2,
    ),
    KindCue(  # kept until something happens
        kind="retention",
        text=(
            rf"{COPY}[^.;]{{0,60}}\b(?:retained|kept|stored|held|preserved)\s+(?:until|as\s+long\s+as|so\s+long\s+as|for\s+(?:the|an)\s+(?:life|duration|unlimited|indefinite)|with\s+no\s+time\s+limit|without\s+(?:a\s+|any\s+)?(?:time\s+)?limit|indefinitely|for\s+ever|permanently)\b",
        ),
        never=(r"\bconfidential\b",),
    ),
    KindCue(  # regular, without a figure; at intervals that stand elsewhere
        kind="backup_frequency",
        text=(
            rf"\b(?:keep|keeps|kept|take|takes|taken|make|makes|maintain|maintains|perform|performs)\s+(?:\w+\s+)?{OFTEN}\s+(?:\w+\s+)?{COPY}|{COPY}[^.;]{{0,160}}\bat\s+(?:the|such|those)\s+(?:intervals?|frequenc\w+)\b|"
            rf"{COPY}[^.;]{{0,60}}\bas\s+(?:frequently|often)\s+as\b|\b(?:takes?|performs?|makes?)\b[^.;]{{0,30}}{COPY}[^.;]{{0,20}}\bin\s+accordance\s+with\s+(?:good|best|industry)\b",
        ),
        never=(rf"{CLIENT}\s+(?:must|shall|should|is|are)\b", TRIAL, r"\bretain\w*\b|\bretention\b"),
        weight=2,
    ),
    KindCue(  # copies by another name
        kind="backup_frequency",
        text=(
            rf"\b(?:images?|cop(?:y|ies)|clones?)\b[^.;]{{0,20}}{EVERY}[^.;]{{0,40}}\b(?:taken|made|created|written|kept)\b|\b(?:tak(?:e|es)|mak(?:e|es)|creat(?:e|es)|writ(?:e|es)|secur(?:e|es)|sav(?:e|es)|copie[sd]|archiv\w+)\b[^.;]{{0,80}}\b(?:images?|cop(?:y|ies)|clones?|tapes?|cartridges?)\b[^.;]{{0,30}}{EVERY}",
            r"\b(?:servers?|machines?|vms?|data(?:bases?)?|files?|systems?|volumes?|disks?|librar(?:y|ies)|programs?)\b",
        ),
        figure="interval",
        never=(TRIAL, BACKUP, r"\b(?:reports?|invoices?|logs?|statements?|minutes)\b", r"\bretain\w*\b"),
        weight=2,
    ),
    KindCue(  # "One backup per 24 hour period"
        kind="backup_frequency",
        text=(
            rf"^\W*(?:at\s+least\s+)?(?:one|two|three|four|six|1|2|3|4|6)\s+(?:\w+\s+){{0,2}}{COPY}\s+(?:\w+\s+)?{EVERY}",
        ),
        figure="interval",
        weight=3,
    ),
    KindCue(  # what is in it
        kind="backup_scope",
        text=(
            rf"\b(?:is|are)\s+(?:\w+\s+)?(?:part\s+of|in)\s+(?:the\s+|our\s+|each\s+|every\s+|any\s+)?(?:\w+\s+)?{COPY}",
        ),
        never=(HOW_TO, r"\bnot\b|\bno\b|\bnever\b", r"\bfees?\b|\bprice\b|\bto\s+the\s+extent\b"),
    ),
    KindCue(  # copies of whatever the service holds
        kind="backup_scope",
        text=(
            r"\b(?:creat\w+|mak\w+|maintain\w*|tak\w+|keep\w*)\b[^.;]{0,40}\b(?:retrievable|exact|complete|redundant|duplicate|second)\s+(?:[\w-]+\s+){0,2}?cop(?:y|ies)\s+of\b[^.;]{0,60}\b(?:data|information|records|files|e?PHI|content|systems?)\b",
        ),
        never=(
            HOW_TO,
            _CONFIDED,
            rf"{CLIENT}\s+(?:must|shall|should|is|are|may)\b",
            r"\b(?:software|licen[sc]e\w*|agreement|documentation|plan)\b",
        ),
    ),
    KindCue(  # "Once a week the system copies all files"
        kind="backup_frequency",
        text=(
            r"\bcop(?:y|ies|ied)\b[^.;]{0,60}\b(?:files|data(?:bases?)?|everything|servers?|machines?|changes)\b",
            EVERY,
        ),
        either=(COPY,),
        figure="interval",
        never=(TRIAL, r"\bretain\w*\b|\bretention\b|\breports?\b"),
        weight=2,
    ),
    KindCue(
        kind="backup_frequency",
        text=(
            rf"\bcop(?:y|ies|ied)\b[^.;]{{0,60}}\b(?:files|data(?:bases?)?|everything|servers?|machines?)\b[^.;]{{0,40}}{BACKUP}[^.;]{{0,30}}(?:{EVERY}|{OFTEN})|{OFTEN}[^.;]{{0,30}}\b(?:make|makes|take|takes|perform|performs)\b[^.;]{{0,20}}{COPY}",
        ),
        never=(TRIAL, rf"{CLIENT}\s+(?:must|shall|should)\b"),
        weight=2,
    ),
    KindCue(  # nobody but the client
        kind="backup_disclaimer",
        text=(
            rf"\b(?:tak|mak|keep|hold|retain|creat)\w*\s+no\s+(?:\w+\s+)?(?:{BACKUP}|cop(?:y|ies)\b)|{CLIENT}\s+(?:alone|itself|himself|themselves)\b[^.;]{{0,60}}\b(?:recover\w*|back\w*|cop(?:y|ies)|restor\w*)\b",
        ),
        never=(_CONFIDED, r"\b(?:software|licen[sc]e|other\s+purpose)\b"),
        weight=4,
    ),
    KindCue(
        kind="backup_frequency",
        text=(
            rf"\b(?:images?|cop(?:y|ies)|clones?)\s+of\b[^.;]{{0,60}}\b(?:is|are|be)\s+(?:\w+\s+)?(?:taken|made|created|written)\b[^.;]{{0,60}}{EVERY}",
        ),
        figure="interval",
        never=(TRIAL, r"\b(?:reports?|invoices?|statements?|minutes)\b"),
        weight=2,
    ),
    KindCue(  # the answer to "where?"
        kind="offsite_copy",
        text=(ELSEWHERE,),
        context=(rf"\bwhere\b[^\n]*(?:{COPY}|\bstored\b|\bkept\b)",),
        blocks=("paragraph",),
        never=(TRIAL,),
    ),
    KindCue(  # between two places, or so many miles away
        kind="offsite_copy",
        text=(
            rf"\b(?:mirrored|replicated|copied|synchroni[sz]ed)\s+(?:\w+\s+)?between\s+(?:our|the|its|their|both)\s+(?:\w+\s+){{0,2}}{_PLACES}|"
            r"\b(?:cop(?:y|ies)|back-?ups?|tapes?|media|data)\b[^.;]{0,160}\b(?:miles|kilomet\w+|km)\b[^.;]{0,30}\b(?:from|away|distant|apart)\b",
        ),
        either=(rf"{COPY}|\bcop(?:y|ies)\b|\btapes?\b",),
        never=(TRIAL, r"\btravel\w*|\bmileage\b"),
    ),
    KindCue(
        kind="uptime",
        text=(rf"^\W*(?:yes\W+)?(?:\w+\W+){{0,3}}?{PERCENT}",),
        context=(r"\b(?:availability|up-?time)\b[^\n]*\?",),
        figure="percent",
        blocks=("paragraph",),
        never=(r"\b(?:credits?|refund|below|less\s+than)\b",),
    ),
)
"""Whole classes of wordings: active and passive, verb and noun, by what is denied rather than by who denies it."""
