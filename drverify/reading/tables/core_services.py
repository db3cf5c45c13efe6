"""Cues of services' pages and policies: deletion in lists and tables, tasks of recovery, replication, what is left out."""
# ruff: noqa: E501, ISC004, RUF001 - long patterns, and the characters that agreements use

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import BACKUP, CONTINUITY, COPY, ENDING, EVERY, HOW_TO, TRIAL

_GONE = r"\b(?:deleted|purged|erased|removed|destroyed|wiped|anonymi[sz]ed|expunged|overwritten|shredded)\b"
_HELD = r"\b(?:data|contents?|files|records?|information|accounts?|websites?|e-?mails|databases?|logs?|messages|copies|backups?|documents|servers?|profiles?|recordings|transcripts)\b"
_UNPAID = r"\b(?:fail\w*\s+to\s+(?:\w+\s+){0,3}?pay\w*|non-?payment|unpaid|past\s+due|overdue|delinquent|outstanding)\b"
_LOSES = r"\b(?:inability|refus\w+|unauthori[sz]ed|accident\w*|inadvertent\w*|data\s+subjects?|cookies?|until|you\s+delete|posts?\s+that|violat\w+|infring\w+|abus\w+|illegal|unlawful|confidential\s+information|software)\b"
_RECOVERING = r"(?:recover(?:y|ing|s)?|restor(?:e|es|ation|ing)|fail-?overs?|fail-?backs?)"
_OTHER_SITE = r"\b(?:recovery|opposite|other|second(?:ary)?|target|paired|dr|remote|alternate)\s+(?:data\s?cent(?:er|re)|sites?|region|locations?|zone)\b"

