"""Cues of plain speech: something dies and is back, copies are held elsewhere, people practise and look at lists."""
# ruff: noqa: E501 - long patterns

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import BACKUP, CONTINUITY, COPY, ENDING, EVERY, HOW_TO, META, TRIAL

_LOST = r"\b(?:dies|died|fails?|failed|failures?|crash(?:es|ed)?|breaks?\s+down|goes?\s+down|(?:is|are|be|been|get)\s+(?:lost|destroyed|unavailable|inoperable)|lost|inoperable|outages?|beyond\s+repair|incidents?|disasters?|emergenc(?:y|ies)|fire|flood|unusable)\b"
_THERE = r"\b(?:up|back|start(?:s|ed)?|running|online|on-line|operational|rebuil[dt]|re-?created|replaced|restored?|available|resum\w+|live|working|takes?\s+over|taken\s+over)\b"
_MACHINES = r"\b(?:servers?|machines?|vms?|systems?|services?|platforms?|sites?|data\s?cent(?:er|re)s?|hosts?|region|environments?|operations?|applications?|we|us)\b"
_PRACTISED = r"\b(?:practi[cs]ed?|rehears\w+|drilled|exercised|proven|proved|tried(?:\s+out)?|simulated|test(?:ed|s)?)\b"
_COPIES = r"\b(?:both|all|these|those|the|each|second|another|every|its|our)\s+cop(?:y|ies)\b"
_ANOTHER_PLACE = r"\b(?:(?:second|other|another|different|separate|remote|distant|sister)\s+(?:[\w-]+\s+){0,2}?(?:region|building|site|location|data\s?cent(?:er|re)|campus|facility|country|city|room|zone)|(?:[\w-]+\s+){0,2}?(?:campus|facility)|off-?site)\b"

