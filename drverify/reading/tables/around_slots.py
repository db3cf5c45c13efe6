"""Slot cues of the kinds around the core, and of answers of core kinds that only the rules ask for."""

from collections.abc import Iterator

from drverify.model.contract import Kind
from drverify.reading.cue import SlotCue
from drverify.reading.tables.around_words import (
    AGENT,
    CLOCK_TIME,
    CUSTOMER,
    EITHER,
    PROVIDER,
    WEEKDAY,
    ZONE,
    blanks,
)

_TIME = r"(?:[\w-]+ )?\(?\d*\)? ?(?:business |working |calendar )?(?:minutes?|hours?|days?|weeks?|months?)"
_WITHIN = rf"(within {_TIME}|(?:no|not) (?:later|more) than {_TIME}|{_TIME} (?:in advance|before|prior))"
_EVERY_TIME = r"(every (?:\w+ )?\(?\d*\)? ?(?:minutes?|hours?|days?)|hourly|daily|each (?:hour|day)|at intervals of [^.;,]{3,30})"
_LAYERED: tuple[Kind, ...] = ("layer_responsibility", "restore_responsibility")


def _yes(kind: Kind, slot: str, words: str, *, inherited: bool = False) -> SlotCue:
    return SlotCue(kinds=(kind,), slot=slot, pattern=blanks(words), value="yes", inherited=inherited)


def _one(kind: Kind, slot: str, value: str, words: str) -> SlotCue:
    return SlotCue(kinds=(kind,), slot=slot, pattern=blanks(words), value=value)


def _own(kind: Kind, slot: str, words: str) -> SlotCue:
    """The agreement's own words: group 1."""
    return SlotCue(kinds=(kind,), slot=slot, pattern=blanks(words))


def _who(kind: Kind, slot: str, verbs: str) -> Iterator[SlotCue]:
    """Who does it, from the words right before the verb or behind `by`."""
    for value, words in (("provider", PROVIDER), ("customer", CUSTOMER), ("both", EITHER)):
        # nobody else between the party and the verb
        between = rf"(?:(?!{PROVIDER}|{CUSTOMER})[^.;]){{0,50}}?"
        yield _one(
            kind,
            slot,
            value,
            rf"{words}{between}\b(?:{verbs})|\b(?:{verbs})[^.;]{{0,30}}\bby (?:the )?{words}",
        )


