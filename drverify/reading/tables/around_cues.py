"""Cues of what stands around the core promises: who validates, decides, answers, maintains, reports, owns.

A false alarm here costs a reader's time and no figure; still each cue has its anti-cues.
"""

from collections.abc import Iterator

from drverify.model.contract import Kind
from drverify.reading.cue import KindCue
from drverify.reading.tables.around_words import (
    AGENT,
    CLOCK_TIME,
    CUSTOMER,
    DUTY,
    LAYER,
    LEVEL,
    MIGRATION,
    OPERATE,
    RECOVERING,
    REPORT,
    SEVERITY,
    SHALL,
    TERMINATION,
    WEEKDAY,
    blanks,
)

_FAILS = r"\b(?:servers?|machines?)\b[^.;]{0,60}\b(?:fails?|cannot be (?:returned|restored|brought)|is lost|goes down)\b"
_NODE = r"\b(?:nodes?|hosts?|hypervisors?|cluster members?|physical servers?)\b"
_BACKUP = r"\bback(?:ed|ing|s)?[-\s]{0,2}ups?\b|\bsnapshots?\b|\b(?:restore|recovery) points?\b"
_NOT = r"\b(?:no|not|never|neither|nor|cannot|excludes?|excluded|excluding|except|without)\b"
_DEFINED = r"^[\W\d]*[\"\u201c][^\"\u201d]{1,60}[\"\u201d] (?:shall )?means?\b"
_CHECK = (
    r"(?:validat\w+|verif\w+|check(?:s|ed|ing)?|confirm\w*|demonstrat\w+|prov(?:e|es|ed)|test(?:s|ed|ing)?)"
)
_APPLICATION = (
    r"\b(?:applications?|guest functionality|business functions?|the shop|services? (?:works?|answers?))\b"
)


def _spread(kind: Kind, *cues: dict[str, tuple[str, ...] | str | int]) -> Iterator[KindCue]:
    """Cues of one kind, their blanks spread to any white space."""
    for one in cues:
        fields = {
            key: tuple(blanks(part) for part in value)
            if isinstance(value, tuple) and key != "blocks"
            else value
            for key, value in one.items()
        }
        yield KindCue(kind=kind, **fields)  # type: ignore[arg-type]  # keys of KindCue


