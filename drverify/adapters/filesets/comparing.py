"""Holds restored files against a manifest, in one pass through it.

The restored tree is hostile: nothing outside of its root is looked at, no link is followed, and nothing
but regular files is opened. A path is known by its name as sources list it (`listed_name`), because restic's
listing writes every byte that is no UTF-8 as U+FFFD.
"""

import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from drverify.adapters.filesets.facts import ACLS, Changed, digest, keeps_attributes, looked_at
from drverify.adapters.filesets.known import KnownPaths
from drverify.adapters.filesets.making import walked
from drverify.adapters.filesets.mtree import Entry, Head, ManifestError, encoded, entries
from drverify.model.files import AFTER, MOST_DIFFERENCES, Aspect, FileDifference, is_defect

LONGEST = 300
"""Characters of a path in a difference."""
_SECOND = 1_000_000_000
_TOLERANCE = 2 * _SECOND
"""How far the clocks of files and of points may differ, in nanoseconds."""
_SHORT = 16
_ROOTS = "security.", "trusted."


Place = tuple[str, int]
"""The listed name of a file that is there, and when it was modified, in seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is compared with what."""

    root: Path
    """Of the restored files."""
    manifest: Path
    leave_out: str = ""
    """Path below the root of the manifest itself, which cannot list itself."""
    chosen: Collection[str] | None = None
    """The only files that were restored, by their listed names; None: all of them."""
    population: Callable[[], Iterator[Place]] | None = None
    """All files of the point, each time it is called; None: those restored."""
    as_of: datetime
    """When the point is of: what was modified later was written during the backup, or is not of it."""
    beside: bool = False
    """Whether the manifest lies beside the backup, so that files may have changed between the two."""


@dataclass(slots=True, kw_only=True)
class Collated:
    """What comparing came to."""

    head: Head = field(default_factory=Head)
    listed: int = 0
    """Files in the manifest that are no directories."""
    compared: int = 0
    compared_bytes: int = 0
    changed_since: int = 0
    unread: int = 0
    """Files that are there, and whose content the manifest does not know."""
    differing: int = 0
    differences: list[FileDifference] = field(default_factory=list)
    """Those that prove a defect first."""
    aspects: tuple[Aspect, ...] = ()


