"""Cues of what is backed up, how often, where it is kept and for how long, and who disclaims it."""

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import (
    BACKUP,
    CLIENT,
    COPY,
    DATA,
    ELSEWHERE,
    EVERY,
    FREE_OF,
    HOW_TO,
    KEEP,
    MAKE,
    OFTEN,
    RETAIN,
    WATCH,
)

_NOT_MADE = (
    # the interval belongs to another act than making the copy
    r"\b(?:retain|retention|keep|kept|stor(?:e|ed|age|ing)|restor\w+|test\w*|monitor\w*|examin\w+|review\w*|report\w*|logs?|delet\w+|destroy\w*|sent|send|cop(?:y|ies))\b"
    rf"[^.;]{{0,60}}\b(?:daily|nightly|weekly|monthly|hourly|yearly|annual|regular|routine|periodic|scheduled)\s+(?:\w+\s+){{0,3}}{BACKUP}"
)
_VERB = r"\b(?:backs?[-\s]up|backed[-\s]up|backing[-\s]up|(?:shall|will|must|to|may|can|should|not|we|they|you|also|automatically|regularly)\s+back[-\s]?up)\b(?!\s+(?:and|or|servers?|sites?|copies)\b)"

_LOOK = r"\b(?:monitor(?:s|ed|ing)?|verif(?:y|ies|ied|ication|ying)|check(?:s|ed|ing)?|examin\w+|alert(?:s|ed|ing)?|notif\w+|inspect\w*|[üu]berwach\w*|surveill\w*)\b"
_THING = rf"(?:{DATA}|\b(?:it|them|everything|teams|exchange|sharepoint|onedrive|mysql|postgres\w*|O/S)\b)"
_OWN_COPY = rf"(?:(?:maintain|keep|make|perform|creat\w+|ensure|take|have|arrange|implement|retain)\b[^.;]{{0,30}}{BACKUP}|(?:regularly\s+|periodically\s+)?back[-\s]?up\b)"

