"""What looks like a provision and is none: by kind, and for every core kind."""
# ruff: noqa: E501, RUF001 - long patterns, and the characters that agreements use

from collections.abc import Mapping
from types import MappingProxyType

from drverify.model.contract import Kind
from drverify.reading.tables.words import CONTINUITY, COPY, META

NOTHING = (
    # an example (T14)
    r"^\W*(?:for\s+(?:example|instance)|by\s+way\s+of\s+example)\b",
    # a table of contents
    r"\btable\s+of\s+contents\b|(?:\.\s?){6,}\s*\d|(?:\b\d+\.\d+\s{0,2}[A-Z][A-Za-z&,()/ ’'-]{3,80}\s\d{1,3}\s+){3,}",
    # a manual: an instruction that a list follows, a pointer to another page
    r"^\W*(?:\d+[.)]\s*)?to\s+\w+[^.;:]{0,100}:\s*$",
    r"^\W*(?:\d+[.)]\s*)?(?:(?:for|please|also)\s+)?(?:(?:more|further|details?|information)\s+)?(?:refer\s+to|see|read|cf\.?|visit|consult)\s+(?:the\s+|our\s+)?(?:\[|:ref:|`|<|doc|guide|section\s+on|restor|back)",
    r"^\W*:(?:ref|doc):",
    # praise
    r"^\W*(?:\d+[.)]\s*)?[*_ ]{0,6}(?:enhance|empower|stay\s+informed|enjoy|discover|unlock|boost|maximi[sz]e|protect\s+your\s+data\s+from|safeguard\s+your)\b",
    # a licence of software, and its copies
    r"\b(?:sublicen[sc]e|distribut\w+)\b[^.;]{0,120}\bback-?up\s+cop(?:y|ies)\b|\brecovery\s+cd\b|\bback-?up\s+cop(?:y|ies)\b[^.;]{0,60}\b(?:of\s+the\s+)?licensed\s+(?:software|programs?|products?)\b",
    r"\bdestroy\s+all\s+copies\s+thereof\b",
    r"\bcop(?:y|ies)\b[^.;]{0,20}\bof\s+the\s+software\b[^.;]{0,80}\b(?:archival|back-?up)\b|\bback-?up\s+or\s+archival\s+cop|\blicen[sc]ed\s+to\s+(?:install|use)\b",
)
"""A segment with one of these says nothing about any core kind."""
DEFINES = (
    r"^\W*an?\s+(?:[\w-]+\s+){1,3}is\s+(?:the|an?)\s+(?:\w+\s+)?(?:process|comparison|copy|procedure|method|point|term|way|type|mechanism|measure|technique|duplicate)\b|"
    r"^\W*(?:\(?[\da-zA-Z]{1,3}(?:[.\u2024]\d{1,3}){0,3}[.)]?\s+)?[\"“”'*_]{1,3}[^\"“”*_]{2,60}[\"“”'*_]{1,3}(?:\s*\([^)]{1,40}\))?[\"“”'*_:\s]{0,6}(?:\s*(?:or|and)\s+[\"“][^\"”]{2,40}[\"”])?\s*(?:\([^)]{0,60}\)\s*)?"
    r"(?:(?:shall\s+)?means?\b|shall\s+have\s+the\s+meaning|ha(?:s|ve)\s+the\s+meaning|refers?\s+to\b|(?:the|an?)\s+(?:maximum|period|point|process|time|amount|set|policies|copy)\b)"
    r"|^\W*(?:\d+(?:[.\u2024]\d+)*\s+)?(?:[A-Z][A-Za-z]+\s){1,5}[-–—]\s+(?:the|an?|any)\s"
)
"""What a definition looks like: it promises nothing, unless it has a figure."""
GLOSSARY = r"^\W*(?:\d+(?:[.\u2024]\d+)*[.)]?\s+)?(?:definitions?|glossary|terminology|abbreviations|acronyms|terms\s+and\s+definitions|definitions\s+and\s+\w+)\W*$"
"""A heading under which things are only said what they are."""
_WATCHING = r"^\W*(?:\d+(?:[.\u2024]\d+)*\s+)?(?:[\w’'.-]+\s+){0,5}?(?:verifies|verify|monitors?|checks?|inspects?|reviews?)\b"
_CYCLES = r"(?:daily|nightly|weekly|monthly|hourly|quarterly|yearly|annual)"

