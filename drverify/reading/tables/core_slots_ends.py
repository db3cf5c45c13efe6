"""Slot cues of restoring, of plans and tests, of the end and of availability."""
# ruff: noqa: RUF001 - long patterns, and the characters that agreements use

from drverify.model.contract import Kind
from drverify.reading.cue import SlotCue
from drverify.reading.tables.words import BACKUP


def _grain(value: str, words: str) -> SlotCue:
    kinds: tuple[Kind, ...] = ("restore_test", "restore_responsibility", "backup_scope")
    return SlotCue(kinds=kinds, slot="grain", pattern=words, value=value)


RECOVERING = (
    _grain("file", r"\b(?:files?|folders?|director(?:y|ies)|documents?)\b"),
    _grain("item", r"\b(?:items?|mailbox(?:es)?|objects?|e-?mails?|records?|granular)\b"),
    _grain("database", r"\b(?:data\s?bases?|SQL|oracle|mysql|postgres\w*|mariadb)\b"),
    _grain("vm", r"\b(?:virtual\s+machines?|VMs?|vApps?|guests?|instances?)\b"),
    _grain("bare_metal", r"\bbare[-\s]metal\b"),
    _grain(
        "full_system",
        r"\b(?:full\s+systems?|entire\s+(?:system|server|environment)s?|system\s+images?|complete\s+system|whole\s+system|servers?)\b",
    ),
    _grain("application", r"\bapplications?\b"),
    _grain("site", r"\b(?:entire\s+site|whole\s+site|data\s?cent(?:er|re)\s+(?:loss|failure))\b"),
    SlotCue(
        kinds=("restore_test",),
        slot="isolated",
        pattern=r"\bisolat\w+|\bsandbox\w*|\bseparate\s+(?:test\s+)?environment|\btest\s+environment",
        value="yes",
    ),
    SlotCue(
        kinds=("restore_test",),
        slot="onboarding",
        pattern=r"\bonboarding\b|\binitial\s+(?:restore|test)|\bbefore\s+(?:go[-\s]live|acceptance|production)|\bprior\s+to\s+(?:go[-\s]live|acceptance)",
        value="yes",
    ),
    SlotCue(
        kinds=("restore_test",),
        slot="criteria",
        pattern=r"\b((?:success\w*|pass\w*|criteria|checksum|hash|integrity|row\s+counts?|validated?\s+(?:by|against))\b[^.;]{0,100})",
    ),
    SlotCue(
        kinds=("restore_test", "dr_test"),
        slot="report_within",
        pattern=r"\b(?:report\w*|results?)\b[^.;]{0,60}\b(within\s+[^.;,]{3,40}?(?:days?|weeks?|hours?|months?))",
    ),
    SlotCue(
        kinds=("restore_responsibility", "layer_responsibility"),
        slot="charged",
        pattern=r"\b(?:at\s+no\s+(?:additional\s+|extra\s+)?(?:charge|cost)|free\s+of\s+charge|without\s+(?:additional\s+)?charge|no\s+charge)\b",
        value="no",
    ),
    SlotCue(
        kinds=("restore_responsibility", "layer_responsibility"),
        slot="charged",
        pattern=r"\b(?:additional\s+charges?|charged|at\s+(?:an\s+)?(?:additional|extra)\s+(?:cost|charge|fee)|billable|hourly\s+rates?|for\s+a\s+fee|time\s+and\s+materials?|subject\s+to\s+a\s+subscription)\b",
        value="yes",
    ),
    SlotCue(
        kinds=("restore_responsibility",),
        slot="request",
        pattern=r"\b((?:(?:support\s+)?tickets?|service\s+requests?|upon\s+(?:\w+[’']?s?\s+){0,2}request|on\s+request|as\s+requested|at\s+(?:the\s+)?(?:\w+[’']s\s+)?request))\b",
    ),
    SlotCue(
        kinds=("backup_monitoring",),
        slot="notify",
        pattern=r"\b((?:notif(?:y|ied|ication)|alert(?:s|ed)?|inform(?:s|ed)?|report(?:s|ed)?)\b[^.;]{0,80})",
    ),
    SlotCue(
        kinds=("backup_monitoring",),
        slot="within",
        pattern=r"\b(within\s+[^.;,]{2,40}?(?:minutes?|hours?|days?))\b",
    ),
    SlotCue(
        kinds=("backup_monitoring",),
        slot="verifies",
        pattern=r"\b(?:verif\w+|validat\w+|check\w*|examin\w+|integrity)\b",
        value="yes",
    ),
    SlotCue(
        kinds=("backup_scope",),
        slot="exclude",
        pattern=r"\b((?:exclud\w+|except(?:\s+for)?|other\s+than|but\s+not)\b[^.;]{3,120})",
    ),
)
_STEPS = tuple(
    SlotCue(kinds=("dr_plan",), slot="includes", pattern=pattern, value=value)
    for value, pattern in (
        (
            "data_recovery",
            r"\b(?:data\s+(?:recovery|restoration|restor\w+)|(?:restor|recover)\w*\s+(?:of\s+)?(?:\w+\s+){0,3}data)\b",
        ),
        ("rebuild", r"\bre-?build\w*|\bre-?construct\w*"),
        ("reattach", r"\bre-?attach\w*"),
        ("configuration", r"\bconfigurations?\b"),
        ("network_mapping", r"\bnetwork\s+(?:mapping|configuration|rerouting|switch\w*)|\bDNS\b"),
        ("application_start", r"\b(?:start|resum)\w*\s+(?:of\s+)?(?:the\s+)?applications?"),
        ("validation", r"\bvalidat\w+|\bverification\b"),
        (
            "hardware_replacement",
            r"\b(?:hardware|equipment)\b[^.;]{0,30}\breplac\w+|\breplac\w+[^.;]{0,30}\b(?:hardware|equipment)",
        ),
        ("os_recovery", r"\boperating\s+system\b[^.;]{0,30}\b(?:recover|restor|install)\w*"),
        ("third_party_coordination", r"\bthird[-\s]part(?:y|ies)\b|\bvendors?\b"),
        ("failback", r"\bfail-?back\b"),
    )
)
PLANS = (
    *_STEPS,
    SlotCue(
        kinds=("dr_plan",),
        slot="declares",
        pattern=r"\b(?:provider|supplier|vendor|we)\b[^.;]{0,30}\bdeclar\w+",
        value="provider",
    ),
    SlotCue(
        kinds=("dr_plan",),
        slot="declares",
        pattern=r"\b(?:customer|client|you)\b[^.;]{0,30}\bdeclar\w+",
        value="customer",
    ),
    SlotCue(
        kinds=("dr_plan",),
        slot="supplied",
        pattern=r"\b(?:attached|set\s+(?:forth|out)\s+in|copy\s+(?:of\s+which\s+)?(?:is|has\s+been)\s+(?:provided|supplied|delivered))\b",
        value="yes",
    ),
    SlotCue(
        kinds=("dr_test",),
        slot="exercise",
        pattern=r"\btable[-\s]?top\b|\bwalk[-\s]?through",
        value="tabletop",
    ),
    SlotCue(kinds=("dr_test",), slot="exercise", pattern=r"\bsimulat\w+", value="simulation"),
    SlotCue(
        kinds=("dr_test",), slot="exercise", pattern=r"\bfail-?over\b|\bswitch-?over\b", value="failover"
    ),
    SlotCue(
        kinds=("dr_test",),
        slot="exercise",
        pattern=r"\bfull(?:[-\s]scale)?\s+(?:\w+\s+)?(?:test|exercise)",
        value="full",
    ),
)
ENDS = (
    SlotCue(
        kinds=("exit_data_return",),
        slot="item",
        pattern=r"\bconfigurations?\b|\bsettings\b",
        value="configuration",
    ),
    SlotCue(kinds=("exit_data_return",), slot="item", pattern=BACKUP, value="backups"),
    SlotCue(kinds=("exit_data_return",), slot="item", pattern=r"\binventor(?:y|ies)\b", value="inventories"),
    SlotCue(kinds=("exit_data_return",), slot="item", pattern=r"\bdiagrams?\b", value="diagrams"),
    SlotCue(
        kinds=("exit_data_return",),
        slot="item",
        pattern=r"\b(?:data|content|records|files|information)\b",
        value="data",
    ),
    SlotCue(
        kinds=("exit_data_return",),
        slot="format",
        pattern=r"\b((?:in\s+)?(?:an?\s+|the\s+)?(?:[\w-]+,?\s+){0,5}?(?:format|medium|media)s?\b)",
    ),
    SlotCue(kinds=("data_deletion",), slot="item", pattern=BACKUP, value="backups"),
    SlotCue(kinds=("data_deletion",), slot="item", pattern=r"\blogs\b", value="logs"),
    SlotCue(
        kinds=("data_deletion",),
        slot="item",
        pattern=r"\b(?:data|content|records|files|information|components)\b",
        value="data",
    ),
    SlotCue(
        kinds=("data_deletion",),
        slot="certificate",
        pattern=r"\bcertif(?:y|ies|ied|icat\w+)\b|\bconfirm\s+in\s+writing|\bwritten\s+confirmation",
        value="yes",
    ),
    SlotCue(
        kinds=("uptime",), slot="layer", pattern=r"\bnetwork\b|\bconnectivity\b|\binternet\b", value="network"
    ),
    SlotCue(
        kinds=("uptime",), slot="layer", pattern=r"\bhypervisors?\b|\bvirtuali[sz]ation\b", value="hypervisor"
    ),
    SlotCue(kinds=("uptime",), slot="layer", pattern=r"\bstorage\b", value="storage"),
    SlotCue(
        kinds=("uptime",),
        slot="layer",
        pattern=r"\b(?:hardware|power|cooling|physical\s+servers?)\b",
        value="hardware",
    ),
    SlotCue(kinds=("uptime",), slot="layer", pattern=r"\bdatabases?\b", value="database"),
    SlotCue(kinds=("uptime",), slot="layer", pattern=r"\bapplications?\b", value="application"),
    SlotCue(
        kinds=("uptime",),
        slot="window",
        pattern=r"\b((?:per|each|in\s+any|in\s+a|during\s+(?:a|any|each)|every|calendar)\s+(?:given\s+|calendar\s+|billing\s+)?(?:month|quarter|year)|monthly|annual(?:ly)?|quarterly|yearly)\b",
    ),
)