_VALIDATION = _spread(
    "application_validation",
    {
        "text": (
            rf"\b{_CHECK}\b[^.;]{{0,90}}{_APPLICATION}|{_APPLICATION}[^.;]{{0,90}}\b{_CHECK}\b",
        ),
        "either": (RECOVERING,),
        "never": (
            rf"\b(?:time|rto|rto\)|objective|clock|period)\b[^.;]{{0,80}}\buntil\b[^.;]{{0,80}}\b{_CHECK}",
            MIGRATION, r"\bapplications? for\b", r"\bmobile application\b", r"\btest(?:s|ed|ing)? data\b",
            r"\bsuccessful (?:when|if)\b",
        ),
    },
)  # fmt: skip
_ALLOWANCE = _spread(
    "recovery_allowance",
    {
        "text": (
            r"\b(?:fixed at|allowance|flat[-\s]rate|lump|deemed|is added to|are added to|taken (?:as|to be)|counted as)\b",
            r"\b(?:alert\w*|staff|replace\w*|detect\w*|declar\w+|decid\w+|provision\w*|deliver\w*|hardware|parts?|travel)\b",
        ),
        "either": (r"\brecovery time\b|\brto\b|\brecovery\b|\brestor\w+",),
        "never": (r"\b(?:price|fee|rate|charge|cost|payment)s?\b",),
        "figure": "duration",
    },
)
_FAILOVER = _spread(
    "failover_decision",
    {
        "text": (
            rf"{_FAILS}|{_NODE}[^.;]{{0,60}}\b(?:fail\w*|outage|is lost|goes down|crash\w*)|\b(?:fail\w*|outage|loss) (?:of )?(?:\w+ ){{0,3}}{_NODE}",
            r"\brestart\w*|\bfail(?:s|ed)?[-\s]?over\b|\brestor(?:e|es|ed|ing)\b|\bwaits?\b|\bawaits?\b|\bmov(?:e|es|ed)\b|\bevacuat\w+",
        ),
        "never": (r"\bhost(?:s|ed|ing) (?:by|on)\b",),
    },
    {
        "text": (
            r"\b(?:decid\w+|approv\w+|authori[sz]\w+|order\w*|invok\w+|initiat\w+|trigger\w*)\b[^.;]{0,60}\bfail[-\s]?over\b|"
            r"\bfail[-\s]?over\b[^.;]{0,60}\b(?:decided|approved|authori[sz]ed|ordered|invoked|initiated|approval|decision)\b",
        ),
    },
)
_RESPONSE = _spread(
    "response_time",
    {
        "text": (r"\brespon(?:d|ds|se|ses)\b",),
        "either": (rf"{SEVERITY}|\b(?:incidents?|tickets?|support|service desk|faults?|calls?|requests?|alerts?)\b",),
        "never": (
            r"\brespons(?:e|es) to (?:this|the|a|any) (?:proposal|tender|rfp|subpoena|audit|notice|complaint)\b",
            r"\bdata subjects?\b", r"\bhttp response\b", r"\bincident response (?:plan|team|procedure)",
        ),
        "figure": "duration",
    },
    {"text": (r"\bresponse\b[^.;]{0,30}\bmeans\b|\brespon(?:d|se)\b[^.;]{0,80}\backnowledg\w+|\backnowledg\w+[^.;]{0,80}\bresponse\b",)},
    {
        "text": (r"\d|\bimmediate|\bnext business day\b",),
        "context": (r"\brespon(?:se|d)\b|\breaction\b",),
        "blocks": ("row",),
        "figure": "duration",
    },
)  # fmt: skip
_SEVERITY = _spread(
    "severity",
    {
        "text": (
            LEVEL,
            r"\b(?:means|is defined as|applies (?:when|if|to)|denotes|describes|down|unavailable|impair\w*|degraded|"
            r"workaround|business (?:impact|effect)|production|failed|fails?)\b|:",
        ),
        "never": (r"\brespond\w*\b[^.;]{0,60}\bwithin\b",),
    },
    {
        "text": (r"\b(?:down|unavailable|impair\w*|degraded|workaround|impact|loss|affect\w*|production|users?|fault|question|request|fail\w*|else)\b",),
        "context": (rf"{SEVERITY}|\b(?:case|incident|fault|ticket|support|service) levels?\b",),
        "blocks": ("row",),
    },
    {
        "text": (
            SEVERITY,
            r"\b(?:declar\w+|assign\w*|set(?:s)?|classif\w+|determin\w+|challeng\w+|disput\w+|escalat\w+|updates?|inform\w*|maps?|mapped|choos\w+|chosen|selects?|selected|propos\w+)\b",
        ),
        "never": (r"\border of (?:precedence|priority)\b", r"\bpriority (?:of|over) (?:payment|claims?)\b"),
    },
    {
        "text": (r"\b(?:status|progress|situation) (?:updates?|reports?|information)\b|\bupdates? (?:on|about|of) (?:the )?(?:progress|status)\b",),
        "either": (rf"\bincidents?\b|{SEVERITY}|\boutages?\b",),
    },
    {
        "text": (r"\bescalat\w+\b|\breported to (?:its|the|their)\b|\bengag(?:e|es|ing) (?:its|the|their)\b",
            r"\b(?:vendors?|manufacturers?|makers?|data ?cent(?:er|re)|hardware|software)\b"),
    },
)  # fmt: skip
_LEVELS = _spread(
    "severity",
    {
        "text": (r"\b(?:its|the|a|different|another) levels?\b", r"\b(?:selects?|selected|chooses?|proposes?|propose|sets?|assigns?|declares?)\b"),
        "either": (r"\b(?:cases?|incidents?|tickets?|faults?)\b",),
    },
)
_MAINTENANCE = _spread(
    "maintenance_window",
    {
        "text": (
            r"\bmaintenance\b",
            r"\b(?:windows?|scheduled|planned|announc\w+|notice|emergency|urgent|downtime|outside|in advance)\b",
        ),
        "never": (
            r"\bmaintenance (?:fees?|charges?|contracts?|agreements?|payments?|costs?)\b",
            r"\bmaintenance (?:and|&) support (?:services|fees|agreement)\b", r"\bdiscover\w*\b|\binventor\w+\b",
        ),
    },
    {
        "text": (
            r"\bwindow\b|\bdowntime\b|\bwork\b|\bemergenc(?:y|ies)\b|\binterrupt\w*",
            r"\b(?:excus\w+|count\w*|exclud\w+|suspend\w*|notice|announc\w+|emergenc(?:y|ies))\b",
        ),
        "context": (r"\bmaintenance\b",),
    },
)  # fmt: skip
_WINDOW = _spread(
    "maintenance_window",
    {"text": (r"\bwindow\b", rf"{CLOCK_TIME}|{WEEKDAY}"), "context": (r"\bmaintenance\b",)},
)
_NOTICE = _spread(
    "maintenance_window",
    {"text": (r"\b(?:days?|hours?|weeks?)['\u2019]? (?:\w+ )?notice\b|\bwithout (?:\w+ )?notice\b",), "context": (r"\bmaintenance\b",)},
)
_CHANGE = _spread(
    "change_control",
    {
        "text": (
            r"\bchanges?\b",
            r"\b(?:approv\w+|consent|authori[sz]\w+|change (?:requests?|orders?|control|management|advisory)|roll\w*[-\s]?back|"
            r"back-?out|former state|previous state|reverse\w*|revert\w*|undo\w*|standing)\b|\broll(?:s|ed|ing)? (?:the |a |any )?(?:\w+ )?changes? back\b",
        ),
        "never": (
            r"\bchanges? (?:of|in) (?:control|law|ownership|address|name)\b", r"\bexchange",
            r"\b(?:price|fee|rate) changes?\b", MIGRATION, r"\bpasswords?\b",
        ),
    },
    {
        "text": (
            r"\b(?:add(?:ed|s|ing)?|additions?|additional|remov(?:e|ed|al)|new|chang(?:e|ed|es)|amend\w*)\b",
            r"\b(?:services?|systems?|servers?|retention|schedule|exhibit|annex|scope|resources)\b",
            r"\b(?:written|signed) (?:\w+ ){0,3}?(?:amendments?|schedules?|change orders?|orders?|addend\w+)\b|\bamend(?:ed|ment)\b[^.;]{0,60}\b(?:signed|writing)\b|\bsigned\b[^.;]{0,40}\bamend",
        ),
    },
)  # fmt: skip
_DUTIES = _spread(
    "client_duty",
    {
        "text": (
            rf"{CUSTOMER} (?:\w+ ){{0,2}}?{SHALL}",
            r"\b(?:supported|support by|vendors? supports?|up to date|current|licen[cs]\w+|approv\w+|authori[sz]ed contacts?|"
            r"contacts?|test (?:data|accounts?)|notice of|inform\w*|notif\w+|own(?:s|er|ership)|title)\b",
        ),
        "never": (
            r"\bpay(?:s|ment|ments)?\b|\binvoices?\b|\bfees?\b", r"\bindemnif\w+\b", r"\bconfidential\b",
            r"\bno(?:t| longer)\b[^.;]{0,10}\b(?:be )?(?:responsible|required)\b", r"\bapproval\b[^.;]{0,20}\bchanges?\b",
            rf"{CUSTOMER} (?:shall|will|must|is|are) (?:be )?(?:notified|informed|given)\b", _DEFINED, r"\bcontact information\b",
        ),
    },
    {
        "text": (rf"{CUSTOMER}[^.;]{{0,30}}\b(?:owns|own|retains? (?:\w+ )?(?:title|ownership)|remains? the (?:sole )?owner)\b",
                 r"\b(?:data|content|configurations?|records)\b"),
    },
)  # fmt: skip
_TOOLING = _spread(
    "tooling",
    {
        "text": (
            AGENT,
            r"\b(?:install\w*|deploy\w*|us(?:e|es|ed|ing)|collect\w*|gather\w*|transmit\w*|access|see|named|listed|are|include)\b",
        ),
        "never": (
            r"\b(?:insurance|real estate|paying|escrow|travel|its) agents?\b|\bagents? (?:and|or|of) (?:subcontractors?|employees|representatives)\b",
            r"\bemployees\b[^.;]{0,30}\bagents\b", rf"\b(?:remov\w+|uninstall\w*)\b[^.;]{{0,80}}{AGENT}", TERMINATION,
        ),
    },
)  # fmt: skip
_REPORTING = _spread(
    "reporting",
    {
        "text": (
            REPORT,
            r"\b(?:daily|weekly|monthly|quarterly|annual\w*|every|each|deliver\w*|provid\w*|send|sends|shows?|contains?|covers?|"
            r"includes?|lists?|states?|sample|attached|submit\w*)\b",
        ),
        "never": (
            r"\breport(?:s|ed|ing)? (?:an? |any |the |all )?(?:\w+ )?(?:incidents?|faults?|problems?|bugs?|errors?|defects?|violations?|breach\w*|issues?|abuse)\b",
            r"\b(?:credit|financial|annual|tax|audit|soc ?[12]|expense|consumer|police|medical) reports?\b",
            r"\breports? to (?:the )?(?:board|sec|commission|authorit)",
            r"\b(?:restor\w+|recovery|dr) (?:tests?|exercises?|drills?)\b[^.;:]{0,80}\breports?\b|"
            r"\breports? (?:of|on|for|about) (?:each |the |every |a )?(?:restor\w+|recovery|dr|disaster recovery) (?:test|exercise)", r"\breports? (?:is|are) true\b",
            _DEFINED,
        ),
    },
    {"text": (r"\breporting periods?\b",), "figure": "duration"},
    {"text": (r"\bservice reviews?\b|\breview meetings?\b|\b(?:monthly|quarterly|initial) (?:service )?reviews?\b|\bmeet\b[^.;]{0,40}\bdiscuss\b",)},
)  # fmt: skip
_MIGRATION = _spread(
    "migration",
    {
        "text": (
            rf"{MIGRATION}|\bwaves?\b",
            r"\b(?:sequence|order|steps?|roll\w*[-\s]?back|rolled|fall-?back|revert\w*|validat\w*|accept\w*|inventor\w+|waves?|"
            r"group\w*|stabili[sz]\w+|hyper-?care|support|plan\w*|before|after|during)\b",
        ),
        "never": (
            r"\bexclud\w+|\bnot included\b|\bout of scope\b|\bquoted separately\b", r"\bnot part of\b", r"\blive migrat\w+\b",
            r"\bimmigra", rf"{_NODE} fails",
        ),
    },
    {
        "text": (r"\broll\w*[-\s]?back\b|\brolled back\b|\bvalidat\w+|\b(?:tests|checks|accepts)\b|\bstabili[sz]\w+|\binventor\w+|\bwaves?\b",),
        "context": (MIGRATION,),
    },
)  # fmt: skip
_LAYERS = _spread(
    "layer_responsibility",
    {
        "text": (rf"{DUTY}[^.;]{{0,160}}{LAYER}|{LAYER}[^.;]{{0,120}}{DUTY}",),
        "never": (
            r"\b(?:payment|invoice|tax|taxes|fees)\b", r"\bintellectual property\b|\bcopyright\b",
            r"\bowns? (?:its|the|all) (?:data|content)\b", r"\b(?:un)?supported (?:software|operating)\b",
            r"\bsoftware as a service\b", _DEFINED, r"\bapplications? for (?:a|the|any) (?:patent|licen[cs]e|permit)\b",
        ),
    },
    {
        "text": (
            rf"\b(?:shall|will|must|is to|are to|alone|only|has|have)\b[^.;]{{0,60}}{OPERATE}[^.;]{{0,120}}{LAYER}|"
            rf"\b(?:provider|customer|client|supplier|vendor)\b (?:alone )?{OPERATE}[^.;]{{0,120}}{LAYER}",
        ),
        "never": (
            r"\brespond\w*\b", r"\breports?\b", r"\bwindow\b", REPORT, r"\bnot be (?:responsible|liable)\b",
            r"\b(?:un)?supported (?:software|operating|versions?)\b", r"\bbacks? up\b|\bback-?ups? (?:of|jobs?)\b", TERMINATION,
            r"\bsupported by\b|\bvendors? (?:still )?supports?\b", r"\bapproval\b", MIGRATION,
        ),
    },
    {
        "text": (
            r"\b(?:root|administrative|administrator|privileged|console) (?:access|rights|accounts?|privileges)\b|"
            r"\baccess to\b[^.;]{0,40}\b(?:console|hypervisors?|hosts?|operating systems?|backup)\b|\bremote hands\b|\bdisk swaps?\b|"
            r"\bhardware case\b|\b(?:hardware|disks?|arrays?)\b[^.;]{0,60}\b(?:reported|escalated|report|reports|escalates?)\b[^.;]{0,30}\b(?:maker|manufacturer|vendor)s?\b|\bon-?site (?:work|labou?r)\b|\bthird[-\s]part(?:y|ies)\b[^.;]{0,60}\bcoordinat\w+|\bcoordinat\w+\b[^.;]{0,80}\b(?:third[-\s]part(?:y|ies)|vendors?)\b",
        ),
        "never": (TERMINATION, r"\bpersonal data\b", r"\b(?:service|monthly|quarterly|status) reports?\b|\breport(?:s|ing)? period\b"),
    },
    {
        "text": (
            r"\b(?:re-?build(?:s|ing)?|re-?attach(?:es|ing)?|network mapp\w+|fail-?back|return to the primary|"
            r"(?:start|starts|starting) (?:of )?(?:the |its )?(?:applications?|services)|configuration files?)\b",
        ),
        "either": (RECOVERING,),
        "never": (MIGRATION, r"\bterminat\w+\b|\breturn(?:s|ed)? (?:of|all|any)\b"),
    },
    {
        "text": (
            rf"{OPERATE}[^.;]{{0,120}}{LAYER}|{LAYER}[^.;]{{0,60}}\b(?:patches|updates|sensors|health)\b|"
            r"\brestarts? (?:services?|servers?|the server)\b",
        ),
        "context": (r"\b(?:shall|will|must|(?:is|are) responsible for|agrees? to)\b",),
        "never": (TERMINATION, REPORT, r"\bnot\b", MIGRATION, r"\bback-?ups?\b"),
    },
    {
        "text": (LAYER,),
        "context": (r"\bresponsib\w+|\bowner\b|\baccountab\w+|\b(?:provider|supplier|customer|client)\b|\bperformed by\b",),
        "blocks": ("row",),
        "never": (r"\b(?:rpo|rto|retention)\b", _BACKUP),
    },
)  # fmt: skip
_EXIT = _spread(
    "exit_support",
    {
        "text": (
            rf"\b(?:remov\w+|uninstall\w*|delet\w+|deinstall\w*)\b[^.;]{{0,80}}(?:{AGENT}|\b(?:agents?|tools?|accounts|connectors?|access)\b)|"
            rf"(?:{AGENT}|\b(?:agents?|tools?)\b)[^.;]{{0,60}}\b(?:removed|uninstalled|deinstalled)\b",
        ),
        "either": (TERMINATION,),
        "never": (r"\bmalware\b|\bvirus\b",),
    },
    {
        "text": (
            r"\b(?:transition|transitional|hand-?over|exit|termination|migration) (?:assistance|support|services|period|help|plan)\b|"
            r"\b(?:assist\w*|cooperat\w+|support\w*|help\w*)\b[^.;]{0,100}\b(?:transition|hand-?over|successor|new provider|replacement provider|transfer(?:ring)? of)\b",
        ),
        "never": (r"\bstabili[sz]\w+", r"\btransition services agreement\b"),
    },
    {
        "text": (r"\b(?:new|successor|replacement|another) (?:provider|supplier)\b|\bsuccessor\b", r"\banswers? questions\b|\bcooperat\w+|\bassist\w*|\bhelp\w*"),
        "either": (TERMINATION,),
    },
    {
        "text": (
            r"\b(?:credentials?|passwords?|secrets|keys|accounts)\b[^.;]{0,120}\b(?:rotat\w+|revok\w+|transferr?\w*|handed over|changed|disabled)\b|"
            r"\b(?:rotat\w+|revok\w+|transfer\w*|disabl\w+)\b[^.;]{0,80}\b(?:credentials?|passwords?|accounts)\b",
        ),
        "either": (TERMINATION,),
    },
)  # fmt: skip
_KEPT = _spread(
    "data_retention",
    {
        "text": (r"\b(?:retain\w*|retention|kept|keeps?|stored|preserv\w+)\b",
                 r"\b(?:logs?|records?|personal data|customer data|audit trails?|tickets?|reports?|data)\b"),
        "never": (_BACKUP, r"\bconfidential\b", r"\bkeep (?:the )?(?:\w+ )?(?:secret|informed)\b"),
        "figure": "duration",
    },
)  # fmt: skip
_DISCLAIMED = _spread(
    "disclaimer",
    {
        "text": (
            r"\bliab(?:le|ility|ilities)\b",
            rf"\b(?:limit\w*|exceed\w*|cap|capped|aggregate|maximum|in no event)\b|{_NOT}|\bis excluded\b",
        ),
        "never": (r"\bindemnif\w+\b", r"\bliability insurance\b"),
    },
    {
        "text": (
            r"\b(?:exclud\w+|exclusions?|not included|does not include|do not include|out of scope|not part of the (?:services?|scope|fee|agreement)|outside (?:of )?the scope)\b",
            r"\b(?:work|services?|migrat\w+|development|support|operating systems?|troubleshooting|restor\w+|recover\w*|tasks?|projects?)\b",
        ),
        "never": (r"\bmeans\b", r"\bliab\w+\b", r"\bmaintenance windows?\b", r"\btaxes\b", r"\bexcluding (?:vat|tax)", r"\bavailability\b",
                  r"\bunsupported\b[^.;]{0,120}\bexcluded from the service levels\b"),
    },
    {
        "text": (r"\bunsupported\b|\bend[-\s]of[-\s]life\b|\bno longer (?:\w+ )?(?:supported|maintain\w*|supports?)\b|\bended maintenance\b",
                 r"\b(?:software|operating systems?|versions?|systems?|control panels?|products?)\b"),
        "never": (r"\bexcluded from the services\b", r"\breview\b"),
    },
    {
        "text": (
            rf"{_NOT}[^.;]{{0,60}}\b(?:guarantee\w*|warrant\w*|represent\w*|responsible|liable)\b[^.;]{{0,140}}\b(?:restor\w+|recover\w*|availab\w+|uninterrupted|error-free|loss of data|data loss)\b",
        ),
    },
)  # fmt: skip
_NOT_DONE = _spread(
    "disclaimer",
    {
        "text": (r"\b(?:does|do|shall|will|is|are) not\b[^.;]{0,60}\b(?:install\w*|configur\w*|develop\w*|support\w*|manag\w*|patch\w*|administer\w*|debug\w*|migrat\w*|includ\w*)\b",),
        "context": (r"\bexcluded (?:services|work)\b|\bexclusions\b|\bout of scope\b|\bnot included\b",),
        "never": (r"\bliab\w+\b",),
    },
    {
        "text": (r"\bpast the end of (?:its|their)\b[^.;]{0,60}\bsupport\b|\bno longer (?:\w+ )?maintained\b",),
    },
)  # fmt: skip
_COVERED = _spread(
    "covered_system",
    {
        "text": (
            r"\b(?:covered|managed|in-scope|protected|supported) (?:systems?|servers?|infrastructure|assets?|equipment|hosts?)\b[^.;]{0,20}\b(?:are|means?|includes?|comprises?|consists? of)\b",
        ),
        "never": (_DEFINED, r"\b(?:is|are) (?:backed|not|only|subject|available|protected|kept|restored|tested|charged|billed)\b",),
    },
    {
        "text": (r"\w",),
        "context": (r"\b(?:covered|managed|in-scope|protected) (?:systems?|servers?|infrastructure|assets?|equipment|hosts?)\b",
                    r"\b(?:systems?|servers?|hosts?|names?|assets?)\b"),
        "blocks": ("row",),
        "never_context": (r"\bresponsib\w+|\bexcluded\b|\brpo\b|\brto\b|\bretention\b|\bfrequency\b",),
    },
)  # fmt: skip

