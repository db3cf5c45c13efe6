"""Words that are no cue by themselves: abbreviations, what is blanked before reading, false uses of "backup"."""

ABBREVIATIONS = frozenset(
    """e.g i.e eg ie etc. cf vs viz approx ca no nos sec secs art arts par para sect ch cl app appx ex exh fig figs
    inc ltd corp co llc l.l.c plc gmbh mr mrs ms dr prof st jr sr ave blvd dept div est al resp incl excl min max
    hrs hr mins secs yr yrs wk wks u.s u.k u.s.a p.a p.m a.m pp vol ver rev ed n.a n.v s.a b.v abs nr bzw z.b d.h
    ggf usw vgl evtl inkl exkl zzgl ziff tel ext attn""".split()
)
"""Without the last full stop, lower case."""

FALSE_BACKUPS = (
    # power, cooling, lines and people that stand by (T3, T6)
    r"\bback[-\s]?up\s+(?:(?:electrical|emergency|diesel|battery|electric|uninterrupt\w+|cooling|internet|network|"
    r"communications?|telecom\w*|data|standby|air)\s+){0,3}(?:power|generat\w+|batter(?:y|ies)|electric\w*|cooling|"
    r"lights?|lighting|fuel|ups|lines?|circuits?|links?|connections?|connectivity|carrier|isp|modem|channel|"
    r"utilit(?:y|ies)|hvac|chillers?|water|pumps?|alarms?)\b",
    r"\bback[-\s]?up\s+(?:personnel|persons?|staff\w*|employees?|contacts?|representatives?|resources?\s+(?:person|staff)|"
    r"managers?|engineers?|technicians?|drivers?|teams?\s+members?|servicers?|servicing|suppliers?|sources?|vendors?|"
    r"manufactur\w+|suppl(?:y|ies)|advis\w+|counsel|trustees?|players?|musicians?|vocal\w*|singers?|dancers?|talent|"
    r"quarterbacks?|cameras?|lenders?|bidders?|offers?|buyers?|purchasers?|tenants?|guarantor|underwriter)\b",
    r"\b(?:as|a|the|its|his|her|their)\s+back[-\s]?up\s+(?:for|of|to)\s+(?:the\s+)?(?:principal|primary|key|"
    r"project|account|contact|person|manager|representative)\w*\b",
    r"\bback[-\s]?up\s+of\s+the\s+(?:principal|primary)\s+contacts?\b",
    # money and paper (T4)
    r"\bback[-\s]?up\s+(?:tax\s+|federal\s+)?withh(?:olding|eld)\b",
    r"\bback[-\s]?up\s+(?:letters?\s+of\s+credit|certificates?|guarant\w+|invoices?|receipts?|commitments?|financing|"
    r"facility\s+agreement|line\s+of\s+credit|swap\w*|calculations?|materials?|papers?|work\s?papers|support\s+for|"
    r"detail\w*|information\s+(?:for|supporting|relating\s+to)\s+(?:the\s+|any\s+|such\s+)?(?:invoices?|charges|fees|expenses|costs))\b",
    r"\b(?:supporting|invoice|expense|financial|billing)\s+(?:and\s+)?back[-\s]?up(?:\s+(?:documents?|documentation))?\b",
    r"\bback[-\s]?up\s+(?:documents?|documentation)\s+(?:for|to\s+support|supporting|of|evidencing|substantiating)\b",
    r"\b(?:reasonable|appropriate|sufficient|adequate|necessary)\s+back[-\s]?up\s+(?:documents?|documentation)\b",
    # licence copies (T5)
    r"\b(?:one|a|an|1|single|reasonable\s+number\s+of|such\s+number\s+of|sufficient|copy|copies|copying|duplicate)\b"
    r"[^.;]{0,70}\b(?:for|as)\s+(?:\w+\s+){0,2}?(?:(?:archiv\w+|security|disaster\s+recovery|emergency|safety|recovery|inactive)"
    r"(?:\s*,\s*|\s+and/or\s+|\s+and\s+|\s+or\s+|\s*/\s*)){0,3}(?:back[-\s]?up|archiv\w+)"
    r"(?:(?:\s*,\s*|\s+and/or\s+|\s+and\s+|\s+or\s+|\s*/\s*)(?:archiv\w+|security|disaster\s+recovery|emergency|recovery|testing)){0,3}"
    r"(?:\s+(?:purposes?|copy|copies|use|uses))?\b",
    r"\b(?:archiv\w+|security|inactive)(?:\s*,\s*|\s+and/or\s+|\s+and\s+|\s+or\s+|\s*/\s*)back[-\s]?up\s+"
    r"(?:copy|copies)\s+of\s+(?:the\s+|any\s+|such\s+|each\s+|licensed\s+|its\s+|said\s+)*(?:software|programs?|licen[sc]ed|"
    r"products?|documentation|materials?|object|source|technology)\b",
    r"\b(?:back[-\s]?up|archival)\s+(?:and\s+archival\s+|or\s+archival\s+|and/or\s+archival\s+)?cop(?:y|ies)\s+of\s+"
    r"(?:the\s+|any\s+|such\s+|each\s+|licensed\s+|its\s+|said\s+)*(?:software|programs?|licen[sc]ed|products?|"
    r"documentation|object\s+code|source\s+code|technology)\b",
    # idioms
    r"\bback(?:s|ed|ing)?\s+up\s+(?:by|with)\s+(?:an?\s+|the\s+|its\s+|our\s+)?(?:guarantee|warrant\w+|promise|evidence|sla|service\s+level|"
    r"credits?|documentation|receipts?|support\s+team)\b",
)
"""Uses of the word that promise no copy of data (traps T3 to T6); blanked before anything is looked for."""
