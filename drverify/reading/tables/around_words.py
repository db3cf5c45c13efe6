"""The vocabulary of the cues around the core kinds. In all of it a blank stands for any white space."""

PROVIDER = (
    r"\b(?:(?:service |cloud |hosting )?providers?|suppliers?|vendors?|contractors?|"
    r"hosts?|operators?|we|our)\b"
)
CUSTOMER = r"\b(?:customers?|clients?|subscribers?|tenants?|licensees?|you|your)\b"
EITHER = r"\b(?:either|both|each) part(?:y|ies)\b|\bthe parties\b"
SHALL = (
    r"\b(?:shall|will|must|should|agrees? to|undertakes? to|(?:is|"
    r"are) (?:\w+ )?(?:responsible|accountable|required|"
    r"obliged)|(?:is|are) to|ensures?|keeps?|names?|provides?|gives?|maintains?|owns?|"
    r"informs?|answers?)\b"
)
RECOVERING = (
    r"\b(?:restor\w+|recover\w*|disasters?|fail-?over|fail-?back|incidents?|rto|rpo|"
    r"outages?|business continuity)\b"
)
LAYER = (
    r"\b(?:hardware|bare[-\s]metal|physical servers?|disks?|raid|racks?|spare parts|"
    r"chassis|remote hands|hypervisors?|"
    r"virtuali[sz]ation|proxmox|vmware|hyper-v|kvm|storage|sans?|nas|ceph|networks?|"
    r"networking|overlay|firewalls?|vlans?|"
    r"switch(?:es)?|load balancers?|dns|operating systems?|guest os|guests?|os|databases?|"
    r"applications?|middleware|"
    r"certificates?|replication|backup (?:platform|system|server|software|console|"
    r"infrastructure|tool\w*))\b"
)
OPERATE = (
    r"\b(?:operat(?:e|es|ed|ing|ion)|patch(?:es|ed|ing)?|monitor(?:s|ed|ing)?|manag(?:e|"
    r"es|ed|ing|ement)|"
    r"maintain(?:s|ed|ing)?|administ\w+|updat(?:e|es|ed|ing)|replac(?:e|es|ed|ing|ement)|"
    r"watch(?:es|ed|ing)?|"
    r"configur(?:e|es|ed|ing)|reboots?|reattach\w*|rebuild\w*|owns?|owned|support(?:s|ed|"
    r"ing)?|review(?:s|ed|ing)?|"
    r"coordinat\w+|restart\w*|starts?|open(?:s|ed)?|handl(?:e|es|ed|ing)|changes|"
    r"performs?)\b"
)
DUTY = (
    r"\b(?:responsib\w+|accountab\w+|in charge|duty of|duties|owns|(?:shall|will|you|"
    r"we) own|owner|owned by)\b"
)
LEVEL = (
    r"\b(?:severity|priority|sev\.?|prio)[-\s]*(?:levels?|class)?[-\s:#]*(?:[0-5]|one|two|"
    r"three|four|critical|high|"
    r"medium|normal|low|urgent|[abcd])\b|\b(?:sev|p)[-\s]?[1-5]\b"
)
SEVERITY = r"\b(?:severit(?:y|ies)|priorit(?:y|ies)|sev[-\s]?[1-5]|p[1-5])\b"
REPORT = r"\breports?\b|\breporting\b"
AGENT = (
    r"\b(?:(?:monitoring|backup|management|software|remote|endpoint|telemetry|"
    r"security) (?:\w+ )?"
    r"(?:agents?|tools?|tooling|software|utilit(?:y|ies)|connectors?|collectors?)|"
    r"remote (?:access|management|monitoring)"
    r"(?: (?:tools?|software|utilit(?:y|ies)))?|rmm|agents|collectors?|these tools|"
    r"the tools)\b"
)
MIGRATION = r"\b(?:migrat(?:e|es|ed|ing|ion|ions)|cut-?overs?)\b"
TERMINATION = (
    r"\b(?:terminat\w+|(?:upon|after|on|following) (?:the )?expir\w+|expir\w+ of (?:the|"
    r"this|its) (?:agreement|contract|term)|(?:at|by|upon|on|after|from|"
    r"following) (?:the )?end|end of (?:the|this)|exit|handover|"
    r"hand-?over|transition\w*|off-?boarding|disengagement)\b"
)
ZONE = (
    r"\b(?:UTC|GMT|CET|CEST|MET|EST|EDT|CST|CDT|MST|MDT|PST|PDT|ET|PT|BST|IST|JST|AEST|"
    r"AEDT)(?:[+-]\d{1,2}(?::\d\d)?)?\b|"
    r"(?<!/)\b(?:Europe|America|Asia|Africa|Australia|Pacific|Atlantic|Indian|Antarctica)"
    r"/[A-Za-z_]+(?:/[A-Za-z_]+)?|(?<!/)\bEtc/(?:UTC|GMT)\b|"
    r"\b(?:eastern|central|pacific|mountain|greenwich mean|coordinated universal|local|"
    r"central european) (?:\w+ )?time\b"
)
CLOCK_TIME = (
    r"\b(?:[01]?\d|2[0-3])[:.h][0-5]\d(?: ?(?:a\.?m\.?|p\.?m\.?)(?!\w))?|\b(?:1[0-2]|"
    r"[1-9]) ?(?:a\.?m\.?|p\.?m\.?)(?!\w)|\bmidnight\b|\bnoon\b"
)
WEEKDAY = r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\bweekends?\b|\bweekdays\b"
DEFINED = r"^[\W\d]*(?:[a-z]{1,3}\)\s*)?[\"\u201c][^\"\u201d]{1,60}[\"\u201d] (?:shall )?means?\b"
"""A definition: it owes nothing."""


def blanks(expression: str) -> str:
    """The expression with its blanks as the engine wants them."""
    return expression.replace(" ?", r"\s*").replace(" ", r"\s+")
