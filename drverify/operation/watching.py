"""The settings of a site as its files are now, for a process that runs for months."""

import threading
from collections.abc import Iterator
from pathlib import Path

from drverify.compose import Workshop
from drverify.errors import DrverifyError
from drverify.operation.estate import Estate

Print = tuple[tuple[str, int, int, int], ...]


class WatchedEstate:
    """Opens the settings again when a file that they rest on has changed. For any thread.

    Files that are wrong now change nothing: the last good ones count, and `problem` says why.
    """

    def __init__(self, path: Path) -> None:
        """InputError when they are wrong from the beginning."""
        self._path = path
        self._turn = threading.Lock()
        self._estate = Estate.open(path)
        self._print = print_of(self._estate)
        self.problem = ""

    def now(self) -> Estate:
        """The settings, opened anew if need be."""
        with self._turn:
            found = print_of(self._estate)
            if found != self._print:
                self._print = found
                try:
                    estate = Estate.open(self._path)
                    for workshop in estate.workshops.values():
                        _ = workshop.agreed, workshop.workloads, workshop.copies
                except DrverifyError as error:
                    self.problem = str(error)
                else:
                    self._estate, self.problem = estate, ""
                    self._print = print_of(estate)
            return self._estate


def print_of(estate: Estate) -> Print:
    """What the files are like that a plan rests on."""
    return tuple(_print(path) for path in _files(estate))


def _print(path: Path) -> tuple[str, int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return str(path), 0, 0, 0
    return str(path), found.st_mtime_ns, found.st_size, found.st_ino


def _files(estate: Estate) -> Iterator[Path]:
    for agreement, workshop in estate.workshops.items():
        settings = workshop.settings
        yield estate.paths[agreement]
        yield settings.path(settings.register_file)
        yield settings.path(settings.inventory)
        yield from _schedules(workshop)


def _schedules(workshop: Workshop) -> Iterator[Path]:
    """Signed schedules, whose slots are the windows."""
    yield from sorted(Path(workshop.parties.records.path).glob("schedule-*"))
