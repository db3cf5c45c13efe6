"""The cues of the eighteen core kinds, which need no gate."""

from drverify.reading.tables.core_backup import BACKUP_CUES
from drverify.reading.tables.core_cover import COVER_CUES
from drverify.reading.tables.core_exit import EXIT_CUES
from drverify.reading.tables.core_further import FURTHER_CUES
from drverify.reading.tables.core_recovery import RECOVERY_CUES

CUES = (*BACKUP_CUES, *COVER_CUES, *RECOVERY_CUES, *EXIT_CUES, *FURTHER_CUES)
GATE = ""
"""None: the stems of each kind keep its cues from being tried in vain."""
