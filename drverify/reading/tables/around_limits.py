"""Cues of what is kept, excluded and covered."""

from drverify.reading.cue import KindCue
from drverify.reading.tables.around_forms import spread

_BACKUP = r"\bback(?:ed|ing|s)?[-\s]{0,2}ups?\b|\bsnapshots?\b|\b(?:restore|recovery) points?\b"

_NOT = r"\b(?:no|not|never|neither|nor|cannot|excludes?|excluded|excluding|except|without)\b"

_KEPT = spread(
    "data_retention",
    {
        "text": (
            r"\b(?:retain\w*|retention|kept|keeps?|stored|preserv\w+)\b",
            (
                r"\b(?:logs?|records?|personal data|customer data|audit trails?|tickets?|reports?|"
                r"data)\b"
            ),
        ),
        "never": (_BACKUP, r"\bconfidential\b", r"\bkeep (?:the )?(?:\w+ )?(?:secret|informed)\b"),
        "figure": "duration",
    },
)

_DISCLAIMED = spread(
    "disclaimer",
    {
        "text": (
            r"\bliab(?:le|ility|ilities)\b",
            (
                rf"\b(?:limit\w*|exceed\w*|cap|capped|aggregate|maximum|in no event)\b|{_NOT}|"
                r"\bis excluded\b"
            ),
        ),
        "never": (r"\bindemnif\w+\b", r"\bliability insurance\b"),
    },
    {
        "text": (
            (
                r"\b(?:exclud\w+|exclusions?|not included|does not include|do not include|"
                r"out of scope|not part of the (?:services?|scope|fee|agreement)|"
                r"outside (?:of )?the scope)\b"
            ),
            (
                r"\b(?:work|services?|migrat\w+|development|support|operating systems?|"
                r"troubleshooting|restor\w+|recover\w*|tasks?|projects?)\b"
            ),
        ),
        "never": (
            r"\bmeans\b",
            r"\bliab\w+\b",
            r"\bmaintenance windows?\b",
            r"\btaxes\b",
            r"\bexcluding (?:vat|tax)",
            r"\bavailability\b",
            r"\bunsupported\b[^.;]{0,120}\bexcluded from the service levels\b",
        ),
    },
    {
        "text": (
            (
                r"\bunsupported\b|\bend[-\s]of[-\s]life\b|\bno longer (?:\w+ )?(?:supported|"
                r"maintain\w*|supports?)\b|\bended maintenance\b"
            ),
            r"\b(?:software|operating systems?|versions?|systems?|control panels?|products?)\b",
        ),
        "never": (r"\bexcluded from the services\b", r"\breview\b"),
    },
    {
        "text": (
            (
                rf"{_NOT}[^.;]{{0,60}}\b(?:guarantee\w*|warrant\w*|represent\w*|responsible|"
                r"liable)\b[^.;]{0,140}\b(?:restor\w+|recover\w*|availab\w+|uninterrupted|"
                r"error-free|loss of data|data loss)\b"
            ),
        ),
    },
)

_NOT_DONE = spread(
    "disclaimer",
    {
        "text": (
            (
                r"\b(?:does|do|shall|will|is|are) not\b[^.;]{0,60}\b(?:install\w*|configur\w*|"
                r"develop\w*|support\w*|manag\w*|patch\w*|administer\w*|debug\w*|migrat\w*|"
                r"includ\w*)\b"
            ),
        ),
        "context": (r"\bexcluded (?:services|work)\b|\bexclusions\b|\bout of scope\b|\bnot included\b",),
        "never": (r"\bliab\w+\b",),
    },
    {
        "text": (
            (
                r"\bpast the end of (?:its|their)\b[^.;]{0,60}\bsupport\b|"
                r"\bno longer (?:\w+ )?maintained\b"
            ),
        ),
    },
)

_COVERED = spread(
    "covered_system",
    {
        "text": (
            (
                r"\b(?:covered|managed|in-scope|protected|supported) (?:systems|servers|"
                r"infrastructure|assets|equipment|hosts)\b[^.;]{0,20}\b(?:are|means?|includes?|"
                r"comprises?|consists? of)\b"
            ),
        ),
        "never": (
            r"\bmeans? (?:a|an|any|each|every)\b",
            (
                r"\b(?:is|are) (?:backed|not|only|subject|available|protected|kept|restored|tested|"
                r"charged|billed|lost|recovered|started|"
                r"affected|operated|listed)\b"
            ),
        ),
    },
    {
        "text": (r"\w",),
        "context": (
            (
                r"\b(?:covered|managed|in-scope|protected) (?:systems?|servers?|infrastructure|"
                r"assets?|equipment|hosts?)\b"
            ),
            r"\b(?:systems?|servers?|hosts?|names?|assets?)\b",
        ),
        "blocks": ("row",),
        "never_context": (r"\bresponsib\w+|\bexcluded\b|\brpo\b|\brto\b|\bretention\b|\bfrequency\b",),
    },
)

LIMIT_CUES: tuple[KindCue, ...] = (*_KEPT, *_DISCLAIMED, *_NOT_DONE, *_COVERED)
