"""Cues of recovery: objectives, restoring, the plans for it and the tests of it."""
# ruff: noqa: E501, ISC004, RUF001 - long patterns, and the characters that agreements use

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import (
    BACKUP,
    CONTINUITY,
    COPY,
    DATA,
    FREE_OF,
    HOW_TO,
    META,
    PRECIOUS,
    RESTORE,
    SERVICE,
    SITE,
    TEST,
    TRIAL,
)

_DEFINES = r"\b(?:means|refers\s+to|stands\s+for|is\s+defined\s+as|shall\s+have\s+the\s+meaning|is\s+the\s+(?:maximum|point|amount|age|time|period|duration|target)|defines?|describes?)\b"
_RPO = r"\bRPOs?\b|\brecovery[-\s]+points?[-\s]+(?:objectives?|targets?)\b|\bPDMA\b(?=\W{0,4}(?:\(|:|=|de\b|est\b|maximale|garanti|\d))|\bperte\s+de\s+donn[ée]es\s+maximale"
_RTO = (
    r"\bRTOs?\b|\brecovery[-\s]+time(?:[-\s]+(?:objectives?|targets?|frames?|capabilit\w+))?\b(?!ly)|\bMTPDs?\b|\bDIMA\b|\bmaximum\s+(?:tolerable|allowable|acceptable)\s+"
    r"(?:outage|downtime|period\s+of\s+disruption)|\bmax(?:imum|\.)?\s+down-?time\b(?!\s+per)|wiederherstellungszeit|wiederanlaufzeit"
)
_RTO_STRICT = r"\bRTOs?\b|\brecovery[-\s]+time[-\s]+(?:objectives?|targets?)\b|\brecovery\s+times?\s+(?:is|are|will|shall|of|depends?)\b|\bMTPDs?\b|wiederherstellungszeit"
_SAYS = r"\b(?:minimi[sz]\w+|shall|will|must|is|are|depends?|determined|minimal|minimum|low|near|zero|within|guarantee\w*|ensur\w+|meets?|achiev\w+|targets?|commit\w*|provid\w+|subject\s+to|set\s+(?:forth|out)|specified|agreed|as\s+defined)\b|:"
_TALKS = r"\b(?:understand|whether|view|consider|calculat\w+|current(?:ly)?|notifications?|learn|your\s+own|should\s+think|check(?:s|ing)?\s+(?:if|that)|discuss\w*|impact\s+of|factors?|examples?)\b"
_RESUME = (
    r"\b(?:restor(?:e|es|ed|ing|ation)|recover(?:s|ed|ing|y)?|resum(?:e|es|ed|ing|ption)|reinstat\w+|re-?establish\w*|reconstitut\w+|fail(?:s|ed)?[-\s]?over|"
    r"bring(?:ing)?\b[^.;]{0,40}\b(?:back|on-?line|up)|back\s+(?:up\s+and\s+running|on-?line|in\s+operation|in\s+service)|(?:running|operating|working|live|up)\s+again|relocat\w+|switch(?:ed)?[-\s]?over|switch\w*\s+(?:the\s+|all\s+)?(?:\w+\s+)?(?:services?|operations|processing)\s+to|operational|commence\w*|"
    r"make\s+available|wiederherstell\w*|r[ée]tabli\w*)\b"
)
_MONEY = r"\brecover\w*\b[^.;]{0,60}\b(?:damages?|costs?|fees?|expenses?|amounts?|losses|payments?|sums?|attorney\w*|price|taxes|debts?)\b|\brecoverable\b|\brestor\w+\s+(?:the\s+)?(?:premises|leased|property|land)"
_PROMPT = (
    r"\b(?:as\s+(?:soon|quickly|promptly|expeditiously|rapidly|fast)\s+as|prompt(?:ly)?|timely|without\s+(?:undue\s+|unreasonable\s+)?delay|immediate(?:ly)?|expeditious(?:ly)?|"
    r"speed(?:y|ily)|quick(?:ly)?|rapid(?:ly)?|within\s+(?:the|a|an|such)\s+(?:\w+\s+){0,3}?(?:times?|time-?frames?|periods?|objectives?)|minimal|minimi[sz]\w+)\b"
)
_CREDIT = r"\b(?:credits?|refund\w*|rebate\w*|penalt\w+)\b"