KIND_CUES: tuple[KindCue, ...] = (
    *_VALIDATION, *_ALLOWANCE, *_FAILOVER, *_RESPONSE, *_SEVERITY, *_LEVELS, *_MAINTENANCE, *_WINDOW, *_NOTICE, *_CHANGE, *_DUTIES,
    *_TOOLING, *_REPORTING, *_MIGRATION, *_LAYERS, *_EXIT, *_KEPT, *_DISCLAIMED, *_NOT_DONE, *_COVERED,
)  # fmt: skip

GATE = blanks(
    r"applicat|validat|verif|fail|recover|respon|acknowledg|severit|priorit|\bsev\b|\bp[1-5]\b|escalat|updates?|maintenance|"
    r"\bchang|amend|customer|client|agent|tool|telemetry|report|review|migrat|cut-?over|wave|hardware|hypervisor|virtuali|"
    r"storage|network|firewall|operating system|guest|database|certificate|replicat|back-?up|access|remote hands|on-?site|"
    r"third|rebuild|re-?attach|fail-?back|virtual|transition|assist|credential|password|retain|retention|kept|keep|stored|liab|exclu|scope|unsupported|"
    r"end[-\s]of[-\s]life|no longer|guarantee|warrant|covered|managed|in-scope|protected|supported|allowance|fixed at|rto"
)
"""Cheap to search: without any of it no cue here can fit."""
