"""The vocabulary that the cue tables are made of: fragments of regular expressions, without captures."""
# ruff: noqa: E501, RUF001 - long patterns, and the characters that agreements use

BACKUP = (
    r"\b(?:back(?:ed|ing|s)?[-\s]{0,2}ups?\b(?!\s+(?:facilit|sites?\b|data\s?cent|locations?\b|cent(?:er|re)|segments?\b|networks?\b|servers?\b|media\s+server|"
    r"hardware|equipment|software|client\s+software|portal|administrator|tools?\b|host\b|hosts\b|systems?\s+(?:is|are|will|maintenance|upgrades?)\b|machine|processor|computer|windows?\b))|sauvegard\w*|datensicherung\w*|sicherungs?(?:kopie\w*|lauf\w*|zyklus|en)\b"
    r"|backup(?:strategie|konzept|kopie)\w*)"
)
COPY = rf"(?:{BACKUP}|\bsnapshots?\b|\b(?:restore|recovery)\s+points?\b(?!\s+objective)|\b(?:database|data|sql|binary|consistent|newest|latest|nightly|daily)\s+dumps?\b|\bdumps\s+of\s+(?:all|the|every|each|your|our)\b|\b(?:nightly|daily|weekly|monthly|hourly)\s+(?:cop(?:y|ies)|tapes?|images?)\b)"
"""A copy of data from which it can be restored, whatever it is called."""
EVERY = (
    r"\b(?:daily|nightly|weekly|bi-?weekly|fortnightly|monthly|hourly|quarterly|yearly|annual(?:ly)?|semi-?annual(?:ly)?|"
    r"(?:every|each)\s+(?:(?:\(?\d+\)?|[\w-]+)\s+){0,4}?(?:minutes?|mins?|mn|hours?|hrs?|h|days?|nights?|evenings?|mornings?|weeks?|"
    r"weekdays?|weeknights?|weekends?|months?|quarters?|years?|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?)|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day\s*(?:through|thru|to|until|-|–)\s*(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:on|at|over|all|other)\s+(?:weekends|(?:mon|tues|wednes|thurs|fri|satur|sun)days)|(?:at|in)\s+intervals\s+(?:of|not|no)|"
    r"(?:once|twice|\w+\s+times|\w+\s+\(\d+\)\s+times)\s+(?:in\s+(?:a|any|each|every)\s+\d+[-\s]hours?|a|an|per|each|every|in\s+a|in\s+every|in\s+each|within\s+each|during\s+each)\s+"
    r"(?:\w+\s+){0,2}?(?:hour|day|night|week|month|quarter|year|minute)s?|\d+[-\s]hourly|"
    r"(?:per|a)\s+(?:hour|day|night|week|month|quarter|year)|(?:per|in\s+any|in\s+each|within\s+each|within\s+any|in\s+every)\s+\d+[-\s]?(?:hours?|days?|minutes?|weeks?|months?)(?:\s+period)?|"
    r"(?:first|last|second|third|fourth)\s+(?:\w+day|day|weekend|week|night)\s+(?:of|in)\s+(?:each|every|the)\s+(?:week|month|quarter|year)|"
    r"t[äa]glich\w*|w[öo]chentlich\w*|monatlich\w*|st[üu]ndlich\w*|j[äa]hrlich\w*|n[äa]chtlich\w*|alle\s+\d+|quotidien\w*|"
    r"hebdomadaire\w*|mensuel\w*|annuel\w*|toutes\s+les|tous\s+les|chaque\s+(?:jour|nuit|heure|semaine|mois)|par\s+(?:jour|semaine|mois))\b"
)
OFTEN = (
    r"\b(?:regular(?:ly)?|periodic(?:al|ally)?|routine(?:ly)?|frequent(?:ly)?|from\s+time\s+to\s+time|"
    r"continuous(?:ly)?|constantly|days\s+(?:a|per|each|of\s+the)\s+week|(?:mon|tues|wednes|thurs|fri|satur|sun)days?\s+(?:through|thru|to|until|-|–)\s+(?:mon|tues|wednes|thurs|fri|satur|sun)days?|at\s+(?:regular|reasonable|appropriate|scheduled|defined|agreed|set|fixed|predetermined)\s+intervals|"
    r"scheduled(?!\s+(?:maintenance|down))|(?:back[-\s]?up|agreed|defined|specified|following)\s+schedules?|r[ée]guli[èe]re?(?:ment)?|regelm[äa]ssig\w*|regelm[äa]ßig\w*|periodisch\w*)\b"
)
"""How often, without saying how often."""
MAKE = (
    r"\b(?:perform\w*|mak(?:e|es|ing)|made|tak(?:e|es|en|ing)|creat(?:e|es|ed|ing)|run|runs|running|execut\w+|"
    r"conduct\w*|carr(?:y|ies|ied|ying)\s+out|complet(?:e|es|ed|ing)|undertak\w+|produc(?:e|es|ed|ing)|generat(?:e|es|ed|ing)|"
    r"captur(?:e|es|ed|ing)|updat(?:e|es|ed|ing)|schedul(?:e|es|ed|ing)|occurs?|occurring|done|does|"
    r"ensur(?:e|es|ing)|implement\w*|provid(?:e|es|ed|ing)|maintain(?:s|ed|ing)?|offer(?:s|ed)?|include[sd]?|including|"
    r"durchgef[üu]hrt|erstellt|gesichert|effectu[ée]\w*|r[ée]alis[ée]\w*)\b"
)
KEEP = (
    r"\b(?:retain(?:s|ed|ing)?|retention|rotat(?:e|ed|ion)|keep(?:s|ing)?|kept|stor(?:e|es|ed|ing|age)|held|hold(?:s|ing)?|"
    r"preserv(?:e|es|ed|ing|ation)|archiv(?:e|es|ed|ing|al)|sav(?:e|es|ed)|maintain(?:s|ed|ing)?|available|expir\w+|"
    r"aufbewahr\w*|vorgehalten|conserv[ée]\w*|r[ée]tention)\b"
)
RETAIN = (
    r"\b(?:retain(?:s|ed|ing)?|retention|rotat(?:e|ed|ion)|keep(?:s|ing)?|kept|preserv(?:e|es|ed|ing|ation)|"
    r"aufbewahr\w*|vorgehalten|conserv[ée]\w*|r[ée]tention)\b"
)
RESTORE = (
    r"\b(?:restor(?:e|es|ed|ing|ation|ations|able)|recover(?:s|ed|ing|y|ies|able)?|reinstall\w*|reinstat\w+|re-?load(?:s|ed|ing)?|"
    r"re-?construct(?:s|ed|ing|ion)?|re-?creat(?:e|es|ed|ing|ion)|re-?generat(?:e|es|ed|ing|ion)|re-?build(?:s|ing)?|retriev(?:e|es|ed|al|ing)|"
    r"br(?:ing|ings|ought)\s+(?:\w+\s+){0,2}?back(?!\s+(?:up|online|on-line))|wiederherst\w+|wiederhergestellt|restaur(?:er|ation|ations|[ée]e?s?)|rücksicherung\w*)\b"
)
DATA = (
    r"\b(?:data(?:\s?bases?|\s+files?|\s+sets?)?|datasets?|files?|folders?|records?|contents?|information|mailbox(?:es)?|e-?mails?|documents?|"
    r"systems?\s+images?|images?|virtual\s+machines?|vms?|vapps?|servers?|instances?|workloads?|volumes?|disks?|items?|objects?|"
    r"configurations?|settings|software|programs?|applications?|environments?|projects?|tables?|sites?|websites?|accounts?|repositor(?:y|ies)|"
    r"systems?|platforms?|clusters?|librar(?:y|ies)|tapes?|code|donn[ée]es|daten(?:banken|bank)?|dateien)\b"
)
PRECIOUS = (
    r"\b(?:data(?:\s?bases?|\s+files?|\s+sets?)?|files?|folders?|contents?|mailbox(?:es)?|e-?mails?|documents?|systems?\s+images?|virtual\s+machines?|vms?|vapps?|servers?|instances?|volumes?|"
    r"configurations?|settings|backups?|tapes?|information|applications?|environments?|projects?|websites?|repositor(?:y|ies)|tables?|donn[ée]es|daten(?:banken|bank)?|dateien)\b"
)
"""What one restores; narrower than what one backs up."""
SERVICE = (
    r"\b(?:services?|systems?|operations?|operational|operationality|functionality|functions?|processing|production|availability|access|applications?|platforms?|"
    r"infrastructure|facilit(?:y|ies)|data\s?cent(?:er|re)s?|sites?|network|connectivity|environments?|business|activities|capabilit(?:y|ies))\b"
)
DISASTER = (
    r"\b(?:disasters?|catastroph\w+|outages?|fail(?:s|ed|ures?|over)?|down[-\s]?time|interrupt\w*|disrupt\w*|emergenc(?:y|ies)|"
    r"incidents?|crash(?:es)?|loss\s+of|force\s+majeure|declar(?:e|es|ed|ation|ing)|contingenc(?:y|ies)|sinistre|ausfall\w*|notfall\w*|"
    r"not\s+operational|unavailab\w+|destruction|corrupt\w*|malfunction\w*)\b"
)
SITE = (
    r"\b(?:(?:hot|warm|cold)[-\s]?sites?|(?:alternate|alternative|secondary|recovery|back[-\s]?up|dr)\s+(?:processing\s+|data\s+|operations?\s+|computer\s+|recovery\s+)?"
    r"(?:sites?|facilit(?:y|ies)|data\s?cent(?:er|re)s?|locations?|cent(?:er|re)s?))\b"
)
CONTINUITY = (
    r"(?:\b(?:disaster[-\s]+recover(?:y|ies)|disaster[-\s]+(?:and|/|or|&)\s*\w+[-\s]+recovery|disaster\s+(?:preparedness|contingency|back[-\s]?up|response|planning|plans?|recoverability)|"
    r"business[-\s]+(?:continuity|recovery|resumption|contingency|continuance|continuation)|contingency[-\s]+(?:and\s+\w+\s+)?(?:plan\w*|procedures?|arrangements?|operations?)|"
    r"continuity[-\s]+(?:of\s+(?:operations?|services?|business)|of\s+supply\s+plan|plan\w*|services?|program\w*|arrangements?|provisions|measures)|"
    r"(?:emergency|crisis)\s+(?:management\s+|response\s+|recovery\s+|preparedness\s+)?plans?|recovery\s+(?:plans?|program)|back[-\s]?up\s+and\s+recovery\s+plans?|back[-\s]?up/recovery\s+plans?|"
    r"plan\s+de\s+(?:reprise|continuit[ée]|secours)|notfall(?:plan|vorsorge|konzept|handbuch)\w*|hot[-\s]?sites?)\b"
    r"|\b(?:BC/DR|DR/BC|BCDR|BCPs?|DRPs?|BC\s+plans?|DR\s+(?:plans?|sites?|procedures?|services?|solutions?|strategy|capabilit\w+|tests?|exercises?|drills?)|BCM)\b)"
)
TEST = (
    r"\b(?:test(?:s|ed|ing)?|exercis(?:e|es|ed|ing)|drills?|rehears\w+|simulat\w+|dry[-\s]?runs?|trial|prob(?:e|en)|getestet|"
    r"validat(?:e|es|ed|ing|ion)|verif(?:y|ies|ied|ication)|check(?:s|ed|ing)?|practi[cs](?:e|es|ed))\b"
)
TRIAL = r"\b(?:test(?:s|ed|ing)?|exercis(?:e|es|ed|ing)|drills?|rehears\w+|simulat\w+|dry[-\s]?runs?|getestet|tests?\s+de)\b"
WATCH = (
    r"\b(?:monitor(?:s|ed|ing)?|check(?:s|ed|ing)?|inspect\w*|review(?:s|ed|ing)?|examin\w+|alert(?:s|ed|ing)?|notif\w+|alarm\w*|"
    r"logged|logs\b(?=[^.;]{0,30}\b(?:result|review|check))|report(?:s|ed|ing)?|verif(?:y|ies|ied|ication|ying)|validat(?:e|es|ed|ing|ion)|audit(?:s|ed)?|inform(?:s|ed)?|escalat\w+|"
    r"troubleshoot\w*|[üu]berwach\w*|surveill\w*)\b"
)
ELSEWHERE = (
    r"\b(?:off[-\s]?sites?|off[-\s]premises?|not\s+(?:\w+\s+){0,2}?(?:at|in|on)\s+the\s+same\s+(?:\w+\s+){0,2}?(?:location|site|premises|building|facility|data\s?cent(?:er|re)|region|zone)|(?:location|site|place|facility)\s+other\s+than|(?:data\s?cent(?:er|re)|location|site|facility|region|zone|building)\s+(?:different|distinct|separate|remote)\s+(?:from|than)|multiple\s+(?:data\s?-?cent(?:er|re)s|regions|zones|availability\s+zones)|off[-\s]location|out\s+of\s+region|(?:different|separate[d]?|secondary|second|another|alternat(?:e|ive)|remote|geographical\w*|distinct|"
    r"third|distant|disparate)\b[^.;]{0,40}?\b(?:locations?|sites?|data\s?-?cent(?:er|re)s?|regions?|"
    r"(?:availability\s+)?zones?|facilit(?:y|ies)|buildings?|cit(?:y|ies)|infrastructure|networks?|premises|place)|geo(?:graphical(?:ly)?)?[-\s]?(?:redundan|replicat|distribut|separat|dispers|divers)\w*|"
    r"external\s+(?:archives?|storage|locations?|sites?|facilit(?:y|ies)|vaults?|data\s?cent(?:er|re)s?)|cross[-\s]region|multi[-\s]region|vault(?:s|ed|ing)?|iron\s+mountain|outside\s+(?:of\s+)?(?:the\s+|its\s+|our\s+|their\s+)?(?:data\s?cent(?:er|re)|premises|facility|site)|"
    r"(?:anderen|getrennten|zweiten)\s+(?:standort|rechenzentrum|brandabschnitt)|site\s+distant|extern(?:alis)?[ée]\w*)\b"
)
DELETE = (
    r"\b(?:delet(?:e|es|ed|ing|ion)|destroy(?:s|ed|ing)?|destruction|eras(?:e|es|ed|ing|ure)|purg(?:e|es|ed|ing)|wip(?:e|es|ed|ing)|"
    r"sanitiz\w+|overwrit\w+|expung\w+|shred\w*|degauss\w*|obliterat\w+|irretrievabl\w+|gel[öo]scht|l[öo]schen|l[öo]scht|l[öo]schung|supprim\w+|d[ée]tru\w+|effac[ée]\w*)\b"
)
HAND_BACK = (
    r"\b(?:return(?:s|ed|ing)?|deliver(?:s|ed|y|ing)?|hand(?:s|ed)?\s+over|transfer(?:s|red|ring)?|provide\b|provides\b|export(?:s|ed|ing|able)?|"
    r"mak(?:e|es|ing)\s+available|made\s+available|make\b[^.;]{0,60}\bavailable|give\b|furnish\w*|surrender\w*|retriev(?:e|es|ed|al|ing)|download\w*|extract\w*|turn(?:s|ed)?\s+over|"
    r"migrat(?:e|es|ed|ing)|supply\b|send|restitu\w+|herausg\w+|[üu]bergeb\w+|(?:ha(?:s|ve)|retain\w*|continue)\s+(?:\w+\s+){0,3}access)\b"
)
ENDING = (
    r"\b(?:terminat(?:e|es|ed|ion|ing)|expir(?:y|es|ed|ation|ing)|cancel(?:s|led|ed|lation|ling|ing)?|end\s+of\s+(?:the|this|each|any|its|your)\s+(?:\w+\s+){0,2}?(?:term|agreement|contract|subscription|services?|period|relationship|provision|project)|"
    r"(?:this|the|your|its)\s+(?:agreement|dpa|contract|subscription)\s+(?:ends|ended|has\s+ended|is\s+ended|comes\s+to\s+an\s+end|expires|terminates)|(?:at|by|upon|on|after|from|following)\s+(?:the\s+)?(?:conclusion|completion|cessation)\s+of|ceas(?:e|es|ed|ing)\s+(?:to\s+(?:provide|use|process)|of)|disengag\w+|exit\b|"
    r"transition(?:-|\s)?out|off-?boarding|(?:clos(?:e|es|ed|ure|ing)|leav(?:e|es|ing)|delet(?:e|es|ed|ing|ion))\s+(?:of\s+)?(?:the\s+|your\s+|an?\s+|their\s+|customer[’']?s?\s+)?(?:account|service|subscription)|vertragsende|vertragsbeendigung|k[üu]ndigung|r[ée]siliation|fin\s+du\s+contrat|"
    r"unsubscrib\w*|deactivat\w+|decommission\w*|post-?terminat\w*)\b"
)
ASKED = r"\b(?:request(?:s|ed|ing)?|instruct\w*|direct(?:s|ed|ion)|demand(?:s|ed)?|ask(?:s|ed)?|option|election|elect|discretion|choice|notice)\b"
OWNED_DATA = (
    r"(?:\b(?:data(?:\s?bases?|\s+files?|\s+sets?)?|contents?|datasets?|personal\s+information|(?:customer|client|your|company|account|user|relevant)\s+information|(?:customer|client)\s+(?:components|materials|property|records|files)|"
    r"(?:tape|disk|storage|back\S*up)\s+media|backups?|(?:back\S*up|archiv\w+)\s+copies|donn[ée]es|daten)\b(?!\s*(?:protection|processing\s+(?:agreement|addendum)|subjects?|cent(?:er|re)|importer|exporter|cards?|sheets?|rights))"
    r"|\b(?:files|records|copies)\b(?=[^.;]{0,60}\bdata\b)|\b(?:books,\s+)?records,\s+files\b)"
)
"""What a party holds for the other."""
CLIENT = r"\b(?:customers?|clients?|subscribers?|users?|tenants?|you|your|licensees?|buyers?|purchasers?|recipients?|members?|merchants?|participants?|lessees?|organi[sz]ations?|controllers?|vous|le\s+client|kunden?)\b"
FREE_OF = r"\b(?:no|not|nor|neither|never|without|cannot|can['’]t|won['’]t|don['’]t|doesn['’]t|isn['’]t|aren['’]t|nicht|kein\w*|ne\s+\w+\s+pas)\b"
PERCENT = r"\d[\d.,\u2024]*\s{0,2}\]?\s{0,2}(?:%|per\s?cent\b|percent\b|prozent\b|pour\s?cent\b)|percent\s+\("
SOON = (
    r"\b(?:as\s+soon\s+as|as\s+quickly\s+as|as\s+promptly\s+as|prompt(?:ly)?|timely|time(?:ly)?\s+manner|without\s+(?:undue\s+|unreasonable\s+)?delay|immediate(?:ly)?|"
    r"expeditious(?:ly)?|speed(?:y|ily)|quick(?:ly)?|rapid(?:ly)?|fast|minimal|shortest|a\s+few\s+hours|within\s+(?:the|a|an|such|any|its|all)\s+(?:\w+\s+){0,3}?"
    r"(?:times?|time-?frames?|periods?|hours|objectives?)|in\s+accordance\s+with|depend(?:s|ing)?\s+on|as\s+fast\s+as|umgehend|unverz[üu]glich|d[èe]s\s+que|dans\s+les\s+meilleurs)\b"
)
HOW_TO = (
    r"\b(?:click(?:s|ing)?|navigate|go\s+to\s+the|run\s+the|following\s+(?:command|steps|procedure|instructions)|follow\s+(?:this|these|the)\s+(?:guide|steps|instructions)|command[-\s]?line|commands?\b|button|menu|\btab\b|wizard|script|"
    r"see\s+(?:the\s+)?(?:documentation|guide|section|page)|this\s+(?:guide|tutorial|page)\s+(?:explains|describes|shows))\b"
)
"""A manual tells how to do a thing; it promises nothing."""
META = (
    r"\b(?:this|the)\s+(?:policy|document|standard|procedure|section|page|guide|template|chapter|phase|schedule|addendum|annex|appendix|exhibit)\b[^.;]{0,30}\b(?:describes?|defines?|outlines?|applies|explains?|is\s+to|sets?\s+out|is\s+intended|"
    r"discusses|addresses|lists|provides\s+(?:procedures|guidance|an?\s+overview|information)|forms?\s+part)\b|\bpurpose\s+of\s+(?:this|the)\b"
)
"""A document that speaks of itself."""
