"""Cues of restoring by what is done to what: who brings data back, how soon, how much may be lost, who tried it."""
# ruff: noqa: E501, ISC004, RUF001 - long patterns, and the characters that agreements use

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import BACKUP, CLIENT, CONTINUITY, COPY, EVERY, HOW_TO, META, TRIAL

_DOES = (
    r"\b(?:restor(?:e|es|ed|ing|als?|ations?)|recover(?:s|ed|ing|y|ies)?|retriev(?:e|es|ed|ing|al)|reinstat(?:e|es|ed|ing|ement)|re-?load(?:s|ed|ing)?|re-?install(?:s|ed|ing|ation)?|"
    r"re-?creat(?:e|es|ed|ing|ion)|re-?construct(?:s|ed|ing|ion)?|re-?buil(?:d|ds|t|ding)|roll(?:s|ed|ing)?[-\s]?back|roll(?:s|ed|ing)?\s+(?:\w+\s+){1,3}back|revert(?:s|ed|ing)?|undelet(?:e|es|ed|ing))\b"
)
_NOUN = r"\b(?:restor(?:es|als?|ations?|ing)|restore|recover(?:y|ies|ing)|reinstatement|re-?loading|re-?install(?:ation|ing)|re-?construct(?:ion|ing)|re-?buil(?:d|ding)|rollbacks?|reversion)\b"
_WHAT = (
    r"(?:\b(?:data(?:\s?bases?|\s+files?|\s+sets?)?|files?|folders?|director(?:y|ies)|mailbox(?:es)?|messages|e-?mails?|documents?|records|items?|objects?|tables?|schemas?|versions?|images?|virtual\s+machines?|vms?|servers?|instances?|machines?|"
    r"volumes?|disks?|drives?|shares?|sites?|websites?|accounts?|workloads?|operating\s+systems?|guest|configurations?|settings|content|tapes?|copy|copies|state|exchange|sharepoint|active\s+directory)\b)"
)
_LOSS = r"\b(?:lost|loses?|loss|losing|corrupt\w*|damag\w+|destroy\w*|delet\w+|overwritten|fail(?:s|ed|ure|ures)|crash\w*|incident|good\s+(?:copy|state|version)|earlier|previous|prior)\b"
_OWED = (
    r"\b(?:responsib\w+|task|duty|obligation|lies?\s+with|rests?\s+with|falls?\s+to|remains?\s+with|up\s+to|charg(?:e|es|ed|eable)|bill(?:s|ed|able)|invoiced|hourly|free|no\s+(?:additional\s+)?(?:cost|charge|fee)|included|request(?:s|ed|er|ing)?|instruct\w*|"
    r"ticket|portal|console|self-?service|approv\w+|on\s+demand|support(?:s|ed)?|assist\w*|help(?:s|ed)?|initiat\w+|perform\w*|carr(?:y|ies|ied)\s+out|conduct\w*|execut\w+)\b"
)
_MUST = r"\b(?:shall|will|must|may|can|could|should|(?:is|are)\s+(?:\w+\s+)?(?:able|obliged|required|responsible|entitled)|agrees?|undertakes?)\b"
_SOMEBODY = rf"(?:{CLIENT}|\b(?:we|provider|supplier|vendor|contractor|host|bank|processor|company|team|engineers?|technicians?|staff|operator|administrators?|support|tenants?|authority|agency|help\s?desk|service\s+desk)\b)"
_MONEY = r"\brecover\w*\b[^.;]{0,60}\b(?:damages?|costs?|fees?|expenses?|amounts?|losses|payments?|sums?|price|taxes|debts?)\b|\b(?:premises|leased|leasehold|landlord|property\s+damage|office|building|goods)\b"
_GOAL = r"\bRTOs?\b|\bRPOs?\b|\brecovery[-\s]+(?:time|point)s?\b"
_OTHER = (
    HOW_TO,
    META,
    _MONEY,
    _GOAL,
    CONTINUITY,
    r"\b(?:not|never|no|cannot|can['’]t|unable)\b[^.;]{0,40}\b(?:restor|recover|retriev|responsib|liab|guarant|warrant|oblig)\w*",
    r"\b(?:restor\w+|recover\w*)\b[^.;]{0,30}\b(?:not|never|cannot|no\s+longer)\b",
    r"\b(?:requirements?|service\s+levels?|replicat\w+|failovers?)\b",
    r"\brestored\s+for\b",
    r"\b(?:terminat\w+|expir(?:y|ation)|source\s+code|confidential|data\s+subjects?|version\s+control|pull\s+request|software\s+updates?)\b",
    r"\b(?:when|while|before|during|after)\s+(?:\w+\s+)?(?:restoring|recovering|restor(?:e|ation)|recovery)\b",
    r"\bto\s+(?:allow|facilitate|permit|ensure|enable)\b[^.;]{0,40}\b(?:restor|recover)",
    r"\b(?:restor|recover)\w+\s+(?:plans?|procedures?|polic\w+|strateg\w+|software|tools?|points?|windows?|documentation|instructions)\b|\b(?:backup|data)\s+and\s+(?:restore|recovery)\s+(?:services?|software|polic\w+|procedures?|plans?)\b",
)
_ASK = r"\b(?:can|could|how|who|will|do|does|is|are|what)\b[^\n]{0,60}"

