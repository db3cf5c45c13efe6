"""Cues of what is refused, planned, rehearsed, handed back, wiped and kept running; in prose, labels and answers."""
# ruff: noqa: E501, ISC004, RUF001 - long patterns, and the characters that agreements use

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import (
    BACKUP,
    CLIENT,
    CONTINUITY,
    COPY,
    ENDING,
    EVERY,
    HOW_TO,
    META,
    OFTEN,
    PERCENT,
    SITE,
    TRIAL,
)

_THEIRS = r"\b(?:data(?:bases?)?|contents?|files|records|information|websites?|images|documents|copies)\b"
_OWNED = (
    r"(?:\b(?:all|your|their|its|customer|client|user|agency|authority|company|county|state|bank|personal|hosted|final|full|complete)(?:[’']?s)?\s+(?:[\w’'-]+\s+){0,2}?(?:data(?:bases?)?|content|records|files|websites?|back-?ups?)\b|"
    r"\b(?:data(?:bases?)?|websites?|content|back-?ups?)\b(?!\s+(?:protection|processing|cent(?:er|re)|subjects?|sheets?|cards?)))"
)
_GIVES = r"\b(?:suppl(?:y|ies|ied)|provides?|provided(?!\s+(?:for|that|in|under|by\s+law))|return\w*|hand(?:s|ed|ing)?(?:\s+(?:over|back))?|hand-?over|deliver\w*|surrender\w*|receives?\s+back|give[sn]?\s+back|export\w*|download\w*|extract\w*|collect\w*|retriev\w*|fetch\w*|release[sd]?)\b"
_SHORT = r"^(?!.{600})"
"""Weak words are looked for in short sentences alone."""
_CONFIDED = r"\b(?:confidential\s+information|proprietary|disclosing|receiving\s+party|data\s+subjects?|source\s+code|cookies?|licen[sc]ed|royalt\w+|goods|equipment|products?|inventory|clinical|manuals?|keys|samples|personnel)\b"
_RISK = r"(?:at\s+(?:the\s+)?(?:\w+[’']?s?\s+)?(?:own\s+|sole\s+)risk|bears?\s+(?:the\s+|all\s+)?(?:\w+\s+)?risks?|risk\s+of\s+(?:the\s+)?loss)"
_DOWN = r"\b(?:disasters?|catastroph\w+|major\s+incidents?|emergenc(?:y|ies)|outages?|disruptions?|interruptions?|loss\s+of\s+(?:a|the|its|one)\s+(?:\w+\s+)?(?:sites?|data\s?cent(?:er|re)s?|facilit\w+|building))\b"
_PLANS = r"\b(?:plans?|procedures?|arrangements?|runbooks?|playbooks?|measures|provisions|programmes?|programs?|strateg(?:y|ies)|capabilit(?:y|ies)|concept|manual)\b"
_KEPT = r"\b(?:maintain\w*|in\s+place|put\s+in\s+place|exists?|documented|written|established?|kept|keeps?|ha(?:s|ve)|available|operat\w+|implement\w*|prepar\w+|provid\w+|furnish\w*|develop\w*|updat\w+|review\w*|invok\w*|activat\w*|agree[ds]?|follow\w*|set\s+up|designat\w+)\b"
_MOVING = r"\b(?:mov(?:e|es|ing)|migrat\w+|transfer\w*|switch\w*|transition\w*|extract\w*|hand\w*|export\w*|port(?:s|ing)?)\b"
_NEXT = r"\b(?:elsewhere|new\s+(?:provider|supplier|host|vendor|system|platform)|successor|replacement|another\s+(?:provider|supplier|host|vendor)|incoming|next\s+(?:provider|supplier))\b"
_FINISHED = rf"(?:{ENDING}|\b(?:contract|agreement|subscription|service|account)(?:[’']s)?\s+(?:end(?:s|ed)?|closure|closes|is\s+over|lapses)\b|\bpost-termination\b|\bwhen\s+(?:you|I|we|the\s+customer)\s+(?:leaves?|cancel\w*|quit)\b|\b(?:leave|leaving|exit|offboarding)\b|\bend\s+of\s+(?:the\s+)?(?:provision|processing|services?|contract|term|agreement|subscription|engagement|assignment|project|mandate|hire|collaboration|commission)|\bcompletion\s+of\s+(?:the\s+)?(?:contract|processing|services?|work))"
_WIPED = r"\b(?:delet\w+|destroy\w*|destruct\w+|eras\w+|wip(?:e|es|ed|ing)|purg\w+|shred\w*|saniti[sz]\w+|degauss\w*|overwrit\w+|remov(?:e|es|ed|al)|dispos(?:al|ed)|ceases?\s+to\s+exist)\b"
_GONE_BY = rf"(?:{_FINISHED}|\breturn\s+of\s+(?:the\s+)?data\b|\bpurpose\b[^.;]{{0,40}}\b(?:ceases?|fulfilled|achieved|ends)\b|\bunpaid\b|\bpayment\b[^.;]{{0,30}}\bnot\b|\bnon-?payment\b|\boverdue\b|\bcancell?ation\b)"
_ASK = r"\b(?:what|how|when|can|do|does|is|are|will|where)\b[^\n]{0,70}"
_NO = r"^\W*(?:no\b|not\b|unfortunately\b)"
_YES = r"^\W*(?:yes\b|correct\b|of\s+course\b|we\b|our\b|it\b|the\b|all\b|a\b|an\b)"

