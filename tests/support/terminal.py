"""A command at a real terminal, and who sits there."""

import os
import pty
import subprocess
from pathlib import Path

from tests.support.estates import ROOT, command

WIDE = "400"
"""Columns: no path is broken in two."""


class Terminal:
    """A command at a terminal."""

    def __init__(self, config: Path, *words: str) -> None:
        self._ours, theirs = pty.openpty()
        self.screen = ""
        self.process = subprocess.Popen(
            command(config, *words), stdin=theirs, stdout=theirs, stderr=theirs,
            env={**os.environ, "TERM": "xterm", "COLUMNS": WIDE}, cwd=ROOT,
        )  # fmt: skip
        os.close(theirs)

    def until(self, words: str) -> None:
        """Read what is shown until these words are."""
        while words not in self.screen:
            self.screen += os.read(self._ours, 4096).decode(errors="replace")

    def press_enter(self) -> None:
        os.write(self._ours, b"\n")

    def ended(self) -> int:
        """Read to the end; the exit code."""
        try:
            while shown := os.read(self._ours, 4096):
                self.screen += shown.decode(errors="replace")
        except OSError:  # how a terminal says that nobody is at its other end
            pass
        return self.process.wait(20)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)