RESTORE_CUES = (
    KindCue(  # somebody brings something back, from a copy or after a loss
        kind="restore_responsibility",
        text=(
            rf"{_SOMEBODY}[^.;]{{0,70}}{_DOES}[^.;]{{0,70}}{_WHAT}|{_WHAT}[^.;]{{0,50}}\b(?:be|is|are|been)\s+(?:\w+\s+){{0,2}}?(?:restored|recovered|retrieved|reinstated|reloaded|re-?installed|re-?created|reconstructed|rebuilt|rolled\s+back|reverted)\b",
        ),
        either=(
            rf"{COPY}|\brestor\w+|\bresponsib\w+\s+(?:for|to)\s+(?:the\s+)?recover\w*|\brecover\w*[^.;]{{0,60}}(?:{_LOSS})|(?:{_LOSS})[^.;]{{0,80}}\brecover\w*|\barchiv(?:e|ed|al)\s+cop|\btapes?\b|\bre-?(?:install|load|construct|creat|build|built)\w*|\brecover\w*\s+[^.;]{{0,40}}\b(?:themselves|itself|yourself)\b|\bdeleted\s+(?:items?|files?)\b",
        ),
        never=(
            *_OTHER,
            TRIAL,
            EVERY,
            r"\b(?:check|verif|validat|confirm|accept|inspect|test)\w*\s+(?:the\s+|all\s+)?restored\b",
            r"\b(?:once|after|when|if)\s+(?:\w+\s+){0,4}(?:restored|recovered)\b|\bretriev\w+\s+(?:information|statistics|reports)\b",
        ),
    ),
    KindCue(  # the same as a noun: what it costs, who does it, on whose word
        kind="restore_responsibility",
        text=(
            rf"{_NOUN}\s+(?:of|from|for|to|operations?|requests?|work|services?)\b[^.;]{{0,90}}(?:{_OWED}|{_SOMEBODY})|(?:{_OWED})[^.;]{{0,40}}\b(?:restor(?:es|als?|ations?|ing)|restore\s+(?:requests?|operations?))\b|"
            rf"\b(?:file|folder|item|image|mailbox|database|server|granular|bare[-\s]metal|full|partial|single|data|backup)(?:[-\s]level)?\s+(?:\w+\s+)?(?:restor(?:es|als?|ations?|ing)|restore|recover(?:y|ies))\b[^.;]{{0,60}}(?:{_OWED}|{_SOMEBODY})|"
            rf"(?:{_OWED})[^.;]{{0,50}}\b(?:file|folder|item|image|mailbox|database|server|granular|bare[-\s]metal|full|partial|single)(?:[-\s]level)?\s+(?:\w+\s+)?(?:restor(?:es|als?|ations?)|recover(?:y|ies))\b|"
            r"\bany\s+(?:restor(?:e|ation|al)|data\s+recovery)\b|\brequests?\s+for\s+(?:the\s+)?(?:data\s+)?(?:recovery|restorations?|restores?)\b|\b(?:point-in-time|self-?service|file|data)\s+(?:restor\w+|recovery)\s+(?:is|are|can|may|will)\b|\b(?:trigger|start|initiate|launch|request)\w*\s+(?:an?|the|their)\s+(?:recovery|restor\w+|rollback)\b",
        ),
        either=(rf"{COPY}|{_WHAT}|\brestor(?:es|e|ations?|als?|ing)\b",),
        never=(*_OTHER, TRIAL, EVERY),
    ),
    KindCue(  # bare: an item, a task, a label with its owner
        kind="restore_responsibility",
        text=(
            rf"^\W*(?:\([a-z]+\)\s*)?(?:(?:the|a|any|assist\w*|support|help|with|in|and|emergency|full|partial|complete|single|individual|file|folder|item|image|mailbox|database|server|system|machine|vm|data|backup|granular|bare[-\s]metal|operating|site|to)\W+){{0,6}}?(?:{_NOUN})",
            rf"{COPY}|{_WHAT}|\brestor(?:es|e|ations?|als?)\b",
        ),
        either=(rf"{COPY}|\brestor\w+|\bhardware\b|\bfail",),
        never=(*_OTHER, TRIAL, EVERY, r"\d\s*(?:min|h\b|hours?|days?)"),
        never_context=(r"\b(?:prices?|fees?|rates?|charges?|unit)\b",),
        blocks=("item", "row"),
    ),
    KindCue(
        kind="restore_responsibility",
        text=(
            rf"^\W*(?:backup\s+|data\s+|file\s+|system\s+)?(?:restor(?:e|es|ations?|als?)|recovery)\s*[:–-]\s*(?:[^.;]{{0,40}}\b)?(?:{_SOMEBODY}|request|performed|included|self-?service)",
        ),
        never=(*_OTHER, TRIAL, EVERY),
    ),
    KindCue(  # the answer to "who restores?", "can I get it back?"
        kind="restore_responsibility",
        text=(
            r"^\W*(?:yes|you\s+can|we|our|us|open|raise|send|contact|by|the|customers?|clients?|users?|simply|please)\b",
            r"\brestor\w+|\brecover\w*|\bget\b[^.;]{0,30}\bback\b|\bticket\b|^\W*(?:our|the)\s[^.;]{0,60}\b(?:does|do|will)\b",
        ),
        context=(
            rf"{_ASK}(?:{_DOES}|\bget\b[^\n]{{0,40}}\bback)\b[^\n]*\?",
            rf"{COPY}|{_WHAT}",
        ),
        never=(
            *_OTHER,
            TRIAL,
            r"\d\s*(?:min|h\b|hours?|days?)",
        ),
        never_context=(
            r"\bhow\s+(?:long|quick\w*|fast|soon|often|much)\b|\bafter\s+(?:cancel|terminat)\w*|\bdisaster\b",
        ),
        blocks=("paragraph",),
    ),
    KindCue(  # how soon, once asked
        kind="restore_time",
        text=(
            rf"\ballow\s+(?:up\s+to\s+)?[^.;]{{0,40}}\b(?:hours?|days?)\b[^.;]{{0,40}}\brestor\w+|{_DOES}[^.;]{{0,120}}\b(?:within|(?:no|not)\s+(?:later|longer|more)\s+than|less\s+than|at\s+most|max(?:imum|\.)?|up\s+to|is|are|takes?|in\s+(?:under|less))\b|\b(?:commenc|start|begin|began|initiat)\w*\b[^.;]{{0,40}}{_NOUN}",
        ),
        either=(
            rf"{COPY}|\brestor(?:e|ation)\s+(?:requests?|services?|times?)\b|\brestor(?:e|es|ed|ing)\s+(?:\w+\s+)?(?:websites?|files?|folders?|mailbox\w*|databases?|vms?|data)\b",
        ),
        figure="duration",
        never=(
            _GOAL,
            _MONEY,
            TRIAL,
            CONTINUITY,
            r"\b(?:last|past|previous)\s+(?:\w+\s+)?\(?\d|\bany\s+day\b",
            r"\b(?:credits?|retain\w*|retention|kept|terminat\w+|older|within\s+the\s+(?:last|past|previous|preceding)|prior\s+to|available\s+for|business\s+operations|disasters?|point|state)\b",
            r"\b(?:restor|recover)\w*\s+to\s+(?:a|the|any)\s+(?:point|state)|\b(?:ago|resolution|granularity|not|no|\w+n[’']t)\s+(?:\w+\s+){0,2}(?:possible|available|option|of)\b|\bno\s+(?:\w+\s+){0,2}restor|\bago\b|\bany\s+point\b",
        ),
        weight=4,
    ),
    KindCue(  # an item, a row or an answer under "Restore"
        kind="restore_time",
        text=(
            r"\b(?:restor(?:e|es|ations?|als?|ing)|recovery|retrieval|turnaround|completion|duration|start|max(?:imum|\.)?|time|within|at\s+most|no\s+(?:more|later|longer)\s+than|file|mailbox|server|database|machine|folder|item)\b",
        ),
        context=(
            r"\brestor(?:e|es|ations?|als?|ing)\b[^\n]*$|\b(?:how\s+(?:long|quick\w*|fast|soon))\b[^\n]*\brestor\w+[^\n]*\?|\brestor(?:e|ation)\s+(?:service\s+levels?|requests?|services?|sla)\b",
        ),
        figure="duration",
        never=(
            _GOAL,
            TRIAL,
            EVERY,
            CONTINUITY,
            r"\b(?:retain\w*|retention|kept|stored|keep|older|credits?|last|past|previous|free|after|no\s+backup|option|ago|any\s+point)\b",
        ),
        never_context=(CONTINUITY, _GOAL, r"\bdisasters?\b|\btest\w*"),
        blocks=("item", "paragraph", "row"),
        weight=3,
    ),
    KindCue(
        kind="restore_time",
        text=(
            r"\b(?:restor(?:e|ation|al)|data\s+recovery)\s+(?:times?|speeds?|duration)\b[^.;]{0,40}\b(?:depend\w*|var(?:y|ies)|subject)\b|\btime\s+(?:needed|required|taken)\b[^.;]{0,40}\brestor\w+",
        ),
        never=(_GOAL, CONTINUITY, TRIAL),
        weight=4,
    ),
    KindCue(  # a restore, on a calendar or at random, in order to see that it works
        kind="restore_test",
        text=(
            rf"(?:{EVERY}|\bregular\w*|\bperiodic\w*|\brandom\w*|\bsample\b|\bautomat\w+)[^.;]{{0,110}}\b(?:restor\w+|recover(?:y|ed|ies)|recoverab\w+)\b[^.;]{{0,90}}\b(?:rehears\w+|prov(?:e|es|en|ing)|verif\w+|validat\w+|demonstrat\w+|exercis\w+|drills?|works?|isolated|sandbox|check\w*|tests?|tested|trial)\b|"
            rf"\b(?:rehears\w+|prov(?:e|es|en)|verif\w+|validat\w+|demonstrat\w+|exercis\w+|drills?|trial|tests?|tested|testing)\b[^.;]{{0,60}}\b(?:restor\w+|recoverab\w+|recovery)\b[^.;]{{0,60}}(?:{EVERY}|\bregular\w*|\bperiodic\w*)|"
            rf"\b(?:restor(?:e|es|ation|ations|ing)|recovery|backups?)\s+(?:exercises?|drills?|rehearsals?|trials?|verification|validation|tests?|testing)\b|"
            rf"\b(?:restor\w+|recoverability)\b[^.;]{{0,60}}\b(?:verif|test|validat|check|prov|exercis)(?:ied|ed|es|en|ies)\b[^.;]{{0,40}}(?:{EVERY}|\bregular\w*|\bperiodic\w*)|\brestor(?:e|es|ations?)\b[^.;]{{0,60}}{EVERY}[^.;]{{0,30}}\b(?:to|and)\s+(?:check|verify|prove|ensure|test|validate|confirm)\w*\b|"
            r"\btests?\s+of\s+(?:the\s+)?(?:data\s+|backup\s+)?(?:recovery|restor\w+)\b|\b(?:ability|capability|capacity)\s+to\s+(?:restore|recover)\b[^.;]{0,60}\b(?:demonstrat\w+|tested|proven|verified|shown|exercised|validated)\b|"
            rf"{COPY}[^.;]{{0,40}}\b(?:tested|validated|verified|proven)\b[^.;]{{0,30}}\b(?:for\s+)?(?:recoverab\w+|restorab\w+|usab\w+|by\s+(?:\w+\s+)?restor\w+)",
        ),
        either=(rf"{COPY}|\brestor\w+|\brecoverab\w+|\bdata\s+recovery\b",),
        never=(
            r"\b(?:disaster|continuity|DRP|BCP|fail-?over)\b",
            META,
            HOW_TO,
            r"\btest\s+(?:environment|system|server|data)s?\b|\bpenetration\b|\bcredits?\b|\b(?:restored|recovered)\s+(?:data|files|systems?)\b",
            r"\brestor\w+\s+(?:window|point)",
        ),
        never_context=(r"\bdisaster\s+recovery\b|\bcontinuity\b",),
        weight=6,
    ),
    KindCue(  # the answer to "do you test?"
        kind="restore_test",
        text=(
            r"^\W*(?:yes\b|we\s|our\s|automat|every|each|once|twice|quarterly|monthly|annual|weekly|yearly)",
        ),
        context=(
            rf"\b(?:test(?:s|ed|ing)?|prove|verif\w+|know|sure)\b[^\n]{{0,60}}(?:{BACKUP}|\brestor\w+)[^\n]*\?|(?:{BACKUP}|\brestor\w+)[^\n]{{0,40}}\btest(?:s|ed|ing)?\b[^\n]*\?",
        ),
        either=(rf"{EVERY}|\btest\w*|\brestor\w+|\bregular\w*",),
        never=(CONTINUITY, r"\bfail(?:ed|s|ure)?\b|\balerts?\b|\be-?mail"),
        never_context=(r"\bdisaster\s+recovery\b|\bcontinuity\b|\bfail(?:ed|s|ure)?\b",),
        blocks=("paragraph",),
        weight=6,
    ),
    KindCue(  # how much is lost
        kind="rpo",
        text=(
            r"\b(?:acceptable|tolerable|allowable|admissible|permissible|maximum|maximal|max\.?|worst[-\s]case|potential|possible|expected|permitted|guaranteed)\s+(?:\w+\s+){0,2}?(?:data\s+loss|loss\s+of\s+(?:\w+\s+)?data)\b|\bdata\s+loss\s+(?:tolerance|window|limit|objective|target|of|is|shall|will|does|limited)\b|"
            r"\b(?:worst\s+case|at\s+most|at\s+worst|could|may|might|would|will|can)\b[^.;]{0,30}\blos(?:e|es|t|ing)\b[^.;]{0,40}\b(?:data|changes|work|transactions|updates|entries)\b|"
            r"\b(?:data|transactions|changes)\b[^.;]{0,30}\bolder\s+than\b[^.;]{0,40}\b(?:never|not)\s+(?:be\s+)?lost\b|\brecover(?:ed|able)?\s+to\s+within\b|\brecovery\s+points?\b[^.;]{0,20}\b(?:no|not)\s+(?:be\s+)?(?:greater|more|older|worse|longer)\b|\bloss\s+of\s+(?:\w+\s+)?data\s+(?:is\s+)?(?:limited|restricted|capped)\b|"
            r"\b(?:point|state|copy|data|status|condition)\b[^.;]{0,60}\b(?:no|not)\s+(?:more\s+than|older\s+than|earlier\s+than)\b[^.;]{0,60}\b(?:before|prior\s+to|preceding|older|old)\b",
        ),
        figure="duration",
        never=(
            r"\b(?:liab\w+|damages|credits?|breach|notif\w+|retain\w*|retention|deleted|terminat\w+|request)\b|\bfor\s+example\b",
            TRIAL,
        ),
        weight=5,
    ),
    KindCue(
        kind="rpo",
        text=(r"\d|\b(?:last|day|zero|none|one|two)\b",),
        context=(
            r"(?:^|\n)[^\n]*\b(?:recovery\s+objectives?)\b[^\n]*|\b(?:how\s+much|what)\b[^\n]{0,30}\bdata\b[^\n]{0,40}\blos[est]\w*[^\n]*\?",
        ),
        either=(
            r"^\W*(?:data\s+)?(?:recovery\s+)?points?(?:\s+objectives?)?\s*[:–-]|\bdata\b[^\n]{0,40}\blos[est]\w*[^\n]*\?",
        ),
        figure="duration",
        never=(r"\bRTOs?\b",),
        blocks=("item", "paragraph"),
        weight=4,
    ),
    KindCue(
        kind="rpo",
        text=(r"\bRPOs?\b[^.;]{0,20}\b(?:near[-\s]zero|zero|none|minimal|seconds|minutes|hours)\b",),
        never=(r"\bmeans\b|\bfor\s+example\b",),
        weight=4,
    ),
    KindCue(
        kind="rpo",
        text=(r"\d",),
        context=(
            r"(?:^|\n)\W*recovery\s+points?\W*(?:\n|$)|(?:^|\n)\W*(?:max\w*\.?\s+|acceptable\s+|tolerable\s+|allowed\s+)?(?:data\s+loss|loss\s+of\s+data)\b[^\n]*(?:\n|$)",
        ),
        figure="duration",
        blocks=("row",),
        weight=4,
    ),
    KindCue(
        kind="rto",
        text=(r"\d|\b(?:hour|day|minutes)\b",),
        context=(
            r"(?:^|\n)[^\n]*\b(?:recovery\s+objectives?)\b[^\n]*|\b(?:how\s+(?:long|quick\w*|soon|fast))\b[^\n]{0,60}\b(?:disaster|outage|failure|back|running|recover\w*)\b[^\n]*\?",
        ),
        either=(
            r"^\W*(?:recovery\s+)?times?(?:\s+objectives?)?\s*[:–-]|\bhow\s+(?:long|quick\w*|soon|fast)\b[^\n]*\?",
        ),
        figure="duration",
        never=(r"\bRPOs?\b|\bpoint\b|\bretain\w*|\bkept\b",),
        never_context=(
            r"\bhow\s+(?:long|quick\w*|soon|fast)\b[^\n]*\b(?:kept|keep|stored|retain\w*|retention|respond|answer|file|backups?|restor\w+\s+(?:my|a|data))\b",
        ),
        blocks=("item", "paragraph"),
        weight=4,
    ),
    KindCue(  # out of service for so long, back after so long
        kind="rto",
        text=(
            r"\b(?:max(?:imum|imal|\.)?|longest|tolerable|acceptable|permitted)\s+(?:\w+\s+){0,2}?(?:outage|downtime|interruption|unavailability)\b[^.;]{0,60}\b(?:after|following|in\s+case|disaster|incident|failure|is|of|:)|"
            r"\b(?:complete|full|total|entire)\s+(?:rebuild|recovery|restoration|reinstatement)\b[^.;]{0,60}\b(?:environment|platform|systems?|services?|site|infrastructure)\b|"
            r"\b(?:operations?|services?|systems?|platform|business|processing|functions?|production)\b[^.;]{0,60}\b(?:resum\w+|restor\w+|re-?establish\w*|back|recover\w*|reinstat\w+|operational|running|available)\b[^.;]{0,40}\b(?:within|in\s+(?:less|under)|(?:no|not)\s+(?:later|more|longer)\s+than)\b[^.;]{0,50}\b(?:of|after|following|from)\b[^.;]{0,30}\b(?:disaster|incident|outage|failure|disruption|loss|interruption|catastroph\w*|crash|emergency)\b",
        ),
        figure="duration",
        never=(
            r"\b(?:credits?|per\s+(?:month|year|quarter)|maintenance|response|respond|terminat\w+|support|ticket|priority|severity)\b",
            r"\bRPOs?\b|\bdata\s+loss\b",
            TRIAL,
        ),
        weight=4,
    ),
)
