"""What the evidence of drills hides, on the provider's disk: one file a drill, for the customer's eyes.

They lie beside the drills, not in them: whoever gets a drill's directory does not get its disclosures.
"""

import secrets
from pathlib import Path

from drverify.adapters.storage.durable import inner_directory, state_access, write_durably
from drverify.model.drill import DrillId
from drverify.sealing.redaction import SALT_BYTES


class DisclosureDirectory:
    """Implements `Disclosures` on a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def salt(self) -> bytes:
        """Random bytes, others at each call."""
        return secrets.token_bytes(SALT_BYTES)

    def keep(self, drill_id: DrillId, content: bytes) -> None:
        """Write a drill's disclosures, mode 0600. HostError when that fails."""
        with state_access(f"make {self._directory}"):
            inner_directory(self._directory)
        write_durably(self._directory / f"{drill_id}.txt", content)
