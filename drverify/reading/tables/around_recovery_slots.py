"""Slots of recovery and backup that only the rules ask for."""

from drverify.reading.cue import SlotCue
from drverify.reading.tables.around_forms import TIME, WITHIN, one, own, who, yes
from drverify.reading.tables.around_layer_slots import TASK_WORDS
from drverify.reading.tables.around_words import CLOCK_TIME, CUSTOMER, PROVIDER, ZONE, blanks

RECOVERY = (
    SlotCue(kinds=("dr_plan",), slot="includes", value="reattach", pattern=blanks(TASK_WORDS["reattach"])),
    *(
        SlotCue(kinds=("dr_plan",), slot="includes", pattern=blanks(TASK_WORDS[value]), value=value)
        for value in (
            "network_mapping",
            "application_start",
            "hardware_replacement",
            "os_recovery",
            "failback",
            "third_party_coordination",
            "rebuild",
        )
    ),
    one(
        "dr_plan",
        "includes",
        "application_start",
        r"\b(?:start|starts|starting) (?:of )?(?:the )?applications?\b",
    ),
    own(
        "dr_plan",
        "site",
        (
            r"\b(?:recovery|alternate|secondary|second|standby) (?:site|data ?cent(?:er|re)|"
            r"location) (?:is|shall be|will be) ([^.;]{3,80})"
        ),
    ),
    *who("dr_plan", "declares", r"declares?|declared|declaration|declar\w+"),
    one("dr_plan", "declares", "both", r"\beither party\b[^.;]{0,40}\bdeclar\w+"),
    yes(
        "dr_plan",
        "supplied",
        (
            r"\b(?:is|are) (?:attached|annexed|appended|enclosed)\b|"
            r"\battached (?:hereto )?as (?:schedule|annex|appendix|exhibit)\b"
        ),
    ),
    one(
        "failover_decision",
        "action",
        "restart_elsewhere",
        (
            r"\brestart\w*\b[^.;]{0,80}\b(?:another|other|remaining|second|different|elsewhere)\b|"
            r"\bfail(?:s|ed)?[-\s]?over\b|\bmov(?:e|es|ed)\b[^.;]{0,60}\b(?:another|other|"
            r"remaining)\b|\bautomatically restart\w*"
        ),
    ),
    one(
        "failover_decision",
        "action",
        "restore",
        r"\brestor\w+\b[^.;]{0,60}\bback-?ups?\b|\brestores? (?:it|them)\b",
    ),
    one(
        "failover_decision",
        "action",
        "wait_for_client",
        (
            rf"(?<!without\s)\b(?:waits?|awaits?)\b[^.;]{{0,40}}{CUSTOMER}|\bonly (?:after|"
            rf"with)\b[^.;]{{0,30}}{CUSTOMER}[^.;]{{0,20}}\bapprov\w+"
        ),
    ),
    *who(
        "failover_decision",
        "decides",
        r"decid\w+|approv\w+|authori[sz]\w+|orders?|invok\w+|initiat\w+|restarts?",
    ),
    SlotCue(
        kinds=("rto",),
        slot="pauses",
        pattern=blanks(
            r"((?:the )?time [^.;]{0,80}\b(?:does|shall|will) not count\b|"
            r"\bclock (?:is )?(?:paus\w+|stops?|stopped)\b[^.;]{0,80})"
        ),
    ),
    *(
        SlotCue(kinds=("rto",), slot="stop", pattern=blanks(words), value=value)
        for value, words in (
            (
                "application_validated",
                (
                    r"\bvalidation of (?:the |each |its )?(?:customer's |"
                    r"client's )?(?:\w+ )?applications?\b|\b(?:until|ends? when|ends? with|stops? when|"
                    r"to)\b[^.;]{0,60}\b(?:validated|verified)\b"
                ),
            ),
            (
                "client_accepted",
                (
                    r"\b(?:until|ends? when|stops? when)\b[^.;]{0,40}\b(?:customer|"
                    r"client)\b[^.;]{0,30}\b(?:accepts?|accepted|confirms?|confirmed)\b"
                ),
            ),
        )
    ),
    *(
        SlotCue(kinds=("rto",), slot="start", pattern=blanks(words), value=value)
        for value, words in (
            (
                "disaster_declared",
                (
                    r"\b(?:from|runs from|starts? (?:with|at)|begins? (?:with|at)|measured from|"
                    r"counts? from)\b(?:(?!\buntil\b)[^.;]){0,30}\bdeclaration\b"
                ),
            ),
        )
    ),
    one(
        "restore_responsibility",
        "grain",
        "full_system",
        r"\bwhole systems?\b|\bcomplete systems?\b|\bentire systems?\b",
    ),
    own(
        "restore_responsibility",
        "request",
        (
            r"((?:at|on|upon|after) (?:the |its |"
            rf"a )?(?:{CUSTOMER}(?:['\u2019]s)? )?(?:\w+ )?requests?\b[^.;,]{{0,60}}|\b(?:request\w*|"
            rf"ordered) (?:through|via|by|from) [^.;,]{{3,60}}|\bwhen (?:the )?{CUSTOMER} asks\b)"
        ),
    ),
    one("restore_responsibility", "charged", "no", r"\bfree of charge\b|\bincluded in the\b"),
    own(
        "recovery_allowance",
        "name",
        (
            r"\b(alert\w*[^.;,]{0,60}|replac\w*[^.;,]{0,60}|detect\w*[^.;,]{0,60}|"
            r"provision\w*[^.;,]{0,60}|travel[^.;,]{0,60})"
        ),
    ),
    own(
        "application_validation",
        "criteria",
        (
            r"\b(answers? [^.;]{3,80}|by (?:reading|sending|running|calling|querying|"
            r"means of) [^.;]{3,100}|test (?:request|transaction|plan|script)s?)\b"
        ),
    ),
)