ANSWER_CUES = (
    KindCue(  # the client's own affair
        kind="backup_disclaimer",
        text=(
            rf"(?:\bcop(?:y|ies)\s+of\s+(?:your|their|its|his)\s+(?:own\s+)?{_THEIRS}|{BACKUP})[^.;]{{0,60}}\b(?:lies?|rests?|remains?|stays?|falls?)\s+(?:solely\s+)?(?:with|on|upon|to)\s+(?:the\s+)?{CLIENT}|"
            rf"\b(?:your|the\s+customer[’']s|the\s+client[’']s|the\s+user[’']s|tenant[’']s|lessee[’']s)\s+(?:own\s+)?(?:job|task|concern|business|duty|obligation|affair|matter|responsibility)\b[^.;]{{0,40}}\b(?:cop(?:y|ies)|back)|{BACKUP}[^.;]{{0,40}}\b(?:sole\s+)?(?:concern|affair|matter|duty|business)\s+of\s+(?:the\s+)?(?:{CLIENT}|\blessee\b)|"
            rf"\b(?:data|contents?|files|websites?)\b[^.;]{{0,40}}\b(?:stor|held|host|upload|plac|kept|sav)\w*[^.;]{{0,40}}{_RISK}|{CLIENT}[^.;]{{0,20}}{_RISK}[^.;]{{0,30}}\b(?:los\w+|corrupt\w*)\b[^.;]{{0,30}}\b(?:data|contents?|files|websites?)\b|\b(?:do\s+not|don['’]t|never|should\s+not|must\s+not)\s+(?:treat|use|regard|consider)\b[^.;]{{0,40}}\b(?:only|sole)\s+(?:\w+\s+)?(?:back-?up|cop(?:y|ies))\b|"
            rf"^\W*back-?ups?\s*[:–-]\s*(?:the\s+)?(?:{CLIENT})\W*$|\b(?:data|files|content)\s+(?:is|are)\s+(?:\w+\s+)?(?:your|the\s+(?:customer|client|user)[’']s)\s+(?:own\s+|sole\s+)?responsibility\b|\b(?:not|cannot|never|no)\b[^.;]{{0,40}}\baccountable\b[^.;]{{0,40}}\b(?:data\s+loss|loss\s+of|lost)\b|^\W*[^.;:]{{2,50}}[:–-]\s*no\s+{BACKUP}|\b(?:comes?|provided|delivered|supplied|offered|sold)\s+without\s+(?:any\s+)?{BACKUP}",
        ),
        either=(rf"{COPY}|{_THEIRS}",),
        never=(_CONFIDED, HOW_TO, r"\b(?:title|goods|insurance|transmission|internet)\b"),
        weight=5,
    ),
    KindCue(  # nothing is guaranteed of a restore
        kind="backup_disclaimer",
        text=(
            rf"\b(?:not|no|never|cannot|without)\b[^.;]{{0,30}}\b(?:guarant\w+|warrant\w*|promis\w+|assur\w+|liab\w+|responsib\w+)\b[^.;]{{0,60}}\b(?:restor\w+|recover\w*|{BACKUP}|retriev\w+)\b[^.;]{{0,60}}\b(?:succe\w+|possible|works?|complete|usable|data|files|content|restored|recovered)\b|"
            rf"{BACKUP}[^.;]{{0,40}}\b(?:is|are|as)\s+(?:only\s+)?(?:available\s+as\s+)?(?:an?\s+)?(?:add-?ons?|optional|extra|option|chargeable|separate(?:ly)?)\b|\bmay\s+(?:fail|be\s+incomplete|not\s+work)\b",
        ),
        either=(rf"{COPY}|\brestor\w+",),
        never=(_CONFIDED, HOW_TO, TRIAL, r"\b(?:credits?|notif\w+|ticket|uptime|availability|re-?run)\b"),
        weight=5,
    ),
    KindCue(  # the answer is no
        kind="backup_disclaimer",
        text=(rf"{_NO}",),
        context=(
            rf"\b(?:do|does|are|is|will)\s+(?:you|we|my|our|the|there|any|all|{BACKUP})[^\n]{{0,40}}(?:\bback(?:ed)?[-\s]up\s+(?:my|our|the|all|by|automatically)|\bbacked[-\s]up\b|{BACKUP}\s+(?:included|made|taken|provided|offered|part|available|of\s+(?:my|our|the)))[^\n]*\?|\b(?:are|is)\s+(?:\w+\s+)?{BACKUP}\s+(?:included|made|taken|provided|offered|part)[^\n]*\?",
        ),
        never=(
            r"\bno\s+(?:need|problem|limit|charge|cost|fee)\b|^\W*no\s+(?:more|later|longer|less)\s+than\b",
        ),
        blocks=("paragraph",),
        weight=5,
    ),
    KindCue(  # arrangements, procedures, runbooks for the bad day
        kind="dr_plan",
        text=(
            rf"{_PLANS}[^.;]{{0,90}}(?:{_DOWN}|\bcontinu(?:e|ing|ity|ation)\b|\brestart\b)|(?:{_DOWN}|\bcontinuity\b|\bemergency\b|\brecovery\b|\bincident\s+and\s+emergency\b|\bcrisis\b)[^.;]{{0,60}}{_PLANS}",
            rf"{_KEPT}",
            r"\b(?:recover\w*|restor\w+|restart\w*|continu\w+|resum\w+|invok\w*|emergency|disasters?|crisis|contingenc\w+)\b",
        ),
        never=(
            TRIAL,
            META,
            HOW_TO,
            r"\b(?:RPO|RTO)s?\b|\b(?:evacuation|fire|medical|safety|environmental|spill|insurance|force\s+majeure|means|project|marketing|restor(?:e|ation|ing)\s+procedures?|backup\s+(?:and|&)\s+(?:restor\w+|recovery)|credits?|public\s+(?:utility|authorit\w+)|injur\w+|patients?|product\s+recall|security\s+incident|incident\s+response)\b",
            r"\bfor\s+a\s+period\s+of\b|\bplan\s+execution\b",
            rf"\brecovery\s+(?:procedures?|measures)\b(?![^.;]*(?:{_DOWN}|\bsystems?\b))",
        ),
    ),
    KindCue(  # exists; another site stands ready
        kind="dr_plan",
        text=(
            rf"{CONTINUITY}[^.;]{{0,40}}\b(?:exists?|is\s+in\s+force|available\s+on\s+request|on\s+file)\b|\b(?:maintain|provid|keep|has|have|operat)\w*\b[^.;]{{0,40}}\bstand-?by\s+(?:data\s?cent(?:er|re)|site|facilit\w+|location|systems?)\b|\b(?:redundant|alternate|standby|back-?up)\s+(?:processing\s+|computing\s+)?(?:capabilit\w+|capacity|facilit\w+|cent(?:er|re))\b[^.;]{{0,90}}{_DOWN}|"
            rf"\b(?:shall|will|must)\s+(?:\w+\s+)?(?:invoke|activate|trigger|implement|execute|follow)\s+(?:its|the|their|such)\s+(?:\w+\s+)?plans?\b[^.;]{{0,60}}{_DOWN}|\b(?:the|this|each|its)\s+plan\b[^.;]{{0,20}}\b(?:identif\w+|lists?|names|defines|sets\s+out|contains|prioriti[sz]es)\b[^.;]{{0,60}}\b(?:critical|systems?|recovery|order|priorit\w+)\b|"
            rf"\b(?:recovery|restart|fail-?over|DR)\s+(?:runbooks?|playbooks?|manuals?|handbooks?)\b[^.;]{{0,40}}{_KEPT}|^\W*(?:disaster\s+recovery|business\s+continuity|BC/DR|BCP|DRP?)\s*[:–-]\s*[^.;]{{0,60}}\bplans?\b",
        ),
        never=(
            TRIAL,
            META,
            HOW_TO,
            r"\b(?:RPO|RTO)s?\b|\bmeans\b|\breplicat\w+|\bhypervisor|\bpower\b|\bgenerators?\b|\bproject\b",
        ),
        weight=2,
    ),
    KindCue(  # the answer to "do you have a plan?"
        kind="dr_plan",
        text=(rf"{_YES}",),
        context=(rf"\b(?:do|does|is|are|have|has|describe|what)\b[^\n]{{0,60}}{CONTINUITY}[^\n]{{0,40}}\?",),
        never=(TRIAL, r"\b(?:RPO|RTO)s?\b"),
        never_context=(
            r"\b(?:test\w*|exercis\w*|how\s+(?:long|often|much|quick\w*)|RTO|RPO|objectives?)\b[^\n]*\?",
        ),
        blocks=("paragraph",),
    ),
    KindCue(  # a plan, arrangements, a switch-over on a calendar
        kind="dr_test",
        text=(
            r"\b(?:plans?|arrangements|BCP|DRP|runbooks?|fail-?over|switch-?over|evacuation|loss\s+of\s+(?:a|the)\s+(?:site|data\s?cent(?:er|re)))\b[^.;]{0,70}\b(?:test(?:s|ed|ing)?|exercis(?:e|es|ed)|rehears\w+|drill\w*|simulat\w+|practi[cs]ed|trialled)\b|\b(?:test(?:s|ed|ing)?|exercis(?:e|es)|rehears\w+|drills?|simulat\w+)\b[^.;]{0,40}\b(?:plans?|arrangements|fail-?over|switch-?over)\b",
            rf"{EVERY}|{OFTEN}|\bannual\w*|\byearly\b|\bonce\b|\bresults\b|\bintervals?\b",
        ),
        either=(
            rf"{CONTINUITY}|{SITE}|{_DOWN}|\b(?:fail-?over|switch-?over|stand-?by|secondary\s+(?:site|data\s?cent(?:er|re)))\b|^\W*(?:the\s+)?(?:\w+\s+)?plan\b",
        ),
        never=(
            META,
            BACKUP,
            r"\b(?:restor(?:e|es|ation)s?\b|restore\s+test|test\s+(?:plans?|cases?|environment|data)|acceptance|software|unit|penetration|vulnerabilit\w+|fire|alarm|generator\w*|batter\w*|UPS|means|project|insurance|benefit)\b",
        ),
        weight=4,
    ),
    KindCue(
        kind="dr_test",
        text=(rf"{EVERY}|{OFTEN}|\bannual\w*|^\W*yes\b",),
        context=(
            rf"\b(?:how\s+often|do|does|is|are|when)\b[^\n]{{0,60}}(?:{CONTINUITY}|\bfail-?over)[^\n]{{0,40}}\b(?:test\w*|exercis\w*|rehears\w*|drill\w*)[^\n]*\?|\b(?:how\s+often|do|does)\b[^\n]{{0,30}}\b(?:test|exercise|rehearse)\w*[^\n]{{0,40}}(?:{CONTINUITY}|\bfail-?over)[^\n]*\?",
        ),
        blocks=("paragraph",),
        weight=4,
    ),
    KindCue(  # data handed over, fetched, moved on, at the end
        kind="exit_data_return",
        text=(
            _SHORT,
            rf"{_GIVES}[^.;]{{0,90}}{_OWNED}|{_OWNED}[^.;]{{0,90}}\b(?:supplied|provided(?!\s+(?:for|that|in|under|by\s+law))|returned|handed|delivered|surrendered|given|exported|downloaded|extracted|collected|collection|retrieved|released|retrieve|export|download|collect|fetch)\b",
            rf"(?:{_GIVES}|{_OWNED})[^.;]{{0,160}}{_FINISHED}|{_FINISHED}[^.;]{{0,160}}(?:{_GIVES}|{_OWNED})",
            r"\b(?:shall|will|must|may|can|agrees?|remains?|continues?|is|are|be|please|we)\b",
        ),
        never=(
            _CONFIDED,
            HOW_TO,
            r"\b(?:invoice|certificat\w+\s+of|notice\s+of|reports?|deletion\s+is|not\s+(?:be\s+)?(?:provide|return|deliver)\w*|no\s+(?:longer|obligation|liability)|logs?|restor\w+|recover\w*|restrict\w*|regardless|survive\w*|licen[sc]e\w*|credit|software|documentation|possible|third[-\s]part\w+)\b|n[’']t\s+possible",
            r"\b(?:mailed|paid|payment|refund\w*|tax\w*|financial\s+statements|neither|not\s+use)\b",
        ),
    ),
    KindCue(
        kind="exit_data_return",
        text=(
            rf"{_MOVING}[^.;]{{0,60}}{_OWNED}[^.;]{{0,60}}{_NEXT}|{_OWNED}[^.;]{{0,40}}\b(?:handed|transferred|passed|migrated|moved|delivered|released)\b[^.;]{{0,40}}{_NEXT}|\b(?:migration|exit|transition|termination|off-?boarding)\s+(?:assistance|support|help)\b[^.;]{{0,90}}{_OWNED}",
        ),
        never=(_CONFIDED, HOW_TO, COPY, r"\bthird\s+countr\w+|\bonboarding\b|\binitial\b"),
    ),
    KindCue(  # whenever one likes
        kind="exit_data_return",
        text=(
            rf"{_OWNED}[^.;]{{0,40}}\b(?:can|may)\s+be\s+(?:\w+\s+)?(?:exported|downloaded|extracted)\b",
            r"\bat\s+any\s+(?:time|point)\b|\bCSV\b|\bJSON\b|\bXML\b|\bformats?\b",
        ),
        never=(_CONFIDED, HOW_TO, COPY, r"\b(?:reports?|logs?|invoices?|not)\b"),
    ),
    KindCue(  # items and answers
        kind="exit_data_return",
        text=(
            r"\b(?:export\w*|hand-?over|handover|return\w*|download\w*|deliver\w*|extract\w*|retriev\w*|collect\w*|migrat\w*|transfer\w*)\b",
            rf"{_OWNED}|^\W*(?:\w+\s+)?(?:data|full)\s+export\b|\bexport\b[^.;]{{0,40}}\b(?:everything|days|it)\b",
            _SHORT,
        ),
        context=(
            r"(?:^|\n)[^\n]*(?:\bexit\b|\btermination\b|\bend\s+of\s+(?:the\s+)?(?:contract|agreement|service)|\boff-?boarding\b|\bleav(?:e|ing)\b|\bget\s+(?:my|our|the)\s+data\b|\btake\s+(?:my|our)\s+data\b)[^\n]*$",
        ),
        never=(
            _CONFIDED,
            HOW_TO,
            r"\b(?:content\s+(?:available|through)|co-?branded|technical|materials|not|no|invoice|credits?|notice|delet\w*|destroy\w*|eras\w*)\b",
        ),
        blocks=("item", "paragraph", "row"),
    ),
    KindCue(  # wiped at the end, or when no longer wanted
        kind="data_deletion",
        text=(
            _SHORT,
            rf"(?:{_OWNED}|{COPY}|\b(?:virtual\s+machines?|vms?|disks?|volumes?|accounts?|instances?|environment|copies|records)\b)[^.;]{{0,110}}{_WIPED}|{_WIPED}[^.;]{{0,60}}(?:{_OWNED}|\bcopies\b|\brecords\b)|\bnot\s+(?:be\s+)?(?:retain\w*|keep|kept|stored?|hold|held)\b[^.;]{{0,60}}{_OWNED}[^.;]{{0,40}}\b(?:beyond|after|longer|more\s+than)\b",
            rf"(?:{_WIPED}|\bbeyond\b|\bretain\w*|\bkept\b)[^.;]{{0,140}}{_GONE_BY}|{_GONE_BY}[^.;]{{0,140}}{_WIPED}",
        ),
        never=(
            _CONFIDED,
            HOW_TO,
            r"\b(?:not\s+be\s+(?:deleted|destroyed|erased)|cannot\s+be\s+(?:deleted|erased)|accidental\w*|unauthori[sz]ed|lost|loss|damaged?|until|restored?|recovered|can\s+be\s+(?:restored|recovered)|access\s+(?:rights|cards?)|deletes?\s+or\s+returns?)\b",
            r"\b(?:violat\w+|offending|infring\w*|third[-\s]part\w+|links?|notice\s+and|identity|emails?)\b",
            r"\b(?:delete|remove)\w*\s+(?:the\s+)?(?:words?|clause|section|paragraph|phrase|software|posts?|reviews?)\b",
        ),
    ),
    KindCue(
        kind="data_deletion",
        text=(
            rf"^\W*(?:(?:after\s+(?:that|this|which)|thereafter|then|afterwards)\W+)?(?:we|it|they|all\s+of\s+it|everything)\b[^.;]{{0,40}}\b(?:delet\w+|destroy\w*|eras\w+|wip(?:e|ed)|purg\w+)\b(?![^.;]*\b(?:copies\s+of|information|manuals?))|\b(?:your|all|the)\s+(?:\w+\s+)?(?:data|account|backups|files)\b[^.;]{{0,60}}{_WIPED}|^\W*(?:data\s+)?(?:deletion|erasure|destruction|disposal|purge)\b[^.;]{{0,60}}(?:\d|:|–|-)",
        ),
        context=(
            rf"{_ASK}\b(?:data|files|content|account|backups)\b[^\n]{{0,60}}\b(?:cancel\w*|leav\w*|terminat\w*|clos\w*|end\w*|stop\w*)\b[^\n]*\?|(?:^|\n)[^\n]*(?:\bexit\b|\btermination\b|\bend\s+of\s+(?:the\s+)?(?:contract|agreement|service)|\boff-?boarding\b|\bleaving\b)[^\n]*$",
        ),
        never=(
            _CONFIDED,
            HOW_TO,
            r"\bnot\s+(?:be\s+)?(?:deleted|destroyed|erased)\b|\bnotice\b|\bviolat\w+|\binfring\w+|\boffending\b",
        ),
        blocks=("paragraph", "item", "row"),
    ),
    KindCue(  # carriers, certificates, remainders
        kind="data_deletion",
        text=(
            rf"\b(?:certificates?|certification|proof|confirmation|evidence)\s+of\s+(?:\w+\s+)?(?:destruction|deletion|erasure|disposal)\b[^.;]{{0,60}}\b(?:shall|will|must|is|are|issued|provided|supplied|available)\b|^\W*(?:disposal|destruction|erasure|sanitization|sanitisation)\s+of\s+(?:\w+\s+)?(?:media|data|disks?|drives?|equipment)\s*[:–-]|"
            rf"\b(?:residual|remaining|deleted)\s+(?:copies|data)\b[^.;]{{0,60}}{_WIPED}|\b(?:personal\s+data|data)\b[^.;]{{0,30}}\b(?:shall|will|must)\s+be\s+(?:erased|deleted)\s+(?:once|when|as\s+soon\s+as)\b",
        ),
        never=(r"\bconfidential\s+information\b|\bdata\s+subject|\bcertification\s+of\s+deletion\b", HOW_TO),
        weight=5,
    ),
    KindCue(  # under a heading that says it, or in a table of levels
        kind="uptime",
        text=(rf"^\W*(?:(?:at\s+least|minimum|min\.|target|guaranteed|monthly|≥|>=)\s*)?{PERCENT}",),
        context=(
            r"(?:^|\n)\W*(?:[\d.]+\s+)?(?:\w+\s+){0,2}?(?:availability|up-?time)(?:\s+(?:guarantee|commitment|target|level|sla))?\W*\n*$|(?:^|\n)\W*(?:[\d.]+\s+)?SLAs?\W*\n*$",
        ),
        figure="percent",
        blocks=("paragraph",),
        never=(
            r"\b(?:credits?|refund|below|less\s+than|fees?|discount)\b|[<≤]|%\s+of\s+(?:all\s+|the\s+)?(?:faults|incidents|tickets|calls|requests|cases)",
        ),
        never_context=(r"\bcredits?\b",),
    ),
    KindCue(
        kind="uptime",
        text=(rf"\b(?:up-?time|availability)\b[^\n]{{0,80}}{PERCENT}",),
        figure="percent",
        blocks=("row",),
        never=(r"\b(?:credits?|refund|below|less\s+than|fees?|discount)\b|[<≤]",),
        never_context=(r"\bcredits?\b|\bexamples?\b",),
    ),
)
