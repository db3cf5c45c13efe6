"""Slots of moving in and out, of exclusions and of covered systems."""

from drverify.reading.cue import SlotCue
from drverify.reading.tables.around_forms import WITHIN, one, own, who, yes
from drverify.reading.tables.around_words import AGENT, blanks

ENDS = (
    *(
        yes("migration", slot, words)
        for slot, words in (
            (
                "cutover",
                (
                    r"\bcut-?overs?\b[^.;]{0,80}\b(?:sequence|order|steps?|plan)\b|\b(?:sequence|order|"
                    r"steps?)\b[^.;]{0,60}\bcut-?overs?\b"
                ),
            ),
            (
                "rollback",
                (
                    r"\broll(?:s|ed|ing)?[-\s]?back\b|\bfall-?back\b|\brevert\w*\b|\breturn(?:s|"
                    r"ed)? to the source\b"
                ),
            ),
            ("validation", r"\bvalidat\w+\b|\btests\b|\bverif\w+\b|\bacceptance\b|\bchecks?\b"),
            ("inventory", r"\binventor\w+\b|\bdiscover\w+\b"),
            ("waves", r"\bwaves?\b|\bgroup(?:s|ed|ing)?\b|\bbatch(?:es)?\b"),
            ("stabilization", r"\bstabili[sz]\w+\b|\bhyper-?care\b|\bpost-migration support\b"),
        )
    ),
    own("migration", "rollback_limit", rf"\broll\w*[-\s]?back\b[^.;]{{0,80}}?({WITHIN[1:]}"),
    own(
        "migration",
        "rollback_limit",
        r"\broll\w*[-\s]?back\b[^.;]{0,60}?\b((?:until|up to|for) [^.;,]{3,50})",
    ),
    *who("migration", "validated_by", r"validat\w+|verif\w+|accepts?|checks?|tests?"),
    yes(
        "exit_support",
        "tool_removal",
        (
            rf"\b(?:remov\w+|uninstall\w*|deinstall\w*)\b[^.;]{{0,80}}(?:{AGENT}|\b(?:agents?|"
            r"tools?|connectors?)\b)|\b(?:agents?|tools?)\b[^.;]{0,60}\b(?:removed|"
            r"uninstalled)\b"
        ),
    ),
    yes("exit_support", "transition", r"\b(?:new|successor|replacement|another) (?:provider|supplier)\b"),
    yes(
        "exit_support",
        "transition",
        (
            r"\b(?:transition\w*|hand-?over|exit|migration) (?:assistance|support|services|period|"
            r"help)\b|\b(?:assist\w*|cooperat\w+|support\w*|help\w*)\b[^.;]{0,100}\b(?:transition|"
            r"hand-?over|successor|new provider|replacement provider|transfer)\b"
        ),
    ),
    yes(
        "exit_support",
        "credential_rotation",
        (
            r"\b(?:credentials?|passwords?|secrets|accounts)\b[^.;]{0,120}\b(?:rotat\w+|revok\w+|"
            r"transferr?\w*|handed over|changed|disabled|removed)\b|"
            r"\bremov\w+\b[^.;]{0,60}\b(?:accounts|keys|credentials)\b|\b(?:rotat\w+|revok\w+|"
            r"disabl\w+)\b[^.;]{0,80}\b(?:credentials?|passwords?|accounts)\b"
        ),
    ),
    own(
        "exit_data_return",
        "format",
        (
            r"\b(?:in|as) (?:an? |the )?((?:[\w-]+ ){0,4}formats?(?: \([^)]{3,80}\))?|csv|"
            r"sql dumps?|qcow2|json|xml|ova|ovf|tar archives?)\b"
        ),
    ),
    yes(
        "data_deletion",
        "certificate",
        (
            r"\bcertif\w+\b|\bwritten (?:confirmation|proof)\b|\bconfirms? (?:the deletion |"
            r"it )?in writing\b|\bproof of (?:deletion|destruction)\b"
        ),
    ),
    own(
        "data_retention",
        "item",
        (
            r"\b((?:access |audit |system |personal |customer )?(?:logs?|records?|data|tickets?|"
            r"trails?))\b"
        ),
    ),
    *(
        one("disclaimer", "of", value, words)
        for value, words in (
            (
                "backup",
                (
                    r"\b(?:not|no|excludes?|excluded|excluding)\b[^.;]{0,80}\bback(?:ed)?[-\s]?ups?\b|"
                    r"\bback[-\s]?ups?\b[^.;]{0,40}\b(?:excluded|not included)\b"
                ),
            ),
            ("liability", r"\bliab(?:le|ility|ilities)\b"),
            (
                "unsupported_software",
                (
                    r"\bpast the end of (?:its|their)\b[^.;]{0,60}\bsupport\b|\bunsupported\b|"
                    r"\bend[-\s]of[-\s]life\b|\bno longer (?:\w+ )?(?:supported|maintain\w*|supports?)\b|"
                    r"\bended maintenance\b"
                ),
            ),
            (
                "excluded_work",
                (
                    r"\b(?:exclud\w+|exclusions?|not included|does not include|do not include|"
                    r"out of scope|not part of the (?:services?|scope|fee|agreement)|"
                    r"outside (?:of )?the scope)\b"
                ),
            ),
            (
                "recovery",
                (
                    r"\b(?:not|no|excludes?|excluded|excluding|never)\b[^.;]{0,100}\b(?:restor\w+|"
                    r"recover\w*)\b|\b(?:restor\w+|recover\w*)\b[^.;]{0,60}\b(?:excluded|not included)\b"
                ),
            ),
            ("availability", r"\b(?:not|no)\b[^.;]{0,80}\b(?:availab\w+|uninterrupted)\b"),
        )
    ),
    *(
        one("covered_system", "system_kind", value, words)
        for value, words in (
            ("cluster", r"\bclusters?\b"),
            ("host", r"\bhosts?\b|\bphysical servers?\b|\bbare[-\s]metal\b|\bdedicated servers?\b"),
            ("vm", r"\bvirtual (?:machines?|servers?)\b|\bvms?\b"),
            ("storage", r"\bstorage\b|\bsan\b"),
            ("switch", r"\bswitch(?:es)?\b"),
            ("firewall", r"\bfirewalls?\b"),
            ("backup_repository", r"\bback-?up (?:repositor(?:y|ies)|stores?|storage|server)\b"),
            ("application", r"\bapplications?\b"),
            ("database", r"\bdatabases?\b|\bpostgres\w*\b|\bmysql\b|\bmariadb\b"),
            ("file_set", r"\bfile (?:shares?|servers?|sets?)\b"),
        )
    ),
)

EXCLUDED_ABOVE = SlotCue(
    kinds=("disclaimer",),
    slot="of",
    value="excluded_work",
    inherited=True,
    pattern=blanks(r"\bexcluded (?:services|work)\b|\bout of scope\b|\bnot included\b"),
)