_PLANNING = (
    r"\b(?:maintain\w*|develop\w*|implement\w*|ha(?:s|ve)|provid\w+|establish\w*|prepar(?:e|es|ed|ing)|submit\w*|deliver\w*|compl(?:y|ies)|adher\w+|execut\w+|invok\w+|updat\w+|review\w*|"
    r"cooperat\w+|co-operat\w+|carr(?:y|ies)\s+out|agree\w*|produc(?:e|es)|put\s+into\s+effect|follow(?:s|ing|ed)?|includ\w+|creat\w+|keep\w*|activat\w+|assist\w*|support\w*|furnish\w*|adopt\w*|document(?:s|ed|ing)?|perform\w*|offer\w*|ensure\w*|"
    r"demonstrat\w+|design\w*|approv\w+|participat\w+|manag\w+|operat\w+|initiat\w+|declar\w+|relocat\w+|obligat\w+|cover(?:s|ed|ing)?|plan(?:s|ning)?\s+for|services?\s+includ\w+)\b"
)
_PLANNED = (
    r"(?:maintained|developed|implemented|provided|established|prepared|submitted|delivered|executed|invoked|updated|reviewed|followed|included|created|kept|activated|furnished|adopted|documented|"
    r"performed|offered|approved|in\s+place|in\s+effect|available|made\s+available|designed|defined|attached|set\s+(?:forth|out)|a\s+basic|part\s+of|operational|managed|required|agreed)\b"
)

