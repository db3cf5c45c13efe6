"""Cues of moving in, of who is responsible for which layer, and of moving out."""

from drverify.reading.cue import KindCue
from drverify.reading.tables.around_forms import spread
from drverify.reading.tables.around_words import (
    AGENT,
    DEFINED,
    DUTY,
    LAYER,
    MIGRATION,
    OPERATE,
    RECOVERING,
    REPORT,
    TERMINATION,
)

_NODE = r"\b(?:nodes?|hosts?|hypervisors?|cluster members?|physical servers?)\b"

_BACKUP = r"\bback(?:ed|ing|s)?[-\s]{0,2}ups?\b|\bsnapshots?\b|\b(?:restore|recovery) points?\b"

_MIGRATION = spread(
    "migration",
    {
        "text": (
            rf"{MIGRATION}|\bwaves?\b",
            (
                r"\b(?:sequence|order|steps?|roll\w*[-\s]?back|rolled|fall-?back|revert\w*|validat\w*|"
                r"accept\w*|inventor\w+|waves?|"
                r"group\w*|stabili[sz]\w+|hyper-?care|support|plan\w*|before|after|during)\b"
            ),
        ),
        "never": (
            r"\bexclud\w+|\bnot included\b|\bout of scope\b|\bquoted separately\b",
            r"\bnot part of\b",
            r"\blive migrat\w+\b",
            r"\bimmigra",
            rf"{_NODE} fails",
        ),
    },
    {
        "text": (
            (
                r"\broll\w*[-\s]?back\b|\brolled back\b|\bvalidat\w+|\b(?:tests|checks|accepts)\b|"
                r"\bstabili[sz]\w+|\binventor\w+|\bwaves?\b"
            ),
        ),
        "context": (MIGRATION,),
    },
)

_LAYERS = spread(
    "layer_responsibility",
    {
        "text": (rf"{DUTY}[^.;]{{0,160}}{LAYER}|{LAYER}[^.;]{{0,120}}{DUTY}",),
        "never": (
            r"\b(?:payment|invoice|tax|taxes|fees)\b",
            r"\bintellectual property\b|\bcopyright\b",
            r"\bowns? (?:its|the|all) (?:data|content)\b",
            r"\b(?:un)?supported (?:software|operating)\b",
            r"\bsoftware as a service\b",
            DEFINED,
            r"\bapplications? for (?:a|the|any) (?:patent|licen[cs]e|permit)\b",
        ),
    },
    {
        "text": (
            (
                r"\b(?:shall|will|must|is to|are to|alone|only|has|"
                rf"have)\b[^.;]{{0,60}}{OPERATE}[^.;]{{0,120}}{LAYER}|"
                r"\b(?:provider|customer|client|supplier|"
                rf"vendor)\b (?:alone )?{OPERATE}[^.;]{{0,120}}{LAYER}"
            ),
        ),
        "never": (
            r"\brespond\w*\b",
            r"\breports?\b",
            r"\bwindow\b",
            REPORT,
            r"\bnot be (?:responsible|liable)\b",
            r"\b(?:un)?supported (?:software|operating|versions?)\b",
            r"\bbacks? up\b|\bback-?ups? (?:of|jobs?)\b",
            TERMINATION,
            r"\bsupported by\b|\bvendors? (?:still )?supports?\b",
            r"\bapproval\b",
            MIGRATION,
        ),
    },
    {
        "text": (
            (
                r"\b(?:root|administrative|administrator|privileged|console) (?:access|rights|"
                r"accounts?|privileges)\b|"
                r"\baccess to\b[^.;]{0,40}\b(?:console|hypervisors?|hosts?|operating systems?|"
                r"backup)\b|\bremote hands\b|\bdisk swaps?\b|"
                r"\bhardware case\b|\b(?:hardware|disks?|arrays?)\b[^.;]{0,60}\b(?:reported|escalated|"
                r"report|reports|escalates?)\b[^.;]{0,30}\b(?:maker|manufacturer|vendor)s?\b|"
                r"\bon-?site (?:work|labou?r)\b|\bthird[-\s]part(?:y|ies)\b[^.;]{0,60}\bcoordinat\w+|"
                r"\bcoordinat\w+\b[^.;]{0,80}\b(?:third[-\s]part(?:y|ies)|vendors?)\b"
            ),
        ),
        "never": (
            TERMINATION,
            r"\bpersonal data\b",
            r"\b(?:service|monthly|quarterly|status) reports?\b|\breport(?:s|ing)? period\b",
        ),
    },
    {
        "text": (
            (
                r"\b(?:re-?build(?:s|ing)?|re-?attach(?:es|ing)?|network mapp\w+|fail-?back|"
                r"return to the primary|"
                r"(?:start|starts|starting) (?:of )?(?:the |its )?(?:applications?|services)|"
                r"configuration files?)\b"
            ),
        ),
        "either": (RECOVERING,),
        "never": (MIGRATION, r"\bterminat\w+\b|\breturn(?:s|ed)? (?:of|all|any)\b"),
    },
    {
        "text": (
            (
                rf"{OPERATE}[^.;]{{0,120}}{LAYER}|{LAYER}[^.;]{{0,60}}\b(?:patches|updates|sensors|"
                r"health)\b|"
                r"\brestarts? (?:services?|servers?|the server)\b"
            ),
        ),
        "context": (r"\b(?:shall|will|must|(?:is|are) responsible for|agrees? to)\b",),
        "never": (TERMINATION, REPORT, r"\bnot\b", MIGRATION, r"\bback-?ups?\b"),
    },
    {
        "text": (LAYER,),
        "context": (
            (
                r"\bresponsib\w+|\bowner\b|\baccountab\w+|\b(?:provider|supplier|customer|client)\b|"
                r"\bperformed by\b"
            ),
        ),
        "blocks": ("row",),
        "never": (r"\b(?:rpo|rto|retention)\b", _BACKUP),
    },
)

