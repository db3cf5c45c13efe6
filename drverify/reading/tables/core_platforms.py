"""Cues of platforms' and hosts' own pages: snapshots one restores oneself, points in time, replicas, accounts that are closed."""
# ruff: noqa: E501, RUF001 - long patterns, and the characters that agreements use

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import BACKUP, CONTINUITY, COPY, ELSEWHERE, ENDING, HOW_TO, TRIAL

_POINT_IN_TIME = r"\b(?:point[-\s]in[-\s]time\s+(?:recover\w*|restor\w*|back\S*ups?)|PITR)\b"
_THEIRS = (
    r"\b(?:data|content|files|information|accounts?|websites?|environments?|mailbox(?:es)?|databases?)\b"
)
_CLOSED = (
    r"\b(?:clos(?:e|es|ed|ing|ure)|cancel\w*|terminat\w+|expir\w+|unsubscrib\w+|leav(?:e|es|ing)|deactivat\w+|suspen\w+|delet(?:e|es|ed|ing|ion)|"
    r"(?:subscription|agreement|contract|account|service|trial)\s+(?:ends?|is\s+(?:closed|deleted|ended)|lapses?))\b"
)
_GONE = r"\b(?:deleted|purged|erased|removed|destroyed|wiped|anonymi[sz]ed|expunged|hard-deleted)\b"
_CLICKS = (
    r"\b(?:click\w*|select\s+the|navigate|button|menu|tab\b|command|run\s+the|drop-?down|wizard|api\s+call)\b"
)

