"""What a figure may belong to: by kind the roles it takes and the words it stands by; and words that take it away."""
# ruff: noqa: E501 - long patterns, and the characters that agreements use

from collections.abc import Mapping
from types import MappingProxyType

from drverify.model.contract import Kind
from drverify.reading.tables import around_attach
from drverify.reading.tables.words import CONTINUITY, COPY, DELETE, ENDING

TAKES: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        "rpo": ("duration", "interval"),
        "rto": ("duration",),
        "restore_time": ("duration",),
        "backup_frequency": ("interval",),
        "retention": ("duration", "count", "position"),
        "restore_test": ("interval",),
        "backup_monitoring": ("duration", "interval"),
        "immutability": ("duration",),
        "dr_plan": ("duration", "interval"),
        "dr_test": ("interval",),
        "uptime": ("percent",),
        "exit_data_return": ("duration",),
        "data_deletion": ("duration",),
        "offsite_copy": ("interval", "distance"),
        **around_attach.TAKES,
    }
)
"""By kind, the roles of figures in the order of preference. A kind that is not here has no figure."""
MANY: frozenset[Kind] = frozenset(
    {
        "backup_frequency",
        "retention",
        "uptime",
        "rpo",
        "rto",
        "data_deletion",
        "restore_test",
        "backup_monitoring",
        "restore_time",
        "dr_test",
    }
)
"""Kinds of which one segment may promise several figures; of the rest only the nearest counts."""
COMPANIONS: Mapping[Kind, tuple[Kind, ...]] = MappingProxyType(
    {
        "exit_data_return": ("data_deletion",),
        "data_deletion": ("exit_data_return",),
        "rpo": ("backup_frequency",),
        "dr_test": ("restore_test",),
        "restore_test": ("dr_test",),
    }
)
"""Kinds that one figure serves together ("return or destroy within 30 days")."""
EACH_ROLE: frozenset[Kind] = frozenset({"backup_monitoring"})
"""Kinds of which figures of different roles are different statements: "checked daily, told within 4 hours"."""
THINGS: Mapping[Kind, str] = MappingProxyType(
    {"dr_test": CONTINUITY, "restore_test": rf"\brestor\w+|(?<!disaster )(?<!disaster-)\brecover\w*|{COPY}"}
)
"""What kinds that stand by the same words are about."""
STANDS_BY: Mapping[Kind, str] = MappingProxyType(
    {
        "rpo": r"\bRPOs?\b|\brecovery[-\s]+points?\b|\bdata\s+loss\b|\bloss\s+of\s+(?:\w+\s+){0,2}data\b|\bdata\b[^.;]{0,30}\blost\b|\blos[est]\w*\b[^.;]{0,50}\bdata\b|\b(?:prior\s+to|before)\s+(?:\w+\s+){0,2}(?:disaster|incident|failure|outage)|\b(?:no|not)\s+(?:more\s+than|older)\b",
        "rto": r"\bRTOs?\b|\brecovery[-\s]+time\b|\brestor\w+|\brecover(?:ed|y|ing|s)?\b(?!\s+points?)|\bresum\w+|\bfail-?over\b|\bre-?establish\w*|\boperational\b|\bdown[-\s]?time\b|\breinstat\w+|\brelocat\w+|\bmake\s+available\b|\bonline\b|\brunning\b|\boutages?\b",
        "restore_time": r"\bback\b(?![-\s]?up)|\bfinish\w*\s+within\b|\bcompleted?\s+within\b|\brestor\w+|\brecover\w*|\bretriev\w+|\brecall\b|\bre-?load\w*",
        "backup_frequency": rf"{COPY}|\b(?:frequency|schedule|interval|replicat\w+|copied|performed|taken|made|updated?|ships?|shipped|saved|saves|stores|stored|streamed|archived|writes|uploads?|backed|checkpoints?)\b",
        "retention": r"\bretain\w*|\bretention\b|\bkept\b|\bkeep\w*|\bstor(?:ed?|age|ing|es)\b|\bpreserv\w+|\barchiv\w+|\bheld\b|\bhold\w*|\bavailable\b|\bmaintain\w*|\bsaved?\b|\bgenerations?\b|\bversions?\b|\bexpir\w+\b|\brotat\w+|\baufbewahr\w*|\bconserv\w+|\bdelet\w+|\boverwritten\b|\bpurged\b|\bdiscard\w*|\brecycl\w+|\broll\w*\s+off\b|\breused\b|\bage\w*\s+out\b|\bpersist\w*|\blinger\w*|\breach\w*\s+back\b|\bstays?\b|\blives?\b|\bremoved\b|\bremains?\b|\bdestroyed\b|\bprun\w+|\bolder\s+than\b|\bhistory\b|\bjournal\b|\bgo\w*\s+back\b|\broll\w*\s+back\b|\bany\s+(?:point|moment)\b|\bwindows?\b",
        "restore_test": r"\btest\w*|\brestor\w+|\bexercis\w+|\bverif\w+|\bvalidat\w+|\btrial\b|\bcheck\w*|\bdrills?\b",
        "dr_test": r"\btest\w*|\bexercis\w+|\bdrills?\b|\brehears\w+|\bsimulat\w+",
        "uptime": r"\bavailab\w+|\bup[-\s]?time\b|\b(?:be|is|are)\s+up\b|\bonline\b|\breachable\b|\bSLAs?\b|\bservice\s+levels?\b|\boperational\b|\baccessib\w+",
        "exit_data_return": rf"\breturn\w*|\bdeliver\w*|\bextract\w*|\bmigrat\w+|\bcollect\w*|\bremain(?:s|ed)?\b|\bexport\w*|\btransfer\w*|\bretriev\w+|\bdownload\w*|\bmade?\s+available|\bmake\s+available|\bprovid\w+|\bavailable\b|\baccess\b|{ENDING}",
        "data_deletion": rf"{DELETE}|{ENDING}|\bremov(?:e[sd]?|ing|al)\b|\bgone\b",
        "backup_monitoring": r"\bnotif\w+|\breport\w*|\bverif\w+|\breview\w*|\bcheck\w*|\balert\w*|\binform\w*|\bmonitor\w*|\btells?\b|\bexamin\w+|\binspect\w*|\baudit\w*|\be?-?mailed\b|\bescalat\w+|\bre-?run\b|\blook\w*\s+at\b|\bsent\b",
        "immutability": r"\bnobody\b|\bno\s+one\b|\bcan\s+(?:\w+\s+){0,2}?(?:delete|alter|change|modify|remove|overwrite|shorten)\b|\bimmutab\w+|\bWORM\b|\block\w*|\bcannot\b|\bnot\s+be\b|\bunalter\w+|\bair[-\s]?gap\w*",
        "dr_plan": r"\bsubmit\w*|\bdeliver\w*|\bin\s+place\b|\bprovid\w+|\bfurnish\w*|\bpresent\w*|\breview\w*|\bupdat\w+|\brevis\w+|\bapproval\b",
        "offsite_copy": r"\bmiles?\b|\bkm\b|\bkilomet\w+|\boff[-\s]?site\s+(?:storage|rotation|transport|transfer|shipment|vaulting|replication)\b|\bsent\b|\bshipp?\w*|\btransport\w*|\bmoved?\b|\brotat\w+|\breplicat\w+|\bcopied\b|\btransferred\b",
        **around_attach.STANDS_BY,
    }
)
"""Words of a kind that a figure of it stands by."""
TAKES_AWAY = (
    r"\bnotif\w+|\bnotice\b|\bterminat(?:e|es|ing)\b[^.;]{0,20}\b(?:agreement|contract)|\binvoic\w+|\bpay(?:s|ment|able|ing)?\b|\bcredits?\b|\bresponse\b|\brespond\w*|\breport(?:s|ed|ing)?\b|\bsupport\s+hours|"
    r"\bbusiness\s+hours\b|(?<!\bno )(?<!\badditional )(?<!\bextra )\bfees?\b|\bprice\w*|(?<!\bno )(?<!\badditional )(?<!\bextra )(?<!\bfree of )\bcharge[sd]?\b|\bwarrant\w+|\bcure\b|\bescalat\w+|\bmaintenance\b|\bpatch\w*|\bupdates?\b(?!\s+on\s+a)|\breview(?:s|ed)?\b|\bpassword\w*|\bmeeting\w*|"
    r"\binitial\s+term|\brenew\w*|\bapprov\w+|\bsubmit\w*|\bobject(?:s|ion)\b|\bbandwidth\b|\bpolic(?:y|ies)\b|\bage\b|\bexperience\b"
)
"""Words of other things: a figure that stands nearer to one of them is not taken."""
