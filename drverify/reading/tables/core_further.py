"""Cues of further wordings: logs shipped, copies named before a colon, restores on a calendar, client's own copies."""
# ruff: noqa: E501, RUF001 - long patterns, and the characters that agreements use

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import (
    BACKUP,
    CLIENT,
    CONTINUITY,
    COPY,
    DELETE,
    ENDING,
    EVERY,
    OWNED_DATA,
    TRIAL,
)

_LOGS = (
    r"\b(?:write-?\s?ahead|transaction|redo|archive|binary|bin|journal|WAL)[-\s]?(?:logs?|files?|segments?)\b"
)
_SHIPS = r"\b(?:ship\w*|stor\w+|archiv\w+|copie[sd]|cop(?:y|ying)|uploads?|uploaded|stream\w*|sends?|sent|sav\w+|transfer\w*|replicat\w+|export\w*)\b"
_CYCLE = r"(?:(?:auto\w+|scheduled|full|incremental|regular|system|data(?:base)?)\s+){0,2}(?:daily|nightly|weekly|monthly|hourly|quarterly|yearly|annual)\s+(?:\w+\s+){0,2}?"
_CRITICAL = r"\b(?:disasters?|disruptions?|outages?|catastroph\w+|interruptions?|emergenc(?:y|ies))\b"
_PLACE_HOLDER = r"\{\{[^}]{1,40}\}\}|\bT\.?B\.?[ADC]\b|\[\s*[_•●.\s]{1,20}\]|_{3,}|\[\s*\*+\s*\]"

