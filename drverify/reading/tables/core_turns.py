"""Cues of turns of phrase: the customer keeps an archive, records stay off the premises, data are gone or taken along."""
# ruff: noqa: E501, ISC004, RUF001 - long patterns, and the characters that agreements use

from drverify.reading.cue import KindCue
from drverify.reading.tables.words import BACKUP, CLIENT, COPY, ENDING, EVERY, HOW_TO, META, TRIAL

_DATA = r"\b(?:data(?:bases?)?|contents?|files|records|websites?|information)\b"
_THEIR_DATA = r"\b(?:its|their|your|his(?:\s+or\s+her)?|all|any|customer|client|user|company|agency|county|state|authority|bank)(?:[’']?s)?\s+(?:[\w’'-]+\s+){0,2}?(?:data(?:bases?)?|contents?|files|records|websites?)\b"
_CONFIDED = r"\b(?:confidential\s+information|proprietary|disclosing\s+party|receiving\s+party|data\s+subjects?|source\s+code|software|licen[sc]ed|royalt\w+|inventory|manuals?|financial\s+statements)\b"
_OTHERS = r"\b(?:new|other|another|different|successor|replacement|incoming|alternative)\s+(?:cloud\s+|hosting\s+|service\s+)?(?:providers?|suppliers?|vendors?|hosts?|contractors?)\b"
_BAD = r"\b(?:disasters?|emergenc(?:y|ies)|catastroph\w+|outages?|complete\s+failure|total\s+(?:loss|failure)|destroyed|unusable|disruptions?|interruptions?)\b"

