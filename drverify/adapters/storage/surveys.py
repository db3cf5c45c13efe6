"""Looks at the estate, one file each: `state_dir/surveys/<UTC>.json`; facts with their history."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from drverify.adapters.storage.durable import inner_directory, state_access, write_durably
from drverify.errors import EvidenceError
from drverify.model.standing import EstateSurvey
from drverify.sealing import codec

KEPT = 400
"""Looks: one a night for a year."""
_NAME = "%Y%m%dT%H%M%SZ"


class SurveyDirectory:
    """The looks of one state directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(self, survey: EstateSurvey) -> Path:
        """Write a look, and drop the oldest beyond `KEPT`. HostError when it cannot be written."""
        path = self._directory / f"{survey.at.strftime(_NAME)}.json"
        with state_access(f"make {self._directory}"):
            inner_directory(self._directory)
        write_durably(path, codec.encode(survey))
        with state_access(f"clear {self._directory}"):
            for old in self._paths()[KEPT:]:
                old.unlink()
        return path

    def newest(self, number: int = 1) -> Iterator[EstateSurvey]:
        """The newest looks, newest first; one that cannot be read is left out."""
        found = 0
        for path in self._paths():
            if found == number:
                return
            with suppress(EvidenceError, ValueError, OSError):
                yield codec.decode(path.read_bytes(), EstateSurvey, what=str(path))
                found += 1

    def at(self) -> datetime | None:
        """When the newest look was taken; None: never."""
        return next((one.at for one in self.newest()), None)

    def _paths(self) -> list[Path]:
        with state_access(f"list {self._directory}"):
            return sorted(self._directory.glob("*.json"), reverse=True)