_EXIT = spread(
    "exit_support",
    {
        "text": (
            (
                rf"\b(?:remov\w+|uninstall\w*|delet\w+|deinstall\w*)\b[^.;]{{0,80}}(?:{AGENT}|"
                r"\b(?:agents?|tools?|accounts|connectors?|access)\b)|"
                rf"(?:{AGENT}|\b(?:agents?|tools?)\b)[^.;]{{0,60}}\b(?:removed|uninstalled|"
                r"deinstalled)\b"
            ),
        ),
        "either": (TERMINATION,),
        "never": (r"\bmalware\b|\bvirus\b",),
    },
    {
        "text": (
            (
                r"\b(?:transition|transitional|hand-?over|exit|termination|migration) (?:assistance|"
                r"support|services|period|help|plan)\b|"
                r"\b(?:assist\w*|cooperat\w+|support\w*|help\w*)\b[^.;]{0,100}\b(?:transition|"
                r"hand-?over|successor|new provider|replacement provider|transfer(?:ring)? of)\b"
            ),
        ),
        "never": (r"\bstabili[sz]\w+", r"\btransition services agreement\b"),
    },
    {
        "text": (
            r"\b(?:new|successor|replacement|another) (?:provider|supplier)\b|\bsuccessor\b",
            r"\banswers? questions\b|\bcooperat\w+|\bassist\w*|\bhelp\w*",
        ),
        "either": (TERMINATION,),
    },
    {
        "text": (
            (
                r"\b(?:credentials?|passwords?|secrets|keys|accounts)\b[^.;]{0,120}\b(?:rotat\w+|"
                r"revok\w+|transferr?\w*|handed over|changed|disabled)\b|"
                r"\b(?:rotat\w+|revok\w+|transfer\w*|disabl\w+)\b[^.;]{0,80}\b(?:credentials?|"
                r"passwords?|accounts)\b"
            ),
        ),
        "either": (TERMINATION,),
    },
)

LAYER_CUES: tuple[KindCue, ...] = (*_MIGRATION, *_LAYERS, *_EXIT)