_LAYER_WORDS = {
    "hardware": r"\bhardware\b|\bbare[-\s]metal\b|\bphysical servers?\b|\bdisks?\b|\braid\b|\bracks?\b|\bchassis\b|\bremote hands\b|\bon-?site work\b",
    "hypervisor": r"\bhypervisors?\b|\bvirtuali[sz]ation (?:layer|platform|hosts?)\b|\bproxmox\b|\bvmware\b|\bhyper-v\b|\bkvm\b",
    "storage": r"\bstorage\b|\bsans?\b|\bnas\b|\bceph\b",
    "network": r"\bnetwork(?:s|ing)?\b|\boverlay\b|\bfirewalls?\b|\bvlans?\b|\bswitch(?:es)?\b|\bload balancers?\b",
    "guest_os": r"\bguest (?:os|operating systems?)\b|\boperating systems?\b(?! recovery)|\bguests?\b",
    "database": r"\bdatabases?\b|\bpostgres\w*|\bmysql\b|\bmariadb\b|\boracle database\b",
    "application": r"\bapplications?\b|\bmiddleware\b",
    "backup_platform": r"\bback-?up (?:platform|systems?|servers?|software|consoles?|infrastructure|tool\w*|repositor(?:y|ies))\b",
}
_TASK_WORDS = {
    "patching": r"\bpatch(?:es|ed|ing)?\b|\bpatching\b|\bsecurity updates\b|\bupdates? of the\b",
    "monitoring": r"\bmonitor(?:s|ed|ing)?\b|\bwatch(?:es|ed|ing)?\b|\balerts?\b",
    "access": r"\baccess\b|\broot\b|\bprivileged\b|\badmin\w* rights\b",
    "firewall": r"\bfirewall (?:rules?|polic(?:y|ies)|changes?)\b|\bfirewalls?\b|\bnetwork overlays?\b",
    "hardware_case": r"\b(?:hardware|disks?|arrays?)\b[^.;]{0,60}\b(?:report\w*|escalat\w*)\b[^.;]{0,30}\b(?:maker|manufacturer|vendor)s?\b|\b(?:hardware|vendor|support|warranty) cases?\b|\bopens? (?:a|the) (?:\w+ )?case\b",
    "remote_hands": r"\bremote hands\b|\bon-?site\b|\brack work\b",
    "reboot": r"\breboot(?:s|ed|ing)?\b|\brestarts?\b|\bservice restarts?\b",
    "user_administration": r"\buser administration\b|\buser accounts?\b|\buser management\b",
    "certificates": r"\bcertificates?\b",
    "capacity": r"\bcapacity\b|\bgrowth\b|\breplication\b|\bdisk space\b",
    "hardware_replacement": r"\breplacement (?:servers?|hardware)\b|\b(?:hardware|disks?|motherboards?|parts|server) (?:replacement|swaps?)\b|\breplac\w+\b[^.;]{0,50}\b(?:hardware|disks?|motherboards?|parts|server|components?)\b|\bhardware\b[^.;]{0,40}\breplac\w+",
    "os_recovery": r"\boperating systems?\b[^.;|]{0,30}\b(?:install|restor|recover|reinstall)\w*|\b(?:operating systems?|os) (?:recovery|re-?installation|restoration)\b|\b(?:recover\w*|re-?install\w*|restor\w+)\b[^.;]{0,30}\boperating systems?\b",
    "third_party_coordination": r"\bcoordinat\w+\b[^.;]{0,100}\b(?:third[-\s]part(?:y|ies)|vendors?|cloud providers?|data ?cent(?:er|re))|\b(?:third[-\s]part(?:y|ies)|vendors?)\b[^.;]{0,60}\bcoordinat\w+",
    "rebuild": r"\bre-?build\w*\b|\brecreat\w+\b",
    "reattach": r"\bre-?attach\w*\b",
    "configuration": r"\bconfiguration(?:s| files?)\b|\bconfiguration\b",
    "network_mapping": r"\bnetwork (?:mappings?|configuration|addresses)\b|\baddress(?:es|ing)? (?:mapping|changes?)\b",
    "application_start": r"\bapplications?\b[^.;|]{0,15}\bstarts?\b|\bstarts? (?:of )?(?:the |each |its )?applications?\b|\bapplication starts?\b|\bstarting (?:of )?the applications?\b|\bstarts? the services\b",
    "validation": r"\bvalidat\w+\b",
    "failback": r"\bfail-?back\b|\breturn to the primary\b",
    "data_recovery": r"\b(?:data recovery|recovery of data|restor\w+ (?:of )?(?:the )?data)\b",
}
_CHARGED = (
    r"\bcharged\b|\bbilled\b|\binvoiced\b|\bby the hour\b|\bhourly rates?\b|\bat (?:the )?(?:\w+ )?rates?\b"
)
_FREE = r"\bincluded in the (?:\w+ )?(?:fee|price|charge)s?\b|\bfree of charge\b|\bat no (?:\w+ )?(?:charge|cost)\b|\bnot (?:charged|billed)\b|\bwithout (?:\w+ )?charge\b"

LAYERS = (
    *(SlotCue(kinds=("layer_responsibility",), slot="layer", pattern=blanks(words), value=value)
      for value, words in _LAYER_WORDS.items()),
    *(SlotCue(kinds=("layer_responsibility",), slot="task", pattern=blanks(words), value=value)
      for value, words in _TASK_WORDS.items()),
    SlotCue(kinds=_LAYERED, slot="charged", pattern=blanks(_FREE), value="no"),
    SlotCue(kinds=_LAYERED, slot="charged", pattern=blanks(rf"(?<!not\s)(?:{_CHARGED})"), value="yes"),
)  # fmt: skip

