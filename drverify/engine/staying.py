"""A sandbox that stands on when its drill is signed, so that somebody can look into it.

The drill is concluded and signed as any other; what differs is that its sandbox is taken back afterwards. It
stands in the drill's own process: behind the same walls, in the same ledger, and gone with the next reclaim
should that process die.
"""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from drverify.engine.ports import Progress
from drverify.errors import DrverifyError, TeardownError
from drverify.model.drill import PhaseName


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands, for people."""

    workload: str
    ways_in: tuple[str, ...]
    """How to get in, one line each: a command, or where something lies. Without secrets."""


class Stay(Protocol):
    """Who says whether a drill's sandbox stands on, and until when."""

    def wanted(self) -> bool:
        """Whether it shall; asked when the drill is over and nothing was taken back yet."""

    async def over(self, standing: Standing) -> None:
        """Return when it may go. Never raises by itself; cancelled, it goes at once."""


class Held:
    """What a drill did not give back at its end; taken back when the context ends, however that ends."""

    def __init__(self, stay: Stay | None, progress: Progress) -> None:
        self._stay, self._progress = stay, progress
        self._stack = AsyncExitStack()
        self.standing: Standing | None = None
        """What stands, or stood; None: nothing was held."""
        self.left: DrverifyError | None = None
        """Why something of it may still exist; none: it is gone."""

    def wanted(self) -> bool:
        """Whether what stands at the end of the drill shall be held."""
        return self._stay is not None and self._stay.wanted()

    def take(self, stack: AsyncExitStack, standing: Standing) -> None:
        """Take what the stack would give back."""
        self._stack, self.standing = stack.pop_all(), standing

    async def over(self) -> None:
        """Wait until what stands may go; at once when nothing does."""
        if self._stay is not None and self.standing is not None:
            self._progress.note(f"{self.standing.workload}: its sandbox stands on, for a look")
            await self._stay.over(self.standing)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Take it back. TeardownError in place of a cancellation when something could not be."""
        if self.standing is None:
            return
        self._progress.phase(PhaseName.TEARDOWN, "started")
        try:
            await self._stack.aclose()
        except Exception as failed:  # noqa: BLE001 - the evidence is signed: whatever fails is told, not raised
            self.left = _told(failed)
            self._progress.note(f"not everything could be taken back: {self.left}")
        finally:
            self._progress.phase(PhaseName.TEARDOWN, "ended")
        if self.left is not None and error is not None and not isinstance(error, Exception):
            raise TeardownError(
                f"interrupted, and not everything could be taken back: {self.left}",
                hint="run `drverify sandbox reap`",
            ) from None


def _told(failed: Exception) -> DrverifyError:
    if isinstance(failed, DrverifyError):
        return failed
    return TeardownError(
        f"bug in drverify: {type(failed).__name__}: {failed}", hint="run `drverify sandbox reap`"
    )
