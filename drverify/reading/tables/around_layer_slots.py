"""Slots of who is responsible for which layer and task, and what it costs."""

from drverify.model.contract import Kind
from drverify.reading.cue import SlotCue
from drverify.reading.tables.around_words import blanks

_LAYERED: tuple[Kind, ...] = ("layer_responsibility", "restore_responsibility")

_LAYER_WORDS = {
    "hardware": (
        r"\bhardware\b|\bbare[-\s]metal\b|\bphysical servers?\b|\bdisks?\b|\braid\b|"
        r"\bracks?\b|\bchassis\b|\bremote hands\b|\bon-?site work\b"
    ),
    "hypervisor": (
        r"\bhypervisors?\b|\bvirtuali[sz]ation (?:layer|platform|hosts?)\b|\bproxmox\b|"
        r"\bvmware\b|\bhyper-v\b|\bkvm\b"
    ),
    "storage": r"\bstorage\b|\bsans?\b|\bnas\b|\bceph\b",
    "network": (
        r"\bnetwork(?:s|ing)?\b|\boverlay\b|\bfirewalls?\b|\bvlans?\b|\bswitch(?:es)?\b|"
        r"\bload balancers?\b"
    ),
    "guest_os": r"\bguest (?:os|operating systems?)\b|\boperating systems?\b(?! recovery)|\bguests?\b",
    "database": r"\bdatabases?\b|\bpostgres\w*|\bmysql\b|\bmariadb\b|\boracle database\b",
    "application": r"\bapplications?\b|\bmiddleware\b",
    "backup_platform": (
        r"\bback-?up (?:platform|systems?|servers?|software|consoles?|infrastructure|tool\w*|"
        r"repositor(?:y|ies))\b"
    ),
}

TASK_WORDS = {
    "patching": r"\bpatch(?:es|ed|ing)?\b|\bpatching\b|\bsecurity updates\b|\bupdates? of the\b",
    "monitoring": r"\bmonitor(?:s|ed|ing)?\b|\bwatch(?:es|ed|ing)?\b|\balerts?\b",
    "access": r"\baccess\b|\broot\b|\bprivileged\b|\badmin\w* rights\b",
    "firewall": r"\bfirewall (?:rules?|polic(?:y|ies)|changes?)\b|\bfirewalls?\b|\bnetwork overlays?\b",
    "hardware_case": (
        r"\b(?:hardware|disks?|arrays?)\b[^.;]{0,60}\b(?:report\w*|"
        r"escalat\w*)\b[^.;]{0,30}\b(?:maker|manufacturer|vendor)s?\b|\b(?:hardware|vendor|"
        r"support|warranty) cases?\b|\bopens? (?:a|the) (?:\w+ )?case\b"
    ),
    "remote_hands": r"\bremote hands\b|\bon-?site\b|\brack work\b",
    "reboot": r"\breboot(?:s|ed|ing)?\b|\brestarts?\b|\bservice restarts?\b",
    "user_administration": r"\buser administration\b|\buser accounts?\b|\buser management\b",
    "certificates": r"\bcertificates?\b",
    "capacity": r"\bcapacity\b|\bgrowth\b|\breplication\b|\bdisk space\b",
    "hardware_replacement": (
        r"\breplacement (?:servers?|hardware)\b|\b(?:hardware|disks?|motherboards?|parts|"
        r"server) (?:replacement|swaps?)\b|\breplac\w+\b[^.;]{0,50}\b(?:hardware|disks?|"
        r"motherboards?|parts|server|components?)\b|\bhardware\b[^.;]{0,40}\breplac\w+"
    ),
    "os_recovery": (
        r"\boperating systems?\b[^.;|]{0,30}\b(?:install|restor|recover|reinstall)\w*|"
        r"\b(?:operating systems?|os) (?:recovery|re-?installation|restoration)\b|"
        r"\b(?:recover\w*|re-?install\w*|restor\w+)\b[^.;]{0,30}\boperating systems?\b"
    ),
    "third_party_coordination": (
        r"\bcoordinat\w+\b[^.;]{0,100}\b(?:third[-\s]part(?:y|ies)|vendors?|cloud providers?|"
        r"data ?cent(?:er|re))|\b(?:third[-\s]part(?:y|ies)|"
        r"vendors?)\b[^.;]{0,60}\bcoordinat\w+"
    ),
    "rebuild": r"\bre-?build\w*\b|\brecreat\w+\b",
    "reattach": r"\bre-?attach\w*\b",
    "configuration": r"\bconfiguration(?:s| files?)\b|\bconfiguration\b",
    "network_mapping": (
        r"\bnetwork (?:mappings?|configuration|addresses)\b|\baddress(?:es|ing)? (?:mapping|"
        r"changes?)\b"
    ),
    "application_start": (
        r"\bapplications?\b[^.;|]{0,15}\bstarts?\b|\bstarts? (?:of )?(?:the |each |"
        r"its )?applications?\b|\bapplication starts?\b|"
        r"\bstarting (?:of )?the applications?\b|\bstarts? the services\b"
    ),
    "validation": r"\bvalidat\w+\b",
    "failback": r"\bfail-?back\b|\breturn to the primary\b",
    "data_recovery": r"\b(?:data recovery|recovery of data|restor\w+ (?:of )?(?:the )?data)\b",
}

_CHARGED = (
    r"\bcharged\b|\bbilled\b|\binvoiced\b|\bby the hour\b|\bhourly rates?\b|"
    r"\bat (?:the )?(?:\w+ )?rates?\b"
)

_FREE = (
    r"\bincluded in the (?:\w+ )?(?:fee|price|charge)s?\b|\bfree of charge\b|"
    r"\bat no (?:\w+ )?(?:charge|cost)\b|\bnot (?:charged|billed)\b|"
    r"\bwithout (?:\w+ )?charge\b"
)

LAYERS = (
    *(
        SlotCue(kinds=("layer_responsibility",), slot="layer", pattern=blanks(words), value=value)
        for value, words in _LAYER_WORDS.items()
    ),
    *(
        SlotCue(kinds=("layer_responsibility",), slot="task", pattern=blanks(words), value=value)
        for value, words in TASK_WORDS.items()
    ),
    SlotCue(kinds=_LAYERED, slot="charged", pattern=blanks(_FREE), value="no"),
    SlotCue(kinds=_LAYERED, slot="charged", pattern=blanks(rf"(?<!not\s)(?:{_CHARGED})"), value="yes"),
)
