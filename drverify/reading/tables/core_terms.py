"""Cues of terms of use and framework contracts: no duty to back up, data kept and then deleted, data fetched in time."""
# ruff: noqa: E501, ISC004, RUF001 - long patterns, and the characters that agreements use

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import BACKUP, CLIENT, COPY, DELETE, ENDING, HOW_TO, TRIAL

_DATA = r"\b(?:data|contents?|files|information|databases?|websites?|records)\b"
_NOT_THEIRS = r"\b(?:data\s+subjects?|confidential\s+information|cookies?|source\s+code|software|third[-\s]part\w+|logs?\b|posts?\b)"

TERMS_CUES = (
    KindCue(
        kind="backup_disclaimer",
        text=(
            r"\b(?:keep|maintain|retain|make|store|hold|take)(?:s|ing)?\s+(?:an?\s+|their\s+|your\s+|its\s+)?(?:own\s+)?(?:local|separate|additional|independent|own|up-to-date|current|complete)\s+(?:back-?up\s+)?cop(?:y|ies)\s+of\b|"
            rf"\bnot\s+(?:\w+\s+)?(?:obliged|obligated|required|responsible|bound)\s+(?:to|for)\s+(?:\w+\s+){{0,3}}?{BACKUP}|\bno\s+(?:obligation|duty|responsibility)\s+(?:to|for)\s+(?:\w+\s+){{0,3}}?{BACKUP}|\bnot\s+(?:\w+\s+)?(?:a\s+)?part\s+of\s+(?:the|our|any|its)\s+(?:\w+\s+)?{COPY}",
        ),
        never=(r"\bconfidential\b|\bsource\s+code\b|\bthis\s+agreement\b|\bbooks\b",),
        weight=4,
    ),
    KindCue(  # nobody answers for data that are lost
        kind="backup_disclaimer",
        text=(
            r"\b(?:no|not|nor|neither)\b[^.;]{0,40}\b(?:liab\w+|responsib\w+)\b[^.;]{0,40}\b(?:loss|corruption|deletion|destruction)\b[^.;]{0,50}\b(?:of|to)\s+(?:(?:any|the|all|such|stored)\s+)*(?:your|customer|client|user|hosted|stored|subscriber)(?:[’']?s)?\s+(?:data|content|files|information)\b",
        ),
        never=(r"\b(?:profits?|revenues?|goodwill|consequential|indirect|punitive|third[-\s]part\w+)\b",),
        weight=3,
    ),
    KindCue(  # "retained for 90 days and then deleted"
        kind="data_deletion",
        text=(
            rf"\b(?:retain|keep|store|hold|preserve|maintain)\w*\b[^.;]{{0,40}}{_DATA}[^.;]{{0,120}}\b(?:and\s+then|after\s+which|thereafter|before\s+being|then)\b[^.;]{{0,40}}{DELETE}|{_DATA}[^.;]{{0,60}}\b(?:retained|kept|stored|held)\b[^.;]{{0,100}}\b(?:and\s+then|after\s+which|thereafter|before\s+being)\b[^.;]{{0,40}}{DELETE}",
            rf"{ENDING}|\b(?:subscription|account|contract|agreement|service)\s+(?:ends|lapses|is\s+closed)\b",
        ),
        never=(_NOT_THEIRS, HOW_TO, COPY),
        weight=2,
    ),
    KindCue(
        kind="data_deletion",
        text=(
            r"\b(?:no|not)\s+(?:have\s+(?:any|an)\s+)?(?:further\s+)?(?:obligat\w+|obliged)\s+to\s+(?:maintain|retain|keep|store)\b[^.;]{0,120}\b(?:and|thereafter)\b[^.;]{0,60}\bdelete\b|"
            r"\bcertif\w+\b[^.;]{0,60}\b(?:delet|destroy|eras)\w*\b[^.;]{0,40}\b(?:personal|customer|client|all)\s+(?:\w+\s+){0,4}?(?:data|content)\b|"
            r"\b(?:media|disks?|drives?|storage\s+devices?)\b[^.;]{0,40}\b(?:sanit\w+|degauss\w*|securely\s+(?:wiped|erased|destroyed)|cryptographically\s+erased)\b",
        ),
        never=(r"\bdata\s+subject|\bconfidential\s+information\b|\bcertification\s+of\s+deletion\b", HOW_TO),
    ),
    KindCue(  # "You have 15 days to retrieve your data"
        kind="exit_data_return",
        text=(
            rf"\b(?:have|has|given|allowed|granted|period|window)\b[^.;]{{0,80}}\b(?:to|for)\s+(?:\w+\s+){{0,2}}(?:retriev|export|download|extract|collect|fetch|migrat|recover)\w*\b[^.;]{{0,40}}{_DATA}",
        ),
        figure="duration",
        never=(_NOT_THEIRS, HOW_TO, COPY),
        weight=2,
    ),
    KindCue(  # at any time, by oneself
        kind="exit_data_return",
        text=(
            rf"{CLIENT}\s+(?:may|can|will\s+be\s+able\s+to|is\s+able\s+to|are\s+able\s+to)\s+(?:\w+\s+)?(?:export|download|extract|retrieve)\s+(?:all\s+(?:of\s+)?)?(?:your|their|its|the|customer)\s+(?:own\s+)?(?:\w+\s+)?{_DATA}",
            r"\bat\s+any\s+(?:time|point)\b|\bformats?\b|\bduring\s+the\s+(?:\w+\s+)?term\b",
        ),
        never=(_NOT_THEIRS, HOW_TO, COPY, r"\binvoices?\b"),
    ),
    KindCue(
        kind="uptime",
        text=(
            r"\b(?:network|servers?|services?|systems?|platform|sites?|websites?|infrastructure|hosting|api)\b[^.;]{0,60}\b(?:be\s+up|up\s+and\s+running|online|reachable|is\s+up|are\s+up|running)\b[^.;]{0,40}\d[\d.,\u2024]*\s?%",
        ),
        figure="percent",
        never=(r"\b(?:credits?|refund|below|less\s+than|falls?|cpu|disk|load|discount)\b", r"\bexamples?\b"),
        weight=2,
    ),
    KindCue(
        kind="rpo",
        text=(
            r"\b(?:lose|lost|losing)\s+(?:up\s+to|at\s+most|no\s+more\s+than|not\s+more\s+than|a\s+maximum\s+of|less\s+than)\b[^.;]{0,40}\b(?:data|transactions|changes|work)\b",
        ),
        figure="duration",
        never=(r"\bcredits?\b", TRIAL),
        weight=3,
    ),
    KindCue(
        kind="restore_responsibility",
        text=(
            r"\b(?:restor(?:e|es|ation|ations)|data\s+recovery)\b(?:\s+\w+){0,4}\s+(?:is|are|will\s+be|shall\s+be|may\s+be)\s+(?:charged|billed|chargeable|invoiced|billable|free|included|subject\s+to\s+(?:an?\s+)?(?:\w+\s+)?(?:fees?|charges?))\b|\brestor(?:e|es|ations)\s+(?:per|a|each)\s+(?:day|week|month|quarter|year)\b|\b(?:fee|charge)\s+(?:of\s+\S+\s+)?(?:applies\s+|is\s+charged\s+)?(?:for|to)\s+(?:each\s+|any\s+|every\s+)?(?:data\s+|backup\s+)?restor\w+",
        ),
        never=(TRIAL, HOW_TO),
    ),
    KindCue(  # an orderly move to whoever comes after
        kind="exit_data_return",
        text=(
            r"\b(?:transfer|migration|hand-?over|migrat\w+|transferring)\b[^.;]{0,60}\b(?:data|content)\b[^.;]{0,40}\bto\s+(?:a|an|the|another|any|its|such|your)\s+(?:new|successor|replacement|other|alternative|incoming|different)\s+(?:\w+\s+)?(?:provider|supplier|vendor|host|contractor|operator|platform|system|environment)s?\b",
        ),
        never=(_NOT_THEIRS, HOW_TO, r"\bpersonal\s+data\s+(?:outside|to\s+a\s+third)|\bthird\s+countr\w+"),
    ),
    KindCue(
        kind="offsite_copy",
        text=(
            rf"{COPY}[^.;]{{0,60}}\b(?:different|separate|another|second)\s+fire\s+(?:compartments?|zones?|sections?)\b|\b(?:mirrored|replicated|synchroni[sz]ed|duplicated)\s+(?:\w+\s+)?(?:between|across|to|over)\s+(?:at\s+least\s+)?(?:two|three|2|3|both|several|multiple)\s+(?:\w+\s+){{0,2}}(?:data\s?cent(?:er|re)s|sites|locations|regions|facilities)\b",
        ),
        never=(TRIAL, HOW_TO),
    ),
    KindCue(
        kind="restore_test",
        text=(
            r"\b(?:random|sample|trial|spot|periodic|regular)\s+(?:\w+\s+)?restor(?:e|es|ation|ations)\b|\brestor(?:e|es|ation|ations)\b[^.;]{0,80}\bto\s+(?:verify|validate|check|prove|confirm)\b[^.;]{0,40}\b(?:integrity|usab\w+|recoverab\w+|restorab\w+|readab\w+)\b",
        ),
        never=(r"\brequest|\bcredits?\b",),
        weight=5,
    ),
    KindCue(
        kind="restore_time",
        text=(
            r"\brestor(?:e|es|ation|ations)\s+(?:\w+\s+){0,2}(?:begins?|starts?|commences?|completes?|takes?)\b",
        ),
        figure="duration",
        never=(TRIAL, HOW_TO, r"\bdisaster|\bRTO\b|\boutage"),
        weight=3,
    ),
    KindCue(  # what is not bought is not done
        kind="backup_disclaimer",
        text=(
            rf"{BACKUP}(?:\s+(?:services?|options?|plans?|packages?))?\s+(?:is|are|may\s+be|can\s+be)\s+(?:only\s+|also\s+)?(?:available|offered|provided|purchased|ordered|bought)\b[^.;]{{0,40}}\b(?:additional|extra|separate)\s+(?:cost|charge|fee|order|service|product)s?\b|{BACKUP}[^.;]{{0,40}}\b(?:is|are)\s+(?:an\s+)?(?:optional|add-on)\b|\b(?:must|need\s+to|has\s+to|have\s+to)\s+(?:be\s+)?(?:order|purchas|bought|buy|subscribe)\w*\b[^.;]{{0,40}}{BACKUP}",
        ),
        never=(HOW_TO, TRIAL),
        weight=4,
    ),
)
"""Found in terms of use and in framework contracts."""