RECOVERY = (
    SlotCue(kinds=("dr_plan",), slot="includes", value="reattach", pattern=blanks(_TASK_WORDS["reattach"])),
    *(SlotCue(kinds=("dr_plan",), slot="includes", pattern=blanks(_TASK_WORDS[value]), value=value)
      for value in ("network_mapping", "application_start", "hardware_replacement", "os_recovery", "failback",
                    "third_party_coordination", "rebuild")),
    _one("dr_plan", "includes", "application_start", r"\b(?:start|starts|starting) (?:of )?(?:the )?applications?\b"),
    _own("dr_plan", "site", r"\b(?:recovery|alternate|secondary|second|standby) (?:site|data ?cent(?:er|re)|location) (?:is|shall be|will be) ([^.;]{3,80})"),
    *_who("dr_plan", "declares", r"declares?|declared|declaration|declar\w+"),
    _one("dr_plan", "declares", "both", r"\beither party\b[^.;]{0,40}\bdeclar\w+"),
    _yes("dr_plan", "supplied", r"\b(?:is|are) (?:attached|annexed|appended|enclosed)\b|\battached (?:hereto )?as (?:schedule|annex|appendix|exhibit)\b"),
    _one("failover_decision", "action", "restart_elsewhere", r"\brestart\w*\b[^.;]{0,80}\b(?:another|other|remaining|second|different|elsewhere)\b|\bfail(?:s|ed)?[-\s]?over\b|\bmov(?:e|es|ed)\b[^.;]{0,60}\b(?:another|other|remaining)\b|\bautomatically restart\w*"),
    _one("failover_decision", "action", "restore", r"\brestor\w+\b[^.;]{0,60}\bback-?ups?\b|\brestores? (?:it|them)\b"),
    _one("failover_decision", "action", "wait_for_client", rf"(?<!without\s)\b(?:waits?|awaits?)\b[^.;]{{0,40}}{CUSTOMER}|\bonly (?:after|with)\b[^.;]{{0,30}}{CUSTOMER}[^.;]{{0,20}}\bapprov\w+"),
    *_who("failover_decision", "decides", r"decid\w+|approv\w+|authori[sz]\w+|orders?|invok\w+|initiat\w+|restarts?"),
    SlotCue(kinds=("rto",), slot="pauses", pattern=blanks(r"((?:the )?time [^.;]{0,80}\b(?:does|shall|will) not count\b|\bclock (?:is )?(?:paus\w+|stops?|stopped)\b[^.;]{0,80})")),
    *(SlotCue(kinds=("rto",), slot="stop", pattern=blanks(words), value=value) for value, words in (
        ("application_validated", r"\bvalidation of (?:the |each |its )?(?:customer's |client's )?(?:\w+ )?applications?\b|\b(?:until|ends? when|ends? with|stops? when|to)\b[^.;]{0,60}\b(?:validated|verified)\b"),
        ("client_accepted", r"\b(?:until|ends? when|stops? when)\b[^.;]{0,40}\b(?:customer|client)\b[^.;]{0,30}\b(?:accepts?|accepted|confirms?|confirmed)\b"),
    )),
    *(SlotCue(kinds=("rto",), slot="start", pattern=blanks(words), value=value) for value, words in (
        ("disaster_declared", r"\b(?:from|runs from|starts? (?:with|at)|begins? (?:with|at)|measured from|counts? from)\b(?:(?!\buntil\b)[^.;]){0,30}\bdeclaration\b"),
    )),
    _one("restore_responsibility", "grain", "full_system", r"\bwhole systems?\b|\bcomplete systems?\b|\bentire systems?\b"),
    _own("restore_responsibility", "request", rf"((?:at|on|upon|after) (?:the |its |a )?(?:{CUSTOMER}(?:['’]s)? )?(?:\w+ )?requests?\b[^.;,]{{0,60}}|\b(?:request\w*|ordered) (?:through|via|by|from) [^.;,]{{3,60}}|\bwhen (?:the )?{CUSTOMER} asks\b)"),
    _one("restore_responsibility", "charged", "no", r"\bfree of charge\b|\bincluded in the\b"),
    _own("recovery_allowance", "name", r"\b(alert\w*[^.;,]{0,60}|replac\w*[^.;,]{0,60}|detect\w*[^.;,]{0,60}|provision\w*[^.;,]{0,60}|travel[^.;,]{0,60})"),
    _own("application_validation", "criteria", r"\b(answers? [^.;]{3,80}|by (?:reading|sending|running|calling|querying|means of) [^.;]{3,100}|test (?:request|transaction|plan|script)s?)\b"),
)  # fmt: skip