BACKUP_CUES = (
    KindCue(
        kind="backup_frequency",
        text=(COPY, EVERY, rf"{MAKE}[^.;]{{0,120}}{COPY}|{COPY}[^.;]{{0,120}}{MAKE}|{_VERB}"),
        never=(
            _NOT_MADE,
            r"\bexample\b|\bfor\s+instance\b|\btags?\b",
            r"\b(?:status|information|reports?)\b[^.;]{0,40}\bupdated\b",
            r"\btest(?:s|ing)?\s+(?:of\s+)?(?:the\s+|our\s+)?back|\bback\S*ups?\s+(?:is|are)\s+(?:\w+\s+)?tested",
        ),
        figure="interval",
        weight=3,
    ),
    KindCue(  # a row, a bullet or a bare phrase: "Full backups every week."
        kind="backup_frequency",
        text=(
            COPY,
            rf"^\W*(?:\([a-z]+\)\s*)?(?:[\w/()-]+\W+){{0,7}}?(?:{EVERY}[^.;]{{0,40}}{COPY}|{COPY}[^.;]{{0,60}}{EVERY})",
        ),
        never=(
            _NOT_MADE,
            rf"^\W*(?:\w+\s+){{0,4}}{RETAIN}",
            rf"{COPY}\W+(?:\w+\W+){{0,4}}(?:retained|kept|preserved|stored)\b",
            WATCH,
            r"\btest",
        ),
        figure="interval",
        weight=2,
    ),
    KindCue(
        kind="backup_frequency",
        text=(r"^\W*(?:back[-\s]?up\s+)?(?:frequenc\w+|schedules?|intervals?|h[äa]ufigkeit|fr[ée]quence)\b",),
        either=(COPY,),
        figure="interval",
        weight=2,
    ),
    KindCue(  # an item under such a heading
        kind="backup_frequency",
        text=(EVERY,),
        context=(
            rf"(?:{BACKUP}[^\n]{{0,40}}\b(?:frequenc\w+|schedul\w+|intervals?|how\s+often)|\b(?:frequenc\w+|schedul\w+|how\s+often)\b[^\n]{{0,40}}{BACKUP}|(?:^|\n)\W*(?:schedules?|frequency|default\s+schedule)\W*(?:\n|$))",
        ),
        either=(COPY,),
        never=(r"\btest", WATCH, RETAIN, r"\btags?\b"),
        blocks=("item",),
        figure="interval",
        weight=2,
    ),
    KindCue(  # a table with a column for it
        kind="backup_frequency",
        text=(EVERY,),
        context=(r"frequenc|schedul|interval|how\s+often|backup\s+type|(?:^|\n)\W*(?:automat\w+\s+|data\s+)?(?:back-?ups?|snapshots?)\W*(?:\n|$)",),
        either=(COPY,),
        never=(r"\btest", WATCH),
        blocks=("row",),
        figure="interval",
        weight=2,
    ),
    KindCue(  # how often, without a figure
        kind="backup_frequency",
        text=(
            rf"{OFTEN}\W+(?:[\w-]+\W+){{0,4}}?{COPY}|{COPY}[^.;]{{0,90}}{MAKE}[^.;]{{0,60}}{OFTEN}|{_VERB}[^.;]{{0,90}}{OFTEN}|{OFTEN}\s+{_VERB}|{OFTEN}\s+(?:\w+\s+){{0,2}}?back[-\s]?up",
            rf"{MAKE}|{_VERB}|\bincludes?\b|\b(?:is|are)\b",
        ),
        never=(_NOT_MADE, r"\bscheduled\s+maintenance", rf"{COPY}[^.;]{{0,20}}{RETAIN}", r"\btest\w*"),
        weight=2,
    ),
    KindCue(  # that copies are made, and not even of what
        kind="backup_frequency",
        text=(
            rf"\b(?:carr(?:y|ies|ied)\s+out|perform(?:s|ed|ing)?|conduct(?:s|ed)?|execut(?:e|es|ed)|tak(?:e|es|en)|ma(?:ke|kes|de)|run|runs)\s+(?:(?:the|all|any|necessary|required|appropriate|its|our|data|system|database|full|complete|logical|physical|and)\s+){{0,3}}(?:{COPY}|\bexports\b)(?!\s+(?:of|for)\b)|"
            rf"(?:{COPY}|\blogical\s+exports\b)[^.;]{{0,40}}\b(?:is|are|be)\s+(?:also\s+)?(?:performed|taken|made|carried\s+out|created|executed)\b",
        ),
        either=(rf"{COPY}",),
        never=(_NOT_MADE, HOW_TO, r"\btest\w*|\brestor\w*", FREE_OF, r"\b(?:when|if|once|where|prior|before|after)\b"),
    ),
    KindCue(
        kind="retention",
        text=(COPY, rf"{COPY}[^.;]{{0,150}}{KEEP}|{KEEP}[^.;]{{0,150}}{COPY}"),
        figure="duration",
        weight=2,
    ),
    KindCue(  # "Such backups ... be retained", "Retention period - 14 days." under a heading or a list that says backup
        kind="retention",
        text=(RETAIN,),
        either=(COPY,),
        never=(r"\blogs?\b[^.;]{0,40}\bretain|\b(?:system|access|audit|activity)\s+logs?\b",),
        figure="duration",
        weight=2,
    ),
    KindCue(
        kind="retention",
        text=(
            COPY,
            rf"{COPY}[^.;]{{0,60}}\b(?:are|is|be|being)\s+(?:\w+\s+){{0,3}}(?:retained|kept|preserved)\b|"
            rf"\b(?:retain|keep|preserve)s?\b[^.;]{{0,60}}{COPY}|\bretention\s+(?:period|time)s?\b[^.;]{{0,30}}{COPY}[^.;]{{0,40}}\b(?:is|are|shall|will|must)\b|{COPY}\s+retention\b[^.;]{{0,30}}\b(?:is|are|shall|will|must|accord\w+)\b|"
            rf"{COPY}[^.;]{{0,90}}\bmay\s+be\s+retained\b",
        ),
        never=(
            rf"{FREE_OF}[^.;]{{0,30}}\b(?:obligated|required)\s+to\s+(?:remove|delete|destroy)",
            r"\bkeep\w*\s+(?:\w+\s+)?(?:confidential|secret|safe|track|log|mind)\b",
        ),
    ),
    KindCue(
        kind="retention",
        text=(COPY, r"\b(?:deleted|purged|overwritten|expires?|removed|rotated)\b"),
        figure="duration",
        never=(
            r"\b(?:terminat|cancel|expiration\s+of\s+(?:the|this))\w*",
            r"\b(?:service|project|account|environment|customer|client)\b[^.;]{0,40}\bdelet|\bdelet\w+\s+of\b",
        ),
    ),
    KindCue(  # an item or an answer under such a heading
        kind="retention",
        text=(r"\d|\b(?:one|two|three|four|five|six|seven|ten|twelve|thirty)\b",),
        context=(r"\b(?:retention|retain\w*|kept|aufbewahr\w*)\b[^\n]*\n?[^\n]*$",),
        either=(COPY,),
        never=(WATCH, r"\blogs?\b", r"\btest", r"\bRPO|\bRTO", r"\bexample\b", r"\bcycle\b"),
        blocks=("item", "paragraph"),
        figure="duration",
    ),
    KindCue(
        kind="retention",
        text=(
            r"\b(?:stored|held|saved|available|maintained|restorable|accessible)\b|\b(?:last|past|previous)\s+(?:\w+\s+)?(?:\(?\d+\)?\s+)?(?:hours?|days?|weeks?|months?|years?)\b|\b(?:days?|weeks?|months?)\s+(?:worth\s+)?of\b|\b(?:rolling|window|history)\b",
        ),
        either=(rf"{COPY}|\bpoint[-\s]in[-\s]time\b|\bPITR\b",),
        never=(
            WATCH, r"\b(?:within|notice|terminat\w+|cancel\w+|per\s+day|respond|logs?)\b", r"\btest\w*", r"\bRPO|\bRTO|\bdata\s+loss", r"\bexample\b", ELSEWHERE + r"[^.;]{0,20}\bwithin",
        ),
        figure="duration",
    ),
    KindCue(  # a table of retention
        kind="retention",
        text=(r"\d",),
        either=(COPY, r"\bretention\b|\bretain\w*|\bkept\b|\bkeep\w*|\bstored\s+for|aufbewahr\w*"),
        never=(WATCH,),
        figure="duration",
        blocks=("row",),
    ),
    KindCue(
        kind="offsite_copy",
        text=(
            ELSEWHERE,
            r"\b(?:stor\w+|cop(?:y|ies|ied)|replica\w*|replicat\w+|sent|send|transfer\w*|ship\w*|kept|keep\w*|maintain\w*|mov(?:e|ed)|held|hold|tape\w*|mirror\w*|locat\w+|rotat\w+|retain\w*|provid\w+|sav(?:e|ed)|back\w*|vault\w*|transport\w*|tak(?:e|en))\b|gespeichert|stock[ée]\w*",
        ),
        either=(COPY,),
        never=(
            r"\b(?:off[-\s]?site)\s+(?:support|staff|personnel|work|resources?|services?\s+personnel|meeting|training)\b",
            rf"{WATCH}[^.;]{{0,10}}\boff[-\s]?site",
            r"\brestor\w+\b[^.;]{0,50}\bto\s+an?\b|\b(?:equivalent|access)\b[^.;]{0,60}\balternat",
            r"\bif\s+(?:customers?|you|users?)\s+(?:wish|want)",
        ),
        weight=2,
    ),
    KindCue(
        kind="encryption",
        text=(r"\b(?:encrypt|verschl[üu]ssel|chiffr)\w*", COPY),
        never=(r"\bun-?encrypted\s+(?:\w+\s+)?media\b",),
    ),
    KindCue(
        kind="encryption",
        text=(
            r"\b(?:encrypt(?:ed|s|ion)|verschl[üu]ssel\w*|chiffr\w*)\b|\bAES[-\s]?\d|\bX25519\b",
            r"\b(?:stored|kept|is|are|be|with|using|via|at[-\s]rest|offers?|supports?|AES\S*|uses?|end-to-end|before|keys?)\b",
        ),
        context=(COPY,),
        never=(r"\bin\s+transit\s+only\b", r"\bpassword\s+is\s+required"),
    ),
    KindCue(
        kind="immutability",
        text=(
            r"\b(?:immutab\w+|worm\b|write[-\s]once|air[-\s]?gap\w*|object[-\s]lock\w*|tamper[-\s]?(?:proof|resistant|evident)|unver[äa]nder\w+|"
            r"(?:back\S*ups?|snapshots?|copies|it|they)\s+(?:\w+\s+){0,5}?(?:cannot|can\s+not|can[’']t|may\s+not|not)\s+be\s+(?:\w+\s+)?(?:altered|deleted|modified|changed|overwritten|encrypted\s+by))",
        ),
        either=(COPY,),
    ),
    KindCue(
        kind="backup_monitoring",
        text=(
            rf"{_LOOK}[^.;]{{0,60}}{COPY}|{COPY}[^.;]{{0,70}}{_LOOK}|{WATCH}\W+(?:\w+\W+){{0,3}}?{COPY}|{COPY}\W+(?:\w+\W+){{0,4}}?{WATCH}|\bsupervis\w+[^.;]{{0,50}}{COPY}|{BACKUP}\s+(?:logs|reports?|status|monitoring|alerts?|verification)\b",
        ),
        never=(HOW_TO, 
            r"\b(?:restor\w+|recover\w+)\s+test|\btest\s+restor",
            r"\breview(?:ed)?\s+and\s+updat",
            r"\b(?:invoice|notice)s?\s+(?:with|and|including|together)\b",
            r"\b(?:configur\w+|customi[sz]\w*|installation)\b[^.;]{0,60}\b(?:settings|schedule|notifications)",
            r"\bnotify\s+\w+\s+of\s+any\s+specific",
            r"\bif\s+(?:customers?|you|users?)\s+(?:wish|want)",
            r"\bdata\s+protection\s+audit|\b(?:right\s+to|may)\s+audit",
        ),
    ),
    KindCue(
        kind="backup_monitoring",
        text=(
            r"\b(?:fail(?:ed|ure|ures|s)?|success\w*|unsuccessful\w*|missed|error\w*|alert\w*|integrity|alarms?|properly|proper)\b",
            BACKUP,
            rf"{WATCH}|\b(?:re-?run|rectif\w+|correct\w*|investigat\w+|resolv\w+|repeat\w*|remed\w+|actions?|updates)\b",
        ),
        never=(HOW_TO, r"\bequipment\s+failure|\brestor\w+[^.;]{0,30}\bfailure",),
    ),
    KindCue(
        kind="backup_monitoring",
        text=(WATCH, r"\b(?:procedures?|jobs?|execution|completion|process(?:es)?|runs?|cycle)\b"),
        context=(rf"{COPY}",),
        never=(HOW_TO, r"\btest\w*", RETAIN, r"\brestor\w+"),
    ),
    KindCue(
        kind="backup_scope",
        text=(
            rf"{_VERB}[^.;]{{0,60}}{_THING}|{_THING}[^.;]{{0,80}}\b(?:backed[-\s]up|back\w*[-\s]up\s+by)\b|"
            rf"{MAKE}[^.;]{{0,50}}{BACKUP}\s+(?:cop(?:y|ies)\s+)?(?:of|for)\b|^\W*(?:\([a-z]+\)\s*)?back[-\s]?up\s+(?:of|the|all|\w+[-\s](?:specified|requested|designated))\b|"
            rf"{BACKUP}\s+(?:cop(?:y|ies)\s+)?(?:of|for)\b[^.;]{{0,60}}{DATA}[^.;]{{0,80}}{MAKE}|"
            rf"{COPY}[^.;]{{0,20}}\b(?:includes?|covers?|contains?|compris\w+|encompass\w*|protects?)\b[^.;]{{0,80}}{DATA}|\btakes?\s+(?:\w+\s+){{0,3}}{COPY}\s+of\b|{BACKUP}\s+solutions?\b[^.;]{{0,120}}\bprotect",
        ),
        never=(HOW_TO, 
            rf"{FREE_OF}[^.;]{{0,40}}{BACKUP}",
            r"\bfor\s+back[-\s]?up\s+purposes",
            r"\bconfidential\s+information\b|\breceiving\s+party\b|\bdisclosing\s+party\b",
            r"\b(?:list|procedures?|requirements|documentation|specif\w+)\b[^.;]{0,40}\b(?:backed|back[-\s]?up)",
            r"\btest\s+back",
            r"\brestor\w*\s+of\b[^.;]{0,40}\bbacked",
            r"\bto\s+manage\s+the\s+back",
            r"\b(?:storage|cost|transport\w*)\b[^.;]{0,20}\bof\s+back",
            r"^\W*(?:if|when)\b",
        ),
    ),
    KindCue(  # a task of a responsibility table
        kind="backup_scope",
        text=(
            rf"^\W*(?:[\w/&-]+\W+){{0,3}}?(?:perform|implement|manage|operate|run|execut|administ|handl|provid|carry|carrying|management|implementation|execution|configur)\w*\W+(?:[\w/&-]+\W+){{0,5}}?{BACKUP}(?!\s+(?:strateg|polic|procedure|requirement|plan|job|schedule|report|monitor))",
        ),
        never=(HOW_TO, r"\btest\w*|\brestor\w+\s+test", WATCH, RETAIN, r"\brequirements\b|\bprocedures?\b|\blist\s+of\b|\bspecific\b"),
        blocks=("row",),
    ),
    KindCue(  # a service list that names it
        kind="backup_scope",
        text=(
            rf"\bservices?\b[^.;]{{0,60}}:[^.;]{{0,120}}(?:,|\band\b)\s*{BACKUP}\s*(?:,|\band\b|\.)|:\s*{BACKUP}\s*,",
        ),
        never=(HOW_TO, r"\bresponsible\b",),
    ),
    KindCue(  # an item under "what is backed up"
        kind="backup_scope",
        text=(DATA,),
        context=(
            r"(?:^|\n)[^\n]{0,20}\b(?:what\s+(?:is|gets|we)\s+(?:\w+\s+)?back\w*|scope\s+of\s+(?:the\s+)?back\w*|back\w*\s+(?:scope|coverage|covers|includes?)|(?:data|systems?|services?)\s+(?:that\s+are\s+)?(?:backed[-\s]up|covered\s+by\s+(?:the\s+)?back\w*)|supported\s+services?)[^\n]{0,30}(?:\n|$)",
        ),
        either=(BACKUP,),
        never=(HOW_TO, EVERY, RETAIN, r"\bnot\b"),
    ),
    KindCue(  # left to the customer
        kind="backup_disclaimer",
        text=(
            rf"{CLIENT}[^.;]{{0,30}}\b(?:is|are|be|remains?)\s+(?:\w+\s+){{0,2}}?(?:responsible|liable|accountable)\b[^.]{{0,400}}{BACKUP}|"
            rf"\b(?:recommend|encourage|advise|urge)\w*\b[^.;]{{0,30}}{CLIENT}[^.;]{{0,60}}{_OWN_COPY}|\bsole(?:ly)?\s+(?:\w+\s+)?responsib\w+[^.;]{{0,100}}{BACKUP}|"
            rf"{CLIENT}\s+(?:(?:also|therefore|hereby|always|only)\s+)?(?:must|shall|should|will|agrees?\s+to|needs?\s+to|(?:is|are)\s+(?:required|advised|encouraged|obligated|obliged)\s+to)\s+(?:(?:regularly|periodically|also|independently|always|be\s+responsible\s+(?:for|to)|at\s+its\s+own\s+\w+)\s+){{0,3}}{_OWN_COPY}|"
            rf"{BACKUP}[^.;]{{0,100}}\bresponsibility\s+of\s+(?:the\s+)?{CLIENT}|{BACKUP}[^.;]{{0,60}}\b(?:is|are)\s+(?:the\s+)?(?:sole\s+)?{CLIENT}[’']?s?\s+(?:sole\s+)?responsib|\b(?:it\s+is\s+)?{CLIENT}[’']?s?\s+(?:sole\s+)?(?:responsibility|duty|obligation)\b[^.;]{{0,60}}{BACKUP}",
        ),
        never=(
            r"\brecords\b[^.;]{0,80}\bback[-\s]?up\s+on\b",
            r"\bresponsible\s+for\s+(?:\w+\s+){0,4}(?:time|selectively)\b",
        ),
        weight=4,
    ),
    KindCue(  # an item of the customer's duties
        kind="backup_disclaimer",
        text=(rf"{BACKUP}|\bcop(?:y|ies)\s+of\s+(?:\w+\s+){{0,3}}(?:data|content|files)\b",),
        context=(
            rf"{CLIENT}[’']?s?\s+(?:\w+\s+){{0,2}}?(?:responsibilit\w+|obligations?|duties)\b|\b(?:responsibilit\w+|obligations|duties)\s+of\s+(?:the\s+)?{CLIENT}|"
            rf"{CLIENT}\s+(?:\w+\s+){{0,2}}?(?:(?:is|are|remains?)\s+(?:\w+\s+)?responsible\s+for|must|shall|should|agrees?\s+to)\b[^\n]{{0,40}}:?\s*(?:\n|$)",
        ),
        never=(r"\b(?:provider|supplier|vendor|we|our|hosting\s+provider)\b", WATCH, FREE_OF),
        blocks=("item",),
        weight=4,
    ),
    KindCue(  # a favour
        kind="backup_disclaimer",
        text=(
            rf"{COPY}[^.;]{{0,80}}\b(?:as\s+a\s+courtesy|courtesy|for\s+(?:our|its|internal)\s+(?:own\s+)?(?:purposes|use)|convenience|on\s+a\s+best[-\s]efforts?|at\s+your\s+own\s+risk|own\s+risk|sold\s+separately|available\s+separately|"
            rf"(?:for|at)\s+an?\s+(?:additional|extra)\s+(?:fee|cost|charge))\b|\bcopies\s+of\s+(?:your|their|its)\s+(?:own\s+)?(?:data|content|files)\b[^.;]{{0,40}}\b(?:responsib|risk)\w*|"
            rf"{CLIENT}\s+(?:must|shall|should|are\s+(?:advised|encouraged)\s+to)\s+(?:\w+\s+){{0,2}}?(?:keep|maintain|retain|make)\s+(?:\w+\s+){{0,3}}?copies\s+of\s+(?:\w+\s+){{0,3}}?(?:data|content|files)\b",
        ),
        weight=4,
    ),
    KindCue(  # not promised
        kind="backup_disclaimer",
        text=(
            rf"{FREE_OF}[^.;]{{0,50}}\b(?:responsib\w+|liab\w+|obligat\w+|required|guarantee\w*|warrant\w*|undertake\w*|represent\w*)\b[^.]{{0,140}}{COPY}|"
            rf"{COPY}[^.;]{{0,60}}{FREE_OF}\s+(?:be\s+)?(?:included|provided|covered|part\s+of|performed|offered|available|guaranteed|supported|intended|a\s+substitute|taken|made)\b|"
            rf"\b(?:do(?:es)?\s+not|don['’]t|doesn['’]t|will\s+not|shall\s+not|cannot|won['’]t)\s+(?:\w+\s+)?(?:provide|perform|include|offer|guarantee|maintain|make|take|create|keep|back[-\s]?up|support)\b[^.;]{{0,60}}(?:{BACKUP}|\bback[-\s]?up\b)|"
            rf"{FREE_OF}\s+(?:\w+\s+)?back(?:ed)?[-\s]?up\b|\bno\s+(?:\w+\s+)?{COPY}\s+(?:is|are|will|shall|services?)|\bexclud\w+[^.;:]{{0,40}}{BACKUP}|{BACKUP}[^.;]{{0,40}}\b(?:is|are)\s+excluded|\bnot\s+on\s+the\b[^.;]{{0,30}}{BACKUP}",
        ),
        never=(
            r"\b(?:remove|delete|destroy|erase|return)\b[^.;]{0,80}\bback[-\s]?up",
            r"\bnot\s+limited\s+to\b[^.;]{0,40}\bback",
            r"\b(?:not\s+only|no\s+less|no\s+later|not\s+less|no\s+more)\b",
        ),
        weight=4,
    ),
    KindCue(  # lost data is nobody's fault
        kind="backup_disclaimer",
        text=(
            r"\b(?:(?:not|no|never|neither|nor)\b[^.;]{0,40}\b(?:responsib\w+|liab\w+)|(?:hold|harmless)\b[^.;]{0,40}\bharmless)\b[^.;]{0,60}\b(?:(?:loss|corruption|deletion|destruction)\s+of\s+(?:any\s+|your\s+|the\s+|customer\s+|client\s+)*(?:data|content|files)|data\s+loss|lost\s+data)|"
            r"\b(?:customer|client|subscriber|user|you)\b[^.;]{0,60}\b(?:responsible|risk|liab\w+)\b[^.;]{0,30}\b(?:loss\s+of\s+(?:\w+\s+)?data|data\s+loss)|"
            r"\b(?:no|not|disclaims?|without)\b[^.;]{0,30}\b(?:responsib\w+|liab\w+)\b[^.;]{0,50}\b(?:lost|deleted|corrupted|damaged)\s+(?:data|content|files)\b|"
            r"\b(?:data\s+loss|loss\s+of\s+(?:\w+\s+)?data)\b[^.;]{0,60}\b(?:is|are|at)\s+(?:not\s+our|the\s+(?:customer|client|user)|your\s+own)\b",
        ),
        never=(
            r"\b(?:consequential|incidental|special|indirect|punitive|profits?|revenues?|goodwill|business\s+interruption)\b",
        ),
        weight=3,
    ),
)