TURN_CUES = (
    KindCue(  # the customer sees to it
        kind="backup_disclaimer",
        text=(
            rf"{CLIENT}[^.;]{{0,60}}\b(?:assumes?|accepts?|bears?|takes?|has|carries)\s+(?:\w+\s+){{0,2}}?responsib\w+\s+for\s+(?:the\s+)?(?:safe-?keeping|safety|preservation|protection|security|back\w*|integrity)\b[^.;]{{0,30}}{_DATA}|"
            rf"(?:{CLIENT}|\b(?:licensee|lessee|subscriber|tenant)\b)[^.;]{{0,40}}\b(?:shall|must|should|will|urged\s+to|advised\s+to|encouraged\s+to|required\s+to|agrees?\s+to|recommended\s+to)\s+(?:\w+\s+){{0,2}}?(?:keep|maintain|retain|save|store|archive|secure|copy)\b[^.;]{{0,50}}\b(?:archives?|cop(?:y|ies)|{_DATA}[^.;]{{0,30}}\b(?:own|local|separate|elsewhere)\b)|"
            r"\b(?:no|not)\b[^.;]{0,30}\b(?:duty|obligation|obliged|required|responsib\w+)\s+(?:to|for)\s+(?:\w+\s+){0,2}?(?:archive|archiving|store|storing|preserve|preserving|save|saving)\b[^.;]{0,40}\b(?:content|data|files)\b",
        ),
        either=(rf"{COPY}|\barchiv\w+|\bcop(?:y|ies)\b|\bsave\b|\bsafe-?keeping\b|\bown\s+media\b",),
        never=(
            _CONFIDED,
            HOW_TO,
            r"\b(?:invoices?|password\w*|agreement|policy|notice|records\s+of|tax|audit\w*|documentation|personal\s+data|accounts?\s+secure|books)\b",
        ),
        weight=5,
    ),
    KindCue(  # advised, left to, unprotected, limited
        kind="backup_disclaimer",
        text=(
            rf"\b(?:recommend|advis|suggest|encourag|urg)\w*\b[^.;]{{0,70}}\b(?:mak|tak|creat|keep|download|sav|stor)\w*\s+(?:[\w-]+\s+){{0,3}}?(?:{BACKUP}|cop(?:y|ies)\s+of\s+(?:your|their|its|the|all)\b)|{BACKUP}[^.;]{{0,50}}\b(?:is|are)\s+(?:entirely\s+|solely\s+)?up\s+to\s+(?:the\s+)?{CLIENT}|"
            rf"{BACKUP}[^.;]{{0,30}}\b(?:is|are)\s+not\s+(?:\w+\s+)?(?:warranted|assured|promised)\b|\bnot\s+(?:\w+\s+)?protected\s+by\s+(?:\w+\s+)?{BACKUP}|{CLIENT}[^.;]{{0,20}}\b(?:obliged|required|obligated)\s+to\b[^.;]{{0,90}}\b(?:make|take|keep|perform|create)\s+(?:\w+\s+){{0,2}}?{BACKUP}|"
            rf"{BACKUP}[^.;]{{0,20}}\bmay\s+be\s+(?:deleted|removed|discontinued|suspended|changed)\b[^.;]{{0,40}}\b(?:any\s+time|notice|discretion)\b|\bstored\b[^.;]{{0,40}}\bat\s+(?:your|the\s+(?:customer|client|user)[’']s)\s+(?:own\s+)?(?:peril|risk)\b",
        ),
        either=(rf"{COPY}|{_DATA}",),
        never=(
            _CONFIDED,
            HOW_TO,
            r"\b(?:policy|agreement|provider\s+(?:shall|will|must)|supplier\s+(?:shall|will|must)|test\w*)\b",
        ),
        weight=5,
    ),
    KindCue(  # liable for so much only
        kind="backup_disclaimer",
        text=(
            r"\bliab\w+\b[^.;]{0,40}\b(?:loss\s+of\s+(?:\w+\s+)?data|data\s+loss|lost\s+data)\b[^.;]{0,60}\b(?:limited|restricted|excluded|only|to\s+the\s+extent)\b|\bonly\s+liable\s+for\b[^.;]{0,20}\b(?:loss\s+of\s+(?:\w+\s+)?data|data\s+loss|lost\s+data)\b",
        ),
        either=(rf"{COPY}|\brestor\w+|\brecover\w*",),
        never=(r"\b(?:profits?|revenues?|goodwill|consequential|indirect)\b",),
        weight=5,
    ),
    KindCue(  # up and running again
        kind="rto",
        text=(
            rf"\b(?:up\s+and\s+running|back\s+on-?line|back\s+in\s+(?:operation|business|service)|running\s+again)\b[^.;]{{0,30}}\b(?:within|in|after\s+(?:no|not|at))\b[^.;]{{0,60}}{_BAD}|{_BAD}[^.;]{{0,60}}\b(?:up\s+and\s+running|back\s+on-?line|back\s+in\s+(?:operation|business|service)|running\s+again)\b[^.;]{{0,30}}\b(?:within|in|after)\b|\bdata\s?cent(?:er|re)\b[^.;]{{0,20}}\blost\b[^.;]{{0,60}}\bback\s+on-?line\b",
        ),
        figure="duration",
        never=(TRIAL, r"\bcredits?\b"),
        weight=4,
    ),
    KindCue(  # what may not come back
        kind="backup_disclaimer",
        text=(
            r"\b(?:restor\w+|recover\w*)\b[^.;]{0,50}\b(?:cannot|can\s+not|may\s+not|can['’]t|not)\s+(?:always\s+)?be\s+(?:assured|guaranteed|ensured|promised|warranted)\b|\b(?:accept|assume|take|bear)s?\s+no\s+(?:responsib\w+|liab\w+)\b[^.;]{0,60}\b(?:data|backups?|files|content|loss)\b|\b(?:cannot|not|never)\s+be\s+held\s+(?:responsible|liable|accountable)\b[^.;]{0,40}\b(?:lost|missing|loss\s+of|corrupt\w*)\s+(?:\w+\s+)?(?:data|files|content|e-?mails?)\b|\bdata\b[^.;]{0,60}\b(?:accept|assume|take)s?\s+no\s+(?:responsib\w+|liab\w+)\b",
        ),
        either=(rf"{COPY}|\b(?:data|files|e-?mails?)\b|\brestor\w+",),
        never=(_CONFIDED, r"\b(?:third[-\s]part\w+|accura\w+|links?|transmission|profits?|consequential)\b"),
        weight=5,
    ),
    KindCue(  # made whole again by whoever lost it
        kind="restore_responsibility",
        text=(
            r"\b(?:lost|loss|corrupt\w*|damaged?|destroyed|destruction)\b[^.;]{0,80}\b(?:shall|will|must|agrees?\s+to)\s+(?:\w+\s+){0,2}?(?:re-?creat|reconstruct|restor|recover|reproduc|regenerat|replac)\w*\b|\b(?:shall|will|must)\s+(?:\w+\s+){0,3}?(?:re-?creat|reconstruct|restor|recover|reproduc|regenerat)\w*\b[^.;]{0,40}\b(?:lost|corrupt\w*|damaged|destroyed)\b",
            r"\b(?:data|files|records|content|information|databases?)\b",
        ),
        never=(
            _CONFIDED,
            HOW_TO,
            TRIAL,
            r"\b(?:premises|property|goods|insurance|disaster|continuity|RTO|RPO|hardware|equipment|fees?\s+paid)\b",
        ),
    ),
    KindCue(  # logs shipped, copies archived, on a calendar
        kind="backup_frequency",
        text=(
            rf"\blog\s+shipping\b[^.;]{{0,40}}{EVERY}|{EVERY}\s+(?:\w+\s+)?cop(?:y|ies)\s+of\b[^.;]{{0,60}}\b(?:archived|stored|kept|taken|made|saved|secured)\b|\bsecurity\s+cop(?:y|ies)\b[^.;]{{0,60}}{EVERY}",
        ),
        figure="interval",
        never=(TRIAL, HOW_TO, r"\b(?:reports?|statements?|invoices?|newsletter|retain\w*|minutes)\b"),
        weight=3,
    ),
    KindCue(  # how far they reach back, how long they last
        kind="retention",
        text=(
            rf"{COPY}[^.;]{{0,30}}\b(?:go|goes|reach|reaches|cover|covers|covering|span|spans|extend)\b[^.;]{{0,40}}\b(?:back|previous|last|past)?\b|\b(?:data|information|copies)\s+(?:on|in)\s+(?:our\s+|the\s+)?{BACKUP}[^.;]{{0,20}}\b(?:persist|remain|linger|stay)\w*\b|^\W*(?:[\w-]+\s+){{0,3}}?{COPY}\s*[:–-]\s*(?=(?:\d|one\b|two\b|three\b|six\b|twelve\b))",
        ),
        figure="duration",
        never=(
            TRIAL,
            HOW_TO,
            EVERY,
            r"\b(?:RPO|RTO)s?\b|\b(?:restor\w+|recover\w*|within|start|window|deleted|running|takes?)\b",
        ),
        weight=3,
    ),
    KindCue(  # records elsewhere, data mirrored to where one fails over
        kind="offsite_copy",
        text=(
            r"\b(?:additional|second|duplicate|extra|full|complete)\s+(?:sets?|cop(?:y|ies))\s+of\b[^.;]{0,40}\b(?:records|data|files|tapes)\b[^.;]{0,60}\b(?:off|outside|away|elsewhere|remote\w*|other\s+premises)\b|\b(?:data|volumes|databases?|machines|storage)\b[^.;]{0,40}\b(?:replicated|mirrored|copied)\b[^.;]{0,40}\b(?:to|at)\b[^.;]{0,30}\b(?:fail-?over|recovery|DR|stand-?by|secondary)\s+(?:site|facility|location|data\s?cent(?:er|re)|region)\b",
        ),
        never=(TRIAL, HOW_TO, META, r"\b(?:software|may\s+not|shall\s+not)\b"),
        weight=2,
    ),
    KindCue(  # somewhere to go, something written for the emergency
        kind="dr_plan",
        text=(
            rf"\b(?:alternate|alternative|recovery|stand-?by|back-?up|temporary)\s+(?:work\s+)?(?:location|site|premises|facilit\w+|workspace|cent(?:er|re))\b[^.;]{{0,60}}\b(?:available|provided|maintained|reserved|ready|arranged|should|if|in\s+case|in\s+the\s+event)\b[^.;]{{0,60}}(?:{_BAD}|\bunavailable\b)|"
            r"\b(?:documented|written|defined|established)\s+(?:process(?:es)?|procedures?|concept)\s+(?:for|of)\s+(?:\w+\s+)?(?:emergency|emergencies|disasters?|crisis|contingency)\b|\bhot[-\s]?site\s+(?:is|are|will\s+be|shall\s+be)\b|\breasonable\s+provision\s+for\s+emergency\b",
        ),
        never=(
            TRIAL,
            META,
            HOW_TO,
            r"\b(?:RPO|RTO)s?\b|\b(?:fire|evacuation|medical|first\s+aid|meetings?|hotel|power|generators?)\b",
        ),
    ),
    KindCue(  # moved along, turned over, taken with one
        kind="exit_data_return",
        text=(
            rf"\b(?:change|switch|move|moving|migration|transition)\w*\s+(?:to|towards)\s+(?:an?\s+|the\s+|its\s+|your\s+)?{_OTHERS}[^.;]{{0,90}}(?:{_DATA})|\bturn(?:s|ed)?\s+over\s+[^.;]{{0,30}}(?:{_THEIR_DATA})|\btake[sn]?\s+(?:\w+\s+)?(?:{_THEIR_DATA})\s+(?:with|along)\b|"
            rf"\b(?:former|departing|leaving|terminated|cancelled)\s+(?:customers?|clients?|users?|subscribers?)\b[^.;]{{0,60}}\b(?:request|obtain|download|export|retriev\w*|collect)\b[^.;]{{0,40}}(?:{_DATA})",
        ),
        never=(_CONFIDED, HOW_TO, r"\b(?:not|phone\s+numbers?|domain\s+names?)\b"),
    ),
    KindCue(  # gone, cleared, expunged
        kind="data_deletion",
        text=(
            rf"(?:{_DATA}|{COPY})[^.;]{{0,60}}\b(?:will\s+be\s+gone|is\s+gone|are\s+gone|anonymi[sz]ed\s+or\s+(?:erased|deleted)|disappears?|cleared)\b|\b(?:drives|disks|media|hardware|servers)\b[^.;]{{0,20}}\b(?:is|are)\s+(?:physically\s+)?(?:destroyed|shredded|degaussed|wiped)\b|"
            rf"\b(?:shall|will|must)\b[^.;]{{0,60}}\b(?:expunge|purge|erase|destroy|delete)\b[^.;]{{0,30}}{_THEIR_DATA}",
        ),
        either=(
            rf"{ENDING}|\b(?:account|contract|service)\b[^.;]{{0,30}}\b(?:clos\w+|ends?|ended)\b|\b(?:drives|disks|media|hardware|request|return)\b",
        ),
        never=(_CONFIDED, HOW_TO, r"\b(?:not|until|accidental\w*|unauthori[sz]ed|lost|cookies|stolen)\b"),
        weight=4,
    ),
    KindCue(  # by what they are locked
        kind="encryption",
        text=(
            rf"(?:{COPY}|\barchives?\b)[^.;]{{0,60}}\b(?:protected|secured|locked|signed)\s+(?:with|by|using)\s+(?:\w+\s+){{0,3}}?(?:GPG|PGP|AES\S*|keys?|passphrase|encryption|cryptograph\w+|LUKS)\b",
        ),
        never=(HOW_TO,),
    ),
    KindCue(  # what is in and what is out
        kind="backup_scope",
        text=(
            rf"^\W*(?:the\s+|our\s+|your\s+)?{BACKUP}\s+(?:covers?|includes?|applies\s+to|extends?\s+to|is\s+for|is\s+limited\s+to)\s+(?!the\s+following\s+(?:terms|conditions))\w+",
        ),
        never=(HOW_TO, META, EVERY, r"\b(?:fees?|price|days?|retention|not\s+(?:include|cover))\b"),
    ),
    KindCue(  # from tape, so long
        kind="restore_time",
        text=(
            r"\brestor(?:e|es|ation|ations|ing)\s+(?:\w+\s+){0,2}from\s+(?:\w+\s+)?(?:tapes?|archive|back-?ups?|vault|disk|cloud)\s*[:–-]|^\W*(?:file|server|database|mailbox|full|system|vm)?\s*restor(?:e|es|ation|ations)\s*[:–-]",
        ),
        figure="duration",
        never=(TRIAL, EVERY, r"\b(?:RPO|RTO)s?\b|\b(?:retain\w*|kept|last|past)\b"),
        weight=4,
    ),
    KindCue(  # another machine is up within so long
        kind="rto",
        text=(
            rf"{_BAD}[^.;]{{0,90}}\b(?:servers?|machines?|systems?|services?|platform|site|environment|operations?)\b[^.;]{{0,40}}\b(?:is|are|be|will\s+be)\s+(?:\w+\s+)?(?:up|running|available|online|on-line|operational|live|back|ready)\b[^.;]{{0,30}}\b(?:within|in\s+(?:less|under)|after\s+(?:no|not|at\s+most)|no\s+later)\b",
        ),
        figure="duration",
        never=(TRIAL, r"\b(?:credits?|response|respond|support|ticket)\b"),
        weight=3,
    ),
    KindCue(
        kind="rto",
        text=(
            r"\b(?:following|after|upon|in\s+(?:case|the\s+event)\s+of)\s+(?:an?\s+|any\s+|such\s+)?(?:emergency|disaster|catastroph\w+|outage|disruption|force\s+majeure\s+event)\b[^.;]{0,90}\b(?:restor\w+|resum\w+|re-?establish\w*|recover\w*|reinstat\w+)\b[^.;]{0,60}\b(?:as\s+(?:soon|quickly|promptly)\s+as|prompt(?:ly)?|without\s+(?:undue\s+)?delay|immediately|reasonable\s+time)\b",
            r"\b(?:services?|operations?|systems?|access|platform|processing|business)\b",
        ),
        never=(TRIAL, r"\b(?:damages|costs?|premises|insurance)\b"),
        weight=2,
    ),
    KindCue(  # what may be missing afterwards
        kind="rpo",
        text=(
            r"\b(?:may|might|can|could|will)\s+(?:lack|miss|be\s+missing)\b[^.;]{0,30}\b(?:up\s+to|at\s+most|no\s+more\s+than|the\s+last)\b[^.;]{0,40}\b(?:data|transactions|changes|entries|work)\b|\b(?:data|changes|transactions|work)\b[^.;]{0,40}\bsince\s+the\s+(?:last|latest|previous|most\s+recent)\s+(?:\w+\s+)?(?:back-?up|snapshot|copy)\b[^.;]{0,30}\b(?:lost|re-?entered|missing)\b",
        ),
        never=(r"\b(?:liab\w+|damages|credits?|responsib\w+)\b", TRIAL),
        weight=5,
    ),
    KindCue(  # day and night
        kind="uptime",
        text=(
            r"\b(?:services?|systems?|platform|sites?|websites?|application|software|servers?|portal|api)\b[^.;]{0,40}\b(?:available|accessible|operational|online|reachable)\b[^.;]{0,30}\b(?:around\s+the\s+clock|round\s+the\s+clock|day\s+and\s+night|without\s+interruption|at\s+any\s+time)\b",
        ),
        never=(r"\b(?:support|staff|team|engineers?|help\s?desk|hotline|not|no)\b", HOW_TO),
    ),
)
"""Paraphrases that no other table has; weak words are bound to a thing and to an event."""