BACKUP = (
    SlotCue(kinds=("backup_frequency",), slot="timezone", pattern=blanks(rf"({ZONE})")),
    SlotCue(kinds=("backup_frequency",), slot="at", pattern=blanks(rf"\b(?:at|between|from|starting|starts?|after) ({CLOCK_TIME}(?: (?:and|to|until) (?:{CLOCK_TIME}))?)")),
    _one("backup_frequency", "consistency", "application", r"\bapplication[-\s]consisten\w+|\bquiesc\w+|\bapplication-aware\b"),
    _one("backup_frequency", "consistency", "crash", r"\bcrash[-\s]consisten\w+"),
    _own("offsite_copy", "location", r"\b(?:at|in|to) (?:the |its |a |an )?((?:data ?cent(?:er|re)|site|region|zone|availability zone|facility|vault|building)s? [A-Z0-9][\w-]*(?:, [A-Z][\w-]+(?: [A-Z][\w-]+)?)?)"),
    _own("offsite_copy", "location", r"\b(?:at|in|to) (?:the |its |a |an )?((?:same|identical) (?:\w+ )?(?:data ?cent(?:er|re)|site|region|zone|building|room|rack|facility|location))"),
    _own("offsite_copy", "location", r"\b(?:in|at) ((?:[A-Z][a-z]+(?:[- ](?:am|upon|on|de|la) )?[A-Za-z]*)(?:, [A-Z][a-z]+)?)\b"),
    _own("offsite_copy", "lag", rf"\blag\w*\b[^.;]{{0,60}}?\bmore than ({_TIME})"),
    _own("offsite_copy", "lag", rf"\b({_WITHIN[1:]}"),
    SlotCue(kinds=("encryption",), slot="keys", pattern=blanks(rf"{CUSTOMER}[^.;]{{0,40}}\b(?:hold|holds|keeps?|owns?|manages?|has|have|controls?)\b[^.;]{{0,30}}\bkeys?\b|\bkeys?\b[^.;]{{0,40}}\b(?:held|kept|owned|managed|controlled)\b[^.;]{{0,20}}\bby (?:the )?{CUSTOMER}"), value="customer"),
    SlotCue(kinds=("encryption",), slot="keys", pattern=blanks(rf"{PROVIDER}[^.;]{{0,40}}\b(?:hold|holds|keeps?|owns?|manages?|has|have|controls?)\b[^.;]{{0,30}}\bkeys?\b|\bkeys?\b[^.;]{{0,40}}\b(?:held|kept|owned|managed|controlled)\b[^.;]{{0,20}}\bby (?:the )?{PROVIDER}"), value="provider"),
    _own("backup_monitoring", "notify", rf"\b((?:notif\w+|inform\w*|alert\w*|tell|tells|e-?mail\w*)[^.;]{{0,12}}{CUSTOMER}[^.;,]{{0,40}}|{CUSTOMER}[^.;]{{0,20}}\b(?:is|are|be) (?:\w+ )?(?:notified|informed|alerted|told))"),
    _own("backup_monitoring", "within", rf"\b{_WITHIN}"),
    _yes("backup_monitoring", "verifies", r"\bverif\w+\b|\breads? (?:it|them|\w+ back-?ups?) back\b|\bchecksums?\b|\bintegrity\b"),
    SlotCue(kinds=("retention",), slot="immutable", value="yes", pattern=blanks(r"\bimmutab\w+|\bobject[-\s]lock\w*|\bcannot (?:be )?(?:changed?|deleted?)\b")),
    SlotCue(kinds=("restore_test",), slot="criteria", pattern=blanks(r"(\b(?:is|counts? as) (?:a )?(?:success\w*|passed)[^.;]{0,160}|\bsuccess criteri\w+[^.;]{0,120}|\bsuccessful (?:when|if|only)\b[^.;]{0,160})")),
    SlotCue(kinds=("restore_test",), slot="report_within", pattern=blanks(rf"\b(?:report\w*|record|protocol|results?)\b[^.;]{{0,100}}\b{_WITHIN}")),
    SlotCue(kinds=("restore_test",), slot="report_within", pattern=blanks(rf"\b{_WITHIN}[^.;]{{0,80}}\b(?:report|record|results?)\b")),
    SlotCue(kinds=("restore_test",), slot="onboarding", value="yes", pattern=blanks(r"\b(?:during|at|as part of|before the end of) (?:the )?(?:onboarding|implementation|transition-?in)\b|\bbefore (?:the )?(?:acceptance|go-?live|service start|production)\b|\binitial restore\b")),
    SlotCue(kinds=("dr_test",), slot="exercise", value="full", pattern=blanks(r"\bfull(?:[-\s]scale)? (?:\w+ )?(?:failover|tests?|exercises?|recover\w+)\b")),
    SlotCue(kinds=("dr_test",), slot="exercise", value="full", pattern=blanks(r"\ball (?:covered )?systems\b[^.;]{0,80}\b(?:started|recovered|restored)\b")),
    SlotCue(kinds=("dr_test",), slot="exercise", value="failover", pattern=blanks(r"\bfail-?over\b")),
)  # fmt: skip

