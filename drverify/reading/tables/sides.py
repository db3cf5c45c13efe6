"""How parties are called, and the words by which one sees who gives, who takes and who owes."""
# ruff: noqa: RUF001 - the characters that agreements use

import re

from drverify.model.contract import Kind

PROVIDER_WORDS = (
    r"service\s+providers?|cloud\s+providers?|hosting\s+providers?|providers?|suppliers?|vendors?|contractors?|sub-?contractors?|servicers?|licensors?|"
    r"outsourcers?|hosts?|processors?|sub-?processors?|operators?|we|our|us|auftragnehmer\w*|anbieter\w*|dienstleister\w*|prestataires?|nous"
)
CUSTOMER_WORDS = (
    r"customers?|clients?|subscribers?|end[-\s]users?|users?|tenants?|you|your|licensees?|buyers?|purchasers?|"
    r"(?:service\s+)?recipients?|controllers?|account\s+(?:owner|holder)s?|merchants?|auftraggeber\w*|kunden?|vous|votre"
)
BOTH_WORDS = r"(?:each|either|both|the|receiving|disclosing)\s+part(?:y|ies)|parties"
ALIAS = re.compile(
    r"(?P<name>[A-Z][^()\"“”;:\n]{1,160}?)\s*,?\s*\(\s*(?:the\s+)?(?:(?:collectively|together|hereinafter|hereafter|referred\s+to|individually|each|as|called|also|or|and|with\s+its\s+affiliates|the|,|a|an)\s+){0,8}"
    r"[\"“”'‘’]{1,2}\s*(?P<first>[A-Za-z][^\"“”()]{0,40}?)\s*[\"“”'’]{1,2}(?:\s*(?:,?\s*or|,|and|/)\s+(?:the\s+)?[\"“'‘]{1,2}\s*(?P<second>[A-Za-z][^\"“”()]{0,40}?)\s*[\"”'’]{1,2})?"
)
_ROLE = r"(?:(?:Service\s+|Hosting\s+)?Provider|Supplier|Vendor|Contractor|Customer|Client|Subscriber|Buyer)"
LABELLED = re.compile(rf"^\W*(?P<role>{_ROLE})\W{{0,6}}:\W*(?P<name>[A-Z][^\n(|]{{2,80}})", re.MULTILINE)
MEANT = re.compile(
    rf"[\"“](?P<role>{_ROLE})[\"”]\s+means\s+(?P<name>[A-Z][^;\n\"“]{{2,80}}?)(?=\s+and\s+[\"“]|[,;\n]|\.\s)"
)
PREAMBLE = 9_000
OPENING = 4_000
BETWEEN = re.compile(r"\b(?:by\s+and\s+)?(?:between|among)\b|\bparties\s+agree\b|\bWHEREAS\b", re.IGNORECASE)
LONGEST_ALIAS = 40
LONGEST_NAME = 90
SUBJECT_WORD = re.compile(
    r"(?<![\w.])((?:[A-Z][\w&.’'-]{1,24})(?:\s[A-Z][\w&.-]{1,20}){0,2}|[a-z]-on)\s+(?:shall|will|\bagrees\s+to|must|undertakes\s+to)\s"
)
NO_SUBJECT = frozenset(
    [
        "this",
        "that",
        "these",
        "those",
        "it",
        "they",
        "he",
        "she",
        "such",
        "each",
        "any",
        "all",
        "both",
        "neither",
        "either",
        "no",
        "nothing",
        "there",
        "if",
        "when",
        "where",
        "unless",
        "upon",
        "in",
        "for",
        "as",
        "at",
        "the",
        "an",
        "a",
        "section",
        "article",
        "exhibit",
        "schedule",
        "appendix",
        "party",
        "parties",
        "licensee",
        "licensor",
        "services",
        "service",
        "provided",
        "failure",
        "notice",
        "termination",
        "payment",
        "who",
        "which",
        "what",
        "and",
        "or",
        "but",
        "not",
        "fees",
        "nothing",
        "everything",
        "one",
        "two",
        "client's",
        "state",
        "states",
        "court",
        "arbitrator",
        "secretary",
        "president",
        "board",
        "director",
        "affiliates",
        "affiliate",
        "data",
        "system",
    ]
)
TITLED = re.compile(r"\b(?:Customer|Client|Subscriber|Buyer|Purchaser|Licensee|Recipient|CUSTOMER|CLIENT)\b")
OFTEN = 4
YOURS = re.compile(r"\byour?\b", re.IGNORECASE)
OFTEN_YOURS = 10
"""A document that says "you" so often and names no customer is one side's own."""
CORPORATE = re.compile(
    r"\b(?:Inc|Incorporated|Corp|Corporation|LLC|L\.L\.C|Ltd|Limited|LLP|L\.?P|PLC|Company|Co|GmbH|AG|S\.?A|SAS|SARL|B\.?V|N\.?V|Bank|Association|Group|Holdings?|University|Trust|Institute|International)\b\.?"
)
NOT_PARTIES = re.compile(
    r"^(?:use|licen[sc]e|servers?|network|wan|lan|code|logo|materials|shares|ingredients|specifications)$|\bagreement|effective|\bdated?\b|services?\b|term\b|exhibit|schedule|section|software|system|premises|products?\b|fees?\b|confidential|"
    r"sla\b|order|party|parties|property|data\b|territory|act\b|plan\b|sow\b|msa\b|dpa\b|deliverables|equipment|facilit|affiliates?",
    re.IGNORECASE,
)
GIVES = (
    r"\s+(?:shall|will|\bagrees\s+to|must|is\s+to|hereby\s+agrees\s+to)\s+(?:\w+\s+){0,2}?(?:provide|perform|furnish|supply|host|maintain|make\s+available|render|operate|deliver|manage|support|monitor|"
    r"back\s?up|restore|process|use\s+(?:commercially|reasonable|best)|assign|install|develop)\b"
    r"|\s+(?:provides|performs|supplies|hosts|operates|is\s+(?:engaged\s+in\s+the\s+business|in\s+the\s+business)|has\s+developed|offers|owns\s+and\s+operates|desires\s+to\s+provide|is\s+willing\s+to\s+provide|will\s+host)\b"
)
GIVEN_BY = r"(?:provided|performed|supplied|rendered|furnished|hosted|delivered)\s+by\s+"
TAKES = (
    r"\s+(?:shall|will|\bagrees\s+to|must)\s+(?:\w+\s+)?(?:pay|purchase|reimburse|compensate|buy|engage|order)\b"
    r"|\s+(?:desires?|wishes)\s+to\s+(?:obtain|engage|purchase|receive|retain|procure|have|use|acquire|outsource|buy|contract)|\s+(?:has\s+requested|requires|hereby\s+(?:engages|retains|appoints))\b"
)
GIVEN_TO = (
    r"(?:services|provide[ds]?|available|furnish(?:ed)?|supplied|deliver(?:ed)?)\s+(?:\w+\s+){0,3}?to\s+"
)
VERB_AFTER = re.compile(
    r"^[’'](?:ll|ve|re|d)\b|^[’']?s?\s*(?:,[^,]{0,90},\s*)?(?:\([^)]{0,60}\)\s*)?(?:and\s+its\s+\w+\s+)?(?:(?:also|further|hereby|then|only|therefore|alone|solely|itself|each|all)\s+)?"
    r"(?:shall|will|must|should|may|might|can|cannot|is|are|has|have|\bagrees?|undertakes?|warrants?|represents?|acknowledges?|"
    r"do|does|provides?|performs?|maintains?|keeps?|stores?|takes?|makes?|creates?|runs?|retains?|restores?|offers?|uses?|"
    r"guarantees?|commits?|deletes?|backs?|recommends?|strives?|tests?|monitors?|verif(?:y|ies)|encrypts?|wird|muss|kann|"
    r"doit|peut|sera|acts|holds|remains|owns|supplies|delivers|returns|restores|assumes|ensures|assures|manages|hosts|operates|covers|includes|needs|wants|chooses|selects|sets|set|gives|erases|reviews|begins|starts|completes|hands|sends|tells|informs|reports|checks|records|measures|investigates|"
    r"repairs|replaces|decides|declares|accepts|approves|pays|asks|agrees|removes|replicates|copies|recovers|rebuilds|answers|notifies|updates|applies|writes|carries|conducts|follows|bears|gets|may)\b",
    re.IGNORECASE,
)
BY = re.compile(r"\b(?:by|durch|par)\s+(?:the\s+|our\s+|an?\s+)?$", re.IGNORECASE)
DUTY_OF = re.compile(r"\b(?:responsibility|obligation|duty)\s+of\s+(?:the\s+)?$", re.IGNORECASE)
OWES = re.compile(
    r"\b(?:shall|will|must|\bagrees?\s+to|responsible\s+for|undertakes?\s+to)\s+(?:\w+\s+){0,3}?(?:provid|perform|maintain|mak(?:e|ing)|back|restor|recover|ensur|assur|host|deliver|operat|support|manag|monitor|"
    r"carry|follow|implement|establish|keep|stor|run|conduct|process|install|configur|be\s+responsible)\w*|\b(?:provides|performs|maintains|hosts|operates|ensures)\b",
    re.IGNORECASE,
)
DUTIES = re.compile(
    r"\b(?:responsibilit\w+|obligations?|duties|tasks|services\s+provided|will|shall|must)\b", re.IGNORECASE
)
MARKED = re.compile(
    r"^\W*(?:x|yes|(?P<does>r|ra|r\s*[/,&+]\s*a|a\s*[/,&+]\s*r|ar)|a|perform\w*|responsible|✓|✔|☑|☒|lead|primary|owner?)\W*$",
    re.IGNORECASE,
)
WHO_HEAD = re.compile(
    r"\b(?:performed\s+by|responsib\w+|who|owner|party|carried\s+out\s+by|done\s+by)\b", re.IGNORECASE
)
"""The head of a column whose cells name the party."""
SERVICE_LEVELS: frozenset[Kind] = frozenset(
    {
        "rpo",
        "rto",
        "backup_frequency",
        "retention",
        "offsite_copy",
        "encryption",
        "immutability",
        "restore_time",
        "uptime",
        "backup_scope",
        "dr_test",
        "exit_data_return",
        "data_deletion",
    }
)
"""Of these a service agreement that names nobody speaks of the service, which is the provider's; who
watches, restores, tests a restore or owns a layer is never taken for granted (V-11)."""