class Comparing:
    """One comparison; runs on a thread until `stop` is set. OSError when what was restored cannot be read."""

    def __init__(self, task: Task, stop: threading.Event) -> None:
        self._task = task
        self._stop = stop
        self._root = os.path.realpath(os.fsencode(task.root))
        self._found = Collated()
        self._lacking: set[Aspect] = set()
        self._proven: list[FileDifference] = []
        self._seen = KnownPaths()
        self._as_of = int(task.as_of.timestamp() * _SECOND)
        self._made: int | None = None
        self._inside: tuple[bytes, bool] = (b"", True)

    def run(self) -> Collated:
        """Compare. ManifestError when the manifest is none."""
        found, task = self._found, self._task
        there = self._there() if task.population is not None else None
        with task.manifest.open("rb", buffering=1 << 20) as file:
            for entry in entries(file, found.head):
                if self._stop.is_set():
                    break
                self._one(entry, there)
        for path in found.head.unread:
            self._seen.add(listed_name(path))
            there_is = self._look(path)
            found.unread += there_is is not None and there_is.kind != "dir"
        self._unlisted(task.population() if task.population is not None else self._restored())
        found.differences = [*self._proven, *found.differences][:MOST_DIFFERENCES]
        found.aspects = tuple(one for one in Aspect if one not in self._left_out())
        return found

    def _there(self) -> KnownPaths:
        known = KnownPaths()
        for name, _ in self._task.population() if self._task.population else ():
            known.add(name)
        return known

    def _restored(self) -> Iterator[Place]:
        for place, path in walked(self._root):
            name = listed_name(path)
            if path and name not in self._seen:
                yield name, os.lstat(place).st_mtime_ns // _SECOND

    def _one(self, entry: Entry, there: KnownPaths | None) -> None:
        name = listed_name(entry.path)
        if not entry.path or name == self._task.leave_out:
            return
        self._seen.add(name)
        if entry.kind != "dir":
            self._found.listed += 1
        if there is not None and entry.kind == "dir":
            return
        if there is not None and name not in there:
            self._differs(entry.path, [(Aspect.MISSING, entry.kind, "not in the backup")])
        elif self._task.chosen is None or name in self._task.chosen:
            self._compare(entry)

    def _compare(self, entry: Entry) -> None:
        restored = self._look(entry.path)
        if restored is None:
            self._differs(entry.path, [(Aspect.MISSING, entry.kind, "not restored")])
        elif self._changed_since(entry, restored):
            self._found.changed_since += entry.kind != "dir"
            return
        else:
            different = list(self._between(entry, restored))
            if different and self._later(entry, restored):
                times = _times(entry.modified, restored.modified)
                late = (Aspect.MODIFIED, times[0] or "not said", f"{_instant(restored.modified or 0)}{AFTER}")
                different = [late, *(one for one in different if one[0] is not Aspect.MODIFIED)]
            if different:
                self._differs(entry.path, different, timed=entry.modified is not None)
        if entry.kind != "dir":
            self._found.compared += 1
            self._found.compared_bytes += (restored.size or 0) if restored is not None else 0

    def _look(self, path: bytes) -> Entry | None:
        """The restored file; None when there is none. Nothing is looked at through a link."""
        folder = os.path.dirname(os.path.join(self._root, path))  # noqa: PTH118, PTH120 - bytes
        if self._inside[0] != folder:
            self._inside = (folder, os.path.realpath(folder) == folder)
        if not self._inside[1]:
            return None
        try:
            return looked_at(os.path.join(self._root, path), path)  # noqa: PTH118
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _changed_since(self, entry: Entry, restored: Entry) -> bool:
        """Whether the file was changed between the manifest and the point, so that neither is wrong."""
        if self._made is None:
            self._made = _made(self._found.head)
        if entry.modified == restored.modified or self._later(entry, restored):
            return False
        if entry.modified is not None and entry.modified > self._as_of:
            return True
        return self._made > 0 and (restored.modified or 0) >= self._made

    def _later(self, entry: Entry, restored: Entry) -> bool:
        """Whether the file was modified after the time that the point is of, as the manifest did not know."""
        latest = self._as_of + _TOLERANCE
        return restored.modified != entry.modified and (restored.modified or 0) > latest

    def _between(self, entry: Entry, restored: Entry) -> Iterable[tuple[Aspect, str, str]]:
        if entry.kind != restored.kind:
            yield Aspect.KIND, entry.kind, restored.kind
            yield from self._told(Aspect.MODIFIED, *_times(entry.modified, restored.modified))
            return
        if entry.kind == "file":
            yield from self._content(entry, restored)
        if entry.kind == "link":
            yield from self._told(Aspect.LINK, _text(entry.link), _text(restored.link))
        owner = None if entry.uid is None or entry.gid is None else f"{entry.uid}:{entry.gid}"
        yield from self._told(Aspect.OWNER, owner, f"{restored.uid}:{restored.gid}")
        if entry.kind != "link":  # links have no modes of their own
            yield from self._told(Aspect.MODE, _octal(entry.mode), _octal(restored.mode))
        if listed_name(entry.path) != os.path.dirname(self._task.leave_out):  # noqa: PTH120 - no path of ours
            yield from self._told(Aspect.MODIFIED, *_times(entry.modified, restored.modified))
        if self._found.head.attributes and entry.kind in {"file", "dir"}:
            yield from _attributes(entry, restored)

    def _content(self, entry: Entry, restored: Entry) -> Iterable[tuple[Aspect, str, str]]:
        yield from self._told(Aspect.SIZE, _bytes(entry.size), _bytes(restored.size))
        if entry.sha256 is None:
            self._lacking.add(Aspect.CONTENT)
            return
        if entry.size is not None and entry.size != restored.size:
            yield Aspect.CONTENT, f"sha256 {entry.sha256[:_SHORT]}…", "another length"
            return
        try:
            found = digest(os.path.join(self._root, entry.path), self._stop)  # noqa: PTH118 - bytes
        except Changed as error:
            raise OSError(f"{_shown(entry.path)} changes while it is compared") from error
        if found != entry.sha256:
            yield Aspect.CONTENT, f"sha256 {entry.sha256[:_SHORT]}…", f"sha256 {found[:_SHORT]}…"

    def _told(
        self, aspect: Aspect, expected: str | None, found: str | None
    ) -> Iterable[tuple[Aspect, str, str]]:
        if expected is None:
            self._lacking.add(aspect)
        elif expected != found and aspect not in self._unable():
            yield aspect, expected, found or ""

    def _unable(self) -> frozenset[Aspect]:
        """What only root can restore."""
        return frozenset() if os.geteuid() == 0 else frozenset({Aspect.OWNER})

    def _left_out(self) -> set[Aspect]:
        left = set(self._lacking) | self._unable()
        if not self._found.head.attributes or not keeps_attributes(os.fsencode(self._task.root)):
            left |= {Aspect.ACL, Aspect.XATTR}
        return left

    def _differs(
        self, path: bytes, aspects: Iterable[tuple[Aspect, str, str]], *, timed: bool = True
    ) -> None:
        self._found.differing += 1
        shown = _shown(path)
        different = [
            FileDifference(path=shown, aspect=aspect, expected=expected, found=found)
            for aspect, expected, found in aspects
        ]
        proven = is_defect(different, beside=self._task.beside, timed=timed)
        into = self._proven if proven else self._found.differences
        into += different[: MOST_DIFFERENCES - len(into)]

    def _unlisted(self, places: Iterator[Place]) -> None:
        made = (self._made or 0) // _SECOND
        for name, modified in places:
            if self._stop.is_set():
                break
            if name == self._task.leave_out or name in self._seen:
                continue
            late = modified * _SECOND > self._as_of + _TOLERANCE
            if 0 < made <= modified and not late:
                self._found.changed_since += self._task.chosen is None or name in self._task.chosen
            else:
                what = f"a file{AFTER}" if late else "a file"
                self._differs(os.fsencode(name), [(Aspect.UNLISTED, "nothing", what)])


