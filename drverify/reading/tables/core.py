"""The cues of the eighteen core kinds, and the gate that a segment must pass before any of them is tried."""

from drverify.reading.tables.core_backup import BACKUP_CUES
from drverify.reading.tables.core_cover import COVER_CUES
from drverify.reading.tables.core_exit import EXIT_CUES
from drverify.reading.tables.core_further import FURTHER_CUES
from drverify.reading.tables.core_recovery import RECOVERY_CUES

CUES = (*BACKUP_CUES, *COVER_CUES, *RECOVERY_CUES, *EXIT_CUES, *FURTHER_CUES)
GATE = (
    r"back(?:ed|ing|s)?[-\s]{0,2}up|snapshot|disaster|continuity|contingenc|restor|recover|retention|retain|resum|"
    r"off[-\s]?site|replica|\brpo|\brto|\bdrp?\b|\bbcp|delet|destr|eras|purg|wip|return|deliver|export|transfer|"
    r"encrypt|immutab|availab|up-?time|\bsla\b|service\s+level|down[-\s]?time|data\s+loss|loss\s+of\s+data|"
    r"sauvegard|sicherung|wiederherst|rétention|aufbewahr|lösch|gelöscht|verfügbar|disponib|notfall|restaur|reprise|"
    r"tapes?\b|vault|alternate|hot\s?site|fail-?over|outage|operational|expir|kept|\bkeep"
)
"""Recall first: searched in the segment and in what it inherits."""