PLAIN_CUES = (
    KindCue(  # "if the machine dies we are back within 48 hours"
        kind="rto",
        text=(
            rf"{_LOST}[^.;]{{0,90}}{_THERE}[^.;]{{0,50}}\b(?:within|in\s+(?:under|less)|no\s+later|not\s+later|after\s+at\s+most)\b|{_THERE}[^.;]{{0,60}}\b(?:within|no\s+later|not\s+later)\b[^.;]{{0,40}}\b(?:of|after|following|from)\s+(?:an?\s+|the\s+|any\s+)?(?:[\w-]+\s+){{0,3}}?{_LOST}",
            _MACHINES,
        ),
        never=(
            TRIAL,
            HOW_TO,
            r"\b(?:credits?|respon[ds]\w*|notif\w+|notice|refund\w*|terminat\w+|invoic\w+|pay\w*|disks?\s+(?:is|are)\s+replaced|parts?|spare\s+parts|hardware\s+(?:is|will\s+be)\s+replaced|replac\w+\s+(?:the\s+)?(?:defective|faulty|failed)|backups?\s+(?:fails?|failed)|jobs?)\b",
        ),
        figure="duration",
        weight=2,
    ),
    KindCue(  # "must be running again within 8 hours"
        kind="rto",
        text=(
            r"\b(?:must|shall|will|has\s+to|have\s+to)\s+be\s+(?:up|running|back|operational|available|online|on-line|usable|restored)\s*(?:and\s+running\s+)?(?:again\s+)?(?:within|in\s+(?:under|less)|no\s+later|not\s+later)\b",
            _MACHINES,
        ),
        never=(
            TRIAL,
            HOW_TO,
            r"\b(?:credits?|respon[ds]\w*|delivery|deliver\w*|install\w*|order\w*|provision\w*|set\s+up|migrat\w+|export\w*|terminat\w+)\b",
        ),
        figure="duration",
        weight=2,
    ),
    KindCue(  # Article 32 of the GDPR in a table of measures
        kind="rto",
        text=(
            r"\bability\s+to\s+restore\b[^.;]{0,80}\b(?:availability|access)\b[^.;]{0,80}\bwithin\b[^.;]{0,60}\b(?:incident|failure|disaster|outage)",
        ),
        figure="duration",
        weight=4,
    ),
    KindCue(  # practised, rehearsed, proven
        kind="dr_test",
        text=(
            rf"\b(?:fail-?overs?|switch-?overs?|evacuation|{CONTINUITY}|this\s+move|such\s+a\s+move|emergency\s+plans?|arrangements?)[^.;]{{0,40}}{_PRACTISED}|{_PRACTISED}\s+(?:the\s+|this\s+|such\s+a\s+|our\s+|a\s+)?(?:fail-?over|switch-?over|move|evacuation|emergency)\b",
            EVERY,
        ),
        either=(
            rf"{CONTINUITY}|\bfail-?over|\bdisaster|\bemergenc|\binterruption\b|\blos(?:e|ing|s)\s+(?:of\s+)?(?:the|a)\b|\brecovery\s+(?:site|cent)",
        ),
        never=(HOW_TO, META, r"\b(?:fire\s+drill|generators?|UPS|batter\w+|software|updates?)\b"),
        figure="interval",
        weight=3,
    ),
    KindCue(  # "restores tested half-yearly; the emergency plan yearly"
        kind="dr_test",
        text=(
            rf"\btest\w*\b[^.]{{0,80}};\s+(?:the\s+|our\s+)?(?:{CONTINUITY}|emergency\s+plans?)\s+(?:at\s+least\s+)?{EVERY}",
        ),
        figure="interval",
        weight=4,
    ),
    KindCue(
        kind="dr_test",
        text=(EVERY,),
        context=(
            r"(?:^|\n)\W*(?:(?:DR|fail-?over|recovery|disaster\s+recovery)\s+)?(?:tests?|testing|exercises?|drills?)(?:\s+(?:frequency|interval|cycle))?\W*(?:\n|$)",
            rf"{CONTINUITY}|\bRTO\b|\brecovery\s+time\s+objective",
        ),
        never=(r"\bback-?ups?\s+(?:tests?|frequency)\b",),
        blocks=("row",),
        figure="interval",
        weight=2,
    ),
    KindCue(
        kind="restore_test",
        text=(
            rf"\brestor(?:e|es|ation|ations|ing)\b[^.;]{{0,60}}\b(?:proven|proved|practi[cs]ed|rehearsed|tried(?:\s+out)?|performed\s+at\s+least|carried\s+out\s+at\s+least)\b[^.;]{{0,30}}{EVERY}|\b(?:performs?|carr(?:y|ies)\s+out|makes?|have|has)\s+(?:an?\s+)?(?:trial|sample|random)\s+restor\w+[^.;]{{0,60}}{EVERY}|{EVERY}[^.;]{{0,60}}\brestores?\s+(?:one|a|an|some|several|two|three)\b[^.;]{{0,80}}\b(?:isolated|quarantined?|separate|sandbox|test)\b",
        ),
        never=(HOW_TO, r"\b(?:request\w*|included|free|charged?|fee|price)\b"),
        figure="interval",
        weight=5,
    ),
    KindCue(
        kind="encryption",
        text=(rf"{_COPIES}[^.;]{{0,30}}\b(?:is|are|being)\s+(?:\w+\s+)?encrypted\b",),
        never=(HOW_TO,),
        weight=2,
    ),
    KindCue(  # a copy travels to another town
        kind="offsite_copy",
        text=(
            rf"\b(?:an?|another|second|third|the|one|additional)\s+(?:(?:second|third|further|additional|full|encrypted)\s+)?cop(?:y|ies)\b[^.;]{{0,60}}\b(?:travels?|goes|go|is\s+(?:taken|brought|carried|moved|sent|driven|shipped|transferred)|are\s+(?:taken|brought|carried|moved|sent|shipped|transferred))\s+to\b[^.;]{{0,30}}{_ANOTHER_PLACE}|\bcop(?:y|ies)\b[^.;]{{0,40}}\bto\s+an?\s+(?:\w+\s+)?(?:box|machine|server|disk|nas)\s+in\s+an?other\s+(?:building|city|place|data\s?cent(?:er|re)|country|town)\b",
        ),
        either=(rf"{COPY}|\bcop(?:y|ies)\b",),
        never=(
            HOW_TO,
            TRIAL,
            r"\b(?:agreement|notice|invoice|software|licen[sc]e\w*|contract|report|polic\w+|certificate)\b",
        ),
        weight=3,
    ),
    KindCue(  # the answer to "where are they held?"
        kind="offsite_copy",
        text=(rf"{_ANOTHER_PLACE}",),
        context=(
            r"\bwhere\b[^\n]{0,40}\b(?:held|kept|stored|located|are)\b[^\n]*\?",
            rf"{COPY}|\bback-?ups?\b",
        ),
        never=(TRIAL,),
        blocks=("paragraph",),
        weight=2,
    ),
    KindCue(  # files copied to tape at the end of each day
        kind="backup_frequency",
        text=(
            rf"\bcop(?:y|ies)\b[^.;]{{0,60}}\bto\s+(?:\w+\s+)?(?:tapes?|disks?|media|cartridges?|cassettes?|an?other\s+(?:server|machine|box)|a\s+box)\b[^.;]{{0,60}}{EVERY}|\b(?:we|provider|supplier|processor|vendor|contractor)\s+(?:takes?|makes?|cop(?:y|ies))\b[^.;]{{0,30}}\bcop(?:y|ies)\s+of\s+(?:every|each|all|the)\b[^.;]{{0,60}}{EVERY}",
        ),
        figure="interval",
        never=(TRIAL, HOW_TO, r"\b(?:invoices?|reports?|statements|notices?|retain\w*\s+for)\b"),
        weight=3,
    ),
    KindCue(  # the answer to "how often?"
        kind="backup_frequency",
        text=(EVERY,),
        context=(r"\bhow\s+often\b[^\n]*\?[^\n]*\s*$", COPY),
        never=(TRIAL, r"\b(?:retain\w*|kept)\b"),
        blocks=("paragraph",),
        figure="interval",
        weight=2,
    ),
    KindCue(  # how many there are
        kind="retention",
        text=(
            r"\b\d+\s+(?:restore|recovery|restoration)\s+points?\b|\b\d+\s+(?:daily\s+|weekly\s+|nightly\s+)?(?:generations|versions|backups)\s*(?:[,;|.]|$)",
        ),
        either=(rf"{COPY}",),
        never=(TRIAL, r"\b(?:RPO|per\s+(?:day|week)|a\s+day|objective)\b(?!,)"),
        figure="count",
        blocks=("item", "row"),
    ),
    KindCue(  # a journal that reaches back so far
        kind="retention",
        text=(
            r"\b(?:journal|undo\s+log|history)\b[^.;]{0,40}\bof\s+(?:the\s+last\s+|up\s+to\s+|at\s+least\s+)?(?:\d+|\w+\s+\(\d+\)|two|three|seven)[\s-]*(?:hours?|days?|weeks?)\b|\b\d+[\s-]?(?:hours?|days?)\s+(?:of\s+)?journal\b",
        ),
        either=(rf"{COPY}|\breplica\w*|\bjournal",),
        figure="duration",
        weight=4,
    ),
    KindCue(  # fetched, grabbed, taken along
        kind="exit_data_return",
        text=(
            r"\b(?:customers?|clients?|you|users?|members?)\s+(?:may|can|will\s+be\s+able\s+to|has|have)\b[^.;]{0,30}\b(?:fetch|collect|pick\s+up|grab|take|pull)\b[^.;]{0,50}\b(?:data|images?|backups?|copies|content|files|databases?)\b",
        ),
        either=(rf"{ENDING}|\blast\s+day\s+of\b|\bending\s+the\b|\bleav(?:e|ing)\b",),
        never=(HOW_TO, r"\b(?:not|never)\b"),
    ),
    KindCue(  # everything goes
        kind="data_deletion",
        text=(
            r"\b(?:everything|all\s+of\s+it|(?:the|your|an?)\s+(?:account|server|machine|instance|tenant|environment)s?)\b[^.;]{0,30}\b(?:is|are|will\s+be|gets?)\s+(?:\w+\s+)?(?:erased|wiped|deleted|purged|destroyed)\b",
        ),
        either=(
            rf"{ENDING}|\blast\s+day\s+of\b|\bending\s+the\b|\bleav(?:e|ing)\b|\bgoing\s+away\b|\bcancel",
        ),
        never=(HOW_TO, r"\bnot\b"),
        figure="duration",
    ),
    KindCue(  # somebody looks at what ran
        kind="backup_monitoring",
        text=(
            r"\b(?:failed|successful|unsuccessful|missed)\b[^.;]{0,30}\b(?:jobs|runs)\b[^.;]{0,60}\b(?:mailed|e-?mailed|listed|reported|sent|shown|reviewed|checked)\b|\bjobs?\b[^.;]{0,20}\b(?:did|does|do)\s+not\s+(?:finish|complete|succeed|run)\b[^.;]{0,60}\b(?:again|ticket|repeat\w*|re-?run|re-?start\w*)\b|\bjob\s+(?:list|reports?|logs?)\b[^.;]{0,20}\b(?:every|each|daily)\b",
        ),
        never=(HOW_TO, r"\b(?:employ\w+|recruit\w*|print\s+jobs?|careers?)\b"),
        weight=2,
    ),
    KindCue(  # a bare figure below "Uptime"
        kind="uptime",
        text=(
            r"\b(?:aim|target|promise|guarantee|offer|commit|strive|provide|deliver|expect|maintain|achieve|sla)\w*\b[^.;%]{0,40}\d\d(?:[.,\u2024]\d+)?\s?%",
        ),
        context=(r"\b(?:up-?time|availability)\b[^\n]*\s*$",),
        never=(
            r"\b(?:credits?|below|less\s+than|refund\w*|discount\w*|falls?|cannot|not\s+(?:guarantee|promise|warrant))\b",
        ),
        figure="percent",
    ),
    KindCue(  # not to be relied on
        kind="backup_disclaimer",
        text=(
            rf"\b(?:don['\u2019]t|do\s+not|should\s+not|must\s+not|never|cannot)\s+(?:\w+\s+)?(?:treat|regard|consider|see|use|rely\s+on|count\s+on|depend\s+on)\b[^.;]{{0,40}}\b(?:as\s+)?(?:your|their|its|a|the|our|these)\s+(?:own\s+|only\s+|sole\s+|primary\s+)?{BACKUP}|\bdata\s+(?:on|in)\b[^.;]{{0,80}}\b(?:is|are)\s+not\s+(?:copied|saved|backed|protected|included|covered)\b",
        ),
        never=(HOW_TO, TRIAL),
        weight=4,
    ),
    KindCue(  # "must bring services back into use in six hours"
        kind="rto",
        text=(
            rf"{_LOST}[^.;]{{0,60}}\b(?:bring|put|get|have)s?\b[^.;]{{0,50}}\b(?:back|again)\b[^.;]{{0,30}}\b(?:in|within|by)\b",
        ),
        never=(TRIAL, HOW_TO, r"\b(?:credits?|respon[ds]\w*|backups?\s+fail\w*|data\s+back)\b"),
        figure="duration",
        weight=2,
    ),
    KindCue(  # the answer to "how long does a restore take?"
        kind="restore_time",
        text=(r"\b(?:minutes?|hours?|days?)\b",),
        context=(
            r"\bhow\s+(?:long|fast|quick\w*|soon)\b[^\n]*\b(?:restor\w+|recover\w*|get\b[^\n]*\bback)[^\n]*\?",
        ),
        never=(TRIAL, r"\b(?:kept|retain\w*|retention|stored)\b"),
        figure="duration",
        blocks=("paragraph",),
    ),
    KindCue(  # gone some time after the end
        kind="data_deletion",
        text=(
            rf"(?:{COPY}|\bcopies\b)[^.;]{{0,20}}\b(?:is|are|will\s+be)\s+(?:\w+\s+)?(?:deleted|erased|destroyed|wiped|purged)\b[^.;]{{0,30}}\bafter\s+(?:the\s+)?(?:end|terminat\w+|cancell?\w*|expir\w+|close|closing)\b",
        ),
        figure="duration",
        never=(HOW_TO,),
        weight=4,
    ),
    KindCue(  # told of what did not run
        kind="backup_monitoring",
        text=(
            r"\b(?:tells?|informs?|notif\w+|alerts?|reports?|e-?mails?)\b[^.;]{0,60}\bback\S*ups?\s+(?:jobs?\s+)?(?:that|which)\s+(?:did\s+not|do\s+not|does\s+not|has\s+not|have\s+not|failed|fails?|was\s+not|were\s+not)",
        ),
        never=(HOW_TO, r"\b(?:you|customers?|clients?)\s+(?:must|shall|should)\b"),
        weight=3,
    ),
)
"""Said as people say it to one another."""
