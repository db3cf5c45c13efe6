"""Cues of what stands around the core promises: who validates, decides, answers, maintains, reports, owns.

A false alarm here costs a reader's time and no figure; still each cue has its anti-cues.
"""

from drverify.reading.cue import KindCue
from drverify.reading.tables.around_duties import DUTY_CUES
from drverify.reading.tables.around_layers import LAYER_CUES
from drverify.reading.tables.around_limits import LIMIT_CUES
from drverify.reading.tables.around_recovery import RECOVERY_CUES
from drverify.reading.tables.around_service import SERVICE_CUES
from drverify.reading.tables.around_words import blanks

KIND_CUES: tuple[KindCue, ...] = (*RECOVERY_CUES, *SERVICE_CUES, *DUTY_CUES, *LAYER_CUES, *LIMIT_CUES)
GATE = blanks(
    r"applicat|validat|verif|fail|recover|respon|acknowledg|severit|priorit|\bsev\b|"
    r"\bp[1-5]\b|escalat|updates?|maintenance|"
    r"\bchang|amend|customer|client|agent|tool|telemetry|report|review|migrat|cut-?over|"
    r"wave|hardware|hypervisor|virtuali|"
    r"storage|network|firewall|operating system|guest|database|certificate|replicat|"
    r"back-?up|access|remote hands|on-?site|"
    r"third|rebuild|re-?attach|fail-?back|virtual|transition|assist|credential|password|"
    r"retain|retention|kept|keep|stored|liab|exclu|scope|unsupported|"
    r"end[-\s]of[-\s]life|no longer|guarantee|warrant|covered|managed|in-scope|protected|"
    r"supported|allowance|fixed at|rto"
)
"""Cheap to search: without any of it no cue here can fit."""