SERVICE_CUES = (
    KindCue(  # "Login logs automatically purged after 90 days"
        kind="data_deletion",
        text=(
            rf"^[^.;]{{0,20}}{_HELD}[^.;:]{{0,60}}{_GONE}[^.;]{{0,30}}\b(?:after|within|following|from|upon|on)\b|"
            rf"\b(?:after|within|following|upon)\b[^.;]{{0,80}}{_HELD}[^.;]{{0,40}}\b(?:is|are|be|gets?)\s+(?:\w+\s+){{0,3}}?{_GONE}",
        ),
        figure="duration",
        never=(
            _LOSES,
            HOW_TO,
            r"\bnot\s+(?:be\s+)?(?:\w+\s+)?(?:deleted|removed|erased|purged)\b",
            r"\brestored\b|\bolder\b",
            rf"^(?!.*\bwithin\b).*{COPY}",
        ),
        weight=3,
    ),
    KindCue(  # "Final Deletion: 30 days post-cancellation"
        kind="data_deletion",
        text=(
            r"^\W*(?:[\w-]+\s+){0,3}?(?:deletion|erasure|destruction|purge|purging)\b\s*(?:time\w*|period|process|schedule|within|after)?\W{0,4}[:|–-]\W*(?:(?:within|after|up\s+to)\s+)?(?:\w+\s+)?\(?\d|^\W*(?:[\w-]+\s+){0,3}?(?:deletion|erasure|destruction)\b[^.;:]{0,20}:[^.;]{0,20}\b(?:after|within)\b",
        ),
        figure="duration",
        never=(_LOSES,),
        weight=3,
    ),
    KindCue(  # what becomes of the data of whoever leaves or does not pay
        kind="data_deletion",
        text=(
            rf"{_HELD}[^.;]{{0,80}}\b(?:is|are|be|being|and)\s+(?:[\w,]+\s+){{0,3}}?(?:removed|deleted|erased|purged|destroyed|wiped)\b|\bsubject\s+to\s+(?:\w+\s+)?deletion\b|\b(?:delete|remove|erase|purge)\b[^.;]{{0,40}}{_HELD}",
            rf"{_UNPAID}|\b(?:after|upon|following|when|once|if|on|at)\b[^.;]{{0,40}}{ENDING}",
        ),
        never=(
            _LOSES,
            HOW_TO,
            r"\bnot\s+(?:be\s+)?(?:\w+\s+)?(?:deleted|removed|erased|purged)\b",
            COPY,
            r"\bresponsib\w+\s+for\b|\bliab\w+\b",
        ),
    ),
    KindCue(
        kind="data_deletion",
        text=(
            r"\b(?:delet|destroy|eras|purg)(?:e|es|s|ing)?\b[^.;]{0,30}\b(?:obsolete|expired|outdated|stale|unneeded|redundant)\b[^.;]{0,20}\b(?:data|records|files|information)\b|"
            r"\b(?:provid|issu|suppl|furnish)\w*\b[^.;]{0,40}\b(?:(?:destruction|deletion|erasure)\s+certificates?|certificates?\s+of\s+(?:\w+\s+)?(?:destruction|deletion|erasure))\b",
        ),
        never=(r"\bconfidential\s+information\b|\bdata\s+subject",),
    ),
    KindCue(  # a restored backup is cleaned again
        kind="data_deletion",
        text=(
            rf"\b(?:re-?appl|repeat|re-?execut|re-?perform)\w*\b[^.;]{{0,60}}\b(?:deletions?|erasures?)\b|{COPY}[^.;]{{0,30}}\b(?:is|are|will\s+be)\s+(?:\w+\s+)?(?:deleted|purged|erased)\b[^.;]{{0,60}}\b(?:rotation|within|after)\b",
        ),
        never=(HOW_TO, r"\bolder\b|\bretention\b|\bkept\b|\bretained\b", TRIAL),
    ),
    KindCue(  # how long an export takes and stays
        kind="exit_data_return",
        text=(
            r"\b(?:exports?|download|link|archive)\b[^.;]{0,60}\b(?:valid|available|expires?|take|takes|within|up\s+to|ready|generated|delivered)\b|^\W*(?:response|processing|turnaround|delivery)\s+time\b",
        ),
        context=(r"\b(?:data\s+)?(?:export|portability)\b",),
        figure="duration",
        blocks=("item", "row"),
        never=(COPY, r"\breport|\bdelet\w+"),
    ),
    KindCue(  # an orderly change to another provider
        kind="exit_data_return",
        text=(
            r"\b(?:provide|deliver|transfer|furnish|supply|hand\s+over)\b[^.;]{0,60}\bdata\b",
            r"\b(?:orderly|smooth|efficient)\b[^.;]{0,40}\b(?:transition|transfer|migration|hand-?over)\b",
        ),
        never=(r"\bdata\s+(?:subject|protection|processing)|\bsource\s+code\b",),
    ),
    KindCue(  # tasks of a table of responsibilities
        kind="restore_responsibility",
        text=(
            rf"^\W*(?:\w+\W+){{0,2}}?(?:perform|execut|initiat|complet|conduct|carry|trigger|assist|request|manag|support)\w*\b[^|]{{0,50}}\b{_RECOVERING}\b",
        ),
        blocks=("row",),
        never=(TRIAL, r"\bplans?\b|\bdisaster\s+recovery\s+(?:polic|document|strateg)|\bmonitor"),
    ),
    KindCue(
        kind="restore_responsibility",
        text=(
            rf"\b(?:enables?|allows?|lets?|permits?)\s+(?:you|customers?|clients?|users?)\s+to\s+(?:\w+\s+){{0,2}}(?:fail-?\s?over|restore|recover)\b|{COPY}\s+as\s+a\s+service\s+(?:restores|recovers)|\b(?:customers?|clients?|you|subscribers?)\b[^.;]{{0,20}}\bresponsible\s+for\s+(?:restarting|rebuilding|re-?deploying|reinstalling)\b",
        ),
        never=(HOW_TO, TRIAL),
    ),
    KindCue(  # items of a list of what somebody does to recover
        kind="restore_responsibility",
        text=(
            rf"^\W*(?:to\s+)?(?:perform|execute|initiate|carry\s+out|complete|request|trigger)\s+(?:\w+\s+){{0,2}}{_RECOVERING}\b",
        ),
        blocks=("item",),
        never=(TRIAL, HOW_TO, r"\bplans?\b"),
    ),
    KindCue(  # "Request processed within 30 days" under "Right to erasure"
        kind="data_deletion",
        text=(r"\brequests?\b[^.;]{0,30}\b(?:processed|completed|fulfilled|honou?red|handled|actioned)\b",),
        context=(
            r"(?:\berasure\b|\bdata\s+deletion\b|\bdelet\w+\s+(?:\w+\s+){0,3}data\b|\baccount\s+(?:deletion|closure))[^\n]*\s*$",
        ),
        figure="duration",
        blocks=("item", "row", "paragraph"),
    ),
    KindCue(
        kind="backup_monitoring",
        text=(
            r"^\W*(?:[\w/]+\W+){0,4}?(?:monitor|check|investigat|alert)\w*\W+(?:\w+\W+){0,4}?replicat(?:ion|ed)\b",
        ),
        blocks=("row",),
        never=(r"\bcapacity\b",),
        weight=4,
    ),
    KindCue(  # what happens when one fails, or falls behind
        kind="backup_monitoring",
        text=(
            r"\bfail(?:ures?|ed|s)\b[^.;]{0,100}\b(?:raise|open|log|investigat|evaluat|report|notif|alert|updated|re-?run|escalat)\w*|\b(?:raise|open|evaluat|investigat|notif|alert|review)\w*\b[^.;]{0,80}\bfail(?:ures?|ed|s)\b",
            COPY,
        ),
        never=(
            TRIAL,
            HOW_TO,
            r"\bcredits?\b|\bliab\w+|\bresponsib\w+\s+for\b|\bserver\s+fail|\bdisaster\b|\brestored?\b",
        ),
        weight=2,
    ),
    KindCue(
        kind="backup_monitoring",
        text=(
            r"\b(?:RPO|replication|journal|protection|backups?)\b[^.;]{0,80}\b(?:exceed\w*|threshold|breach\w*|behind|missed)\b[^.;]{0,100}\b(?:notif\w+|alert\w*|informed|investigat\w+)|\b(?:alerts?|notif\w+|alarms?)\b[^.;]{0,60}\b(?:RPO|journal|replication)\b",
        ),
        either=(rf"{COPY}|{CONTINUITY}|\breplicat",),
        never=(HOW_TO, r"\bcredits?\b"),
        blocks=("paragraph", "item"),
        weight=4,
    ),
    KindCue(
        kind="offsite_copy",
        text=(
            rf"\b(?:cop(?:y|ies)|writes|changes|data|{BACKUP}|snapshots?)\b[^.;]{{0,90}}\b(?:sent|replicated|transmitted|copied|transferred|stored|kept|held)\b[^.;]{{0,30}}{_OTHER_SITE}",
        ),
        never=(TRIAL, HOW_TO, r"\bif\b"),
        weight=2,
    ),
    KindCue(  # a journal is a chain of copies
        kind="backup_frequency",
        text=(
            rf"\bcheckpoints?\b[^.;]{{0,40}}\b(?:written|created|taken|made|inserted|generated)\b|{EVERY}[^.;]{{0,40}}\bcheckpoints?\b",
        ),
        either=(rf"{CONTINUITY}|{COPY}|\bjournal",),
        never=(HOW_TO,),
    ),
    KindCue(
        kind="retention",
        text=(r"\bjournal\s+(?:history|retention|length)\b",),
        figure="duration",
        never=(r"\bfor\s+example\b|\be\.g\b",),
        weight=3,
    ),
    KindCue(
        kind="rpo",
        text=(
            rf"{COPY}[^.;]{{0,40}}\b(?:seconds|minutes)\s+(?:behind|old|ago)\b|\b(?:seconds|minutes)\s+behind\b",
        ),
        either=(rf"{CONTINUITY}|{COPY}|\breplicat",),
    ),
    KindCue(  # "Database servers - every hour" under "Backups"
        kind="backup_frequency",
        text=(
            rf"^\W*(?:[\w/()&]+\s+){{1,5}}[-–:]\s*(?:once\s+|at\s+least\s+)?{EVERY}\W*$|^\W*(?:once\s+|at\s+least\s+|twice\s+)?{EVERY}\W*$",
        ),
        context=(rf"{COPY}[^\n]*\s*$|\bback-?\s?up\s+(?:frequenc\w+|schedules?|polic\w+|intervals?)\b",),
        figure="interval",
        blocks=("item", "paragraph"),
        never=(r"\b(?:test|review|check|report|update|meeting|monitor)\w*",),
        weight=2,
    ),
    KindCue(
        kind="backup_frequency",
        text=(rf"\b(?:is|are|be|gets?)\s+(?:\w+\s+)?backed\s+(?:up\s+)?{EVERY}",),
        figure="interval",
        never=(HOW_TO,),
        weight=2,
    ),
    KindCue(
        kind="backup_disclaimer",
        text=(
            r"\b(?:not|no|never|event\s+shall)\b[^.;]{0,40}\b(?:responsible|liable|responsibility|liability)\s+for\s+(?:(?:any|the|your|all|lost|missing|damaged|corrupt\w*|deleted|or|and|and/or|content|web)\s+)*(?:files|data|content)\b(?![^.;]{0,20}\b(?:protection|processing|breach))",
        ),
        never=(
            r"\b(?:third[-\s]part\w+|user-?generated|accura\w+|posted|indirect|consequential)\b",
            r"\bbreach\w*\b",
        ),
        weight=3,
    ),
    KindCue(  # a favour, not a duty
        kind="backup_disclaimer",
        text=(
            rf"{COPY}[^.;]{{0,80}}\b(?:as\s+a\s+(?:courtesy|convenience)|courtesy\s+only)\b|\b(?:service|they|these)\b[^.;]{{0,80}}\bas\s+a\s+courtesy\b",
        ),
        either=(COPY,),
        weight=3,
    ),
    KindCue(  # nothing unless chosen, no level promised
        kind="backup_disclaimer",
        text=(
            rf"\bnot\s+(?:automatically|by\s+default)\s+(?:be\s+)?(?:applied|enabled|protected|backed|included|activated|configured)\b|\bby\s+default\b[^.;]{{0,80}}\b(?:not|no)\b[^.;]{{0,30}}\b(?:protection|protected|{BACKUP}|backed)|"
            rf"\b(?:no|not|n['’]t)\b[^.;]{{0,30}}\bSLAs?\b[^.;]{{0,50}}(?:{COPY}|\bdurability\b)|\bnot\s+(?:\w+\s+){{0,2}}durability\b|\b(?:cannot|can['’]t)\s+be\s+restored\s+(?:on|individually|separately|selectively)\b|{COPY}[^.;]{{0,80}}\b(?:cannot|can['’]t)\s+be\s+(?:downloaded|exported)\b",
        ),
        either=(rf"{COPY}|\bprotect\w+|\bdurability\b",),
        never=(r"\bcredits?\b",),
        weight=4,
    ),
    KindCue(
        kind="backup_scope",
        text=(
            rf"{COPY}\s+(?:is|are)\s+(?:only\s+|also\s+)?(?:available|enabled|provided)\s+(?:only\s+)?(?:for|on)\s+(?:all\s+)?(?:\w+\s+){{0,2}}(?:environments?|instances?|servers?|vms?|accounts?|plans?|databases?|tiers?|customers|projects|services|clusters)\b",
        ),
        never=(HOW_TO, r"\bnot\b"),
    ),
    KindCue(
        kind="dr_plan",
        text=(
            r"\bcontingency\s+(?:facilit\w+|measures|systems|capabilit\w+)\b",
            r"\b(?:maintain|implement|establish|provide|have|keep)\w*\b",
        ),
        never=(r"\bforce\s+majeure\b",),
    ),
)
"""Found in providers' policies, service descriptions and terms of use."""
