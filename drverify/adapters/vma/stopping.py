"""A flag that ends work in another thread, also while it waits for bytes."""

import os
import select
from threading import Lock
from types import TracebackType
from typing import Self

from drverify.errors import DeadlineError


class StoppedError(Exception):
    """The work was told to stop; whoever told it knows why."""


class Stop:
    """Ends the reading of an archive from another thread. Whoever made it closes it (it is a context)."""

    def __init__(self) -> None:
        self._event = os.eventfd(0, os.EFD_CLOEXEC)
        self._set = False
        self._closed = False
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def set(self) -> None:
        """Stop, now and for ever. Nothing happens when it is closed already."""
        with self._lock:
            self._set = True
            if not self._closed:
                os.eventfd_write(self._event, 1)

    def close(self) -> None:
        """Give back its descriptor; safe to call twice, never while something waits."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._event)

    def check(self) -> None:
        """Raise StoppedError when it was told to stop."""
        if self._set:
            raise StoppedError

    def wait_for(self, descriptor: int, stall: float, what: str) -> None:
        """Wait until `descriptor` can be read (or its end is there).

        Raises StoppedError when told to stop, DeadlineError after `stall` seconds without anything.
        """
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.register(self._event, select.POLLIN)
        ready = poll.poll(stall * 1000)
        self.check()
        if not ready:
            raise DeadlineError(
                f"{what}: no byte came for {stall:g} s", hint="raise the stall limit if storage is that slow"
            )
