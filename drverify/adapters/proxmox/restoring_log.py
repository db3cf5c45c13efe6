"""The logs of our own tasks on the cluster, kept as they come: nodes rotate theirs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from drverify.adapters.proxmox.tasks import Following, Upid

KEPT = 256 * 1024
"""Characters of one task's log that are kept."""
_EMPTY = "no content"
"""What the API says of a log, or a part of one, that has no lines."""
_DEVICE = re.compile(r"DEV: dev_id=\d{1,3} size: (\d{1,18}) devname: (\S{1,100})")
_TOTAL = re.compile(r"total bytes read (\d{1,18}), sparse bytes (\d{1,18})")
_PBS = re.compile(r"restore image complete \(bytes=(\d{1,18})")


@dataclass(slots=True)
class TaskLog:
    """One task."""

    doing: str
    """reserve, restore, start, stop, destroy."""
    upid: str = ""
    lines: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, lines: Sequence[str]) -> None:
        """Take new lines as long as there is room."""
        for line in lines:
            if self.size < KEPT and line != _EMPTY:
                self.lines.append(line[:2000])
                self.size += len(self.lines[-1]) + 1


class Logbook:
    """Every task of one drill."""

    def __init__(self) -> None:
        self.tasks: list[TaskLog] = []
        self._tell: Callable[[str, str], None] = lambda *_: None

    def tell(self, tell: Callable[[str, str], None]) -> None:
        """Have `tell(doing, upid)` called for every task that begins from now on."""
        self._tell = tell

    def following(self, doing: str, following: Following | None = None) -> Following:
        """Make the following of a task that is logged here, out of one that says how else it is followed."""
        following = following or Following()
        log = TaskLog(doing=doing)
        self.tasks.append(log)

        def announce(upid: Upid) -> None:
            log.upid = upid
            self._tell(doing, upid)
            following.announce(upid)

        def on_lines(lines: Sequence[str]) -> None:
            log.add(lines)
            following.on_lines(lines)

        return replace(following, announce=announce, on_lines=on_lines)

    def text(self) -> str:
        """Every log, one after the other."""
        parts = []
        for log in self.tasks:
            parts += [f"== {log.doing} {log.upid}", *log.lines, ""]
        return "\n".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a restore's log says of the bytes; None: nothing."""

    logical: int | None
    allocated: int | None
    disks: int


def figures(lines: Sequence[str]) -> Figures:
    """Read the figures out of a restore's log."""
    sizes = [int(found[1]) for line in lines if (found := _DEVICE.search(line))]
    images = [int(found[1]) for line in lines if (found := _PBS.search(line))]
    total = next((found for line in lines if (found := _TOTAL.search(line))), None)
    known = sizes or images
    return Figures(
        logical=sum(known) if known else None,
        allocated=max(0, int(total[1]) - int(total[2])) if total else None,
        disks=len(known),
    )
