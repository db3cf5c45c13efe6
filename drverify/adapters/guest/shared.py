"""One connection for everything that is asked of a guest by the same access.

A handshake costs an emulated guest seconds. So whoever asks first opens the connection, all others wait
for the same handshake, and later questions go over the same connection. One that broke or does not take
up a command in time is given up, and the question asked once more over a fresh one. A connection serves
for `LONGEST`, so that what a hostile server keeps sending over it is bounded.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from drverify.adapters.guest import ssh
from drverify.adapters.guest.ssh import CrowdedError, SshAnswer, Way
from drverify.model.playbook import Access

LONGEST = timedelta(minutes=1)
"""After this a connection takes no further question."""
PATIENCE = 1 / 3
"""Part of a question's time within which a connection that is open already must take it up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """What must be the same for a connection to be shared; digests, as these are secrets."""

    address: str
    port: int
    user: str
    key: bytes
    host_key: bytes | None


class _Line:
    """One connection, from its handshake on."""

    def __init__(self, access: Access, key: bytes, host_key: bytes | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self.patience = 0.0
        """Seconds from the handshake's start after which nobody waits for it any more."""
        self.users = 0
        self.retired = False
        self.served = 0
        self.handshake = asyncio.create_task(ssh.opened(access, key=key, host_key=host_key))
        self.handshake.add_done_callback(self._opened)
        self._old = self._loop.call_later(LONGEST.total_seconds(), self.retire)

    @property
    def usable(self) -> bool:
        """Whether it may be asked over, or its handshake still be waited for."""
        if self.retired:
            return False
        if not self.handshake.done():
            return self._loop.time() < self._started + self.patience
        way = self.way
        return way is not None and not way.connection.is_closed()

    @property
    def gone(self) -> bool:
        """Whether nothing of it is left."""
        return self.retired and self.handshake.done() and (not self.way or self.way.connection.is_closed())

    @property
    def way(self) -> Way | None:
        """The open connection, if it came to that."""
        if not self.handshake.done() or self.handshake.cancelled() or self.handshake.exception():
            return None
        found = self.handshake.result()
        return found if isinstance(found, Way) else None

    async def reached(self) -> Way | SshAnswer:
        """Wait for the handshake, without taking it away from others. TimeoutError when it takes too long."""
        left = self._started + self.patience - self._loop.time()
        await asyncio.wait({self.handshake}, timeout=left)
        if not self.handshake.done() or self.handshake.cancelled():
            raise TimeoutError("the handshake does not end")
        return self.handshake.result()

    def enter(self, within: timedelta) -> None:
        """Begin to use it."""
        self.users += 1
        self.patience = max(self.patience, within.total_seconds())

    def leave(self) -> None:
        """Use it no more; the last one out of a retired connection closes it."""
        self.users -= 1
        if self.retired and not self.users:
            self.end()

    def retire(self) -> None:
        """Take no further question; those under way may end."""
        self.retired = True
        if not self.users:
            self.end()

    def end(self) -> None:
        """Close it now, whoever uses it."""
        self.retired = True
        self._old.cancel()
        self.handshake.cancel()
        if self.way is not None:
            self.way.connection.abort()

    async def ended(self) -> None:
        """Wait until nothing of it is left."""
        await asyncio.wait({self.handshake})
        if self.way is not None:
            await self.way.abandon()

    def _opened(self, handshake: "asyncio.Task[Way | SshAnswer]") -> None:
        """A handshake that came to nothing has no second user; its error is known even if nobody waits."""
        if handshake.cancelled() or handshake.exception() or not isinstance(handshake.result(), Way):
            self.retired = True
            self._old.cancel()


class SharedSsh:
    """Runs commands over shared connections; to be used on one event loop, and ended with `hang_up`."""

    def __init__(self) -> None:
        self._lines: dict[_Name, _Line] = {}
        self._open: set[_Line] = set()
        self._over = False

    async def __call__(
        self, access: Access, argv: Sequence[str], *, key: bytes, host_key: bytes | None, within: timedelta
    ) -> SshAnswer:
        """Run `argv`, quoted for the login shell; errors as `ssh.run`.

        Cancelling it cancels no handshake that others wait for.
        """
        line, joined = self._line(access, key, host_key)
        was_open = line.way is not None
        try:
            answer = await self._asked(line, argv, within, within * PATIENCE if was_open else None)
        except CrowdedError:
            answer = await ssh.run(access, argv, key=key, host_key=host_key, within=within)
            return replace(answer, connection=f"{answer.connection}, for this command alone")
        except (OSError, EOFError) as error:
            if not (was_open or (joined and line.way is None and isinstance(error, TimeoutError))):
                raise
            gone = f"the one {line.way.told} is gone" if line.way else "a handshake of another did not end"
            line, _ = self._line(access, key, host_key)
            answer = await self._asked(line, argv, within, None)
            return replace(answer, connection=f"{answer.connection}, as {gone}")
        return answer

    async def hang_up(self) -> None:
        """Close every connection and end every handshake; none is opened any more.

        Never waits for the other side.
        """
        self._over = True
        lines, self._open = self._open, set()
        self._lines.clear()
        for line in lines:
            line.end()
        await asyncio.gather(*(line.ended() for line in lines))

    def _line(self, access: Access, key: bytes, host_key: bytes | None) -> tuple[_Line, bool]:
        """A line for this access, and whether somebody else opened it. EOFError after `hang_up`."""
        if self._over:
            raise EOFError
        name = _Name(
            address=access.address,
            port=access.port,
            user=access.user,
            key=hashlib.sha256(key).digest(),
            host_key=host_key,
        )
        line = self._lines.get(name)
        if line is not None and line.usable:
            return line, True
        if line is not None:
            line.retire()
        self._open = {one for one in self._open if not one.gone}
        line = self._lines[name] = _Line(access, key, host_key)
        self._open.add(line)
        return line, False

    async def _asked(
        self, line: _Line, argv: Sequence[str], within: timedelta, patience: timedelta | None
    ) -> SshAnswer:
        line.enter(within)
        try:
            way = await line.reached()
            if isinstance(way, SshAnswer):
                return way
            before, line.served = line.served, line.served + 1
            answer = await _over(line, way, argv, patience)
        finally:
            line.leave()
        return replace(answer, connection=f"{answer.connection}, used {before} times before")


async def _over(line: _Line, way: Way, argv: Sequence[str], patience: timedelta | None) -> SshAnswer:
    """Whatever does not end in order, a cancelled command too, leaves a connection that nobody trusts."""
    try:
        answer = await ssh.over(way, argv, patience=patience)
    except CrowdedError:
        raise
    except BaseException:
        line.retire()
        raise
    if answer.spent:
        line.retire()
    return answer
