"""Slot cues of the core kinds: start and stop of clocks, variants, generations, places, grains and the like."""
# ruff: noqa: E501, RUF001 - long patterns, and the characters that agreements use

from drverify.model.contract import Kind
from drverify.reading.cue import SlotCue
from drverify.reading.tables.words import EVERY

_CLOCKED: tuple[Kind, ...] = ("rto", "restore_time", "rpo")
_FROM = r"(?:after|of|from|following|upon|since|once|when|starting\s+(?:at|from|with)|begin\w*\s+(?:at|with|when))\s+(?:\w+\s+){0,4}?"
_UNTIL = r"(?:until|to|by\s+(?:when|which)|ends?\s+(?:when|with|at)|stops?\s+(?:when|with|at)|when)\s+(?:\w+\s+){0,5}?"


def _starts(event: str, words: str) -> SlotCue:
    return SlotCue(kinds=_CLOCKED, slot="start", pattern=rf"{_FROM}(?:{words})", value=event)


def _stops(event: str, words: str) -> SlotCue:
    return SlotCue(kinds=("rto", "restore_time"), slot="stop", pattern=words, value=event)


CLOCKS = (
    _starts("disaster_declared", r"(?:disaster\s+)?declar(?:ation|ed|ing)\w*|declares?"),
    _starts("detected", r"detect\w+|discover\w+|identif\w+|notic(?:ed|ing)\b|becom\w+\s+aware|awareness"),
    _starts(
        "reported",
        r"report\w*|notif\w+|ticket\s+(?:is\s+)?(?:opened|created)|receipt\s+of\s+(?:the\s+)?(?:ticket|report|notice|request)|call\b|logged",
    ),
    _starts("ticket_acknowledged", r"acknowledg\w+"),
    _starts("client_approved", r"approv\w+|authori[sz]ation"),
    _starts("request", r"request\w*"),
    _starts(
        "incident_start",
        r"(?:disaster|incident|outage|failure|interruption|disruption|event|occurrence|crash|down-?time|catastroph\w+|emergency|disaster\s+event)\b",
    ),
    _starts("restore_started", r"(?:start|begin\w*|commence\w*)\s+of\s+(?:the\s+)?(?:restor|recover)\w+"),
    SlotCue(
        kinds=("rpo",),
        slot="start",
        pattern=r"last\s+(?:good\s+|successful\s+|available\s+|valid\s+)?(?:backup|recovery\s+point|replica\w*)|time\s+to\s+last\s+backup",
        value="last_recoverable_point",
    ),
    SlotCue(
        kinds=("rpo",),
        slot="stop",
        pattern=r"(?:prior\s+to|before|preceding|at)\s+(?:\w+\s+){0,3}?(?:disaster|incident|outage|failure|interruption|disruption|event)\b",
        value="incident_start",
    ),
    _stops(
        "application_validated",
        r"\b(?:validat|verif|accept)\w*\b[^.;]{0,40}\bapplications?\b|\bapplications?\b[^.;]{0,50}\b(?:validat|verifi)\w*|\bfunctional(?:ity)?\s+test",
    ),
    _stops(
        "client_accepted",
        r"\b(?:accepted|confirmed|signed\s+off)\s+by\s+(?:the\s+)?(?:customer|client|you)|\b(?:customer|client)\s+(?:acceptance|confirms|accepts)",
    ),
    _stops(
        "application_started",
        r"\bapplications?\b[^.;]{0,40}\b(?:started|running|available|operational|restored|resum\w+|online)|\b(?:resum\w+|restor\w+)\s+(?:\w+\s+){0,2}applications?",
    ),
    _stops(
        "data_restored",
        r"\bdata\b[^.;]{0,40}\b(?:restored|recovered|available)|\b(?:restor|recover)\w*\s+(?:of\s+)?(?:\w+\s+){0,3}?(?:data|files?|databases?|content|backups?)\b",
    ),
    _stops(
        "vm_booted",
        rf"{_UNTIL}(?:virtual\s+machines?|vms?)\b[^.;]{{0,30}}\b(?:boot\w*|start\w*|power\w*|running)",
    ),
    _stops("os_up", rf"{_UNTIL}(?:operating\s+systems?|os)\b[^.;]{{0,30}}\b(?:boot\w*|start\w*|up|running)"),
)
SHAPES = (
    SlotCue(
        kinds=("rto",), slot="mode", pattern=r"\binstant(?:\s+recovery|\s+restore|\s+vm)?\b", value="instant"
    ),
    SlotCue(
        kinds=("rto",),
        slot="mode",
        pattern=r"\bfull(?:y)?\s+(?:restor|recover|operation|function|servic)\w*",
        value="full",
    ),
    SlotCue(
        kinds=("rto",),
        slot="pauses",
        pattern=r"\b(?:exclud\w+|not\s+includ\w+|suspend\w*|paus\w+|stops?\s+while|except)\b[^.;]{3,120}",
    ),
    SlotCue(
        kinds=("backup_frequency",),
        slot="variant",
        pattern=r"\bfull\b|\bcomplete\b|\bimage[-\s](?:level|based)?\b",
        value="full",
    ),
    SlotCue(
        kinds=("backup_frequency",),
        slot="variant",
        pattern=r"\bincremental\w*|\bdelta\b",
        value="incremental",
    ),
    SlotCue(kinds=("backup_frequency",), slot="variant", pattern=r"\bdifferential\w*", value="differential"),
    SlotCue(
        kinds=("backup_frequency",),
        slot="variant",
        pattern=r"\b(?:transaction|redo|archive|binary)?[-\s]?(?:logs?|journals?)\s+(?:files?\s+)?(?:backups?|shipping|archiving)|\btransaction\s+logs?|\bWAL\b|\bbinlogs?\b",
        value="log",
    ),
    SlotCue(kinds=("backup_frequency",), slot="variant", pattern=r"\bsnapshots?\b", value="snapshot"),
    SlotCue(
        kinds=("backup_frequency",),
        slot="variant",
        pattern=r"\bconfigurations?\b[^.;]{0,20}\bback|\bback\w*[-\s]?up\w*\s+(?:of\s+)?(?:the\s+)?(?:\w+\s+){0,3}configurations?\b",
        value="config",
    ),
    SlotCue(
        kinds=("backup_frequency",), slot="consistency", pattern=r"\bcrash[-\s]consisten\w+", value="crash"
    ),
    SlotCue(
        kinds=("backup_frequency",),
        slot="consistency",
        pattern=r"\bfile\s?system[-\s]consisten\w+",
        value="filesystem",
    ),
    SlotCue(
        kinds=("backup_frequency",),
        slot="consistency",
        pattern=r"\b(?:application|transaction\w*|database)(?:ally)?[-\s](?:consisten\w+|aware)|\bVSS\b",
        value="application",
    ),
    SlotCue(
        kinds=("backup_frequency",),
        slot="at",
        pattern=r"\b(?:at|between|from|starting(?:\s+at)?|after|before)\s+(\d{1,2}(?:[:.]\d{2})\s*(?:[ap]\.?m\.?)?(?:\s*(?:and|to|-|–)\s*\d{1,2}(?:[:.]\d{2})\s*(?:[ap]\.?m\.?)?)?|\d{1,2}\s*[ap]\.?m\.?|midnight|noon)",
    ),
    SlotCue(
        kinds=("backup_frequency",),
        slot="timezone",
        pattern=r"\b(UTC(?:\s*[+-]\s*\d{1,2}(?::\d{2})?)?|GMT|CES?T|[ECMP][SD]T|(?:eastern|central|mountain|pacific)(?:\s+standard|\s+daylight)?\s+time|local\s+time)\b",
    ),
    SlotCue(
        kinds=("retention",),
        slot="generation",
        pattern=r"\b(?:hourly|\d+[-\s]hourly|per\s+hour)\b",
        value="hourly",
    ),
    SlotCue(
        kinds=("retention",),
        slot="generation",
        pattern=r"\b(?:daily|nightly|(?:per|each|every)\s+(?:day|night))\b",
        value="daily",
    ),
    SlotCue(
        kinds=("retention",),
        slot="generation",
        pattern=r"\b(?:bi-?)?(?:weekly\b|(?:per|each|every)\s+week\b)",
        value="weekly",
    ),
    SlotCue(
        kinds=("retention",),
        slot="generation",
        pattern=r"\b(?:monthly|month[-\s]end|(?:per|each|every)\s+month)\b",
        value="monthly",
    ),
    SlotCue(
        kinds=("retention",),
        slot="generation",
        pattern=r"\b(?:yearly|annual|year[-\s]end|(?:per|each|every)\s+year)\b",
        value="yearly",
    ),
    SlotCue(
        kinds=("retention",),
        slot="generation",
        pattern=r"\b(?:transaction|redo|binary|archive)\s+logs?\b|\bWAL\b",
        value="log",
    ),
    SlotCue(
        kinds=("retention",),
        slot="generation",
        pattern=r"\b(?:manual(?:ly)?|on[-\s]demand|ad[-\s]hoc|user[-\s]initiated)\b",
        value="manual",
    ),
    SlotCue(
        kinds=("retention",),
        slot="immutable",
        pattern=r"\b(?:immutab\w+|worm|object[-\s]lock\w*|write[-\s]once|(?:cannot|not)\s+be\s+(?:altered|deleted|modified|overwritten))\b",
        value="yes",
    ),
    SlotCue(
        kinds=("retention", "exit_data_return", "data_deletion"),
        slot="start",
        pattern=r"\b(?:after|upon|following|from|of|on)\s+(?:\w+\s+){0,4}?(?:terminat\w+|expir\w+|cancel\w+|end\s+of\s+(?:the|this)\s+\w+)",
        value="termination",
    ),
    SlotCue(
        kinds=("exit_data_return", "data_deletion"),
        slot="start",
        pattern=r"\b(?:after|upon|following|from|of|on|at)\s+(?:\w+[’']?s?\s+){0,5}?(?:request|instruction|demand)\w*",
        value="request",
    ),
    SlotCue(
        kinds=("retention",),
        slot="start",
        pattern=r"\b(?:after|from|of|since)\s+(?:\w+\s+){0,3}?(?:creation|(?:it\s+was\s+)?created|(?:the\s+)?backup\s+(?:date|was\s+taken))",
        value="backup_created",
    ),
)
PLACES = (
    SlotCue(
        kinds=("offsite_copy",),
        slot="location",
        pattern=r"\b((?:different|separate|secondary|second|another|alternate|remote|distinct|third|off-?site)\s+[^.;,]{0,40}?(?:locations?|sites?|data\s?cent(?:er|re)s?|regions?|zones?|facilit(?:y|ies)|buildings?|storage|vaults?))\b",
    ),
    SlotCue(
        kinds=("offsite_copy",),
        slot="distance",
        pattern=r"\b(\d[\d.,]*\s*(?:km|kilomet\w+|miles?|mi)\b[^.;,]{0,30})",
    ),
    SlotCue(kinds=("offsite_copy",), slot="lag", pattern=rf"({EVERY})"),
    SlotCue(
        kinds=("dr_plan",),
        slot="site",
        pattern=r"\b((?:hot|warm|cold|alternate|secondary|recovery|back[-\s]?up|dr)[-\s](?:processing\s+|data\s+|recovery\s+)?(?:sites?|facilit(?:y|ies)|data\s?cent(?:er|re)s?|locations?))\b",
    ),
    SlotCue(
        kinds=("encryption",),
        slot="algorithm",
        pattern=r"\b(AES(?:[-\s]?\d{3})?(?:[-\s](?:bit|GCM|CBC|XTS))?|\d{3}[-\s]bit(?:\s+\w+)?|TLS(?:\s*\d\.\d)?|RSA[-\s]?\d+|3DES|LUKS|FIPS\s+140-\d)\b",
    ),
    SlotCue(
        kinds=("encryption",),
        slot="keys",
        pattern=r"\b(?:customer|client|your|byok|customer[-\s]managed|own)[^.;]{0,30}\bkeys?\b",
        value="customer",
    ),
    SlotCue(
        kinds=("encryption",),
        slot="keys",
        pattern=r"\b(?:provider|we|our|managed\s+by\s+us|platform)[^.;]{0,30}\bkeys?\b",
        value="provider",
    ),
    SlotCue(
        kinds=("immutability",),
        slot="means",
        pattern=r"\b(WORM|object[-\s]lock\w*|air[-\s]?gap\w*|write[-\s]once|immutab\w+(?:\s+storage|\s+repositor\w+|\s+bucket\w*)?)\b",
    ),
)
