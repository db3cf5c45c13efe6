"""Cues of copies by what becomes of them: made, kept, moved away, locked, enciphered, watched."""
# ruff: noqa: E501, ISC004, RUF001 - long patterns, and the characters that agreements use

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import BACKUP, CLIENT, COPY, ELSEWHERE, EVERY, HOW_TO, META, TRIAL

_SETS = rf"(?:{COPY}|\b(?:tapes?|images?|archives?|exports?|dumps?|generations?|versions?|cop(?:y|ies)|media|restore\s+points?|recovery\s+points?|journals?|replicas?)\b)"
_SAVED = rf"(?:{COPY}|\b(?:(?:month|year|quarter|week|day)[-\s]end|archiv\w+|second(?:ary)?|duplicate|spare|shadow|volume|full|incremental|differential|daily|weekly|monthly|yearly|annual|quarterly|hourly|nightly|offline|off-?line|database|sql|tape|disk)\s+(?:tapes?|images?|archives?|exports?|dumps?|cop(?:y|ies)|sets?|media)\b)"
_END = r"\b(?:recycled|rotated|overwritten|pruned|expired?|expires|discarded|purged|deleted|removed|destroyed|aged?\s+out|ages\s+out|roll(?:s|ed)?\s+(?:off|over)|reused|scratched|dropped)\b"
_STAY = r"\b(?:archived|retained|kept|stored|held|preserved|maintained|remains?|stays?|lives?|keeps?|holds?|retains?|stores?|hold|keep|retain|store|preserve|maintain)\b"
_NOT_COPIES = r"\b(?:invoices?|logs?|records?\s+of|contract|agreement|software|licen[sc]e\w*|source\s+code|confidential|employees?|personnel|data\s+subjects?)\b"
_MEDIA = r"\b(?:tapes?|disks?|media|cartridges?|back-?\s?ups?|storage|vault|archive|nas|bucket|s3)\b"
_SAVES = r"\b(?:written|copied|saved|dumped|archived|transferred|exported|streamed|spooled|captured|secured|duplicated|replicated|imaged)\b"
_AWAY = (
    r"(?:\b(?:off[-\s]?(?:sites?|premises?|island|shore|campus|location)|away\s+from\s+(?:the\s+|our\s+|its\s+)?(?:\w+\s+)?(?:premises|site|building|data\s?cent(?:er|re)|office|campus)|remote(?:ly)?\b(?!\s+(?:access|desktop|support|hands|work))|"
    r"(?:partner|dr|disaster\s+recovery|sister|back-?up|secondary|second|other|another|alternate|external|third[-\s]part\w+|independent|separate|different|distant|remote|geographical\w*|off-?site)\s+(?:\w+\s+){0,2}?(?:sites?|locations?|data\s?-?cent(?:er|re)s?|facilit(?:y|ies)|region|regions|building|buildings|cloud|custodian|vault|provider|fire\s+compartments?|country|state|city|account)|"
    r"records?\s+management\s+compan\w+|storage\s+compan\w+|custodian|bank\s+vault|safe\s+deposit|(?:fire|security)\s+compartments?)\b)"
)
_MOVED = r"\b(?:stored|kept|held|copied|replicat\w+|mirror\w*|sent|shipp?ed|transferred|transported|moved|rotated|collected|deposited|lodged|reside[sd]?|located|housed|vaulted|uploaded|synchroni[sz]ed|leave[s]?|placed|maintained|duplicat\w+|saved|retain(?:s|ed)?|cop(?:y|ies)|stor(?:e|es|age)|held|keeps?)\b"
_LOCKED = (
    r"\b(?:immutab\w+|unchang\w+able|unchangeable|unalterable|indelible|non-?(?:erasable|rewrit\w+|delet\w+)|read-?only|write-?(?:once|protected)|worm\b|tamper[-\s]?(?:proof|resistant|evident|free)|ransomware[-\s]?(?:proof|safe|resistant|resilient|protected)|"
    r"air[-\s]?gap\w*|object[-\s]?lock\w*|retention[-\s]lock\w*|(?:delete|deletion|erasure|malware|ransomware)[-\s]protect\w+|protection\s+against\s+(?:deletion|ransomware|encryption|manipulation|tampering)|"
    r"locked\s+against|vault[-\s]lock\w*|(?:logically|physically)\s+(?:isolated|separated)|(?:separate|isolated|different)\s+(?:security\s+domain|credentials|account)|off-?line\s+cop(?:y|ies)|(?:kept|stored|held|taken)\s+off-?line|(?:disconnected|isolated|separated|decoupled)\s+from\s+(?:the\s+)?(?:\w+\s+)?(?:network|production|environment))\b"
)
_DENIED = r"\b(?:not|cannot|never|no\s+one|nobody|neither|no\s+(?:\w+\s+)?(?:user|administrator|person|party|account)|prevent\w*|impossible|protected)\b"
_CIPHER = r"\b(?:encrypt\w*|cipher\w*|encipher\w*|cryptograph\w*|crypto\b|AES(?:[-\s]?\d+)?|LUKS|GPG|PGP|encoded\s+with\s+a\s+key|BitLocker)\b"
_WATCHED = r"\b(?:monitor\w*|watch(?:es|ed)?|check(?:s|ed|ing)?|verif(?:y|ies|ied|ication|ying)|review(?:s|ed)?|inspect\w*|examin\w+|supervis\w+|observ\w+|alert\w*|alarm\w*|notif\w+|report(?:s|ed|ing)?|e-?mail(?:s|ed)?|inform(?:s|ed)?|escalat\w+|log(?:s|ged)|ticket|re-?run|repeated|retried|investigat\w+|rectified|remed\w+|visible|seen|shown|displayed|dashboard|portal)\b"
_OUTCOME = r"\b(?:fail(?:s|ed|ures?|ing)?|success\w*|unsuccessful\w*|missed|complet(?:e|es|ed|ion)|error\w*|status|results?|outcome|integrity|skipped|incomplete|late|overdue)\b"
_ASK = r"\b(?:are|is|do|does|will|can|where|how)\b[^\n]{0,60}"
_YES = r"^\W*(?:yes\b|correct\b|of\s+course\b|all\b|always\b|certainly\b)"

