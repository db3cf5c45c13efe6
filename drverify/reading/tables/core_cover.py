"""Cues of what is backed up, who watches over it, and who disclaims it."""
# ruff: noqa: E501, ISC004, RUF001 - long patterns, and the characters that agreements use

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import (
    BACKUP,
    CLIENT,
    COPY,
    DATA,
    EVERY,
    FREE_OF,
    HOW_TO,
    MAKE,
    RETAIN,
    WATCH,
)

_VERB = r"\b(?:backs?[-\s]up|backed[-\s]up|backing[-\s]up|(?:shall|will|must|to|may|can|should|not|we|they|you|also|automatically|regularly)\s+back[-\s]?up)\b(?!\s+(?:and|or|servers?|sites?|copies)\b)"

_LOOK = r"\b(?:monitor(?:s|ed|ing)?|confirm(?:s|ed|ing)?(?=[^.;]{0,80}\b(?:performed|complet\w+|success\w*|made|taken))|verif(?:y|ies|ied|ication|ying)|check(?:s|ed|ing)?|examin\w+|alert(?:s|ed|ing)?|notif\w+|inspect\w*|[üu]berwach\w*|surveill\w*)\b"
_THING = rf"(?:{DATA}|\b(?:it|them|everything|teams|exchange|sharepoint|onedrive|mysql|postgres\w*|O/S)\b)"
_OWN_COPY = rf"(?:(?:maintain|keep|make|provide\s+for|see\s+to|perform|creat\w+|ensure|take|have|arrange|implement|retain)\b[^.;]{{0,30}}{BACKUP}|(?:regularly\s+|periodically\s+)?back[-\s]?up\b)"

COVER_CUES = (
    KindCue(
        kind="backup_monitoring",
        text=(
            rf"{_LOOK}[^.;]{{0,60}}{COPY}|{COPY}[^.;]{{0,70}}{_LOOK}|{WATCH}\W+(?:\w+\W+){{0,3}}?{COPY}|{COPY}\W+(?:\w+\W+){{0,4}}?{WATCH}|\bsupervis\w+[^.;]{{0,50}}{COPY}|{BACKUP}\s+(?:logs|reports?|status|monitoring|alerts?|verification)\b",
        ),
        never=(
            HOW_TO,
            r"\b(?:restor\w+|recover\w+)\s+test|\btest\s+restor",
            r"\breview(?:ed)?\s+and\s+updat",
            r"\b(?:invoice|notice)s?\s+(?:with|and|including|together)\b",
            r"\b(?:configur\w+|customi[sz]\w*|installation)\b[^.;]{0,60}\b(?:settings|schedule|notifications)",
            r"\bnotify\s+\w+\s+of\s+any\s+specific",
            r"\b(?:hours?|days?|minutes?)\s+(?:of|after|from|following)\s+(?:\w+\s+){0,3}notif",
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
        never=(
            HOW_TO,
            r"\bequipment\s+failure|\brestor\w+[^.;]{0,30}\bfailure",
        ),
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
        never=(
            HOW_TO,
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
            rf"^\W*(?:\w[\w/&-]*\W+){{0,3}}?(?:perform|implement|manage|operate|run|execut|administ|handl|provid|carry|carrying|management|implementation|execution|configur)\w*\W+(?:\w[\w/&-]*\W+){{0,5}}?{BACKUP}(?!\s+(?:strateg|polic|procedure|requirement|plan|job|schedule|report|monitor))",
        ),
        never=(
            HOW_TO,
            r"\btest\w*|\brestor\w+\s+test",
            WATCH,
            RETAIN,
            r"\brequirements\b|\bprocedures?\b|\blist\s+of\b|\bspecific\b",
        ),
        blocks=("row",),
    ),
    KindCue(  # a service list that names it
        kind="backup_scope",
        text=(
            rf"\bservices?\b[^.;]{{0,60}}:[^.;]{{0,120}}(?:,|\band\b)\s*{BACKUP}\s*(?:,|\band\b|\.)|:\s*{BACKUP}\s*,",
        ),
        never=(
            HOW_TO,
            r"\bresponsible\b",
        ),
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
            r"\bresponsib\w+\s+(?:for|to)\s+(?:\w+\s+)?(?:check|verify|monitor|review)\w*\b",
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
        never=(
            r"\b(?:provider|supplier|vendor|we|our|hosting\s+provider)\b",
            WATCH,
            FREE_OF,
            EVERY,
            r"\bperform\W*$|\brequirements\b|\buses\s+snapshots|\bfree\s+space\b",
        ),
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
            rf"{COPY}[^.;]{{0,110}}{FREE_OF}\s+(?:be\s+)?(?:included|provided|covered|part\s+of|performed|offered|available|guaranteed|supported|intended|a\s+substitute|taken|made|created|kept)\b|"
            rf"\b(?:do(?:es)?\s+not|don['’]t|doesn['’]t|will\s+not|shall\s+not|cannot|won['’]t)\s+(?:\w+\s+)?(?:provide|perform|include|offer|guarantee|maintain|make|take|create|keep|back[-\s]?up|support)\b[^.;]{{0,60}}(?:{BACKUP}|\bback[-\s]?up\b)|"
            rf"{FREE_OF}\s+(?:\w+\s+)?back(?:ed)?[-\s]?up\b|\bno\s+(?:\w+\s+)?{COPY}\s+(?:is|are|will|shall|services?)|\bexclud\w+[^.;:]{{0,40}}{BACKUP}|{BACKUP}[^.;]{{0,40}}\b(?:is|are)\s+excluded|\bnot\s+on\s+the\b[^.;]{{0,30}}{BACKUP}",
        ),
        never=(
            r"\b(?:remove|delete|destroy|erase|return)\b[^.;]{0,80}\bback[-\s]?up",
            r"\bnot\s+limited\s+to\b[^.;]{0,40}\bback",
            r"\b(?:not\s+only|no\s+less|no\s+later|not\s+less|no\s+more)\b",
            r"\b(?:alerts?|alarms?|tickets?)\b[^.;]{0,40}\b(?:if|when|where)\b[^.;]{0,20}\bno\b",
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