SERVICE = (
    _own("response_time", "level", r"\b((?:severity|priority|sev|p)[-\s]*(?:levels? )?[0-9a-d]\b|(?:critical|high|medium|low|urgent|normal)(?: (?:severity|priority))?\b)"),
    _one("response_time", "means", "engaged_until_restored", r"\buntil (?:the )?(?:service|system|operation) is restored\b|\bengaged until\b|\bwork\w* (?:continuously |without interruption )?until\b"),
    _one("response_time", "means", "diagnosing", r"\b(?:engineers?|technicians?|specialists?|provider)\b[^.;]{0,30}\b(?:work|works|working|starts?|begins?)\b|\bdiagnos\w+|\bactive work\b"),
    _own("response_time", "level", r"^\W{0,4}([1-5])(?=\s*[|\t])"),
    _one("response_time", "means", "acknowledged", r"\backnowledge?ment\b|\bmeans? (?:that )?[^.;]{0,60}\b(?:issued|opened|received)\b"),
    _one("response_time", "means", "acknowledged", r"\bmeans? (?:that )?[^.;]{0,40}\backnowledg\w+|\backnowledg\w+[^.;]{0,20}\b(?:is|counts as) (?:a |the )?response\b"),
    _own("severity", "level", r"\b((?:severity|priority|sev|prio|p)[-\s]*(?:levels? )?(?:[0-9a-d]|one|two|three|four)\b)"),
    _own("severity", "level", r"^\W{0,4}((?:critical|high|medium|low|urgent|normal|major|minor|[1-5])\b)"),
    _own("severity", "effect", r"((?:\w+ ){0,4}?(?:is|are) (?:down|unavailable|impaired|degraded|unusable|lost|affected)\b[^.;|]{0,80}|no workaround[^.;|]{0,40}|every other \w+|(?:loss|failure|outage|impairment) of [^.;|]{3,60}|cosmetic[^.;|]{0,40}|questions?[^.;|]{0,30})"),
    *_who("severity", "declared_by", r"declar\w+|assign\w*|sets?|classif\w+|determin\w+|choos\w+|selects?"),
    *_who("severity", "challenged_by", r"challeng\w+|disput\w+|object\w*|propos\w+"),
    _own("severity", "update_every", rf"\b(?:updates?|inform\w*|reports?|information)\b[^.;]{{0,60}}\b{_EVERY_TIME}"),
    _own("severity", "update_every", rf"\b{_EVERY_TIME}[^.;]{{0,40}}\bupdates?\b"),
    _own("severity", "update_every", r"\|\s*((?:every|each) [^|]{2,30}|hourly|daily|weekly)\s*\|"),
    _own("severity", "escalates_to", r"\bengag(?:e|es|ing) (?:its|the|their) (makers?|manufacturers?|vendors?)\b"),
    _own("severity", "escalates_to", r"\breported to (?:its|the|their) (makers?|manufacturers?|vendors?)\b"),
    _own("severity", "escalates_to", r"\bescalat\w+\b[^.;]{0,80}?\bto (?:the )?([^.;]{0,40}?\b(?:vendors?|manufacturers?|data ?cent(?:er|re)(?: staff)?|supplier)\b)"),
    _yes("severity", "backup_failure", r"\bback-?ups?\b[^.;|]{0,20}\bfail\w*|\b(?:failed|failing|missed|unsuccessful) (?:\w+ )?back-?ups?\b|\bback-?up (?:jobs? )?(?:fail\w*|that fails?)\b|\bback-?up (?:job|failure)s?\b"),
    _own("maintenance_window", "window", rf"((?:{WEEKDAY}|\bdaily\b|\bevery (?:night|day|week|month)\b|\b(?:first|second|third|last) \w+day\b)[^.;]{{0,50}}?{CLOCK_TIME}(?: ?(?:-|\u2013|to|until|and) ?(?:{CLOCK_TIME}))?|{CLOCK_TIME} ?(?:-|\u2013|to|until|and) ?(?:{CLOCK_TIME}))"),
    SlotCue(kinds=("maintenance_window",), slot="timezone", pattern=blanks(rf"({ZONE})")),
    _own("maintenance_window", "notice", rf"\b((?:at least |no less than |not less than )?{_TIME}(?:['’])? (?:in advance|(?:advance |prior |written )+notice|notice|before|beforehand))\b"),
    _own("maintenance_window", "notice", rf"\b(?:notice|announc\w+|notif\w+|inform\w*)\b[^.;]{{0,60}}?((?:at least |no less than )?{_TIME})\b"),
    _yes("maintenance_window", "emergency", r"\bemergenc(?:y|ies)\b|\burgent\b", inherited=True),
    _one("maintenance_window", "excuses", "availability", r"\bmaintenance\b[^.;]{0,140}\b(?:do|does) not count\b|\bexclud\w+ (?:any |all )?(?:scheduled |planned |announced )?maintenance\b|\b(?:not|n't|exclud\w+|except\w*|without)\b[^.;]{0,50}\b(?:un)?(?:availab\w+|uptime|downtime|service levels?)\b|\bdowntime\b[^.;]{0,60}\b(?:not|no)\b[^.;]{0,20}\bcount\w*|\b(?:availab\w+|uptime)\b[^.;]{0,50}\b(?:exclud\w+|except\w*|not (?:count\w*|includ\w+))\b"),
    _one("maintenance_window", "excuses", "rto", r"\b(?:rto|recovery time objectives?)\b|\brecovery times?\b"),
    _one("maintenance_window", "excuses", "rpo", r"\brpo\b|\brecovery point objectives?\b"),
    _one("change_control", "approval", "required", r"\b(?:requires?|required|needs?|only (?:with|after)|subject to|without)\b[^.;]{0,60}\b(?:approv\w+|consent|authori[sz]ation)\b|\bprior (?:written )?(?:approval|consent)\b"),
    _one("change_control", "approval", "standing", r"\bstanding (?:approval|authori[sz]ation|authority)\b|\bpre-?approved\b|\bapproved in advance\b"),
    _yes("change_control", "rollback", r"\brestor\w+ (?:the )?(?:former|previous|prior|earlier) state\b|\broll(?:s|ed|ing)?[-\s]?back\b|\broll(?:s|ed|ing)? [^.;]{0,30} back\b|\bback-?out\b|\brevert\w*\b|\brevers(?:e|es|ed)\b|\bundo\w*\b|\bundone\b"),
    _yes("change_control", "schedule", r"\b(?:written|signed)\b[^.;]{0,40}\b(?:amendments?|schedules?|change orders?|addend\w+|orders?)\b|\b(?:amendments?|schedules?)\b[^.;]{0,50}\bsigned\b"),
    *(_one("client_duty", "duty", value, words) for value, words in (
        ("supported_software", r"\b(?:supported|vendors? supports?|support(?:ed)? by (?:its|their|the) (?:vendor|manufacturer)|up to date|current versions?)\b"),
        ("approvals", r"\bapprov\w+\b"),
        ("licences", r"\blicen[cs](?:e|es|ing)\b"),
        ("contacts", r"\bcontacts?\b(?! us)"),
        ("test_data", r"\btest (?:data|accounts?)\b"),
        ("notice", r"\b(?:notice|inform\w*|notif\w+)\b"),
        ("ownership", r"\b(?:owns?|owner|ownership|title)\b"),
    )),
    _own("tooling", "tool", rf"({AGENT}(?: [A-Za-z0-9][\w.-]*)?)"),
    _yes("tooling", "telemetry", r"\bcollect\w*\b|\bgather\w*\b|\btransmit\w*\b|\btelemetry\b|\brecords? (?:metrics|performance|logs)\b"),
    _yes("tooling", "access", r"\b(?:have|has|had|with|without|no|only)\b[^.;]{0,60}\baccess to\b|\b(?:may|can) (?:see|read|access)\b|\b(?:seen|read|accessed|visible)\b[^.;]{0,20}\b(?:by|to)\b|\baccess (?:is|to the data)\b"),
)  # fmt: skip

