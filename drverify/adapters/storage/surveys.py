"""Looks at the estate, one file each: `state_dir/surveys/<UTC>.json`; facts with their history.

The newest are all kept, of older ones the last of each day.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from drverify.adapters.storage.durable import inner_directory, state_access, write_durably
from drverify.errors import EvidenceError
from drverify.model.standing import EstateSurvey
from drverify.sealing import codec

NEWEST = 48
"""Looks that are all kept: of two days, one an hour."""
KEPT = 400
"""Looks: of more than a year."""
_NAME = "%Y%m%dT%H%M%SZ"


class SurveyDirectory:
    """The looks of one state directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(self, survey: EstateSurvey) -> Path:
        """Write a look, and drop what is not kept. HostError when it cannot be written."""
        path = self._directory / f"{survey.at.strftime(_NAME)}.json"
        with state_access(f"make {self._directory}"):
            inner_directory(self._directory)
        write_durably(path, codec.encode(survey))
        with state_access(f"clear {self._directory}"):
            for old in _dropped(self._paths()):
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


def _dropped(paths: Sequence[Path]) -> Iterator[Path]:
    """Of paths, newest first, those that are not kept."""
    kept, day = NEWEST, ""
    for path in paths[NEWEST:]:
        if path.name[:8] == day or kept == KEPT:
            yield path
        else:
            kept, day = kept + 1, path.name[:8]