def _made(head: Head) -> int:
    """The beginning of the second in which a manifest was begun, as it says; -1 when it does not say."""
    try:
        return int(datetime.fromisoformat(head.made).timestamp()) * _SECOND if head.made else -1
    except ValueError as error:
        raise ManifestError(f"no time: {head.made!r:.60}") from error


def listed_name(path: bytes) -> str:
    """A path as restic's JSON has it: every byte that is no UTF-8 is U+FFFD."""
    text = path.decode("utf-8", "surrogateescape")
    if text.isascii():
        return text
    return "".join("\ufffd" if "\udc80" <= char <= "\udcff" else char for char in text)


def _attributes(entry: Entry, restored: Entry) -> Iterator[tuple[Aspect, str, str]]:
    names = sorted({*entry.attributes, *restored.attributes})
    for name in names:
        if os.geteuid() != 0 and os.fsdecode(name).startswith(_ROOTS):
            continue
        expected, found = entry.attributes.get(name), restored.attributes.get(name)
        if expected != found:
            aspect = Aspect.ACL if name in ACLS else Aspect.XATTR
            yield aspect, _attribute(name, expected), _attribute(name, found)


def _attribute(name: bytes, value: bytes | None) -> str:
    said = "none" if value is None else f"{value[:32].hex()}{'…' if len(value) > 32 else ''}"  # noqa: PLR2004
    return f"{_shown(name)} {said}"


def _shown(path: bytes) -> str:
    """A path for people: whatever cannot be printed is escaped."""
    text = path.decode("utf-8", "surrogateescape")
    if not text.isprintable():
        text = encoded(path).decode("ascii")
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _text(name: bytes | None) -> str | None:
    return None if name is None else _shown(name)


def _octal(mode: int | None) -> str | None:
    return None if mode is None else f"{mode:04o}"


def _bytes(size: int | None) -> str | None:
    return None if size is None else f"{size} bytes"


def _times(expected: int | None, found: int | None) -> tuple[str | None, str | None]:
    """Both, to the second when the manifest knows no fraction of it."""
    if expected is None or found is None:
        return None, None
    if expected % _SECOND == 0:
        found = found // _SECOND * _SECOND
    return _instant(expected), _instant(found)


def _instant(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, _SECOND)
    return f"{seconds}.{rest:09d}"
