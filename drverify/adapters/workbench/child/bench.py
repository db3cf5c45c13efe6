"""What the verbs of the child work on: one appliance of libguestfs, with the disks that it was given."""

from collections.abc import Callable
from typing import Any


class BenchError(Exception):
    """What was asked for cannot be done; the message is told to the parent, and `kind` says why.

    `missing`: libguestfs is not installed; `launch`: its appliance does not start; `failed`: a step failed;
    anything else belongs to the verb that raises it.
    """

    def __init__(self, message: str, *, kind: str = "failed") -> None:
        super().__init__(message)
        self.kind = kind


class Bench:
    """The appliance; `guestfs` is libguestfs's handle, launched."""

    def __init__(self, guestfs: Any, tell: Callable[[str], None]) -> None:
        self.guestfs = guestfs
        self._tell = tell

    def note(self, text: str) -> None:
        """Tell the parent what is going on: one line, which also shows that something is."""
        self._tell(text)

    def tried(self, work: Callable[[], Any], *, otherwise: Any = None) -> Any:
        """The result of a step that a damaged disk may make fail; `otherwise` when it does.

        BenchError when it failed because the appliance died.
        """
        try:
            return work()
        except RuntimeError as error:
            self.still_there(error)
            return otherwise

    def still_there(self, error: Exception) -> None:
        """BenchError unless the appliance still answers after `error`."""
        try:
            self.guestfs.ping_daemon()
        except RuntimeError:
            raise BenchError(f"the appliance died: {error}", kind="crashed") from error