TRAPS: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        "backup_frequency": (
            rf"\b(?:\d+|one|two|three|four|five|six|seven|ten|twelve|fourteen|thirty)\s+{_CYCLES}\s+(?:\w+\s+)?{COPY}",
            rf"\b(?:oldest|newest|latest|last|most\s+recent)\s+{_CYCLES}\s+{COPY}|\b(?:weekly|daily|nightly|monthly)\s+(?:prune|clean-?up|garbage|review|report)",
            rf"\bthe\s+(?:{_CYCLES}(?:\s+and\s+|\s*,\s*)?){{1,3}}\s+{COPY}[^.;]{{0,40}}\b(?:returned|handed|delivered|erased|deleted|kept|retained|sent|copied|transferred)\b",
            _WATCHING,
            rf"\b(?:keep|store|retain|hold)s?\s+(?:the|these|our|all)\s+{_CYCLES}\b",
            rf"\b{_CYCLES}\s+(?:test|trial|sample)\s+restor|\bcop(?:y|ies)\s+of\s+(?:each|every|the|all)\s+(?:\w+\s+){{0,2}}?{COPY}",
            r"^\W*the\s+(?:size|duration|time|number|cost|speed)\s+(?:of|for)\b|\b(?:comparable|similar)\s+to\b",
            r"^(?!.*\b(?:daily|every|once|each|hour\w*|week\w*|night\w*|month\w*|year\w*|annual\w*|regular\w*|intervals?|schedul\w+|per)\b).*\b(?:made|created|taken|performed|stored)\s+(?:to|using|with|and|on|through)\b",
            rf"\bcovered\s+by\s+(?:the\s+|our\s+)?{_CYCLES}\s+(?:\w+\s+)?{COPY}|\bsince\s+the\s+(?:last|previous|latest)\s+(?:\w+\s+)?{COPY}(?![^.;]*\b(?:taken|made|performed|run)\s+{_CYCLES})",
            r"\b(?:job|backup)\s+has\s+failed\b|\btags?\s*:|\bback-?up\s+window\b(?![^.;]*(?:daily|every|nightly|\d))",
        ),
        "restore_time": (
            r"^\W*(?:point[-\s]in[-\s]time\s+(?:recovery|restore)|PITR)\W*\|",
            rf"^(?!.*\b(?:restor|recover)).*{COPY}\s+(?:\w+\s+){{0,2}}?takes?\b",
            r"\bavailable\s+for\s+(?:restor|recover)\w+|\bopportunity\s+to\s+retrieve\b|\b(?:with)?in\s+the\s+(?:last|past|previous|preceding)\b|\b(?:cannot|can\s+not|not)\s+be\s+brought\s+back\b",
            r"\b(?:recovery|restore|retention)\s+windows?\b|\b(?:restor\w+|recovery)\s+points?\b[^.;]{0,60}\bold\b",
            r"\bresolution\s+of\b|\bgranularity\b|\bago\b|\bprior\s+to\s+the\s+oldest\b|\bcannot\s+restore\b",
            rf"\b(?:creat|verif|delet|retain|kept|keep)\w*\b[^.;]{{0,40}}{COPY}(?![^.;]*\brestor(?:e|ed|ation|ing)\b)",
        ),
        "restore_test": (
            META,
            r"\bdo(?:es)?\s+not\s+apply\b",
            r"^\W*(?:\d+(?:[.\u2024]\d+)*\s+)?(?:if|where|when)\b|\bcredits?\b|\bdeleted\s+at\s+the\s+end\b|\bnot\s+counted\b",
            r"\bverif\w+\b[^.;:]{0,20}\bchecksums?\b",
        ),
        "restore_responsibility": (
            META,
            r"^\W*(?:step\s+)?(?:document|verify|validate|identify|confirm|update|review|record|communicate|notify)\b(?![^.;]*\b(?:shall|will|must)\b)",
            r"\bprocedures?\s+(?:is|are|shall\s+be|must\s+be|will\s+be)\s+(?:\w+\s+)?(?:documented|reviewed|tested|updated)\b|\b(?:creation|documentation|preparation)\s+(?:and\s+\w+\s+)?of\b[^.;]{0,50}\bprocedures\b",
            r"^\W*(?:when|once|after|if)\b[^,]{0,120}\b(?:has|have|had)\s+been\s+restored\b",
            r"\b(?:cannot|can['’]t|not\s+be|no\s+longer\s+be|unable\s+to)\s+(?:be\s+)?(?:\w+\s+)?(?:restor|recover|retriev)\w+",
            r"^\W*the\s+(?:size|duration|time|number|cost|speed)\s+of\b|\bspeeds?\s+depend\b|\bmuch\s+faster\b",
            r"^\W*(?:restoring|recovering)\s+(?:an?|the|your)\s[^.;|]{0,80}(?<![.;|])$",
            r"^\W*(?:note\s+that|when\s+(?:restoring|recovering)|during\s+(?:an?\s+|the\s+)?(?:recovery|restor\w+)|at\s+this\s+point|this\s+means)\b",
            r"\bfailure\s+to\s+back|\bto\s+enable\b|\bcosts?\s+of\s+(?:re|restor)|\bback-?up\s*/\s*recovery\s+plan\b",
        ),
        "dr_plan": (
            r"^(?!.*(?:\bplans?\b|\bplanning\b|\bcontinuity\b|\bDRP\b|\bBCP\b|\bprocedures?\s+(?:shall|will|must|is|are)\b)).*\bdisaster[-\s]recovery\s+(?:purposes?|facilit(?:y|ies)|cent(?:er|re)|locations?|environments?|copies|copy|storage|credits?)\b",
            r"\b(?:additional|no|any|extra)\s+(?:fees?|charges?|costs?)\b[^.;]{0,80}\bdisaster\s+recovery\s+services\b|\bretain\w*\b[^.;]{0,160}\bdisaster\s+recovery\s+procedures\b|\bkeep\b[^.;]{0,200}\bdisaster\s+recovery\s+procedures\b",
            r"^\W*this\s+[^.;]{0,100}\b(?:addendum|schedule|annex|appendix|exhibit|attachment)\b[^.;]{0,60}\b(?:is\s+(?:by|made|entered|incorporated|attached)|applies|forms\s+part)\b",
            r"^(?!.*(?:\bplans?\b|\bcontinuity\b|\binvok|\bdeclar)).*\bdisaster\s+recovery\s+as\s+a\s+service\b",
            r"\binstall\w*\b[^.;]{0,40}\bsoftware\b[^.;]{0,80}\bdisaster\b",
            rf"\b(?:consistent|accordance)\s+with\b[^.;]{{0,60}}{CONTINUITY}(?!\s+plan)[^.;]{{0,30}}\b(?:standards?|practices?|requirements?|specified)\b",
            r"\bfor\s+(?:our|its|their|[\w’']+[’']s)\s+(?:own\s+)?disaster[-\s]recovery\b(?!\s+plan)",
            r"\bOSHA\b|\binjur\w+|\brecurs?\b[^.;]{0,4}$|\bnot\s+recur\b",
            r"\bcan\s+be\s+seen\b|\bmust\s+consider\b|\brisk\s+analysis\b|\bdesigned\s+to\s+meet\b",
            rf"\bprovisions\s+substantially\b[^.;]{{0,200}}{CONTINUITY}",
            r"\bin\s+accordance\s+with\s+the\s+terms\b[^.;]{0,200}\bback-?up\s+files\b",
        ),
        "dr_test": (
            r"\b(?:charged|billed|invoiced)\b[^.;]{0,160}\btest\b|\btest\s+how\b|\binstalled,?\s+used\b|^\W*(?:\d+[.)]\s*)?(?:document\s+)?test\s+results?\b",
            r"\b(?:plans?|program)\b[^.]{0,260}\bincludes?,?\s+(?:but|without)\s+(?:not\s+)?(?:be\s+)?limit",
        ),
        "rto": (
            r"\b(?:may|can|must|shall|will)\s+(?:remain|stay)\s+(?:at|in|on)\b",
            r"\bprior\s+to\s+the\b[^.;]{0,60}\b(?:commencement|effective|start)\b",
            r"\bbegins?\s+(?:the\s+)?restor",
            r"\b(?:unable|fails?|failure)\s+to\s+(?:\w+\s+)?(?:resume|restore|recover|meet)\b[^.;]{0,160}\b(?:terminat\w+|credits?|remed\w+)",
            r"\b(?:fixed|set|capped)\s+at\b",
            r"\btest\s+is\s+passed\b|^\W*this\s+means\b",
        ),
        "rpo": (
            r"\b(?:br(?:ing|ings|ought)|keeps?)\b[^.;]{0,40}\bup\s+to\s+date\b",
            r"\bRPO\b[^.;]{0,40}\b(?:(?:is|are|be|has\s+been)\s+exceeded|exceeds?\b)|\balerts?\b[^.;]{0,60}\bRPO\b|\b(?:longer|shorter|higher|lower)\s+RPOs?\b",
            r"\bRPO\s+(?:breach|alert|violat)|\bdelivers?\b[^.;]{0,30}\brecord\b|\bstates?:",
        ),
        "uptime": (
            r"(?:[≥>]=?|\bat\s+least|\bbetween)\s*\d[\d.,\u2024]*\s?%?\s*(?:and|to|but|,|–|-)?\s*(?:[<≤]|\bless\s+than|\bbelow)\s*\d|^\W*[<≤]\s*\d",
            r"\bhours\s+of\s+availability\b|\bavailability\s+of\s+(?:the\s+)?service\s+refers\s+to\b",
            r"^(?!.*\d\s?%).*\bavailability\s+(?:can|may|is|will|shall)\s+(?:be\s+)?(?:measured|calculated)\b",
            r"\bthin\s+client\b|\bcurrently\s+available\b",
            r"\bavailability\s+of\s+(?:\*{0,2})?(?:the\s+)?(?:\w+\s+){0,3}(?:documentation|personnel|staff|parts|data\s+sheets?)\b",
        ),
        "offsite_copy": (
            r"^(?!.*\b(?:to|in|at|kept|stored)\s+(?:an?\s+|the\s+)?(?:\w+\s+)?off-?\s?(?:site|premises)).*\bfrom\s+(?:the\s+)?(?:\w+\s+)?off-?site\b|\boff-?site\s+storage\s+recall\b",
            r"\bencrypt\w+[^.;]{0,160}\bnetworks?\b",
            r"\bretention\s+lock\b|\b(?:exercise|drill)\b|\bactivities\s+(?:can|may)\s+include\b",
        ),
        "exit_data_return": (
            rf"\b(?:not|no)\b[^.;]{{0,20}}\b(?:liable|obliged|obligat\w+|responsib\w+|option)\b[^.;]{{0,30}}{COPY}|{COPY}\s+(?:restor\w+|recovery)\b",
            r"\bfails?\s+to\s+(?:download|export|retrieve)\b|\bwill\s+not\s+be\s+provided\b",
            r"\bno\s+obligation\s+to\s+(?:\w+\s+or\s+)?(?:provide|return|maintain)\b",
        ),
        "backup_disclaimer": (
            r"\b(?:no|without|zero|minimi[sz](?:e|es|ing))\s+(?:\w+\s+)?data\s+loss\b(?![^.;]*\b(?:guarantee|warrant|liab)\w*)|\bno\s+single\s+points?\s+of\s+failure\b|\bloss\s+of\s+any\s+(?:single|one)\b|\bconfirm\s+(?:that\s+)?no\b",
            r"\bcop(?:y|ies)\s+of\s+(?:the\s+|this\s+|such\s+|its\s+|their\s+)*(?:contact\w*|polic\w+|plans?|documents?|agreements?|manuals?|invoices?|software|licen[sc]es?|certificates?|contingency)\b",
            r"(?<!\bnot be )(?<!\bnot )(?<!\bnever )(?<!\bnot\nbe )\bresponsible\s+for\s+(?:determining|selectively|restor)\w*|^\W*the\s+(?:size|duration|time|number|cost|speed)\s+of\b|\bcompliance\s+deficiency\b",
        ),
        "data_deletion": (
            r"\boverwrites?\b[^.;]{0,30}\b(?:previous|older)\b|^\W*before\s+deleting\b|^\W*(?:the\s+)?(?:licensed\s+)?software\s+(?:must|shall|will)\s+be\s+(?:deleted|destroyed|erased)\b",
            r"\bcopies\s+of\s+(?:the\s+)?software\b(?![^.;]*\bdata\b)|\bretention\s+lock\b|\bcannot\s+be\s+(?:\w+\s+or\s+)?(?:erased|deleted)\b|\bnot\s+possible\b|\btakes\s+a\s+final\b",
        ),
        "backup_monitoring": (
            META,
            r"\bnotif\w+\b[^.;]{0,80}\b(?:maintenance|upgrad\w+|must\s+be\s+(?:upgraded|updated)|new\s+version)\b|\brecovery\s+plan\s+(?:includes|contains|covers)\b|\bto\s+complete\b",
            r"\bsecurity\s+review\b|\bright\s+to\s+conduct\b|\bincluding\s+but\s+not\s+limited\s+to\b[^.;]{0,160}\bperformance\s+monitoring\b",
            r"\bmonitoring,\s+patching\b",
            r"\b(?:this|the|our)\s+(?:procedure|policy|plan|standard|document|schedule|agreement)s?\s+(?:is|are|must|shall|will|should|may)\b[^.;]{0,12}\breview",
        ),
        "backup_scope": (
            r"\bprior\s+to\s+being\s+backed|\bamount\s+of\s+data\s+being\s+backed|\bback-?up\s+(?:problem|issue|incident|fault)s?\b|\b(?:above|foregoing|following)\s+back-?up\s+frequenc\w+",
            r"\bsufficient\s+free\s+space\b|\bfailure\s+to\s+back|\bis\s+the\s+(?:global|unique)\b|\bunique\s+identifier\b",
            r"^\W*(?:(?:backups?|snapshots?)\s+(?:can\s+)?helps?|you\s+(?:might|may)\s+(?:also\s+)?want\s+to|this\s+means)\b|\bnumber\s+of\s+available\b|\barchival\s+or\s+back-?up\s+cop",
            r"\bchanged\s+in\s+the\s+order\b|^\W*:ref:",
        ),
        "retention": (
            r"^(?!.*\b(?:retain|retention|kept|keep|stored)).*\b(?:expiry|expiration)\b[^.;]{0,80}\b(?:deliver|hand|return|provide|transfer)",
            r"\b(?:receiving|disclosing)\s+party\b|\bbooks\s+(?:of\s+account|and\s+records)\b",
            r"\bfor\s+example\b|\bsecond\s+copy\s+of\b(?![^.;]*\d)",
        ),
    }
)
"""By kind what makes it none; looked for in the segment's text."""