RECOVERY_CUES = (
    KindCue(
        kind="rpo", text=(_RPO,), figure="duration", never=(r"\bfor\s+example\b|\be[.\u2024]g\b",), weight=5
    ),
    KindCue(
        kind="rpo", text=(_RPO, _SAYS), never=(_DEFINES, _TALKS, r"^\W*(?:\w+\W+){0,3}RPOs?\W*$"), weight=5
    ),
    KindCue(kind="rpo", text=(r"\d",), context=(_RPO,), figure="duration", blocks=("row",), weight=5),
    KindCue(
        kind="rpo",
        text=(
            r"\b(?:los[est]\w*|loss)\b[^.;]{0,60}\bdata\b(?!\s?-?cent)|\bdata\b(?!\s?-?cent)[^.;]{0,40}\b(?:loss|lost)\b|\b(?:data|state|condition|point|backup|copy|status)\b[^.;]{0,80}\b(?:no|not)\s+(?:more\s+than|older|later|earlier|less)|"
            r"\b(?:current|up[-\s]to[-\s]date)\b[^.;]{0,30}\b(?:within|as\s+of)\b",
            r"\bno\b[^.;]{0,40}\bmore\s+than\b|\b(?:not?\s+(?:more|exceed\w*|to\s+exceed|older|earlier|later|less)|maximum|at\s+most|limited\s+to|up\s+to|less\s+than|within|at\s+least)\b",
            r"\b(?:restor\w+|recover\w*|data\s+loss|loss\s+of\s+data|los[est]\w*|disaster|failure|outage|replicat\w+)\b",
        ),
        figure="duration",
        never=(
            r"\brestored?\s+(?:\w+\s+)?from\s+(?:\w+\s+)?back\S*ups?\s+(?:within|not\s+later|no\s+later)",
            r"\bliab\w+|\bdamages\b|\bsecurity\s+(?:breach|incident)|\bnotif\w+",
            r"\bafter\s+(?:the\s+|a\s+|such\s+|your\s+|our\s+|its\s+)?(?:receipt|receiving|request|ticket|call|order)",
            _CREDIT,
        ),
        weight=4,
    ),
    KindCue(
        kind="rpo",
        text=(r"\d",),
        context=(rf"(?:{_RPO})[^\n]*$|(?:{_RPO})[^\n]{{0,60}}\n[^\n]*$",),
        figure="duration",
        never=(r"\bretain|\bretention|\bkept\b|\btest", _RTO),
        blocks=("item", "paragraph"),
        weight=4,
    ),
    KindCue(
        kind="rto",
        text=(r"\d",),
        context=(rf"(?:{_RTO})[^\n]*$|(?:{_RTO})[^\n]{{0,60}}\n[^\n]*$",),
        figure="duration",
        never=(r"\bretain|\bretention|\bkept\b|\btest", _RPO, r"\bresponse\s+time"),
        blocks=("item", "paragraph"),
        weight=4,
    ),
    KindCue(
        kind="rto", text=(_RTO,), figure="duration", never=(r"\bfor\s+example\b|\be[.\u2024]g\b",), weight=5
    ),
    KindCue(
        kind="rto",
        text=(_RTO_STRICT, _SAYS),
        never=(_DEFINES, _TALKS, r"^\W*(?:\w+\W+){0,3}RTOs?\W*$"),
        weight=5,
    ),
    KindCue(kind="rto", text=(r"\d",), context=(_RTO,), figure="duration", blocks=("row",), weight=5),
    KindCue(  # the paraphrase (T7)
        kind="rto",
        text=(
            rf"{_RESUME}[^.;]{{0,90}}{SERVICE}|{SERVICE}[^.;]{{0,90}}{_RESUME}",
            r"\b(?:within|no\s+(?:later|more|longer)\s+than|not\s+(?:exceed\w*|more|later)|less\s+than|in\s+(?:under|less)|at\s+most|maximum|more\s+than|up\s+to|exceeds?|by)\b",
        ),
        either=(
            rf"{CONTINUITY}|{SITE}|\bdisasters?\b|\bcatastroph|\bfail-?over\b|\bdown[-\s]?time\b[^.;]{{0,60}}\bextends?\b|\bdeclar\w+|\boutages?\b|\bunable\s+to\b|\bfailure\b|\b(?:mission[-\s])?critical\b|\bessential\b|\bfails?\b|\bfailed\b|\bloss\s+of\s+(?:the\s+|a\s+|an\s+|one\s+)?(?:\w+\s+)?(?:data\s?cent|site|facility|building|server|host)|\bdestroyed\b",
        ),
        never=(_CREDIT, _MONEY, r"\bterminat\w+|\bcure\b|\bescalat\w+|\bresponse\s+time", TRIAL),
        figure="duration",
        weight=3,
    ),
    KindCue(  # after such a time the other side works elsewhere
        kind="rto",
        text=(
            r"\b(?:down[-\s]?time|outage|interruption|failure|disaster|unavailab\w+)\b[^.;]{0,80}\b(?:extends?|exceeds?|continues?|lasts?|longer|more)\b",
            SITE,
        ),
        figure="duration",
        weight=3,
    ),
    KindCue(  # without a figure: "resume the Services as soon as practicable after a disaster"
        kind="rto",
        text=(
            rf"\b(?:restor(?:e|es|ed|ing|ation)|resum(?:e|es|ed|ing|ption)|reinstat\w+|re-?establish\w*|recover(?:s|ed|ing|y)?|fail-?over)\b[^.;]{{0,80}}{SERVICE}|{SERVICE}[^.;]{{0,40}}\b(?:restored|resumed|reinstated|recovered)\b|\brelocat\w+[^.;]{{0,60}}{SERVICE}",
            _PROMPT,
        ),
        either=(rf"{CONTINUITY}|\bdisasters?\b|\bcatastroph|\bforce\s+majeure\b[^.;]{{0,200}}\bplan\b",),
        never=(_MONEY, _CREDIT, r"\bresponse\s+time|\bseverity"),
        weight=2,
    ),
    KindCue(
        kind="restore_time",
        text=(
            rf"{RESTORE}|\brecall\b",
            r"\b(?:within|no\s+(?:later|more|longer)\s+than|not\s+(?:exceed\w*|more|later)|less\s+than|in\s+(?:under|less)|at\s+most|maximum|takes?|taken|duration|time|hours?)\b",
        ),
        either=(
            rf"{COPY}|\btapes?\b|\b(?:data|customer)\s+files?\b|\bfiles?\b|\boff[-\s]?site\s+storage\b|\brestor(?:e|ation)\s+(?:requests?|times?)",
        ),
        never=(
            r"^(?!.*\b(?:data|files?|back\S*ups?|tapes?|database|vms?|virtual|storage|requests?|snapshots?)\b).*\b(?:systems?|services?|operations|applications?)\b",
            r"\b(?:isn[’']?t|not|cannot|can[’']?t)\s+(?:be\s+)?(?:possible|available|restored)",
            _RTO,
            _RPO,
            _CREDIT,
            _MONEY,
            TRIAL,
            r"\bretain\w*|\bretention|\bkept\b|\bterminat\w+|\bperiod\s+of\b|\bolder\b|\bnotif\w+|\bwithin\s+the\s+(?:last|past|previous|preceding)\b|\bfrom\s+(?:any|one)\s+of\s+the\b",
        ),
        figure="duration",
        weight=3,
    ),
    KindCue(
        kind="restore_time",
        text=(
            rf"{RESTORE}[^.;]{{0,120}}(?:{_PROMPT}|\ba\s+few\s+(?:minutes|hours|days)|\bdepend(?:s|ing)\s+on)|{_PROMPT}[^.;]{{0,60}}{RESTORE}",
        ),
        either=(rf"{BACKUP}|\btapes?\b|\brestor(?:e|ation)\s+process",),
        never=(
            _RTO,
            _RPO,
            _MONEY,
            TRIAL,
            CONTINUITY,
            r"\bin\s+accordance\s+with",
            r"\brecovery\s+(?:process|procedure)",
        ),
        weight=1,
    ),
    KindCue(
        kind="restore_test",
        text=(
            rf"{TEST}[^.;]{{0,60}}{RESTORE}|{RESTORE}\w*[^.;]{{0,60}}{TRIAL}|{TRIAL}[^.;]{{0,40}}{BACKUP}|{BACKUP}[^.;]{{0,60}}\b(?:tested|testing|tests)\b",
        ),
        either=(COPY,),
        never=(
            r"\bdisaster\s+recovery\s+(?:plan|test)|\bcontinuity|\bDRP\b|\bBCP\b",
            r"\brecovery\s+procedures\s+required",
            r"\btest\s+back[-\s]?ups?\s+of\b",
            r"\btest\s+(?:environment|system|data|server)s?\b",
            r"\bUPS\b|\bgenerator|\bbatter",
        ),
        weight=3,
    ),
    KindCue(  # an item under "usability checks"
        kind="restore_test",
        text=(r"\b(?:every|each|once|twice|quarterly|monthly|weekly|annual\w*|yearly|daily)\b",),
        context=(
            r"(?:^|\n)[^\n]{0,30}\b(?:usability|restor\w+|recover\w+|back\S*up)\s+(?:checks?|tests?|testing|verification|validation|drills?)\b[^\n]*\n?[^\n]*$",
        ),
        never=(CONTINUITY, r"\bretain|\bkept\b", rf"{BACKUP}[^.;]{{0,60}}\b(?:verified|checked|reviewed)\b"),
        never_context=(r"\bdisaster\b|\bcontinuity\b",),
        blocks=("item", "paragraph"),
        figure="interval",
        weight=2,
    ),
    KindCue(
        kind="restore_test",
        text=(
            r"\b(?:test\s+restor\w+|restor(?:e|ation)[-\s]tests?|restor\w+\s+(?:are|is|will\s+be)\s+tested|trial\s+restor\w+|mock\s+restor\w+|wiederherstellungstests?|tests?\s+de\s+restauration|r[üu]cksicherungstests?)\b",
        ),
        weight=3,
    ),
    KindCue(
        kind="restore_test",
        text=(
            rf"\b(?:usab|restorab|recoverab|readab)\w+[^.;]{{0,60}}{BACKUP}[^.;]{{0,60}}{TEST}|{TEST}[^.;]{{0,40}}\b(?:restorab|recoverab|usab|readab)\w+",
        ),
        either=(COPY,),
        weight=3,
    ),
    KindCue(
        kind="restore_responsibility",
        text=(
            rf"\brestor(?:e|es|ed|ing|ation|ations)\b[^.;]{{0,70}}{DATA}|{RESTORE}[^.;]{{0,40}}{PRECIOUS}|{DATA}[^.;]{{0,60}}\b(?:restored|recovered|reinstalled|reconstructed|re-?created|retrieved)\b|{BACKUP}\s*(?:/|and|&|,)\s*(?:data\s+)?(?:restor\w+|recover\w*)",
        ),
        never=(
            HOW_TO,
            _MONEY,
            _RTO,
            _RPO,
            TRIAL,
            r"\b(?:building|premises|restaurant|salvage|goods|lands?|property\s+damage|insured)\b",
            r"\bdisaster\s+recovery|\bcontinuity",
            r"\brecover\w*\s+(?:from|of)\s+(?:the\s+)?(?:customer|client|provider)\b",
            r"\brestor\w+\s+(?:\w+\s+)?(?:confidence|peace|health)",
            r"\bretriev\w+[^.;]{0,60}\b(?:expir|terminat)",
            r"\bcan[’']?t\s+be\s+recovered",
            r"\bback\S*up\s+and\s+(?:restor\w+|recovery)\s+(?:requirements?|procedures?|services|software|polic\w+|documentation|strateg\w+)",
            r"\bin\s+order\s+to\s+re",
            r"\bfast\w*\s+(?:to\s+)?recover\w*|\brecovery\s+area|\bavailable\s+for\s+restor|\bgranularity\b|\bto\s+enable\b|\bonce\s+(?:it|they)\s+ha",
            r"\baccess\w*\s+(?:and|or|,)\s+retriev",
        ),
        either=(
            rf"{COPY}|\b(?:shall|will|must|may|can|able\s+to|responsible\s+for)\s+(?:\w+\s+)?restor(?:e|ing)\b|^\W*(?:\([a-z]+\)\s*)?restor(?:e|ing|ation)\b|\b(?:lost|loss|corrupt\w*|damag\w+|destroy\w*|fail\w*|disaster|accidental\w*|delet\w+|tapes?|archiv\w+|granular|point[-\s]in[-\s]time|requested\s+restor\w+)\b",
        ),
    ),
    KindCue(
        kind="restore_responsibility",
        text=(
            r"\brecovery\s+(?:processes|procedures|services?|operations)\b|\brestor(?:e|es|ation|ing)\s+(?:from|requests?|services?|procedures?)\b|\b(?:user|customer|client)[-\s]requested\s+restor\w+|\b(?:request|execut|perform|initiat|conduct)\w*\s+(?:an?\s+|the\s+)?(?:\w+\s+){0,3}?restor(?:e|es|ation|ations)\b",
        ),
        either=(rf"{COPY}|\bfailure",),
        never=(HOW_TO, TRIAL, _RTO, _RPO, r"\bdisaster\s+recovery|\bcontinuity", _MONEY),
    ),
    KindCue(
        kind="restore_responsibility",
        text=(
            r"\b(?:may|can|will|shall|must|could|able\s+to|responsible\s+for|please|possible\s+to|wish\s+to|request\s+to|need\s+to|used\s+to)\s+(?:[^\s.;]+\s+){0,8}?(?:selectively\s+)?restor(?:e|ing)\s+(?:these|the|a|an|your|their|its|any|individual|it|them|from|data|files|to|backups?|user|customer)\b|"
            r"^\W*(?:\([a-z]+\)\s*)?(?:restor(?:e|ing)|initiat\w+\s+(?:\w+\s+)?restor\w+|perform\w*\s+(?:\w+\s+){0,2}restor\w+)\b|\bback\S*up\s*(?:/|and|&)\s*restor(?:e|ation)\s+(?:management|services?)\b|\brestor(?:e|ation)s?\s+(?:is|are)\s+(?:\w+\s+)?(?:available|possible|performed|provided|done)",
        ),
        either=(BACKUP,),
        never=(
            HOW_TO,
            TRIAL,
            _RTO,
            _RPO,
            r"\bdisaster\s+recovery|\bcontinuity",
            _MONEY,
            r"\brestor(?:e|ation)\s+(?:points?|windows?|process)",
            _PROMPT,
            r"\bbackup\s+and\s+restor\w+\s+(?:requirements|procedures|software)",
            r"\benable\s+back",
        ),
        blocks=("item", "paragraph", "row"),
    ),
    KindCue(  # "The plans will be made available ..."
        kind="dr_plan",
        text=(
            r"^\W*(?:\([a-z]+\)\s*)?(?:the|such|these|this|said|both)\s+plans?\b[^.;]{0,40}\b(?:shall|will|must|is|are|includes?|covers?|provides?)\b",
        ),
        either=(CONTINUITY,),
        never=(TRIAL,),
    ),
    KindCue(  # an item of a list of services
        kind="dr_plan",
        text=(rf"^\W*(?:\([a-z]+\)\s*)?{CONTINUITY}(?:\s+(?:services?|planning|support|management))?\W*$",),
        context=(r"\b(?:services?|includes?|including|following|responsib\w+|scope|provide)\b",),
    ),
    KindCue(
        kind="dr_plan",
        text=(
            rf"{_PLANNING}[^.;]{{0,90}}{CONTINUITY}|{CONTINUITY}[^.;]{{0,80}}\b(?:is|are|be|been|being|has|have|shall|will|must|should|to)\s+(?:\w+\s+){{0,2}}?{_PLANNED}|"
            rf"{CONTINUITY}[^.;]{{0,30}}\b(?:shall|will|must|should|includes?|including|covers?|provides?|ensures?|consists?|contains?|describes?|designat\w+|identif\w+|requires?|addresses)\b|"
            rf"\b(?:is|are|be)\s+(?:\w+\s+)?(?:responsible|prepared)\b[^.;]{{0,60}}{CONTINUITY}|\bwith\s+an?\s+(?:full\s+|comprehensive\s+)?{CONTINUITY}",
        ),
        never=(
            META,
            r"[\"”“]\s*(?:\([^)]{0,40}\)\s*)?(?:shall\s+)?means?\b|\bmeans\s+(?:the|any|a|an)\b",
            r"\bforce\s+majeure\b[^.;]{0,80}\bmeans\b",
            r"\bbusiness\s+interruption\s+insurance\b",
            r"\b(?:alternate|alternative)\s+providers\b",
            r"\bmay\s+use\b",
            rf"\b(?:except|other\s+than)\s+(?:to\s+the\s+extent\s+)?(?:\w+\s+){{0,5}}{CONTINUITY}",
        ),
    ),
    KindCue(
        kind="dr_test",
        text=(
            rf"{TRIAL}[^.;]{{0,110}}(?:{CONTINUITY})|(?:{CONTINUITY})[^.;]{{0,140}}{TRIAL}|\btest\w*[^.;]{{0,20}}\brecovery\s+procedures\b|\bfail-?over\s+(?:test|exercise)\w*|{TRIAL}[^.;]{{0,30}}\bfail-?over|\bDR\s+(?:tests?|testing|exercises?|drills?|rehearsals?|simulations?)\b",
        ),
        never=(
            rf"\btest\w*[^.;]{{0,20}}{BACKUP}\s+and\s+recovery\s+procedures",
            r"[\"”“]\s*(?:shall\s+)?means?\b",
            rf"{FREE_OF}\s+(?:been\s+)?tested",
            META,
            r"\bmay\s+use\b",
            r"\btest\s+restor",
        ),
        weight=3,
    ),
    KindCue(
        kind="dr_test",
        text=(
            rf"\b(?:plans?|exercises?|drills?|fail-?over|recovery)\b[^.;]{{0,60}}\b(?:tested|exercised|rehearsed|conducted|performed|carried\s+out)\b|\b(?:conduct|perform|carry\s+out|run|execute|participate\s+in|schedule|hold)\w*\s+(?:[\w-]+\s+){{0,4}}?{TRIAL}|"
            rf"\btest(?:s|ing)?\s+(?:the\s+|such\s+|these\s+|its\s+|of\s+the\s+|both\s+)?(?:\w+\s+){{0,2}}(?:plans?|procedures|capabilit\w+)\b|^\W*(?:annual|quarterly|monthly|yearly|semi-?annual|regular|periodic)\w*\s+(?:[\w-]+\s+){{0,2}}?{TRIAL}",
        ),
        context=(rf"{CONTINUITY}",),
        never=(META, r"\btest\s+(?:environment|data|system)", BACKUP, r"\brestor\w+", r"\bmay\s+use\b"),
        weight=1,
    ),
)