BACKUP = (
    SlotCue(kinds=("backup_frequency",), slot="timezone", pattern=blanks(rf"({ZONE})")),
    SlotCue(
        kinds=("backup_frequency",),
        slot="at",
        pattern=blanks(
            rf"\b(?:at|between|from|starting|starts?|after) ({CLOCK_TIME}(?: (?:and|to|"
            rf"until) (?:{CLOCK_TIME}))?)"
        ),
    ),
    one(
        "backup_frequency",
        "consistency",
        "application",
        r"\bapplication[-\s]consisten\w+|\bquiesc\w+|\bapplication-aware\b",
    ),
    one("backup_frequency", "consistency", "crash", r"\bcrash[-\s]consisten\w+"),
    own(
        "offsite_copy",
        "location",
        (
            r"\b(?:at|in|to) (?:the |its |a |an )?((?:data ?cent(?:er|re)|site|region|zone|"
            r"availability zone|facility|vault|"
            r"building)s? [A-Z0-9][\w-]*(?:, [A-Z][\w-]+(?: [A-Z][\w-]+)?)?)"
        ),
    ),
    own(
        "offsite_copy",
        "location",
        (
            r"\b(?:at|in|to) (?:the |its |a |an )?((?:same|identical) (?:\w+ )?(?:data ?cent(?:er|"
            r"re)|site|region|zone|building|room|rack|facility|location))"
        ),
    ),
    own(
        "offsite_copy",
        "location",
        (
            r"\b(?:in|at) ((?:[A-Z][a-z]+(?:[- ](?:am|upon|on|de|"
            r"la) )?[A-Za-z]*)(?:, [A-Z][a-z]+)?)\b"
        ),
    ),
    own("offsite_copy", "lag", rf"\blag\w*\b[^.;]{{0,60}}?\bmore than ({TIME})"),
    own("offsite_copy", "lag", rf"\b({WITHIN[1:]}"),
    SlotCue(
        kinds=("encryption",),
        slot="keys",
        pattern=blanks(
            rf"{CUSTOMER}[^.;]{{0,40}}\b(?:hold|holds|keeps?|owns?|manages?|has|have|"
            r"controls?)\b[^.;]{0,30}\bkeys?\b|\bkeys?\b[^.;]{0,40}\b(?:held|kept|owned|"
            rf"managed|controlled)\b[^.;]{{0,20}}\bby (?:the )?{CUSTOMER}"
        ),
        value="customer",
    ),
    SlotCue(
        kinds=("encryption",),
        slot="keys",
        pattern=blanks(
            rf"{PROVIDER}[^.;]{{0,40}}\b(?:hold|holds|keeps?|owns?|manages?|has|have|"
            r"controls?)\b[^.;]{0,30}\bkeys?\b|\bkeys?\b[^.;]{0,40}\b(?:held|kept|owned|"
            rf"managed|controlled)\b[^.;]{{0,20}}\bby (?:the )?{PROVIDER}"
        ),
        value="provider",
    ),
    own(
        "backup_monitoring",
        "notify",
        (
            r"\b((?:notif\w+|inform\w*|alert\w*|tell|tells|"
            rf"e-?mail\w*)[^.;]{{0,12}}{CUSTOMER}[^.;,]{{0,40}}|{CUSTOMER}[^.;]{{0,20}}\b(?:is|are|"
            r"be) (?:\w+ )?(?:notified|informed|alerted|told))"
        ),
    ),
    own("backup_monitoring", "within", rf"\b{WITHIN}"),
    yes(
        "backup_monitoring",
        "verifies",
        r"\bverif\w+\b|\breads? (?:it|them|\w+ back-?ups?) back\b|\bchecksums?\b|\bintegrity\b",
    ),
    SlotCue(
        kinds=("retention",),
        slot="immutable",
        value="yes",
        pattern=blanks(r"\bimmutab\w+|\bobject[-\s]lock\w*|\bcannot (?:be )?(?:changed?|deleted?)\b"),
    ),
    SlotCue(
        kinds=("restore_test",),
        slot="criteria",
        pattern=blanks(
            r"(\b(?:is|counts? as) (?:a )?(?:success\w*|passed)[^.;]{0,160}|"
            r"\bsuccess criteri\w+[^.;]{0,120}|\bsuccessful (?:when|if|only)\b[^.;]{0,160})"
        ),
    ),
    SlotCue(
        kinds=("restore_test",),
        slot="report_within",
        pattern=blanks(rf"\b(?:report\w*|record|protocol|results?)\b[^.;]{{0,100}}\b{WITHIN}"),
    ),
    SlotCue(
        kinds=("restore_test",),
        slot="report_within",
        pattern=blanks(rf"\b{WITHIN}[^.;]{{0,80}}\b(?:report|record|results?)\b"),
    ),
    SlotCue(
        kinds=("restore_test",),
        slot="onboarding",
        value="yes",
        pattern=blanks(
            r"\b(?:during|at|as part of|before the end of) (?:the )?(?:onboarding|implementation|"
            r"transition-?in)\b|\bbefore (?:the )?(?:acceptance|go-?live|service start|"
            r"production)\b|\binitial restore\b"
        ),
    ),
    SlotCue(
        kinds=("dr_test",),
        slot="exercise",
        value="full",
        pattern=blanks(r"\bfull(?:[-\s]scale)? (?:\w+ )?(?:failover|tests?|exercises?|recover\w+)\b"),
    ),
    SlotCue(
        kinds=("dr_test",),
        slot="exercise",
        value="full",
        pattern=blanks(r"\ball (?:covered )?systems\b[^.;]{0,80}\b(?:started|recovered|restored)\b"),
    ),
    SlotCue(kinds=("dr_test",), slot="exercise", value="failover", pattern=blanks(r"\bfail-?over\b")),
)