REPORTS = tuple(
    _one("reporting", "contents", value, words)
    for value, words in (
        ("backup_results", r"\bback-?ups?\b"),
        ("patch_status", r"\bpatch\w*\b"),
        ("risks", r"\brisks?\b"),
        (
            "asset_changes",
            r"\basset changes?\b|\bchanges? (?:of|to|in) (?:the )?(?:assets?|inventory)\b|\bassets?\b",
        ),
        ("incidents", r"\bincidents?\b"),
        ("lifecycle", r"\blife-?cycle\b|\bend[-\s]of[-\s]life\b"),
        ("restore_tests", r"\brestor\w* tests?\b|\brecovery tests?\b"),
        (
            "service_review",
            r"\bmeet\b[^.;]{0,40}\bdiscuss\b|\bservice reviews?\b|\breview meetings?\b|\b(?:initial|quarterly|monthly) reviews?\b",
        ),
    )
) + (
    _yes(
        "reporting",
        "sample",
        r"\bsample (?:service |monthly )?reports?\b|\breports?\b[^.;]{0,20}\bsample\b|\bexample reports?\b",
    ),
)

ENDS = (
    *(_yes("migration", slot, words) for slot, words in (
        ("cutover", r"\bcut-?overs?\b[^.;]{0,80}\b(?:sequence|order|steps?|plan)\b|\b(?:sequence|order|steps?)\b[^.;]{0,60}\bcut-?overs?\b"),
        ("rollback", r"\broll(?:s|ed|ing)?[-\s]?back\b|\bfall-?back\b|\brevert\w*\b|\breturn(?:s|ed)? to the source\b"),
        ("validation", r"\bvalidat\w+\b|\btests\b|\bverif\w+\b|\bacceptance\b|\bchecks?\b"),
        ("inventory", r"\binventor\w+\b|\bdiscover\w+\b"),
        ("waves", r"\bwaves?\b|\bgroup(?:s|ed|ing)?\b|\bbatch(?:es)?\b"),
        ("stabilization", r"\bstabili[sz]\w+\b|\bhyper-?care\b|\bpost-migration support\b"),
    )),
    _own("migration", "rollback_limit", rf"\broll\w*[-\s]?back\b[^.;]{{0,80}}?({_WITHIN[1:]}"),
    _own("migration", "rollback_limit", r"\broll\w*[-\s]?back\b[^.;]{0,60}?\b((?:until|up to|for) [^.;,]{3,50})"),
    *_who("migration", "validated_by", r"validat\w+|verif\w+|accepts?|checks?|tests?"),
    _yes("exit_support", "tool_removal", rf"\b(?:remov\w+|uninstall\w*|deinstall\w*)\b[^.;]{{0,80}}(?:{AGENT}|\b(?:agents?|tools?|connectors?)\b)|\b(?:agents?|tools?)\b[^.;]{{0,60}}\b(?:removed|uninstalled)\b"),
    _yes("exit_support", "transition", r"\b(?:new|successor|replacement|another) (?:provider|supplier)\b"),
    _yes("exit_support", "transition", r"\b(?:transition\w*|hand-?over|exit|migration) (?:assistance|support|services|period|help)\b|\b(?:assist\w*|cooperat\w+|support\w*|help\w*)\b[^.;]{0,100}\b(?:transition|hand-?over|successor|new provider|replacement provider|transfer)\b"),
    _yes("exit_support", "credential_rotation", r"\b(?:credentials?|passwords?|secrets|accounts)\b[^.;]{0,120}\b(?:rotat\w+|revok\w+|transferr?\w*|handed over|changed|disabled|removed)\b|\bremov\w+\b[^.;]{0,60}\b(?:accounts|keys|credentials)\b|\b(?:rotat\w+|revok\w+|disabl\w+)\b[^.;]{0,80}\b(?:credentials?|passwords?|accounts)\b"),
    _own("exit_data_return", "format", r"\b(?:in|as) (?:an? |the )?((?:[\w-]+ ){0,4}formats?(?: \([^)]{3,80}\))?|csv|sql dumps?|qcow2|json|xml|ova|ovf|tar archives?)\b"),
    _yes("data_deletion", "certificate", r"\bcertif\w+\b|\bwritten (?:confirmation|proof)\b|\bconfirms? (?:the deletion |it )?in writing\b|\bproof of (?:deletion|destruction)\b"),
    _own("data_retention", "item", r"\b((?:access |audit |system |personal |customer )?(?:logs?|records?|data|tickets?|trails?))\b"),
    *(_one("disclaimer", "of", value, words) for value, words in (
        ("backup", r"\b(?:not|no|excludes?|excluded|excluding)\b[^.;]{0,80}\bback(?:ed)?[-\s]?ups?\b|\bback[-\s]?ups?\b[^.;]{0,40}\b(?:excluded|not included)\b"),
        ("liability", r"\bliab(?:le|ility|ilities)\b"),
        ("unsupported_software", r"\bpast the end of (?:its|their)\b[^.;]{0,60}\bsupport\b|\bunsupported\b|\bend[-\s]of[-\s]life\b|\bno longer (?:\w+ )?(?:supported|maintain\w*|supports?)\b|\bended maintenance\b"),
        ("excluded_work", r"\b(?:exclud\w+|exclusions?|not included|does not include|do not include|out of scope|not part of the (?:services?|scope|fee|agreement)|outside (?:of )?the scope)\b"),
        ("recovery", r"\b(?:not|no|excludes?|excluded|excluding|never)\b[^.;]{0,100}\b(?:restor\w+|recover\w*)\b|\b(?:restor\w+|recover\w*)\b[^.;]{0,60}\b(?:excluded|not included)\b"),
        ("availability", r"\b(?:not|no)\b[^.;]{0,80}\b(?:availab\w+|uninterrupted)\b"),
    )),
    *(_one("covered_system", "system_kind", value, words) for value, words in (
        ("cluster", r"\bclusters?\b"), ("host", r"\bhosts?\b|\bphysical servers?\b|\bbare[-\s]metal\b|\bdedicated servers?\b"),
        ("vm", r"\bvirtual (?:machines?|servers?)\b|\bvms?\b"), ("storage", r"\bstorage\b|\bsan\b"),
        ("switch", r"\bswitch(?:es)?\b"), ("firewall", r"\bfirewalls?\b"),
        ("backup_repository", r"\bback-?up (?:repositor(?:y|ies)|stores?|storage|server)\b"),
        ("application", r"\bapplications?\b"), ("database", r"\bdatabases?\b|\bpostgres\w*\b|\bmysql\b|\bmariadb\b"),
        ("file_set", r"\bfile (?:shares?|servers?|sets?)\b"),
    )),
)  # fmt: skip

EXCLUDED_ABOVE = SlotCue(
    kinds=("disclaimer",), slot="of", value="excluded_work", inherited=True,
    pattern=blanks(r"\bexcluded (?:services|work)\b|\bout of scope\b|\bnot included\b"),
)  # fmt: skip

SLOT_CUES: tuple[SlotCue, ...] = (*LAYERS, *RECOVERY, *BACKUP, *SERVICE, *REPORTS, *ENDS, EXCLUDED_ABOVE)
