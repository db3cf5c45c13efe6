"""Slots of running the service: answers, severities, maintenance, changes, duties, tools, reports."""

from drverify.reading.cue import SlotCue
from drverify.reading.tables.around_forms import EVERY_TIME, TIME, one, own, who, yes
from drverify.reading.tables.around_words import AGENT, CLOCK_TIME, WEEKDAY, ZONE, blanks

SERVICE = (
    own(
        "response_time",
        "level",
        (
            r"\b((?:severity|priority|sev|p)[-\s]*(?:levels? )?[0-9a-d]\b|(?:critical|high|medium|"
            r"low|urgent|normal)(?: (?:severity|priority))?\b)"
        ),
    ),
    one(
        "response_time",
        "means",
        "engaged_until_restored",
        (
            r"\buntil (?:the )?(?:service|system|operation) is restored\b|\bengaged until\b|"
            r"\bwork\w* (?:continuously |without interruption )?until\b"
        ),
    ),
    one(
        "response_time",
        "means",
        "diagnosing",
        (
            r"\b(?:engineers?|technicians?|specialists?|provider)\b[^.;]{0,30}\b(?:work|works|"
            r"working|starts?|begins?)\b|\bdiagnos\w+|\bactive work\b"
        ),
    ),
    own("response_time", "level", r"^\W{0,4}([1-5])(?=\s*[|\t])"),
    one(
        "response_time",
        "means",
        "acknowledged",
        r"\backnowledge?ment\b|\bmeans? (?:that )?[^.;]{0,60}\b(?:issued|opened|received)\b",
    ),
    one(
        "response_time",
        "means",
        "acknowledged",
        (
            r"\bmeans? (?:that )?[^.;]{0,40}\backnowledg\w+|\backnowledg\w+[^.;]{0,20}\b(?:is|"
            r"counts as) (?:a |the )?response\b"
        ),
    ),
    own(
        "severity",
        "level",
        (
            r"\b((?:severity|priority|sev|prio|p)[-\s]*(?:levels? )?(?:[0-9a-d]|one|two|three|"
            r"four)\b)"
        ),
    ),
    own("severity", "level", r"^\W{0,4}((?:critical|high|medium|low|urgent|normal|major|minor|[1-5])\b)"),
    own(
        "severity",
        "effect",
        (
            r"((?:\w+ ){0,4}?(?:is|are) (?:down|unavailable|impaired|degraded|unusable|lost|"
            r"affected)\b[^.;|]{0,80}|no workaround[^.;|]{0,40}|every other \w+|(?:loss|failure|"
            r"outage|impairment) of [^.;|]{3,60}|cosmetic[^.;|]{0,40}|questions?[^.;|]{0,30})"
        ),
    ),
    *who("severity", "declared_by", r"declar\w+|assign\w*|sets?|classif\w+|determin\w+|choos\w+|selects?"),
    *who("severity", "challenged_by", r"challeng\w+|disput\w+|object\w*|propos\w+"),
    own(
        "severity",
        "update_every",
        rf"\b(?:updates?|inform\w*|reports?|information)\b[^.;]{{0,60}}\b{EVERY_TIME}",
    ),
    own("severity", "update_every", rf"\b{EVERY_TIME}[^.;]{{0,40}}\bupdates?\b"),
    own("severity", "update_every", r"\|\s*((?:every|each) [^|]{2,30}|hourly|daily|weekly)\s*\|"),
    own(
        "severity",
        "escalates_to",
        r"\bengag(?:e|es|ing) (?:its|the|their) (makers?|manufacturers?|vendors?)\b",
    ),
    own("severity", "escalates_to", r"\breported to (?:its|the|their) (makers?|manufacturers?|vendors?)\b"),
    own(
        "severity",
        "escalates_to",
        (
            r"\bescalat\w+\b[^.;]{0,80}?\bto (?:the )?([^.;]{0,40}?\b(?:vendors?|manufacturers?|"
            r"data ?cent(?:er|re)(?: staff)?|supplier)\b)"
        ),
    ),
    yes(
        "severity",
        "backup_failure",
        (
            r"\bback-?ups?\b[^.;|]{0,20}\bfail\w*|\b(?:failed|failing|missed|"
            r"unsuccessful) (?:\w+ )?back-?ups?\b|\bback-?up (?:jobs? )?(?:fail\w*|that fails?)\b|"
            r"\bback-?up (?:job|failure)s?\b"
        ),
    ),
    own(
        "maintenance_window",
        "window",
        (
            rf"((?:{WEEKDAY}|\bdaily\b|\bevery (?:night|day|week|month)\b|\b(?:first|second|third|"
            rf"last) \w+day\b)[^.;]{{0,50}}?{CLOCK_TIME}(?: ?(?:-|\u2013|to|until|"
            rf"and) ?(?:{CLOCK_TIME}))?|{CLOCK_TIME} ?(?:-|\u2013|to|until|and) ?(?:{CLOCK_TIME}))"
        ),
    ),
    SlotCue(kinds=("maintenance_window",), slot="timezone", pattern=blanks(rf"({ZONE})")),
    own(
        "maintenance_window",
        "notice",
        (
            rf"\b((?:at least |no less than |not less than )?{TIME}(?:['\u2019])? (?:in advance|"
            r"(?:advance |prior |written )+notice|notice|before|beforehand))\b"
        ),
    ),
    own(
        "maintenance_window",
        "notice",
        (
            r"\b(?:notice|announc\w+|notif\w+|inform\w*)\b[^.;]{0,60}?((?:at least |"
            rf"no less than )?{TIME})\b"
        ),
    ),
    yes("maintenance_window", "emergency", r"\bemergenc(?:y|ies)\b|\burgent\b", inherited=True),
    one(
        "maintenance_window",
        "excuses",
        "availability",
        (
            r"\bmaintenance\b[^.;]{0,140}\b(?:do|does) not count\b|\bexclud\w+ (?:any |"
            r"all )?(?:scheduled |planned |announced )?maintenance\b|\b(?:not|n't|exclud\w+|"
            r"except\w*|without)\b[^.;]{0,50}\b(?:un)?(?:availab\w+|uptime|downtime|"
            r"service levels?)\b|\bdowntime\b[^.;]{0,60}\b(?:not|no)\b[^.;]{0,20}\bcount\w*|"
            r"\b(?:availab\w+|uptime)\b[^.;]{0,50}\b(?:exclud\w+|except\w*|not (?:count\w*|"
            r"includ\w+))\b"
        ),
    ),
    one("maintenance_window", "excuses", "rto", r"\b(?:rto|recovery time objectives?)\b|\brecovery times?\b"),
    one("maintenance_window", "excuses", "rpo", r"\brpo\b|\brecovery point objectives?\b"),
    one(
        "change_control",
        "approval",
        "required",
        (
            r"\b(?:requires?|required|needs?|only (?:with|after)|subject to|"
            r"without)\b[^.;]{0,60}\b(?:approv\w+|consent|authori[sz]ation)\b|"
            r"\bprior (?:written )?(?:approval|consent)\b"
        ),
    ),
    one(
        "change_control",
        "approval",
        "standing",
        (
            r"\bstanding (?:approval|authori[sz]ation|authority)\b|\bpre-?approved\b|"
            r"\bapproved in advance\b"
        ),
    ),
    yes(
        "change_control",
        "rollback",
        (
            r"\brestor\w+ (?:the )?(?:former|previous|prior|earlier) state\b|\broll(?:s|ed|"
            r"ing)?[-\s]?back\b|\broll(?:s|ed|ing)? [^.;]{0,30} back\b|\bback-?out\b|"
            r"\brevert\w*\b|\brevers(?:e|es|ed)\b|\bundo\w*\b|\bundone\b"
        ),
    ),
    yes(
        "change_control",
        "schedule",
        (
            r"\b(?:written|signed)\b[^.;]{0,40}\b(?:amendments?|schedules?|change orders?|"
            r"addend\w+|orders?)\b|\b(?:amendments?|schedules?)\b[^.;]{0,50}\bsigned\b"
        ),
    ),
    *(
        one("client_duty", "duty", value, words)
        for value, words in (
            (
                "supported_software",
                (
                    r"\b(?:supported|vendors? supports?|support(?:ed)? by (?:its|their|the) (?:vendor|"
                    r"manufacturer)|up to date|current versions?)\b"
                ),
            ),
            ("approvals", r"\bapprov\w+\b"),
            ("licences", r"\blicen[cs](?:e|es|ing)\b"),
            ("contacts", r"\bcontacts?\b(?! us)"),
            ("test_data", r"\btest (?:data|accounts?)\b"),
            ("notice", r"\b(?:notice|inform\w*|notif\w+)\b"),
            ("ownership", r"\b(?:owns?|owner|ownership|title)\b"),
        )
    ),
    own("tooling", "tool", rf"({AGENT}(?: [A-Za-z0-9][\w.-]*)?)"),
    yes(
        "tooling",
        "telemetry",
        (
            r"\bcollect\w*\b|\bgather\w*\b|\btransmit\w*\b|\btelemetry\b|\brecords? (?:metrics|"
            r"performance|logs)\b"
        ),
    ),
    yes(
        "tooling",
        "access",
        (
            r"\b(?:have|has|had|with|without|no|only)\b[^.;]{0,60}\baccess to\b|\b(?:may|"
            r"can) (?:see|read|access)\b|\b(?:seen|read|accessed|visible)\b[^.;]{0,20}\b(?:by|"
            r"to)\b|\baccess (?:is|to the data)\b"
        ),
    ),
)

REPORTS = (
    *(
        one("reporting", "contents", value, words)
        for value, words in (
            ("backup_results", r"\bback-?ups?\b"),
            ("patch_status", r"\bpatch\w*\b"),
            ("risks", r"\brisks?\b"),
            (
                "asset_changes",
                (
                    r"\basset changes?\b|\bchanges? (?:of|to|in) (?:the )?(?:assets?|inventory)\b|"
                    r"\bassets?\b"
                ),
            ),
            ("incidents", r"\bincidents?\b"),
            ("lifecycle", r"\blife-?cycle\b|\bend[-\s]of[-\s]life\b"),
            ("restore_tests", r"\brestor\w* tests?\b|\brecovery tests?\b"),
            (
                "service_review",
                (
                    r"\bmeet\b[^.;]{0,40}\bdiscuss\b|\bservice reviews?\b|\breview meetings?\b|"
                    r"\b(?:initial|quarterly|monthly) reviews?\b"
                ),
            ),
        )
    ),
    yes(
        "reporting",
        "sample",
        (
            r"\bsample (?:service |monthly )?reports?\b|\breports?\b[^.;]{0,20}\bsample\b|"
            r"\bexample reports?\b"
        ),
    ),
)
