"""Cues by form rather than by word: restoring, objectives, plans and tests, and what becomes of data at the end."""
# ruff: noqa: E501, ISC004, RUF001 - long patterns, and the characters that agreements use

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import (
    BACKUP,
    CLIENT,
    CONTINUITY,
    COPY,
    DELETE,
    ENDING,
    HOW_TO,
    META,
    RESTORE,
    SITE,
    TRIAL,
)

_CONFIDED = r"\b(?:confidential|proprietary)\s+(?:information|materials?)\b|\b(?:disclosing|receiving|recipient)\s+part(?:y|ies)\b|\bdata\s+subjects?\b|\bsource\s+code\b|\bcookies?\b"
_MODAL = r"\b(?:shall|will|must|agrees?\s+to|undertakes?\s+to|commits?\s+to|(?:is|are)\s+(?:required|obliged|to)|may)\b"
_ALL_DATA = (
    r"\b(?:all|any|such|remaining|your|their|its|the|customer|client|user|personal|company|state|agency|authority|subscriber|account)(?:[’']s?)?\s+"
    r"(?:[\w’'-]+\s+){0,4}?(?:data(?:bases?)?|contents?|records|files|copies|information|images|media)\b"
)
_DESTROYED = (
    r"(?:deleted|destroyed|erased|purged|wiped|disposed\s+of|destroyed/disposed\s+of|disposed|shredded|degaussed|sanitized|sanitised|scrubbed|cleaned|overwritten|"
    r"rendered\s+(?:inaccessible|unreadable|unrecoverable)|expunged)\b"
)
_MEDIUM = r"\b(?:data(?:bases?)?|contents?|records|files|copies|information|media|medium|disks?|drives?|tapes?|e?PHI|hardware|equipment|devices?|backups?)\b"
_LEVEL = r"\b(?:up-?time|availability|service\s+availability)\s+(?:guarantees?|commitments?|requirements?|levels?|targets?|objectives?|obligations?|standards?|warrant\w+|SLAs?)\b"
_SOME_TIME = r"\b(?:(?:several|a\s+few|some|many|up\s+to|at\s+least|approximately|about|as\s+long\s+as|between)\s+[^.;]{0,20}?|\d+[^.;]{0,12}?|one\s+or\s+more\s+|a\s+number\s+of\s+)(?:minutes|hours|days|weeks|business\s+days)\b"

