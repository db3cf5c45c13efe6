"""Signs of life of a drill process: a thread that renews its lease, and says when the drill has to end."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Literal

from drverify.engine.nightly.ports import Desk
from drverify.errors import HostError
from drverify.model.booking import Keeping, Lease, Live

EVERY = timedelta(seconds=2)

Why = Literal["lost", "cancelled", "expired"]


class SignsOfLife:
    """Renews a lease every two seconds until it is stopped, while everything is taken back, too.

    It is a thread of its own, so that nothing that keeps the drill's event loop busy looks like a death.
    A desk that cannot be reached ends nothing: whether the attempt still counts is asked before it is signed.
    """

    def __init__(
        self,
        desk: Desk,
        lease: Lease,
        *,
        live: Callable[[datetime], Live],
        picture: Callable[[], bytes],
        end: Callable[[Why], None],
        keeping: Callable[[Keeping | None], None] = lambda _: None,
    ) -> None:
        """`keeping` is told each time what was asked of the attempt's sandbox."""
        self._desk = desk
        self._lease: Lease | None = lease
        self._live, self._picture, self._end, self._keeping = live, picture, end, keeping
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="signs of life", daemon=True)
        self.why: Why | None = None
        """Why the drill was asked to end; None: it was not."""
        self.cancelled_by = ""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Give no more; waits for the one that is being given."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._once()
            if self._over.wait(EVERY.total_seconds()):
                return

    def _once(self) -> None:
        lease = self._lease
        if lease is None:
            return
        now = datetime.now(UTC)
        try:
            found = self._desk.renew(lease.booking, lease.attempt, now, self._live(now), self._picture())
        except HostError:
            found = lease  # the desk will be back, or somebody else has its place by then
        else:
            if found is not None:
                with suppress(HostError):  # asked again at the next sign
                    self._keeping(self._desk.keeping(lease.booking, lease.attempt))
        self._lease = found
        if found is None:
            self._ask("lost")
        elif found.cancelled_by:
            self.cancelled_by = found.cancelled_by
            self._ask("cancelled")
        elif now >= found.deadline:
            self._ask("expired")

    def _ask(self, why: Why) -> None:
        if self.why is None or (why == "lost" and self.why != "lost"):
            first, self.why = self.why is None, why
            if first:
                self._end(why)
