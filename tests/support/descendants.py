"""What the programs that a test starts show of themselves to every user of the machine."""

import contextlib
import os
import threading
from pathlib import Path
from typing import Self


def own_children() -> dict[int, list[str]]:
    """Pid and argument list of every program that this process started and that still runs.

    Threads and processes that end while they are looked at are left out.
    """
    found: dict[int, list[str]] = {}
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            for child in (task / "children").read_text().split():
                with contextlib.suppress(OSError):
                    found[int(child)] = Path(f"/proc/{child}/cmdline").read_text(errors="replace").split("\0")
    return found


class Arguments:
    """Remembers the argument list of every program that this process starts while it watches."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def of(self, program: str) -> set[str]:
        """The argument lists of one program, by its file's name."""
        return {words for words in self.seen if words.split("\0")[0].rpartition("/")[2] == program}

    def _look(self) -> None:
        while not self._over.wait(0.002):
            self._descend(os.getpid())

    def _descend(self, pid: int) -> None:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                for child in (task / "children").read_text().split():
                    self.seen.add(Path(f"/proc/{child}/cmdline").read_text(errors="replace"))
                    self._descend(int(child))