WIDER_END_CUES = (
    KindCue(  # a duty to delete, active
        kind="data_deletion",
        text=(rf"{_MODAL}\s+[^.;]{{0,110}}{DELETE}[^.;]{{0,40}}{_ALL_DATA}",),
        never=(
            _CONFIDED,
            r"\b(?:not|never|no\s+longer|cannot|unable)\s+(?:be\s+)?(?:\w+\s+)?(?:delet|destroy|eras|purg|remov)",
            r"\b(?:loss|lost|altered|alteration|unauthori[sz]ed|accidental\w*|inadvertent\w*|corrupt\w*)\b|\bcertification\s+of\s+deletion\b",
            r"\b(?:software|licen[sc]ed|documentation|prototype|samples|inventory|invoice)\b",
            r"\boverwrit\w+\b|\bwipe\s+out\b",
            rf"{HOW_TO}",
        ),
    ),
    KindCue(  # a duty to delete, passive; media too
        kind="data_deletion",
        text=(
            rf"{_MEDIUM}[^.;]{{0,90}}\b(?:shall|will|must|should|to)\s+be\s+(?:[\w,]+\s+){{0,4}}?{_DESTROYED}|"
            rf"{_MEDIUM}[^.;]{{0,60}}\b(?:is|are)\s+(?:\w+ly\s+)?(?:[\w]+\s*(?:,|or|and|/)\s*){{0,3}}{_DESTROYED}[^.;]{{0,40}}\b(?:using|by\s+a|with\s+a|method|beyond|so\s+that|before|prior|certif\w+|in\s+accordance|accord\w+|when\s+no\s+longer|at\s+(?:the\s+)?end)\b|"
            rf"\b(?:data|contents?|files|records)\b[^.;]{{0,90}}\b(?:and|then|thereafter|or)\b[^.;]{{0,30}}\b(?:wipe|delete|destroy|erase|purge|shred)s?\s+(?:it|them|the\s+same|any\s+cop\w+|its\s+cop\w+|the\s+originals?)\b|"
            rf"\b(?:before|prior\s+to)\s+(?:re-?use|disposal|re-?assign\w+|de-?commission\w+)\b[^.;]{{0,90}}{_DESTROYED}",
        ),
        never=(
            _CONFIDED,
            r"\b(?:not|never)\s+be\s+(?:\w+\s+)?(?:delet|destroy|eras|purg|remov|dispos)",
            r"\b(?:loss|lost|damaged|stolen|altered|unauthori[sz]ed|accidental\w*|inadvertent\w*|restored|recovered)\b",
            r"\b(?:software|licen[sc]ed|prototype|samples|inventory|defective|rejected|products?)\b",
            HOW_TO,
        ),
    ),
    KindCue(  # one may have it deleted; it is scheduled
        kind="data_deletion",
        text=(
            rf"{CLIENT}\s+(?:can|may|is\s+able\s+to|are\s+able\s+to)\s+(?:\w+\s+){{0,2}}?(?:request|initiate|ask\s+for|trigger)\s+(?:the\s+)?(?:\w+\s+)?(?:deletion|erasure|removal|purge)\b|"
            r"^\W*(?:[\w-]+\s+){0,3}?(?:deletion|erasure|purg(?:e|ing)|destruction)\s+(?:is|are|will\s+be|shall\s+be|takes?|occurs?|happens?)\s+[^.;]{0,60}\b(?:within|after|following)\b",
        ),
        never=(r"\bdata\s+subject|\bconfidential\s+information\b", HOW_TO),
    ),
    KindCue(  # data stay where they are for a while
        kind="exit_data_return",
        text=(
            r"\b(?:data(?:bases?)?|contents?|files|records|backups?|environments?)\b[^.;]{0,60}\b(?:remains?|stays?|continues?|is\s+kept|are\s+kept|will\s+be\s+kept|be\s+held|is\s+held|are\s+held|is\s+retained|are\s+retained|be\s+retained)\b[^.;]{0,40}\b(?:stored|available|accessible|retriev\w+|online|active)\b|"
            r"\b(?:data(?:bases?)?|contents?|files|records)\b[^.;]{0,60}\b(?:remains?|stays?)\s+(?:available|accessible|retrievable|stored)\b",
        ),
        either=(ENDING,),
        figure="duration",
        never=(_CONFIDED, r"\b(?:deleted|erased|destroyed|purged)\b[^.;]{0,20}\bfrom\s+back", HOW_TO),
        weight=2,
    ),
    KindCue(  # the customer fetches them
        kind="exit_data_return",
        text=(
            rf"{CLIENT}\s+(?:may|can|will\s+be\s+able\s+to|is\s+able\s+to|are\s+able\s+to|is\s+entitled\s+to)\s+(?:\w+\s+){{0,3}}?(?:export|download|extract|retriev|remov|obtain|migrat)\w*\s+(?:and\s+\w+\s+)?(?:[\w’'-]+\s+){{0,5}}?(?:data|contents?|files|documents|records)\b|"
            rf"\b(?:data|contents?|files|records)\b[^.;]{{0,30}}\b(?:may|can)\s+be\s+(?:\w+\s+)?(?:retrieved|exported|downloaded|extracted|migrated)\s+(?:\w+\s+){{0,3}}?by\s+(?:the\s+)?{CLIENT}",
        ),
        either=(
            rf"{ENDING}|\bat\s+any\s+(?:time|point)\b|\b(?:last\s+day|end)\s+of\s+(?:the|this|its)\b|\b(?:hosted\s+)?services?\b[^.;]{{0,30}}\bdocumentation\b|\bformats?\b|\bthereafter\b",
        ),
        never=(
            _CONFIDED,
            HOW_TO,
            r"\b(?:invoices?|reports?|logs?|software|backups?|snapshots?|updates?|apps?)\b",
        ),
    ),
    KindCue(
        kind="restore_responsibility",
        text=(
            r"^\W*(?:(?:full|partial|complete|file|granular|single|bare[-\s]metal|system|database|item|folder|image|emergency|assisted|self-?service|ad[-\s]hoc|day[-\s]to[-\s]day|data|or|and)\W+){0,6}?(?:recovery|recoveries|restores?|restorations?)\s+(?:of|to|down\s+to|from|at|for|on)\s+(?!service\b|time\b|point\b|the\s+(?:services?|situation|status)\b)",
        ),
        either=(
            rf"{COPY}|\b(?:files?|data(?:bases?)?|bare[-\s]metal|servers?|mailbox\w*|machines?|vms?|folders?|items?)\b",
        ),
        never=(
            HOW_TO,
            TRIAL,
            r"\brecovery\s+(?:point|time)|\b(?:damages|costs?|fees?|expenses)\b|\bRTOs?\b|\bRPOs?\b",
            r"\bnot\b",
        ),
        blocks=("item",),
    ),
    KindCue(  # how long it takes, said the other way round
        kind="restore_time",
        text=(
            rf"\b(?:time|duration|length|speed)\b[^.;]{{0,40}}{RESTORE}[^.;]{{0,40}}\bdepend\w*|\btakes?\s+(?:\w+\s+){{0,2}}?{_SOME_TIME}[^.;]{{0,60}}{RESTORE}|{RESTORE}[^.;]{{0,80}}\btakes?\s+(?:\w+\s+){{0,2}}?{_SOME_TIME}|"
            rf"{RESTORE}[^.;]{{0,60}}\b(?:requires?|lasts?|needs?)\s+(?:\w+\s+){{0,2}}?{_SOME_TIME}",
        ),
        never=(TRIAL, HOW_TO, CONTINUITY, r"\b(?:RTO|RPO)s?\b"),
        weight=2,
    ),
    KindCue(  # whether copies can be restored is itself looked at
        kind="restore_test",
        text=(
            rf"\b(?:recoverab|restorab)\w+[^.;]{{0,60}}\b(?:demonstrat\w+|proven|proved|shown|confirmed|verified|tested|checked)\b|\b(?:restor(?:e|ation)|recovery|backups?)\s+(?:capabilit\w+|abilit\w+|procedures?|process(?:es)?|readiness)\s+(?:is|are|shall\s+be|will\s+be|must\s+be)\s+(?:\w+\s+){{0,3}}?(?:verified|tested|validated|checked|exercised|proven|demonstrated)\b|"
            rf"\brestor(?:ed|ing|es?|ations?)\b[^.;]{{0,90}}\b(?:in\s+order\s+)?to\s+(?:test|verify|validate|check|prove|confirm)\b|"
            rf"\b(?:restor(?:es|ations)|data\s+restor\w+|recoveries)\b[^.;]{{0,30}}\b(?:is|are|shall\s+be|will\s+be|must\s+be)\s+(?:\w+\s+)?(?:tested|verified|validated|exercised|rehearsed)\b|"
            rf"\btest(?:s|ed|ing)?\b[^.;]{{0,30}}{COPY}[^.;]{{0,90}}\brestor\w+|{COPY}[^.;]{{0,40}}\btested\b[^.;]{{0,30}}\bby\s+restoring\b",
        ),
        either=(rf"{COPY}|\btapes?\b|\brestor\w+",),
        never=(
            CONTINUITY,
            r"\brequests?\b|\bcredits?\b|\bdo(?:es)?\s+not\s+apply\b|\bfailed\b",
            r"\btest\s+(?:environment|system|server|instance)s?\b",
            HOW_TO,
            META,
        ),
        weight=5,
    ),
    KindCue(  # a level that stands elsewhere
        kind="uptime",
        text=(
            rf"\b(?:meet|meets|meeting|achiev\w+|satisf\w+|compl\w+|provid\w+|guarantee\w*|maintain\w*|deliver\w*|responsible)\b[^.;]{{0,60}}{_LEVEL}",
            r"\b(?:shall|will|must|responsible|agrees?|set\s+(?:forth|out)|specified|in\s+accordance)\b",
        ),
        never=(
            r"\b(?:credits?|fails?|failure|terminat\w+|remed\w+|refund\w*|not\s+(?:met|apply)|exclud\w+|service\s+level\s+agreement)\b",
            r"\bmeans\b",
            META,
        ),
    ),
    KindCue(  # both objectives in one breath
        kind="rto",
        text=(
            r"\brecovery\s+time\s+(?:and|or|&|/)\s+(?:recovery\s+)?point\s+objectives?\b|\bRTOs?\s*(?:and|or|&|/)\s*RPOs?\b|\bRPOs?\s*(?:and|or|&|/)\s*RTOs?\b",
            r"\b(?:shall|will|must|in\s+accordance|set\s+(?:forth|out)|agreed|specified|meets?|achiev\w+|within|targets?)\b",
        ),
        never=(r"\bmeans\b|\bunderstand\b|\bdefin(?:e|es|ing)\b|\bfor\s+example\b", META),
        weight=5,
    ),
    KindCue(
        kind="rpo",
        text=(
            r"\brecovery\s+time\s+(?:and|or|&|/)\s+(?:recovery\s+)?point\s+objectives?\b|\bRTOs?\s*(?:and|or|&|/)\s*RPOs?\b|\bRPOs?\s*(?:and|or|&|/)\s*RTOs?\b",
            r"\b(?:shall|will|must|in\s+accordance|set\s+(?:forth|out)|agreed|specified|meets?|achiev\w+|within|targets?)\b",
        ),
        never=(r"\bmeans\b|\bunderstand\b|\bdefin(?:e|es|ing)\b|\bfor\s+example\b", META),
        weight=5,
    ),
    KindCue(  # "for the annual test" of whatever the paper is about
        kind="dr_test",
        text=(
            r"\b(?:annual|yearly|quarterly|semi-?annual|half-?yearly|biannual|six-?monthly|monthly|periodic)\w*\s+(?:\w+\s+)?(?:tests?|testing|exercises?|drills?|rehearsals?)\b|\btests?\b[^.;]{0,80}\b(?:the|this|such|its|said|these)\s+(?:\w+\s+)?plans?\b|\btested\b",
        ),
        context=(CONTINUITY,),
        never=(
            META,
            BACKUP,
            r"\brestor\w+|\btest\s+(?:environment|data|system|scripts?)|\bpenetration\b|\b(?:software|acceptance|unit|user)\s+test|\bmeans\b|\bgenerators?\b|\bbatter\w+",
        ),
        figure="interval",
        weight=2,
    ),
    KindCue(  # a plan by what it is for
        kind="dr_plan",
        text=(
            r"\b(?:written|documented|detailed|formal|reasonable|comprehensive|tested|current|up-to-date)\s+(?:[\w,]+\s+){0,3}?plans?\b[^.;]{0,120}\b(?:disasters?|disruptions?|outages?|interruptions?|emergenc\w+|continu\w+|restor\w+|recover\w*)\b",
            r"\b(?:shall|will|must|has|have|maintain\w*|keep\w*|agrees?)\b",
        ),
        never=(
            META,
            r"\b(?:project|transition|implementation|migration|exit|quality|marketing|insurance|benefit)\s+plans?\b",
        ),
    ),
    KindCue(
        kind="dr_test",
        text=(
            r"\bfail-?\s?overs?\b[^.;]{0,60}\b(?:is|are|be|being)\s+(?:\w+\s+)?(?:tested|exercised|rehearsed|practi[cs]ed|simulated)\b",
        ),
        weight=4,
    ),
    KindCue(  # named in a list
        kind="dr_plan",
        text=(
            rf"^\W*(?:[\w-]+\s+){{0,3}}?{CONTINUITY}(?:\s+(?:plans?|planning|strateg\w+|arrangements|capabilit\w+|provisions|services?|management|linked|documented|maintained|in|for|and|of|the|a|runbooks?|place|site))*\W*$|^\W*plan\s+for\s+[^.;]{{0,40}}\b(?:fail-?over|disaster|recovery|outage|disruption)\b",
        ),
        blocks=("item",),
        never=(TRIAL, r"\b(?:RPO|RTO)s?\b", r"\d"),
    ),
    KindCue(  # lost work by its amount
        kind="rpo",
        text=(
            r"\b(?:(?:no|not)\s+more\s+than|at\s+most|at\s+worst|a\s+maximum\s+of|up\s+to)\b[^.;]{0,40}\b(?:data|transactions|changes|work|records|entries|orders)\b[^.;]{0,40}\b(?:lost|missing)\b|^\W*recovery\s+points?\s*[:|–-]|"
            r"\b(?:data|copy|copies|state)\b[^.;]{0,60}\b(?:no|not)\s+(?:be\s+)?older\s+than\b[^.;]{0,60}$",
        ),
        either=(rf"{CONTINUITY}|\bdisasters?\b|\blost\b|\boutage|\bfailure\b|\brecover\w*|\brestor\w*",),
        figure="duration",
        never=(r"\bcredits?\b|\bliab\w+|\bretain\w*|\bdeleted\b", TRIAL),
        weight=5,
    ),
    KindCue(  # a test that must show something
        kind="dr_test",
        text=(
            r"\b(?:tests?|testing|exercises?|drills?)\b[^.;]{0,60}\b(?:demonstrat\w+|show|prove|validate|confirm|verif\w+)\b[^.;]{0,100}\b(?:RTOs?|RPOs?|recovery|fail-?over|disaster)\b",
        ),
        either=(rf"{CONTINUITY}|\bdisaster\b|\bRTOs?\b",),
        never=(META, r"\bmeans\b"),
        weight=4,
    ),
    KindCue(  # another site to work from
        kind="dr_plan",
        text=(
            rf"\b(?:maintain|provid|hav|has|keep|kept|designat|arrang|establish|prepar|reserv|contract)\w*\b[^.;]{{0,60}}(?:{SITE})",
        ),
        never=(
            TRIAL,
            HOW_TO,
            r"\b(?:copies|stored|store|tapes?|replicat\w+)\b",
            r"\bmeans\b",
            r"\brestor\w+",
        ),
    ),
    KindCue(  # what one does about interruptions
        kind="dr_plan",
        text=(
            r"\bemergency\s+use\s+of\b[^.;]{0,60}\b(?:equipment|facilit\w+|processing|systems?)\b|\b(?:procedures|measures|arrangements|capabilit\w+|safeguards)\b[^.;]{0,80}\brecover\w*\s+from\b[^.;]{0,60}\b(?:interruptions?|failures?|disasters?|outages?|disruptions?)\b",
            r"\b(?:shall|will|must|agrees?|has|have|maintain\w*|implement\w*)\b",
        ),
        never=(TRIAL, META),
    ),
    KindCue(  # a table of how long restores take
        kind="restore_time",
        text=(r"\d",),
        context=(r"\b(?:restor(?:e|ation)|retrieval)\s+times?\b|\btime\s+to\s+restore\b",),
        never=(r"\b(?:RTO|RPO)s?\b", TRIAL),
        figure="duration",
        blocks=("row",),
        weight=3,
    ),
    KindCue(  # data that go with the thing they are on
        kind="data_deletion",
        text=(
            r"\b(?:any|all|the)\s+(?:\w+\s+)?(?:data|content|information|files)\b[^.;]{0,40}\b(?:destroyed|deleted|erased|wiped|purged|removed)\b",
        ),
        either=(ENDING,),
        never=(
            _CONFIDED,
            HOW_TO,
            r"\b(?:not|never)\s+be\b|\b(?:lost|loss|damaged|corrupt\w*|accidental\w*|unauthori[sz]ed|altered)\b|\buntil\b",
        ),
    ),
    KindCue(  # work that has to be done again
        kind="rpo",
        text=(
            r"\b(?:(?:no|not)\s+more\s+than|at\s+most|a\s+maximum\s+of|up\s+to|(?:last|previous))\b[^.;]{0,60}\b(?:data|transactions|changes|work|records|entries|orders|input)\b[^.;]{0,60}\b(?:re-?entered|re-?keyed|re-?created|repeated|redone|re-?input|re-?submitted)\b",
        ),
        figure="duration",
        weight=5,
    ),
    KindCue(
        kind="rpo",
        text=(r"\bdata\s+loss\b[^.;]{0,30}\b(?:is|are|be|will\s+be)\s+(?:\w+\s+)?limited\s+to\b",),
        never=(r"\bliab\w+|\bdamages\b",),
        weight=3,
    ),
    KindCue(  # requests that are carried out in a time
        kind="restore_time",
        text=(
            r"\brequests?\s+for\s+(?:\w+\s+)?(?:restor\w+|recover\w+|retriev\w+)[^.;]{0,140}\b(?:within|in\s+under|the\s+same|next)\b",
        ),
        figure="duration",
        never=(TRIAL, CONTINUITY),
        weight=3,
    ),
    KindCue(  # a plan that lays something down
        kind="dr_plan",
        text=(
            rf"\b(?:laid\s+down|set\s+out|documented|described|contained|defined|written\s+down)\s+in\b[^.;]{{0,40}}{CONTINUITY}|{CONTINUITY}[^.;]{{0,20}}\b(?:which|that)\s+(?:is|are|shall\s+be|will\s+be)\s+(?:\w+\s+)?(?:revised|reviewed|updated|maintained|kept)\b|"
            r"\b(?:tested|written|documented|agreed)\s+plans?\s+for\b[^.;]{0,40}\b(?:loss|failure|outage|disaster)\b",
        ),
        never=(META,),
    ),
    KindCue(
        kind="dr_test",
        text=(
            r"\b(?:rehears|simulat|exercis|practi[sc])\w*\b[^.;]{0,40}\b(?:loss|failure|outage|destruction)\s+of\b",
        ),
        weight=4,
    ),
    KindCue(  # "file or folder restore"
        kind="restore_responsibility",
        text=(
            r"^\W*(?:[\w/&]+\s+){1,6}(?:restor(?:e|es|ation|ations)|recovery)(?:\s+(?:assistance|support|on\s+request|upon\s+request|included))?\W*$",
            r"\b(?:files?|folders?|data(?:bases?)?|vms?|machines?|servers?|mailbox\w*|items?|systems?|images?|restor\w+)\b",
        ),
        blocks=("item",),
        never=(TRIAL, CONTINUITY, r"\bback-?\s?ups?\b|\b(?:not|no|plan|after|before|during)\b"),
    ),
    KindCue(  # tests of the place one would move to
        kind="dr_test",
        text=(rf"{TRIAL}[^.;]{{0,80}}(?:{SITE})",),
        never=(META, r"\bmeans\b|\bcredits?\b|\btest\s+(?:environment|data|system)"),
        weight=2,
    ),
)
"""The second half of the wider cues."""
