"""Cues of platforms' and hosts' own pages: snapshots one restores oneself, points in time, replicas, accounts that are closed."""
# ruff: noqa: E501, RUF001 - long patterns, and the characters that agreements use

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import BACKUP, CONTINUITY, COPY, ELSEWHERE, ENDING, HOW_TO, TRIAL

_POINT_IN_TIME = r"\b(?:point[-\s]in[-\s]time\s+(?:recover\w*|restor\w*|back\S*ups?)|PITR)\b"
_THEIRS = r"\b(?:data|content|files|information|accounts?|websites?|environments?|mailbox(?:es)?|databases?)\b"
_CLOSED = (
    r"\b(?:clos(?:e|es|ed|ing|ure)|cancel\w*|terminat\w+|expir\w+|unsubscrib\w+|leav(?:e|es|ing)|deactivat\w+|suspen\w+|delet(?:e|es|ed|ing|ion)|"
    r"(?:subscription|agreement|contract|account|service|trial)\s+(?:ends?|is\s+(?:closed|deleted|ended)|lapses?))\b"
)
_CLICKS = r"\b(?:click\w*|select\s+the|navigate|button|menu|tab\b|command|run\s+the|drop-?down|wizard|api\s+call)\b"

PLATFORM_CUES = (
    KindCue(
        kind="retention",
        text=(rf"{COPY}[^.;]{{0,60}}\b(?:persist|remain|exist|reside|linger|liv)\w*\b|\b(?:persist|remain|exist|reside|linger)\w*\b[^.;]{{0,40}}{COPY}",),
        figure="duration",
        weight=2,
    ),
    KindCue(  # any point of the last seven days
        kind="retention",
        text=(rf"{_POINT_IN_TIME}|\brestor\w*\b[^.;]{{0,60}}\bany\s+(?:point|moment|second|minute)\b", r"\b(?:last|past|previous|preceding|within|up\s+to|for)\b"),
        figure="duration",
        never=(r"\b(?:RPO|RTO)s?\b|\brecovery\s+(?:point|time)\s+objective", r"\bcannot\b"),
        weight=2,
    ),
    KindCue(
        kind="offsite_copy",
        text=(
            rf"\b(?:data|snapshots?|vms?|virtual\s+machines?|workloads?|storage|volumes?|blocks|databases?|backups?|systems?)\b[^.;]{{0,80}}\b(?:replicat\w+|mirror\w*|copied|synchroni[sz]ed)\b[^.;]{{0,80}}{ELSEWHERE}|"
            rf"\b(?:replicat\w+|mirror\w*|cop(?:y|ies))\b[^.;]{{0,60}}\b(?:data|snapshots?|vms?|virtual\s+machines?|storage|volumes?|blocks|databases?|backups?)\b[^.;]{{0,60}}{ELSEWHERE}|"
            rf"{COPY}[^.;]{{0,60}}\b(?:in|across|to|between|over)\s+(?:(?:at\s+least\s+)?(?:two|three|2|3)|several|multiple|different|both)\s+(?:\w+\s+){{0,2}}(?:regions?|data\s?cent(?:er|re)s|zones|sites|locations|facilities)\b",
        ),
        never=(rf"{TRIAL}|\b(?:software|source\s+code|may\s+not|shall\s+not)\b", HOW_TO),
    ),
    KindCue(
        kind="restore_responsibility",
        text=(
            r"\b(?:will|can|may|shall|must|able\s+to|lets?|allows?)\b[^.;]{0,60}\brestor(?:e|ed|ing)\b[^.;]{0,50}\bsnapshots?\b|\bsnapshots?\b[^.;]{0,60}\b(?:can|will|may|shall|must)\s+be\s+restored\b|"
            r"\b(?:request|raise|submit|open|log)\w*\b[^.;]{0,40}\brestor(?:e|ation|es)\b|\brestor(?:e|ation)s?\s+(?:requests?|(?:is|are)\s+(?:carried\s+out|self-?service|initiated|requested))\b",
        ),
        never=(TRIAL, HOW_TO, _CLICKS, CONTINUITY, r"\bfrom\s+a\s+backup\s+to\s+your\s+local\b"),
    ),
    KindCue(
        kind="backup_disclaimer",
        text=(
            rf"\b(?:not|no|never)\b[^.;]{{0,30}}\b(?:responsib\w+|liab\w+)\b[^.;]{{0,60}}\b(?:{_THEIRS}[^.;]{{0,20}}\blost\b|lost\s+{_THEIRS}|loss\s+of\s+(?:any\s+|your\s+|the\s+)*{_THEIRS})|"
            rf"\b(?:full|sole|entire|complete)\s+responsib\w+\s+for\s+(?:\w+\s+){{0,3}}(?:files|data|content)\b|\bremoved\s+from\s+(?:our|the|any)\s+[^.;]{{0,30}}{BACKUP}|\b(?:not|never)\s+(?:be\s+)?(?:relied|rely)\b[^.;]{{0,40}}{BACKUP}|"
            rf"\b(?:keep|maintain|make|retain)\s+(?:your|their|its|his)\s+own\s+(?:\w+\s+)?(?:cop(?:y|ies)|{BACKUP})",
        ),
        never=(r"\bfree\s+to\b|\b(?:consequential|incidental|punitive|goodwill|profits?|revenues?)\b", r"\bunauthori[sz]ed\s+access\b"),
        weight=3,
    ),
    KindCue(  # who calls the disaster
        kind="dr_plan",
        text=(r"\b(?:invok|declar|initiat|trigger)\w*\s+(?:a\s+|the\s+|any\s+)?(?:DR\b|disaster\b(?!\s+recovery\s+test)|fail-?over\b)|\bfail-?back\b[^.;]{0,60}\bresponsib\w+",),
        never=(TRIAL, HOW_TO, _CLICKS, r"\b(?:emergency|federal|government|president)\b"),
    ),
    KindCue(
        kind="data_deletion",
        text=(
            rf"{_THEIRS}[^.;]{{0,80}}\b(?:is|are|be|gets?)\s+(?:\w+\s+){{0,3}}?(?:removed|deleted|erased|purged|destroyed|wiped|anonymi[sz]ed|scrubbed)\b|\b(?:delete|remove|erase|purge|destroy|wipe)s?\b[^.;]{{0,40}}{_THEIRS}",
            _CLOSED,
        ),
        figure="duration",
        never=(
            r"\bdata\s+subject|\b(?:violat\w+|infring\w+|abus\w+|illegal|unlawful|spam)\b",
            r"\b(?:until|once)\b[^.;]{0,30}\bdelet|\bif\s+you\s+delet\w+|\bnot\s+(?:be\s+)?(?:removed|deleted)\b",
            r"\bcan\s+be\s+(?:recovered|restored)\b",
        ),
        weight=1,
    ),
    KindCue(
        kind="exit_data_return",
        text=(
            rf"\b(?:export|download|retriev|extract|tak|mov|migrat)\w*\b[^.;]{{0,60}}{_THEIRS}|{_THEIRS}[^.;]{{0,60}}\b(?:exported|downloaded|retrieved|available\s+(?:for|to))\b|\bprovid\w*\b[^.;]{{0,40}}\bcop(?:y|ies)\s+of\s+(?:its|your|their|the|all)\s+(?:\w+\s+)?{_THEIRS}",
            rf"\b(?:before|prior\s+to|after|following|upon|on|at|when|within|until)\b[^.;]{{0,60}}(?:{_CLOSED}|{ENDING})|\b(?:data|subscription)\s+portab\w+",
        ),
        never=(
            r"\bdata\s+subject|\bsource\s+code\b|\bconfidential\s+information\b|\bproduct\s+(?:data|information)\b|\bclinical\b|\bbooks\b|\bdata\s+(?:protection|processing)\s+\w+\s+terminat|"
            r"\bfrom\s+a\s+backup\b|\bneither\b|\btakes?\s+a\s+final\b|\bnot\s+possible\b|n['’]t\s+possible\b",
            r"\b(?:trademark|licensed\s+(?:software|product|program|material|technology)|royalt\w+|inventory|regulatory|dossier|know-?how)\b",
            HOW_TO,
        ),
    ),
)
"""Found in documentation, frequently asked questions and terms of use rather than in negotiated agreements."""