PLATFORM_CUES = (
    KindCue(
        kind="retention",
        text=(
            rf"{COPY}[^.;]{{0,60}}\b(?:persist|remain|exist|reside|linger|liv)\w*\b|\b(?:persist|remain|exist|reside|linger)\w*\b[^.;]{{0,40}}{COPY}",
        ),
        figure="duration",
        weight=2,
    ),
    KindCue(  # any point of the last seven days
        kind="retention",
        text=(
            rf"{_POINT_IN_TIME}|\brestor\w*\b[^.;]{{0,60}}\bany\s+(?:point|moment|second|minute)\b",
            r"\b(?:last|past|previous|preceding|within|up\s+to|for)\b",
        ),
        figure="duration",
        never=(r"\b(?:RPO|RTO)s?\b|\brecovery\s+(?:point|time)\s+objective", r"\bcannot\b"),
        weight=2,
    ),
    KindCue(
        kind="offsite_copy",
        text=(
            (
                rf"\b(?:data|snapshots?|vms?|virtual\s+machines?|workloads?|storage|volumes?|blocks|databases?|backups?|systems?)\b[^.;]{{0,80}}\b(?:replicat\w+|mirror\w*|copied|synchroni[sz]ed)\b[^.;]{{0,80}}{ELSEWHERE}|"
                rf"\b(?:replicat\w+|mirror\w*|cop(?:y|ies))\b[^.;]{{0,60}}\b(?:data|snapshots?|vms?|virtual\s+machines?|storage|volumes?|blocks|databases?|backups?)\b[^.;]{{0,60}}{ELSEWHERE}|"
                rf"{COPY}[^.;]{{0,60}}\b(?:in|across|to|between|over)\s+(?:(?:at\s+least\s+)?(?:two|three|2|3)|several|multiple|different|both)\s+(?:\w+\s+){{0,2}}(?:regions?|data\s?cent(?:er|re)s|zones|sites|locations|facilities)\b"
            ),
        ),
        never=(rf"{TRIAL}|\b(?:software|source\s+code|may\s+not|shall\s+not)\b", HOW_TO),
    ),
    KindCue(
        kind="restore_responsibility",
        text=(
            (
                r"\b(?:will|can|may|shall|must|able\s+to|lets?|allows?)\b[^.;]{0,60}\brestor(?:e|ed|ing)\b[^.;]{0,50}\bsnapshots?\b|\bsnapshots?\b[^.;]{0,60}\b(?:can|will|may|shall|must)\s+be\s+restored\b|"
                r"\b(?:request|raise|submit|open|log)\w*\b[^.;]{0,40}\brestor(?:e|ation|es)\b|\brestor(?:e|ation)s?\s+(?:requests?|(?:is|are)\s+(?:carried\s+out|self-?service|initiated|requested))\b"
            ),
        ),
        never=(TRIAL, HOW_TO, _CLICKS, CONTINUITY, r"\bfrom\s+a\s+backup\s+to\s+your\s+local\b"),
    ),
    KindCue(
        kind="backup_disclaimer",
        text=(
            (
                rf"\b(?:not|no|never)\b[^.;]{{0,30}}\b(?:responsib\w+|liab\w+)\b[^.;]{{0,60}}\b(?:{_THEIRS}[^.;]{{0,20}}\blost\b|lost\s+{_THEIRS}|loss\s+of\s+(?:any\s+|your\s+|the\s+)*{_THEIRS})|"
                rf"\b(?:full|sole|entire|complete)\s+responsib\w+\s+for\s+(?:\w+\s+){{0,3}}(?:files|data|content)\b|\bremoved\s+from\s+(?:our|the|any)\s+[^.;]{{0,30}}{BACKUP}|\b(?:not|never)\s+(?:be\s+)?(?:relied|rely)\b[^.;]{{0,40}}{BACKUP}|"
                rf"\b(?:keep|maintain|make|retain)\s+(?:your|their|its|his)\s+own\s+(?:\w+\s+)?(?:cop(?:y|ies)|{BACKUP})"
            ),
        ),
        never=(
            r"\bfree\s+to\b|\b(?:consequential|incidental|punitive|goodwill|profits?|revenues?)\b",
            r"\bunauthori[sz]ed\s+access\b",
        ),
        weight=3,
    ),
    KindCue(  # who calls the disaster
        kind="dr_plan",
        text=(
            r"\b(?:invok|declar|initiat|trigger)\w*\s+(?:a\s+|the\s+|any\s+)?(?:DR\b|disaster\b(?!\s+recovery\s+test)|fail-?over\b)|\bfail-?back\b[^.;]{0,60}\bresponsib\w+",
        ),
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
            (
                r"\bdata\s+subject|\bsource\s+code\b|\bconfidential\s+information\b|\bproduct\s+(?:data|information)\b|\bclinical\b|\bbooks\b|\bdata\s+(?:protection|processing)\s+\w+\s+terminat|"
                r"\bfrom\s+a\s+backup\b|\bneither\b|\btakes?\s+a\s+final\b|\bnot\s+possible\b|n['’]t\s+possible\b"
            ),
            r"\b(?:trademark|licensed\s+(?:software|product|program|material|technology)|royalt\w+|inventory|regulatory|dossier|know-?how)\b",
            HOW_TO,
        ),
    ),
    KindCue(  # what is old goes: "Messages are deleted after 90 days", "Account data: deleted 30 days after closure"
        kind="data_deletion",
        text=(
            (
                rf"\b(?:is|are|be|gets?)\s+(?:[\w-]+\s+){{0,3}}?{_GONE}[^.;]{{0,60}}(?:\b(?:after|within|following)\b|\d)|\bolder\s+than\b[^.;]{{0,60}}{_GONE}|\d[^.;]{{0,30}},?\s+(?:then|after\s+which)\b[^.;]{{0,40}}{_GONE}|"
                rf"^\W*[^.;:|]{{2,60}}[:|–]\s*(?:\w+\s+){{0,2}}{_GONE}"
            ),
        ),
        figure="duration",
        never=(
            COPY,
            rf"{HOW_TO}|\bdata\s+subject|\bcookies?\b|\bnotif\w+|\bcan\s+be\s+(?:restored|recovered)\b",
            r"\bnot\s+(?:be\s+)?(?:deleted|removed)\b",
        ),
    ),
    KindCue(
        kind="data_deletion",
        text=(
            (
                r"\b(?:data|media|disks?|drives?|equipment|hardware)\b[^.;]{0,60}\b(?:destroyed|sanit\w+|erased|wiped|degaussed|shredded|deleted)\b[^.;]{0,100}\b(?:NIST|DoD|secure\w*|standards?|end\s+of\s+life|decommission\w*|dispos\w+|certif\w+)\b|"
                r"\b(?:delet|destroy|eras)\w*\b[^.;]{0,60}\b(?:data|existing\s+copies)\b[^.;]{0,60}\b(?:certif\w+|unless\b[^.;]{0,40}\blaw)\b|\bdelete\w*\s+existing\s+copies\b"
            ),
        ),
        never=(r"\bconfidential\s+information\b|\bdata\s+subject\b", HOW_TO),
    ),
    KindCue(
        kind="backup_monitoring",
        text=(
            (
                rf"\b(?:monitor\w*|health\s+checks?|alert\w*)\b[^.;]{{0,60}}\breplicat(?:ion|ed)\b|\breplication\b[^.;]{{0,60}}\b(?:monitor\w*|health|alert\w*|notif\w+|errors?|failures?)\b|"
                rf"{COPY}[^.;]{{0,40}}\bfail\w*\b[^.;]{{0,60}}\b(?:ticket|case|raised|retried|re-?run|contact\w*|investigat\w+|notif\w+)\b|\bstatus\s+of\s+(?:\w+\s+){{0,3}}{COPY}|{COPY}[^.;]{{0,20}}\b(?:success|status|history|health)\b[^.;]{{0,60}}\b(?:view\w*|shown|seen|visible|display\w*|report\w*|portal|dashboard|console)\b"
            ),
        ),
        never=(TRIAL, HOW_TO, r"\bcredits?\b"),
        blocks=("paragraph", "item", "footnote"),
    ),
    KindCue(
        kind="backup_scope",
        text=(
            rf"(?<!not )\b(?:included|captured|contained|covered)\s+(?:in|by)\s+(?:the\s+|each\s+|our\s+|an?\s+|every\s+|all\s+)?(?:\w+\s+)?{COPY}|{COPY}[^.;]{{0,20}}\b(?:captures?|saves?|holds?)\b[^.;]{{0,80}}\b(?:disks?|data|files?|databases?|volumes?|state|configuration|images?)\b",
        ),
        never=(HOW_TO, r"\bnot\b|\bretention\b|\bfees?\b"),
    ),
    KindCue(
        kind="backup_disclaimer",
        text=(
            (
                rf"{COPY}[^.;]{{0,20}}\b(?:do|does|will|shall)\s+not\s+(?:include|contain|capture|cover|protect|replace|guarantee|back)\b|\bnot\s+(?:an?\s+)?(?:replacements?|substitutes?|alternatives?)\s+(?:for|to)\b[^.;]{{0,30}}{COPY}|{COPY}[^.;]{{0,40}}\bnot\s+(?:an?\s+)?(?:replacements?|substitutes?)\b|"
                r"\bnot\s+(?:obligated|obliged|required)\s+to\s+(?:restore|recover|retain|keep|store)\b[^.;]{0,30}\b(?:data|content|files)\b|\bresponsib\w+\s+to\s+(?:ensure|make\s+sure|keep|maintain)\b[^.;]{0,50}\bcop(?:y|ies)\b|"
                rf"\b(?:restor|recover)\w*\s+(?:of\s+[^.;]{{0,30}}\s)?(?:is|are)\s+not\s+(?:supported|possible|available|included)\b|\bnot\s+(?:be\s+)?(?:snapshott?ed|backed[-\s]up)\b"
            ),
        ),
        never=(r"\bcredits?\b|\bconfidential\b",),
        weight=3,
    ),
    KindCue(
        kind="restore_responsibility",
        text=(
            rf"\bto\s+(?:restore|recover)\b[^.;:]{{0,60}}\b(?:ticket|support|contact|request)\b|\brestor(?:e|es|ation|ations)\s+(?:can|may)\s+be\s+(?:requested|performed|initiated|made|done)\b|{COPY}\s+(?:can|may|will)\s+be\s+restored\b|\brestor(?:e|ation)\s+(?:is|are)\s+(?:available|free|charged|included)\b|\bneed\s+(?:a|to)\s+restore\b",
        ),
        never=(TRIAL, HOW_TO, _CLICKS, CONTINUITY),
    ),
)
"""Found in documentation, frequently asked questions and terms of use rather than in negotiated agreements."""