FURTHER_CUES = (
    KindCue(
        kind="backup_frequency",
        text=(rf"{_LOGS}[^.;]{{0,120}}{_SHIPS}|{_SHIPS}[^.;]{{0,60}}{_LOGS}",),
        figure="interval",
        never=(r"\bretain\w*|\bkept\b|\bretention\b|\breview\w*|\baudit\b",),
        weight=3,
    ),
    KindCue(  # "the configuration is saved once a day", "writes a dump at the end of every fourth hour"
        kind="backup_frequency",
        text=(
            (
                rf"\b(?:configurations?|data(?:bases?)?|files?|state|settings|dumps?|exports?|images?)\b[^.;]{{0,120}}\b(?:is|are|be)\s+(?:\w+\s+)?(?:saved|dumped|exported|copied)\b[^.;]{{0,60}}{EVERY}|"
                rf"\b(?:writes?|saves?|takes?|produces?|dumps?)\b[^.;]{{0,60}}\b(?:dumps?|exports?|cop(?:y|ies))\b[^.;]{{0,80}}{EVERY}"
            ),
        ),
        figure="interval",
        never=(r"\breport\w*|\blogs?\b|\breview\w*|\binvoice|\btest",),
        weight=3,
    ),
    KindCue(  # "Daily backups: retained for 30 days"
        kind="backup_frequency",
        text=(rf"^\W*(?:\([a-z]+\)\s*)?{_CYCLE}{COPY}\W{{0,3}}:",),
        figure="interval",
        weight=3,
    ),
    KindCue(  # "so that no more than one hour lies between two successive Recovery Points"
        kind="backup_frequency",
        text=(
            rf"\b(?:creat|tak|mak|perform|run|schedul|carr)\w*[^.;]{{0,80}}{COPY}",
            r"\b(?:(?:no|not)\s+(?:more|longer)\s+than|not\s+exceed\w*|at\s+most|maximum)\b[^.;]{0,80}\b(?:between|apart)\b|\bintervals?\b[^.;]{0,60}\b(?:no|not)\s+(?:more|longer|greater)\b",
        ),
        weight=4,
    ),
    KindCue(
        kind="backup_frequency",
        text=(
            rf"\b(?:shall|will|must)\s+back[-\s]?up\b[^.;]{{0,80}}\bat\s+(?:the|such|those)\s+intervals?\b|{BACKUP}[^.;]{{0,60}}\bat\s+the\s+(?:intervals?|frequenc\w+)\b|\baccording\s+to\s+(?:a|the)\s+schedule\b",
        ),
        either=(BACKUP,),
        weight=2,
    ),
    KindCue(
        kind="backup_frequency",
        text=(
            rf"\bback[-\s]?up\s+(?:files?|arrangements?|cop(?:y|ies)|procedures?)\b|\b(?:maintain|keep)\w*\b[^.;]{{0,20}}{BACKUP}",
        ),
        either=(
            r"\b(?:shall|will)\s+(?:\w+\s+)?(?:maintain|keep|ensure|establish|provide|have)\b[^.;]{0,120}\bback[-\s]?up\s+(?:files?|arrangements?|cop(?:y|ies))",
        ),
        never=(
            r"\b(?:software|object\s+code|licen[sc]e\w*|power|off[-\s]?premises)\b",
            rf"{CLIENT}\s+(?:shall|will|must|is|are)\b",
            EVERY,
            r"\bplans?\b",
        ),
    ),
    KindCue(
        kind="retention",
        text=(
            rf"\b(?:discard|delet|remov|purg|overwr|drop|expir|prun)\w*\b[^.;]{{0,60}}{COPY}[^.;]{{0,20}}\bolder\s+than\b|{COPY}[^.;]{{0,20}}\bolder\s+than\b[^.;]{{0,60}}\b(?:discarded|deleted|removed|purged|overwritten|dropped|pruned)\b",
        ),
        figure="duration",
        weight=4,
    ),
    KindCue(
        kind="retention",
        text=(rf"{_LOGS}[^.;]{{0,60}}\b(?:retain\w*|kept|stored|available|held)\b",),
        figure="duration",
        weight=3,
    ),
    KindCue(
        kind="retention",
        text=(
            rf"{COPY}[^.;]{{0,30}}\b(?:with|of|has|have)\s+(?:\w+\s+){{0,2}}retention\b|^\W*retention\s+(?:is\s+)?(?:limited|depends|configurable|according)\b|\bcop(?:y|ies)\s+in\s+(?:its|their|the|our)\s+backup\w*\b[^.;]{{0,60}}\b(?:overwritten|retained|kept)\b",
        ),
        either=(COPY,),
        weight=1,
    ),
    KindCue(  # "Time to full restoration from the disruption: 4 hours"
        kind="rto",
        text=(
            r"\btime\s+to\s+(?:\w+\s+)?(?:restor\w+|recover\w*|resum\w+)\b|\brestor\w+\s+time\b(?=[^.;]{0,40}\b(?:disaster|disruption|outage))",
        ),
        figure="duration",
        never=(rf"\b(?:files?|tapes?|mailbox\w*|folders?|items?)\b|\bfrom\s+(?:\w+\s+)?back|{TRIAL}",),
        weight=4,
    ),
    KindCue(  # "resume all responsibilities under the Agreement within [*] days of a disaster"
        kind="rto",
        text=(
            r"\b(?:resum\w+|restor(?:e|es|ed|ing)|recommenc\w+|re-?establish\w*)\b[^.;]{0,40}\b(?:responsibilit\w+|obligations?|performance|work|duties|deliver\w*|suppl(?:y|ies))\b",
            _CRITICAL,
            r"\bwithin\b",
        ),
        figure="duration",
        never=(r"\b(?:unable|fails?|failure)\s+to\b|\bterminat\w+|\bcredits?\b",),
        weight=3,
    ),
    KindCue(  # a cell that is still to be filled in
        kind="rto",
        text=(_PLACE_HOLDER,),
        context=(r"\bRTOs?\b|\brecovery[-\s]+time\b",),
        figure="duration",
        blocks=("row",),
        weight=5,
    ),
    KindCue(
        kind="rpo",
        text=(_PLACE_HOLDER,),
        context=(r"\bRPOs?\b|\brecovery[-\s]+point\s+objective",),
        figure="duration",
        blocks=("row",),
        weight=5,
    ),
    KindCue(
        kind="backup_frequency",
        text=(rf"{COPY}[^.;]{{0,30}}(?:{_PLACE_HOLDER})",),
        never=(r"\bretain|\bretention|\bkept\b",),
        weight=1,
    ),
    KindCue(  # on a calendar, somebody restores something: that is a test
        kind="restore_test",
        text=(
            (
                rf"{EVERY}[^.;]{{0,110}}\b(?:shall|will|must|to|we|also|and)\s+(?:\w+\s+)?restore\b|{EVERY}[^.;]{{0,110}}\b(?:carr(?:y|ies)\s+out|perform\w*|conduct\w*|do(?:es)?)\s+an?\s+(?:\w+\s+){{0,2}}restor(?:e|ation)s?\b|"
                rf"\brestores?\b[^.;]{{0,90}}\b(?:once|twice|at\s+least)\b[^.;]{{0,20}}{EVERY}|{EVERY}[^.;]{{0,60}}\brestores?\s+(?:at\s+least\s+|a\s+|one\s+|an?\s+)(?:\w+\s+){{0,3}}(?:file|server|machine|database|system|vm|sample|copy)"
            ),
        ),
        never=(
            rf"{EVERY}\W+(?:\w+\W+){{0,3}}{COPY}|{COPY}[^.;]{{0,40}}\b(?:taken|made|performed|created|run)\b[^.;]{{0,30}}{EVERY}|\bbacks?\s+up\b|\bbacked\b",
            r"\b(?:request|ability|able|can|allow\w*|permit\w*|enabl\w*|fail\w*|credits?)\b",
        ),
        figure="interval",
        weight=4,
    ),
    KindCue(
        kind="restore_test",
        text=(
            r"\btest\w*\s+(?:of\s+)?(?:the\s+|a\s+|our\s+|its\s+|all\s+|such\s+|data\s+)*(?:backup\s+)?(?:restor(?:e|es|ation|ations|ability)|recoverability)\b(?:\s+of\b|[^.;]{0,60}\bfrom\b)|\btests?\s+of\s+(?:the\s+)?backup\s+(?:restor\w+|recovery)\b|\b(?:regularly|periodically|routinely)\s+tests?\s+(?:\w+\s+)?(?:restor\w+|backups?)\b",
        ),
        weight=4,
    ),
    KindCue(  # tabletop exercises, and taking part in the other side's
        kind="dr_test",
        text=(
            r"\b(?:table-?\s?top|walk-?through|contingency|continuity|recovery|resilience|fail-?over)\s+(?:exercises?|drills?|simulations?|rehearsals?)\b|\bparticipat\w+\b[^.;]{0,60}\brecovery\s+(?:tests?|testing|exercises?)\b|\bexercises?\s+of\s+the\s+(?:loss|failure)\b",
        ),
        never=(
            r"\breview(?:ing)?\s+the\s+results?\b|^\W*(?:\w+\W+){0,3}results?\b|\bmay\s+use\b|\bcredits?\b",
            r"\bdocument\s+test",
        ),
        weight=3,
    ),
    KindCue(
        kind="dr_plan",
        text=(
            r"\bwho\s+(?:may\s+|can\s+|shall\s+|will\s+)?declares?\s+(?:a|the)\s+disaster\b|\bupdates?\s+to\s+the\s+(?:disaster\s+recovery\s+|continuity\s+|recovery\s+)?plan\b[^.;]{0,30}\b(?:shall|will|must)\b",
        ),
        either=(rf"{CONTINUITY}|\bdisaster\b",),
        never=(TRIAL,),
    ),
    KindCue(  # a task of a responsibility table
        kind="dr_plan",
        text=(
            rf"^\W*(?:\w+\W+){{0,3}}?(?:defin|creat|maintain|develop|manag|implement|own|writ|establish|design)\w*\W+(?:\w+\W+){{0,4}}?{CONTINUITY}",
        ),
        blocks=("row",),
    ),
    KindCue(
        kind="backup_monitoring",
        text=(
            rf"^\W*(?:\w+\W+){{0,2}}?(?:verif|check|monitor|control|supervis|review|validat)\w*\W+(?:\w+\W+){{0,6}}?{COPY}",
        ),
        blocks=("row", "item"),
        never=(r"\b(?:capacity|storage\s+space)\b",),
        weight=4,
    ),
    KindCue(
        kind="exit_data_return",
        text=(
            rf"^\W*(?:\w+\W+){{0,2}}?(?:export|extract|retriev|return|recover|hand)\w*\W+(?:\w+\W+){{0,3}}?{OWNED_DATA}",
        ),
        either=(rf"{ENDING}|\breversib\w+|\bexit\b|\bportab\w+",),
        blocks=("row",),
    ),
    KindCue(
        kind="data_deletion",
        text=(
            rf"^\W*(?:\w+\W+){{0,3}}?(?:delet|eras|destr|wip|sanit)\w*\W+(?:\w+\W+){{0,3}}?(?:{OWNED_DATA}|\bmedia\b)|^\W*(?:\w+\W+){{0,2}}?secure\s+(?:data\s+)?(?:eras|delet|destruct)\w+|^\W*(?:\w+\W+){{0,3}}?data\s+(?:erasure|deletion|destruction)\b",
        ),
        blocks=("row",),
    ),
    KindCue(
        kind="data_deletion",
        text=(
            rf"\b(?:customer|client|user|your|all)\b[^.;]{{0,30}}\bdata\b[^.;]{{0,140}}\b(?:thereafter|after\s+which|and\s+then|subsequently)\b[^.;]{{0,40}}{DELETE}|\bdeletes?\s+(?:all|the|them)\b[^.;]{{0,80}}\bwithin\b",
        ),
        either=(rf"{ENDING}|{BACKUP}",),
        never=(r"\bdata\s+subject|\bconfidential\s+information\b",),
        weight=3,
    ),
    KindCue(
        kind="dr_plan",
        text=(
            rf"\b(?:present|monitor|keep|produc|suppl|draw|agree|operat|rehears|test|hav|has|maintain|establish|implement|own)\w*\s[^.;]{{0,60}}(?:{CONTINUITY})[^.;]{{0,12}}\b(?:plans?|programs?|programmes?|strateg(?:y|ies)|arrangements?|capabilit\w+)?",
            r"\b(?:shall|will|must|agrees?\s+to|has|have|maintains?|operates?)\b",
        ),
        never=(TRIAL, r"\bmay\s+use\b|\bmeans\b|\bexcept\b|\bforce\s+majeure\b|\bcredits?\b"),
        weight=4,
    ),
    KindCue(
        kind="dr_plan",
        text=(r"\b(?:review|updat|revis|maintain)\w*\s+(?:it|the\s+plans?|such\s+plans?|these\s+plans)\b",),
        context=(CONTINUITY,),
        never=(TRIAL,),
    ),
    KindCue(
        kind="restore_responsibility",
        text=(
            r"\bperforms?\s+(?:\w+\s+){0,2}restor(?:e|es|ation|ations)\b|\b(?:responsible\s+for|shall|will)\s+[^.;]{0,60}\b(?:reconstruct\w*|post-?incident\s+recovery)\b",
        ),
        never=(TRIAL, r"\bdisaster\s+recovery\b"),
    ),
    KindCue(
        kind="restore_responsibility",
        text=(
            r"^\W*(?:restoring|rebuilding|recovering|reinstalling)\s+(?:\w+\s+){0,3}(?:data(?:bases?)?|files?|machines?|servers?|systems?|vms?|volumes?|disks?|mailbox\w*)\b",
        ),
        blocks=("row",),
    ),
    KindCue(
        kind="restore_time",
        text=(
            r"\b(?:begin|start|commenc|complet|initiat)\w*\s+(?:the\s+|a\s+|an\s+|any\s+)?(?:requested\s+|file\s+)?restor(?:e|es|ation|ations|ing)\b|\brestor(?:e|ation)s?\s+(?:requests?\s+)?(?:is|are|will\s+be|shall\s+be)\s+(?:\w+\s+)?(?:carried\s+out|completed|performed|processed|done|begun|started|executed)\b[^.;]{0,80}\b(?:within|as\s+(?:soon|quickly)|promptly|next)\b",
        ),
        either=(r"\bwithin\b|\bas\s+(?:soon|quickly)\b|\bprompt|\bnext\b|\bimmediate",),
        never=(rf"{TRIAL}|{CONTINUITY}",),
        weight=4,
    ),
    KindCue(
        kind="exit_data_return",
        text=(
            rf"\bmake[s]?\s+[^.;]{{0,50}}(?:{OWNED_DATA})[^.;]{{0,20}}\bavailable\b|{DELETE}[^;]{{0,140}}\bor\b[^;]{{0,60}}\breturned\b|\b(?:able|access|opportunity)\s+to\s+(?:\w+\s+)?(?:export|retrieve|download|extract)\b[^.;]{{0,60}}(?:{OWNED_DATA})|\bmake\s+sure\s+to\s+(?:export|download)\b",
        ),
        either=(ENDING,),
        never=(r"\bdata\s+subject|\bsource\s+code\b|\bconfidential\s+information\b",),
    ),
    KindCue(  # the newest copy goes to the client
        kind="exit_data_return",
        text=(
            rf"\b(?:hands?\s+over|handed\s+over|gives?|given|delivers?|delivered|returns?|returned|downloads?)\b[^.;]{{0,120}}(?:{COPY}|{OWNED_DATA})|{COPY}[^.;]{{0,60}}\b(?:handed\s+over|returned|delivered|given)\b",
        ),
        either=(rf"{ENDING}|\blast\s+day\s+of\b|\bbefore\s+the\s+end\b|\bend\s+of\s+(?:the|this)\b",),
        never=(
            r"\bconfidential\s+information\b|\bsoftware\b[^.;]{0,30}\bcopies|\bcopies\s+of\s+the\s+(?:licensed\s+)?software|\bdata\s+subject|\bsource\s+code\b",
        ),
    ),
    KindCue(  # all that belongs to the client
        kind="exit_data_return",
        text=(
            r"\b(?:return|deliver(?:\s+up)?|hand\s+over|surrender)\b[^.;]{0,140}\b(?:information|data|records|files)\b[^.;]{0,120}\b(?:belonging\s+to|property\s+of|of\s+(?:the\s+)?(?:customer|client|publisher)s?)\b",
        ),
        either=(ENDING,),
        never=(r"\bdata\s+subject|\bsource\s+code\b|\blicensed\s+(?:software|product|program)",),
    ),
    KindCue(  # what is in no copy
        kind="backup_disclaimer",
        text=(
            (
                rf"\bnot\s+(?:\w+\s+)?(?:captured|contained|included|covered|part\s+of|held|stored)\s+(?:in|by|of)\b[^.;]{{0,30}}{COPY}|{COPY}[^.;]{{0,60}}\bcannot\s+be\s+(?:brought\s+back|guaranteed)|\bnot\s+compatible\s+with\b[^.;]{{0,30}}{BACKUP}|"
                rf"\b(?:restor\w+|recover\w+)\b[^.;]{{0,30}}\bnot\s+be\s+(?:available|possible)\b|\bexcludes?\b[^.;]{{0,120}}\b(?:failure\s+to\s+back\S*up|{BACKUP}|recover\s+data)|[’']s?\s+failure\s+to\s+(?:perform\s+)?(?:\w+\s+)?back[-\s]?up\b|\bnot\s+supported\b[^.;]{{0,30}}{BACKUP}"
            ),
        ),
        never=(r"\bcredits?\b|\buntil\b",),
        weight=5,
    ),
    KindCue(
        kind="backup_disclaimer",
        text=(
            rf"{CLIENT}\s+(?:of|from)\s+(?:keeping|making|maintaining|taking)\s+(?:its|their|your|his)?\s*(?:own\s+)?(?:cop(?:y|ies)|{BACKUP})|\brelieves?\b[^.;]{{0,60}}(?:{BACKUP}|\bown\s+cop(?:y|ies)\b)",
        ),
        weight=4,
    ),
    KindCue(  # an item of the client's duties
        kind="backup_disclaimer",
        text=(
            r"^\W*(?:\([a-z]+\)\s*)?(?:and\s+)?(?:(?:to|regularly|periodically)\s+)?(?:back(?:ing)?[-\s]?up\b(?!\s*(?:of|and|is|are|:))|(?:us|utiliz|utilis|follow)(?:e|ing)\s+(?:\w+\s+){0,3}back[-\s]?up)|\b(?:using|utili[sz]ing|following)\s+(?:appropriate|proper|adequate|suitable|its\s+own)\s+back[-\s]?up\s+(?:procedures|methods|systems)\b",
        ),
        context=(
            rf"(?:{CLIENT}[^\n]{{0,40}}\b(?:responsib\w+|obligations?|duties|must|shall|will|is\s+required)\b|\bresponsibilit\w+\s+of\s+(?:the\s+)?{CLIENT})[^\n]*\n?[^\n]*$",
        ),
        never=(EVERY, r"\bretain|\bretention|\bkept\b|\bperform\W*$|\bcustomer-"),
        weight=4,
    ),
    KindCue(  # an effort to be available
        kind="uptime",
        text=(
            r"\b(?:striv\w+|aims?|endeavou?rs?|efforts?|seeks?|committed\s+to|intends?)\b[^.;]{0,120}\b(?:(?:high|service|system|maximum|continuous|network|platform)\s+(?:level\s+of\s+)?(?:service\s+)?(?:availability|up-?time)|availability\s+of\s+the\s+(?:services?|systems?|platform|site|network|software))\b",
        ),
        never=(r"\b(?:personnel|staff|support|documentation|notify|notice)\b[^.;]{0,30}\bavailab",),
    ),
)
"""Tried after the others; a wording that both know is found once."""
