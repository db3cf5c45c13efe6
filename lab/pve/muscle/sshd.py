"""The node's sshd: a listener on loopback that runs the real OpenSSH server inside the node's namespace.

Each connection gets an `sshd -i` of its own with the accepted socket as its standard input and output. A
private mount namespace gives it what a real node has: a user `drverify` without a shell, and a /dev/net/tun
that everybody may open (udev's default; closed in some containers). It can do one thing: take the tap of
its key as an ethernet tunnel.
"""

import asyncio
import shutil
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from drverify.adapters.linux import command, netns
from drverify.adapters.linux.processes import PROC, ProcessIdentity, end, identify, marks
from drverify.errors import HostError
from lab.pve.muscle.ground import VANTAGE_UID
from lab.pve.muscle.names import Names, unit_of

USER = "drverify"
SSHD = "/usr/sbin/sshd"
QUICK = timedelta(seconds=20)
_ACCOUNT = f"{USER}:x:{VANTAGE_UID}:65534::/nonexistent:/usr/sbin/nologin"
_SHADOW = f"{USER}:*:19000:0:99999:7:::"
_CONFIG = """\
HostKey {place}/host
AuthorizedKeysFile /run/sshd/authorized_keys
PidFile none
UsePAM no
StrictModes no
AuthenticationMethods publickey
AllowUsers {user}
LogLevel VERBOSE
Match User {user}
  PermitTunnel ethernet
  PermitTTY no
  AllowTcpForwarding no
  AllowStreamLocalForwarding no
  AllowAgentForwarding no
  X11Forwarding no
  PermitUserRC no
  PermitOpen none
  PermitListen none
  GatewayPorts no
  MaxSessions 0
  ForceCommand /bin/false
  ClientAliveInterval 15
  ClientAliveCountMax 3
"""
_RUN = f"""\
set -e
mkdir -p /run/sshd
mount -t tmpfs -o mode=0755 none /run/sshd
cp "$1/authorized_keys" /run/sshd/
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/shadow" /etc/shadow
mount -t tmpfs -o mode=0755,dev none "$1/dev"
mknod -m 0666 "$1/dev/tun" c 10 200
mount --bind "$1/dev/tun" /dev/net/tun
exec {SSHD} -i -e -f "$1/sshd.conf"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vantage:
    """What a client needs for the tunnel to one drill bridge."""

    bridge: str
    user: str
    unit: int
    key: Path
    """The client's private key, good for this unit only."""
    host_key: Path
    """The node's public key."""


class NodeSshd:
    """The listener and its connections. `start` and `stop` may alternate."""

    def __init__(self, names: Names, place: Path) -> None:
        self._names = names
        self._place = place
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def keys(self, taps: Sequence[str]) -> None:
        """Make the keys of host and taps that are not there yet, and what sshd reads. HostError."""
        self._place.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._place / "dev").mkdir(exist_ok=True)
        for name in ("host", *taps):
            if not (self._place / name).exists():
                argv = [
                    "ssh-keygen",
                    "-q",
                    "-t",
                    "ed25519",
                    "-N",
                    "",
                    "-C",
                    name,
                    "-f",
                    str(self._place / name),
                ]
                await command.checked(argv, within=QUICK)
        lines = [f'restrict,tunnel="{unit_of(tap)}" {self._public(tap)}\n' for tap in taps]
        (self._place / "authorized_keys").write_text("".join(lines))
        (self._place / "sshd.conf").write_text(_CONFIG.format(place=self._place, user=USER))
        for name, line in (("passwd", _ACCOUNT), ("shadow", _SHADOW)):
            text = Path("/etc", name).read_text()
            (self._place / name).write_text(f"{text.rstrip()}\n{line}\n")
        (self._place / "shadow").chmod(0o600)

    def vantage(self, bridge: str, tap: str) -> Vantage:
        """Say how to get onto a bridge."""
        return Vantage(
            bridge=bridge,
            user=USER,
            unit=unit_of(tap),
            key=self._place / tap,
            host_key=self._place / "host.pub",
        )

    def address(self) -> tuple[str, int] | None:
        """Where it listens, while it does."""
        return None if self._listener is None else self._listener.getsockname()[:2]

    async def start(self, address: str, port: int) -> None:
        """Listen. HostError when the address is taken."""
        if self._listener is not None:
            return
        if not Path(SSHD).exists():
            raise HostError(f"{SSHD} is not installed", hint="apt-get install openssh-server")
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except OSError as error:
            listener.close()
            raise HostError(f"the node's sshd cannot listen at {address}:{port}: {error}") from error
        listener.listen()
        listener.setblocking(False)  # noqa: FBT003 - socket's signature
        self._listener = listener
        self._accepting = asyncio.create_task(self._accept(listener))

    async def stop(self) -> None:
        """End the listener and every connection, those of a killed life too. Idempotent; TeardownError."""
        tasks = [*self._running, *([self._accepting] if self._accepting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._listener is not None:
            self._listener.close()
        self._listener = self._accepting = None
        for identity in await asyncio.to_thread(_servers_in, self._names.namespace):
            await end(identity, grace=timedelta(0))

    def forget(self) -> None:
        """Remove keys and configuration."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self._place)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(listener)
            task = loop.create_task(self._serve(connection))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _serve(self, connection: socket.socket) -> None:
        """Run one sshd to the end of its connection. Logged in, it outlives us, as a node's sshd would."""
        connection.setblocking(True)  # noqa: FBT003 - socket's signature
        network = f"--net={netns.path_of(self._names.namespace)}"
        argv = ["unshare", "--mount", "nsenter", network, "sh", "-c", _RUN, "sshd", str(self._place)]
        try:
            async with command.streaming(
                argv,
                env=marks(self._names.tag, "sshd"),
                stdin=connection.fileno(),
                stdout=connection.fileno(),
                dies_with_us=True,
            ) as running:
                await running.wait()
                with (self._place / "sshd.log").open("ab") as log:
                    log.write(running.stderr_tail())
        finally:
            connection.close()

    def _public(self, name: str) -> str:
        return (self._place / f"{name}.pub").read_text().strip()


def _servers_in(namespace: str) -> list[ProcessIdentity]:
    """Find the sshd processes of a namespace; one that has logged somebody in hides its environment."""
    try:
        wanted = netns.inode_of(netns.path_of(namespace))
    except HostError:
        return []
    found = []
    for entry in PROC.iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "exe").readlink() == Path(SSHD):
                inside = (entry / "ns" / "net").stat().st_ino == wanted
                found += [one] if inside and (one := identify(int(entry.name))) else []
    return found
