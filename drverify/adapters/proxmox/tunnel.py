"""The way from a drill bridge of a node into the sandbox's namespace here: Ethernet frames over SSH.

On the node there is one tap for each drill bridge, made beforehand for a user without a shell
(docs/proxmox.md). sshd opens it for us on a channel of its own kind (`PermitTunnel ethernet`, PROTOCOL of
OpenSSH, 2.3), and here its frames go in and out of a tap of the sandbox's namespace. So the guest on the
node is in the same sandbox as a guest of libvirt: the same gateway, names, counters, canary and probes.

Frames are carried as a switch carries them: what cannot go on at once is dropped, nothing queues up.
"""

import asyncio
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import asyncssh

from drverify.adapters.proxmox.tunnel_watch import FrameWatch
from drverify.errors import HostError, InputError

CONNECT = timedelta(seconds=20)
ALIVE_EVERY, ALIVE_MISSED = 5, 3
"""Seconds between two signs of life, and how many may be missed: a dead node is noticed within 20 s."""
BURST = 64
"""Frames that are taken from the sandbox before the loop does anything else."""
LARGEST_FRAME = 65536
_ALGORITHM = re.compile(r"(?:ssh|ecdsa|sk)-[a-z0-9@.-]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where the tap of one drill bridge is opened."""

    bridge: str
    unit: int
    """N of the node's `tapN`: SSH carries no more of its name."""
    address: str
    port: int
    user: str
    key: bytes = field(repr=False)
    """Private key, OpenSSH or PEM, without a pass phrase."""
    host_key: str
    """`ssh-ed25519 AAAA...` as in known_hosts, or `SHA256:...`."""

    def __str__(self) -> str:
        return f"tap{self.unit} on {self.bridge}, as {self.user}@{self.address}:{self.port}"


class Coupling(asyncssh.SSHTunTapSession):
    """One tap here coupled to one tap on the node, both ways, on the loop that made it."""

    def __init__(self, door: Door, tap: int, watch: FrameWatch) -> None:
        """Own `tap`, a descriptor of one frame per read: closed by `end`."""
        self._door = door
        self._tap = tap
        self._watch = watch
        self._loop = asyncio.get_running_loop()
        self._channel: asyncssh.SSHTunTapChannel | None = None
        self._writable = True
        self._ended = False
        self.lost = ""
        """Why it carries nothing any more; empty while it does."""

    def connection_made(self, chan: "asyncssh.SSHTunTapChannel") -> None:
        """Begin to listen to the sandbox."""
        self._channel = chan

    def session_started(self) -> None:
        """Frames may go."""
        if not self._ended:
            self._loop.add_reader(self._tap, self._from_sandbox)

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Take one frame from the node."""
        del datatype
        if self._ended:
            return
        self._watch.came(data)
        try:
            os.write(self._tap, data)
        except OSError:  # our tap is down, or its queue is full: a switch would drop it, too
            self._watch.dropped += 1

    def pause_writing(self) -> None:
        """The node takes no more for now; a frame sent all the same would arrive in two pieces."""
        self._writable = False

    def resume_writing(self) -> None:
        """The node takes frames again."""
        self._writable = True

    def eof_received(self) -> bool:
        """Nothing comes any more: let it be closed."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember why; the sandbox's tap goes silent."""
        if not self._ended:
            self.lost = f"the tunnel to {self._door} broke: {exc or 'closed by the node'}"
        self._quiet()
        self._channel = None

    def end(self) -> None:
        """Stop carrying frames and give the sandbox's tap up. Idempotent."""
        if self._ended:
            return
        self._ended = True
        self._quiet()
        if self._channel is not None:
            self._channel.abort()
        os.close(self._tap)

    def _from_sandbox(self) -> None:
        for _ in range(BURST):
            try:
                frame = os.read(self._tap, LARGEST_FRAME)
            except BlockingIOError:
                return
            except OSError:  # down for the moment
                return
            if self._channel is None or not self._writable:
                self._watch.dropped += 1
                continue
            self._watch.went += 1
            self._channel.write(frame)

    def _quiet(self) -> None:
        with suppress(OSError, ValueError):
            self._loop.remove_reader(self._tap)


class Tunnel:
    """Couplings to the drill bridges of one sandbox; each over a connection of its own."""

    def __init__(self, doors: Sequence[Door], watch: FrameWatch) -> None:
        self._doors = tuple(doors)
        self._watch = watch
        self._connections: list[asyncssh.SSHClientConnection] = []
        self._couplings: list[Coupling] = []

    async def open(self, taps: Sequence[int]) -> None:
        """Couple each tap, in order, to its door; owns the descriptors from now on.

        HostError when a node cannot be reached, is another one, or does not give us its tap.
        """
        waiting = list(taps)
        try:
            for door in self._doors:
                coupling = Coupling(door, waiting.pop(0), self._watch)
                self._couplings.append(coupling)
                connection = await _connected(door)
                self._connections.append(connection)
                await _coupled(connection, door, coupling)
        finally:
            for tap in waiting:  # as many as doors unless something failed
                os.close(tap)

    @property
    def lost(self) -> str:
        """Why nothing comes through any more; empty while everything does."""
        return next((one.lost for one in self._couplings if one.lost), "")

    async def close(self) -> None:
        """End everything. Idempotent; never waits for the node for longer than a moment."""
        for coupling in self._couplings:
            coupling.end()
        connections, self._connections = self._connections, []
        for connection in connections:
            connection.abort()
        for connection in connections:
            with suppress(TimeoutError, OSError, asyncssh.Error):
                async with asyncio.timeout(2):
                    await connection.wait_closed()


class Branch:
    """One guest's part of a tunnel that leads to all guests of a group: opened and closed by others."""

    def __init__(self, tunnel: Tunnel) -> None:
        self._tunnel = tunnel

    async def open(self, taps: Sequence[int]) -> None:
        """Nothing: it is open; the guest brings no tap of its own."""
        del taps

    @property
    def lost(self) -> str:
        """Why nothing comes through any more, for any of the guests; empty while everything does."""
        return self._tunnel.lost

    async def close(self) -> None:
        """Nothing: it is closed when the last guest has gone."""


class _Pinned(asyncssh.SSHClient):
    """Takes the one host key whose fingerprint is known."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        del host, addr, port
        return key.get_fingerprint().rstrip("=") == self._fingerprint.rstrip("=")


async def _connected(door: Door) -> asyncssh.SSHClientConnection:
    try:
        key = asyncssh.import_private_key(door.key)
    except (asyncssh.KeyImportError, ValueError) as error:
        raise InputError(
            f"the SSH key for {door.user}@{door.address} cannot be read: {error}",
            hint="a private key without a pass phrase: ssh-keygen -t ed25519 -N '' -f vantage.key",
        ) from error
    known, pinned = _trusted(door)
    try:
        async with asyncio.timeout(CONNECT.total_seconds()):
            return await asyncssh.connect(
                door.address,
                door.port,
                username=door.user,
                client_keys=[key],
                known_hosts=known,
                client_factory=lambda: _Pinned(pinned),
                config=[],
                agent_path=None,
                preferred_auth="publickey",
                gss_auth=False,
                gss_kex=False,
                keepalive_interval=ALIVE_EVERY,
                keepalive_count_max=ALIVE_MISSED,
                compression_algs=None,
            )
    except asyncssh.HostKeyNotVerifiable as error:
        raise HostError(
            f"{door.address}:{door.port} has another SSH host key than the settings say",
            hint="compare `host_key` with /etc/ssh/ssh_host_*_key.pub on the node",
        ) from error
    except asyncssh.PermissionDenied as error:
        raise HostError(
            f"the node does not let {door.user}@{door.address} in",
            hint="is the key in the vantage user's authorized_keys (docs/proxmox.md)?",
        ) from error
    except (OSError, asyncssh.Error) as error:
        raise HostError(
            f"cannot reach {door.user}@{door.address}:{door.port} by SSH: {error!s:.200}",
            hint="is sshd running there, and may this machine connect to it?",
        ) from error


def _trusted(door: Door) -> tuple[bytes | asyncssh.SSHKnownHosts, str]:
    """What host keys are held against: a list with the one key, or none and a fingerprint."""
    if door.host_key.startswith("SHA256:"):
        return b"", door.host_key
    words = door.host_key.split()
    place = door.address if door.port == 22 else f"[{door.address}]:{door.port}"  # noqa: PLR2004
    try:
        at = next(index for index, word in enumerate(words) if _ALGORITHM.fullmatch(word))
        key = f"{words[at]} {words[at + 1]}"
        asyncssh.import_public_key(key)  # a list of known hosts passes over what it cannot read
        return asyncssh.import_known_hosts(f"{place} {key}\n"), ""
    except (ValueError, StopIteration, IndexError) as error:
        raise InputError(
            f"the host key of {door.address} is none: {door.host_key[:80]!r}",
            hint="write `ssh-ed25519 AAAA...` as ssh-keyscan prints it, or SHA256:...",
        ) from error


async def _coupled(connection: asyncssh.SSHClientConnection, door: Door, coupling: Coupling) -> None:
    try:
        async with asyncio.timeout(CONNECT.total_seconds()):
            await connection.create_tap(lambda: coupling, door.unit)
    except (OSError, asyncssh.Error) as error:
        raise HostError(
            f"the node does not give us {door}",
            hint="another drill may hold it; else check that the tap exists, is up and belongs to that user, "
            "and that sshd has `PermitTunnel ethernet` for it (its log says which)",
        ) from error