COPY_CUES = (
    KindCue(  # kept, held, archived for so long
        kind="retention",
        text=(
            rf"{_SAVED}[^.;]{{0,60}}{_STAY}|{_STAY}[^.;]{{0,60}}{_SAVED}|\b(?:generations|versions)\b[^.;]{{0,30}}\b(?:retained|kept|stored|held|preserved)\b|\b(?:keep|hold|retain|store)s?\b[^.;]{{0,40}}\b(?:generations)\b",
        ),
        figure="duration",
        never=(
            _NOT_COPIES,
            TRIAL,
            r"\b(?:RPO|RTO)s?\b|\b(?:within|notif\w+|behind|from\s+the\s+primary|miles?|km)\b|\bfor\s+example\b",
            r"\b(?:two|2|three|3|multiple|several|different|both)\s+(?:\w+\s+)?(?:zones|sites|locations|data\s?cent\w+|regions|media|places)\b",
        ),
        weight=2,
    ),
    KindCue(  # until they are overwritten
        kind="retention",
        text=(
            rf"{_SAVED}[^.;]{{0,60}}{_END}|\b(?:tapes|cartridges)\b[^.;]{{0,30}}{_END}|\b(?:not|never)\s+be\s+(?:deleted|destroyed|overwritten|erased|purged)\b[^.;]{{0,60}}\b(?:before|until|for|within|earlier)\b",
        ),
        either=(rf"{COPY}|\btapes?\b|\bcartridges?\b",),
        figure="duration",
        never=(
            _NOT_COPIES,
            r"\b(?:within|deletion|terminat\w+|cancel\w*|expiration\s+of\s+(?:the|this)|account|customer\s+data|personal\s+data|deleted\s+data|live|request\w*|approv\w+|delay)\b",
        ),
        weight=3,
    ),
    KindCue(  # how far back one can go
        kind="retention",
        text=(
            r"\brestor\w+\b[^.;]{0,40}\b(?:possible|available|from\s+any|offered|made|performed)\b[^.;]{0,50}\b(?:last|past|previous|preceding)\b|\b(?:tapes?|media|archive|snapshot|journal)\s+retention\b|\b(?:data|files|back-?ups?|versions)\b[^.;]{0,20}\bavailable\s+for\s+(?:restor\w+|recovery)\b|\btapes?\b[^.;]{0,20}\b(?:are|is|be)\s+(?:archived|kept|retained)\s+for\b",
        ),
        figure="duration",
        never=(TRIAL, r"\b(?:RPO|RTO)s?\b|\blogs?\b"),
        weight=3,
    ),
    KindCue(  # a table of how many are kept
        kind="retention",
        text=(r"\d",),
        context=(
            r"\b(?:versions?|copies|generations|restore\s+points|recovery\s+points|snapshots|backups)\s+(?:kept|retained|held|stored)\b|\b(?:number|no\.?)\s+of\s+(?:versions|copies|generations|backups|restore\s+points)\b",
        ),
        either=(rf"{COPY}|\bretention\b",),
        figure="count",
        blocks=("row",),
        weight=2,
    ),
    KindCue(  # a whole image, changes to tape, at such a time
        kind="backup_frequency",
        text=(
            rf"{EVERY}[^.;]{{0,80}}\b(?:tak|mak|creat|captur|perform|produc)\w*\b[^.;]{{0,30}}\b(?:images?|clones?|cop(?:y|ies)|dumps?)\b|{EVERY}[^.;]{{0,80}}\b(?:is|are|be)\s+(?:\w+\s+)?{_SAVES}[^.;]{{0,20}}\b(?:to|on|onto|in)\s+(?:\w+\s+)?{_MEDIA}|"
            rf"{EVERY}\s+(?:[\w-]+\s+){{0,2}}?{_SAVED}[^.;]{{0,40}}\b(?:is|are)\s+(?:made|produced|taken|created|written|performed|run)\b|(?:{_SAVED})[^.;]{{0,60}}\b(?:made|produced|taken|created|written|performed|run)\b[^.;]{{0,60}}{EVERY}|\b(?:is|are|be)\s+(?:\w+\s+)?{_SAVES}[^.;]{{0,40}}{_MEDIA}[^.;]{{0,40}}{EVERY}",
        ),
        figure="interval",
        never=(
            TRIAL,
            HOW_TO,
            r"\b(?:retain\w*|retention|reports?|invoices?|statements|minutes\s+of|terminat\w+)\b",
        ),
        weight=3,
    ),
    KindCue(  # "Snapshots: every 4 hours, retained 7 days", "Daily backups (kept 7 days)"
        kind="backup_frequency",
        text=(
            rf"^\W*(?:[\w-]+\s+){{0,3}}?{COPY}\s*[:–-]\s*(?:\w+\s+)?{EVERY}|^\W*{EVERY}\s+(?:[\w-]+\s+){{0,3}}?{COPY}\s*(?:\(|,|–|-)\s*(?:\w+\s+){{0,2}}?(?:kept|retained|stored|held|with|retention)\b",
        ),
        figure="interval",
        never=(TRIAL, HOW_TO, r"\b(?:monitor\w*|report\w*|review\w*)\b"),
        weight=4,
    ),
    KindCue(
        kind="backup_frequency",
        text=(
            rf"^\W*(?:regular|periodic|routine|automat\w+|scheduled|frequent)\s+(?:and\s+\w+\s+)?(?:[\w-]+\s+){{0,2}}?{BACKUP}\W*$",
        ),
        never=(TRIAL, HOW_TO),
        blocks=("item", "row"),
    ),
    KindCue(  # "Taken once a day" under a heading that says backup
        kind="backup_frequency",
        text=(
            rf"^\W*(?:(?:they|these|it)\s+(?:are|is)\s+)?(?:\w+\s+)?(?:taken|made|performed|run|runs|created|executed|carried\s+out)\s+(?:\w+\s+)?{EVERY}",
        ),
        context=(rf"{COPY}[^\n]*\s*$",),
        figure="interval",
        never=(TRIAL, HOW_TO),
        blocks=("paragraph", "item"),
        weight=2,
    ),
    KindCue(  # at such intervals
        kind="backup_frequency",
        text=(
            rf"(?:\b(?:backed|back)[-\s]up\b|{COPY})[^.;]{{0,80}}\b(?:at|in|with)\s+(?:\w+\s+)?intervals?\b[^.;]{{0,40}}\d|(?:\b(?:backed|back)[-\s]up\b|{COPY})[^.;]{{0,60}}\d[\d\w\s-]{{0,14}}\bintervals?\b|{COPY}[^.;]{{0,12}}[:–-]\s*(?:\w+\s+)?{EVERY}",
        ),
        figure="interval",
        never=(TRIAL, HOW_TO, r"\b(?:retain\w*|retention|kept|review\w*|reports?|monitor\w*)\b"),
        weight=3,
    ),
    KindCue(
        kind="backup_frequency",
        text=(
            rf"{COPY}[^.;]{{0,60}}\b(?:taken|made|performed|run|created|is|are)\s+(?:as\s+(?:necessary|needed|required|agreed|set\s+out|specified|defined)|continuous\w*|in\s+real\s+time)\b|\b(?:data(?:bases?)?|transactions?|changes|files|systems?)\b[^.;]{{0,40}}\b(?:continuously|constantly)\s+(?:archived|backed|saved|protected|captured|journal\w+)\b|"
            rf"{BACKUP}\s+(?:frequency|schedules?|intervals?)\b[^.;]{{0,40}}\b(?:as|according|per|set\s+out|agreed|specified|defined|stated)\b|\bMon(?:day)?\s*(?:-|–|to|through)\s*(?:Fri|Sat|Sun|Thu)\w*[^.;]{{0,60}}{COPY}",
        ),
        never=(
            TRIAL,
            HOW_TO,
            META,
            r"\b(?:retain\w*|retention|kept|restor\w*|fees?|charges?|monitor\w*|report\w*|not|no)\b",
        ),
    ),
    KindCue(  # carried, copied or kept away from where the machines are
        kind="offsite_copy",
        text=(
            rf"(?:{_SAVED}|\b(?:tapes?|media|cartridges)\b)[^.;]{{0,100}}(?:{_MOVED})[^.;]{{0,60}}(?:{_AWAY}|{ELSEWHERE})|(?:{_MOVED})[^.;]{{0,60}}(?:{_SAVED}|\b(?:tapes?|media|cartridges)\b)[^.;]{{0,60}}(?:{_AWAY}|{ELSEWHERE})|"
            rf"(?:{_SAVED}|\b(?:tapes?|cartridges)\b)[^.;]{{0,40}}\b(?:leaves?|taken\s+from|removed\s+from|carried\s+out\s+of)\s+(?:the|our|its)\s+(?:building|premises|site|data\s?cent(?:er|re))\b|"
            rf"\b(?:tapes|cartridges|media)\b[^.;]{{0,40}}\b(?:collected|picked\s+up)\b[^.;]{{0,40}}\b(?:compan\w+|courier|provider|service|contractor)\b|"
            rf"\b(?:backed|backs?)[-\s]up\s+to\s+[^.;]{{0,40}}(?:{_AWAY}|{ELSEWHERE})|\btapes?\s+(?:go|goes)\s+off[-\s]?site\b|"
            rf"\b(?:one|a|another)\s+(?:copy\s+)?(?:is\s+)?off[-\s]?site\b|\boff[-\s]?site\s+(?:back-?ups?|cop(?:y|ies)|storage|replication)\b|\b3[-\s]2[-\s]1\b",
        ),
        either=(
            rf"{COPY}|\boff[-\s]?site\s+cop(?:y|ies)\b|\b(?:tapes?|cartridges|3[-\s]2[-\s]1)\b|\bcopies\b",
        ),
        never=(
            TRIAL,
            HOW_TO,
            META,
            r"\b(?:not|never|no)\s+(?:\w+\s+){0,3}?(?:stored|kept|held|copied|replicated|included|available|off[-\s]?site)\b(?![^.;]*\bsame\b)|\b(?:software|source\s+code|licen[sc]e\w*|restored?\s+to|restoration\s+to|retriev\w+|recall\w*|if\s+(?:you|customer))\b|\b(?:another|different|other)\s+provider\b|\bremote\s+(?:sessions?|console)\b",
            r"\b(?:security\s+controls|should|recommend\w*|encourag\w*|advis\w+)\b[^.;]{0,60}\b(?:you|customers?|clients?|users?)\b",
            rf"{CLIENT}\s+(?:should|must|shall|(?:is|are)\s+(?:encouraged|advised|urged|recommended))\b|\b(?:sensitive|confidential)\b",
        ),
        weight=2,
    ),
    KindCue(
        kind="offsite_copy",
        text=(
            rf"^\W*(?:(?:location|site|stored|off-?site(?:\s+cop(?:y|ies))?|second\s+copy|storage(?:\s+location)?|place)\b)[^.;\n]{{0,80}}(?:{_AWAY}|{ELSEWHERE}|\byes\b|\b(?:two|three|2|3)\s+(?:\w+\s+)?(?:zones|sites|regions|data\s?cent\w+|locations)\b)",
        ),
        context=(rf"{BACKUP}[^\n]*$",),
        never=(TRIAL, HOW_TO, r"\b(?:not|no)\b"),
        blocks=("item", "row"),
        weight=2,
    ),
    KindCue(  # the answer to "stored off-site?"
        kind="offsite_copy",
        text=(rf"{_YES}",),
        context=(rf"{_ASK}(?:{COPY})[^\n]{{0,60}}(?:{_AWAY}|{ELSEWHERE})[^\n]*\?",),
        never=(TRIAL,),
        blocks=("paragraph",),
        weight=2,
    ),
    KindCue(
        kind="encryption",
        text=(rf"{_CIPHER}", rf"{COPY}|\btapes?\b"),
        never=(
            HOW_TO,
            META,
            r"\b(?:ransomware|malware|attack\w*|not\s+(?:be\s+)?encrypted|un-?encrypted|passwords?|lost\s+keys?|decrypt\w*)\b",
            r"\bin\s+transit\s+only\b",
        ),
        never_context=(r"\bransomware\b",),
    ),
    KindCue(  # the answer to "encrypted?"
        kind="encryption",
        text=(rf"{_YES}",),
        context=(rf"{_ASK}(?:{COPY})[^\n]{{0,40}}{_CIPHER}[^\n]*\?",),
        blocks=("paragraph",),
    ),
    KindCue(  # locked, cut off, read-only
        kind="immutability",
        text=(rf"{_LOCKED}",),
        either=(rf"{COPY}|\bcop(?:y|ies)\b|\bvault\b",),
        never=(
            HOW_TO,
            TRIAL,
            r"\b(?:database\s+replicas?|read-?only\s+(?:access|replicas?|users?|mode)|logs?\b|records\s+retention|software|licen[sc]e\w*|tenants?|customers?\s+(?:is|are)\s+(?:logically|physically))\b",
            r"\brestor\w+[^.]*\b(?:isolated|separated|disconnected)\b",
            r"\b(?:physically|logically)\s+(?:isolated|separated)\b(?![^.;]*\b(?:vault|account|ransomware|credentials|network|production)\b)",
        ),
        weight=4,
    ),
    KindCue(  # nobody can take them away before their time
        kind="immutability",
        text=(
            rf"{_DENIED}[^.;]{{0,90}}\b(?:remov|delet|alter|modif|overwrit|tamper|chang|eras|encrypt)\w*\b[^.;]{{0,60}}{COPY}|{COPY}[^.;]{{0,60}}(?:{_DENIED})[^.;]{{0,60}}\b(?:remov|delet|alter|modif|overwrit|tamper|chang|eras)\w*|"
            rf"\b(?:deletion|removal|erasure)\s+of\s+(?:a\s+|any\s+|the\s+)?{COPY}[^.;]{{0,60}}\b(?:requires?|needs?|only)\b[^.;]{{0,80}}\b(?:approval|persons|people|delay|four[-\s]eyes|dual|two)\b",
        ),
        either=(
            r"\b(?:lock\w*|period|before|immutab\w*|administrators?|ransomware|retention|approval|credentials|lifetime|tamper\w*)\b",
        ),
        never=(
            HOW_TO,
            r"\b(?:terminat\w+|personal\s+data|data\s+subject|obligat\w+|possible\s+to\s+delete|requests?\s+for\s+deletion|individual(?:ly)?|will\s+not\s+be\s+able\s+to\s+restore|restor\w+|selectively)\b",
        ),
        weight=4,
    ),
    KindCue(  # looked after, and told of
        kind="backup_monitoring",
        text=(
            rf"(?:{COPY}|\bjobs?\b)[^.;]{{0,90}}{_WATCHED}|{_WATCHED}[^.;]{{0,90}}(?:{COPY}|\bjobs?\b)",
            rf"{_OUTCOME}|\bjobs?\b|\bproactiv\w*|\bround\s+the\s+clock\b|\bdaily\s+checks?\b|\b24\s?[x/]\s?7\b",
        ),
        either=(COPY,),
        never=(
            HOW_TO,
            META,
            TRIAL,
            r"\b(?:restor\w+|recover\w*|credits?|liab\w+|incident\s+reports?|invoices?|responsib\w+\s+for\s+(?:any|data)|guarant\w+|retain\w*|retention|maintenance|security\s+incident|data\s+breach)\b",
            r"\b(?:ticket\s+acknowledg\w*|severity|priority|is\s+down)\b|\bdisaster\b|\bnot\s+(?:be\s+)?(?:monitored|checked|notified)\b",
        ),
        weight=2,
    ),
    KindCue(
        kind="backup_monitoring",
        text=(
            rf"\b(?:watch(?:es|ed|ing)?\s+over|keeps?\s+an\s+eye\s+on|look(?:s|ed)?\s+after)\b[^.;]{{0,40}}{COPY}|^\W*(?:back-?\s?up\s+)?success\s+rate\b|{BACKUP}\s+success\s+rate\b|\bverification\s+of\s+(?:the\s+|all\s+)?{COPY}",
        ),
        either=(COPY,),
        never=(HOW_TO, META, r"\bcredits?\b"),
        weight=2,
    ),
    KindCue(
        kind="backup_monitoring",
        text=(
            r"^\W*(?:you|we|yes|an?\s|the\s|our\s|via|by|through)[^.;]{0,80}\b(?:alert\w*|e-?mail\w*|notif\w+|report\w*|portal|monitor\w*|dashboard|informed?|tell)\b",
        ),
        context=(
            rf"\b(?:how|who|will|do|are|is)\b[^\n]{{0,60}}(?:{BACKUP})[^\n]{{0,30}}\b(?:fail\w*|success\w*|work\w*|complet\w+|monitor\w*|ran)\b[^\n]*\?|\bmonitor\w*[^\n]{{0,40}}{BACKUP}[^\n]*\?",
        ),
        blocks=("paragraph",),
        weight=2,
    ),
    KindCue(  # what is in, said as a list, a choice, a set
        kind="backup_scope",
        text=(
            r"\b(?:protects?|covers?|covered\s+by|includ(?:e|es|ed)|encompass\w*|compris\w+|consists?\s+of|extends?\s+to|contains?)\b[^.;]{0,80}\b(?:servers?|workstations?|microsoft\s+365|office\s+365|google\s+workspace|databases?|data|files?|mailbox\w*|volumes?|disks?|partitions?|configurations?|attachments?|machines|vms|shares|folders|state)\b",
            rf"\b(?:with|by|in|of|our|the|each|every|full|system|image|provider[’']?s?)\b[^.;]{{0,60}}{BACKUP}|{BACKUP}[^.;]{{0,40}}\b(?:extends?|consists?|includ\w+|cover\w*|encompass\w*|compris\w+|contains?)\b",
        ),
        never=(
            HOW_TO,
            META,
            TRIAL,
            r"\b(?:not|no|excluding|except|fees?|price|cost|retention|retain\w*|kept|restor\w+|recover\w*|plan|strateg\w+|polic(?:y|ies)|procedures?|responsib\w+|end\s+of\s+this)\b(?!\s+third)",
        ),
    ),
    KindCue(
        kind="backup_scope",
        text=(
            rf"{BACKUP}\s+of\s+(?:all|the|every|each|our|your)\b[^.;]{{0,60}}\b(?:is|are)\s+(?:\w+\s+)?(?:held|kept|maintained)\b|^\W*{BACKUP}\s*:\s*(?:the\s+)?(?:entire|whole|complete|full|all)\b|{CLIENT}[^.;]{{0,20}}\b(?:selects?|chooses?|determines?|specif(?:y|ies)|designates?|decides?|nominates?)\b[^.;]{{0,60}}\b(?:to\s+be\s+(?:protected|backed[-\s]up)|for\s+(?:back-?up|protection)|(?:is|are)\s+(?:to\s+be\s+)?(?:protected|backed[-\s]up))\b|"
            rf"{BACKUP}\s+agents?\b[^.;]{{0,40}}\b(?:installed|deployed|run)\b[^.;]{{0,40}}\b(?:servers?|systems?|machines)\b|\boutside\s+(?:of\s+)?the\s+scope\s+of\s+(?:the\s+)?{BACKUP}|\bcreates?\s+copies\s+of\s+[^.;]{{0,60}}\b(?:data|files|mail\w*|content)\b|"
            r"\bconfigurations?\s+of\s+[^.;]{0,50}\b(?:is|are)\s+(?:also\s+)?(?:saved|backed|copied)\b",
        ),
        never=(HOW_TO, META, EVERY),
    ),
    KindCue(  # items of what is covered
        kind="backup_scope",
        text=(r"\w{3,}",),
        context=(
            rf"(?:^|\n|\s)(?:[^\n]{{0,40}}\b(?:following|these)\b[^\n]{{0,40}}\b(?:backed[-\s]up|covered\s+by\s+(?:the\s+)?back\w*)|(?:included|covered|contained)\s+in\s+(?:the\s+|our\s+)?{BACKUP}|{BACKUP}\s+(?:scope|coverage|covers|includes))[^\n]{{0,20}}:?\s*(?:\n|$)",
        ),
        never=(
            HOW_TO,
            EVERY,
            r"\b(?:not|no|restor\w+|retain\w*|retention|kept|price|fee|test\w*|monitor\w*)\b|:\W*$|\d\s*(?:days?|hours?|weeks?|months?)",
        ),
        never_context=(r"\bnot\s+(?:\w+\s+)?(?:backed|included|covered)\b|\bexclud\w+\b",),
        blocks=("item",),
    ),
    KindCue(
        kind="backup_scope",
        text=(
            r"^\W*(?:scope|coverage|systems?\s+(?:covered|in\s+scope|protected)|protected\s+systems?|covered\s+systems?|what|content|data\s+sets?|objects?)\s*[:–-]",
        ),
        context=(rf"{BACKUP}[^\n]*$",),
        blocks=("item", "row"),
    ),
    KindCue(  # a column of what is covered
        kind="backup_scope",
        text=(r"\|[^|\n]*\b(?:yes|included|x|✓|✔|full|covered)\b|\b(?:yes|included|✓|✔)\W*$",),
        context=(
            rf"(?:^|\n)\W*(?:(?:included\s+in\s+(?:the\s+)?|covered\s+by\s+(?:the\s+)?){BACKUP}|backed[-\s]up\??|{BACKUP}\s+included\??)\W*(?:\n|$)",
        ),
        blocks=("row",),
    ),
    KindCue(
        kind="backup_scope",
        text=(
            rf"{_YES}|\b(?:everything|all\s+(?:your\s+)?(?:data|files|databases)|the\s+(?:whole|entire|complete)\s+\w+)\b",
        ),
        context=(
            r"\b(?:what|everything|all|which)\b[^\n]{0,60}\b(?:backed[-\s]up|in\s+the\s+back-?up|protected)[^\n]*\?",
        ),
        never=(r"^\W*no\b", EVERY),
        blocks=("paragraph",),
    ),
)
