"""Commands over SSH on a machine that nobody trusts.

Only the key that is handed over is used: no agent, no configuration or known_hosts of this user, no
passwords, no forwarding. Output beyond `MAX_OUTPUT` ends the command. Must not know what for.

The algorithms are asyncssh's own choice: a whole handshake costs both sides together 3 to 4 ms of CPU
with X25519, its hybrid with ML-KEM or P-256, and 8 ms with a group of 4096 bits. What a handshake costs an
emulated guest is sshd's processes, not the key exchange; therefore connections are shared (`shared`).
"""

import asyncio
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import asyncssh

from drverify.engine.ports import CommandResult
from drverify.errors import GuestError
from drverify.model.playbook import Access

MAX_OUTPUT = 1024 * 1024
KILLED = 128
"""Exit code that stands for an end by signal."""
_PIECE = 32 * 1024
_NOTHING = CommandResult(exit_code=KILLED, stdout=b"", stderr=b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class SshAnswer:
    """What came of it: a result, or why somebody who answered did not let us in."""

    result: CommandResult = _NOTHING
    refusal: str = ""
    host_key: str = ""
    connection: str = ""
    """When the connection was opened that it came over, and what was met on the way to it."""
    spent: bool = False
    """Whether the connection is of no more use, although an answer came over it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An open connection into a guest. Whoever opened it ends it with `abandon`."""

    connection: asyncssh.SSHClientConnection
    host_key: str
    opened: datetime
    """UTC."""

    @property
    def told(self) -> str:
        """When it was opened, for a transcript."""
        return f"opened at {self.opened.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}"

    async def abandon(self) -> None:
        """Close it without waiting for the other side, and return when it is closed. Idempotent."""
        self.connection.abort()
        await self.connection.wait_closed()


class CrowdedError(Exception):
    """The server lets no further command over a connection that it let us open."""


class SilentError(TimeoutError):
    """An open connection did not even take up a command in time."""


class _Meeting(asyncssh.SSHClient):
    """Looks at the host key that is met."""

    def __init__(self, wanted: asyncssh.SSHKey | None) -> None:
        self.wanted = wanted
        self.met = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Note the key; refuse it when another one is wanted."""
        del host, addr, port
        self.met = key.get_fingerprint()
        return self.wanted is None or key.public_data == self.wanted.public_data

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Certificates for hosts are not used."""
        del host, addr, port, key
        return False


async def run(
    access: Access, argv: Sequence[str], *, key: bytes, host_key: bytes | None, within: timedelta
) -> SshAnswer:
    """Log in and run `argv`, quoted for the login shell, over a connection of its own.

    GuestError when a key of ours is unusable; OSError, EOFError or TimeoutError when nothing answers.
    The connection is closed however this ends; the time limit `within` is the caller's.
    """
    del within
    way = await opened(access, key=key, host_key=host_key)
    if isinstance(way, SshAnswer):
        return way
    try:
        return await over(way, argv)
    except CrowdedError as error:
        return SshAnswer(refusal=f"no SSH session: {error}", host_key=way.host_key, connection=way.told)
    finally:
        way.connection.abort()  # never waits for the other side


async def opened(access: Access, *, key: bytes, host_key: bytes | None) -> Way | SshAnswer:
    """Log in; an answer when somebody is there who does not let us. Errors as `run`.

    Cancelled, it leaves no connection.
    """
    wanted = _public(host_key) if host_key is not None else None
    meeting = _Meeting(wanted)
    options = asyncssh.SSHClientConnectionOptions(
        username=access.user,
        client_keys=[_private(key)],
        known_hosts=([], [], []),
        server_host_key_algs=_algorithms(wanted),
        client_factory=lambda: meeting,
        agent_path=None,
        config=[],
        preferred_auth=["publickey"],
        password_auth=False,
        gss_host=None,
        x509_trusted_certs=None,
        disable_trivial_auth=True,
        login_timeout=0,  # a limit is around us
    )
    try:
        connection = await asyncssh.connect(access.address, access.port, options=options)
        return Way(connection=connection, host_key=meeting.met, opened=datetime.now(UTC))
    except asyncssh.HostKeyNotVerifiable:
        refusal = f"another machine: host key {meeting.met or 'of another kind'} instead of {_name(wanted)}"
        return SshAnswer(refusal=refusal, host_key=meeting.met)
    except asyncssh.PermissionDenied:
        return SshAnswer(refusal=f"login refused for {access.user}", host_key=meeting.met)
    except asyncssh.KeyExchangeFailed as error:
        return SshAnswer(refusal=f"no common ground for a connection: {error.reason}", host_key=meeting.met)
    except asyncssh.ConnectionLost as error:
        raise EOFError(str(error)) from error
    except asyncssh.Error as error:
        return SshAnswer(refusal=f"no SSH session: {error.reason}", host_key=meeting.met)


async def over(way: Way, argv: Sequence[str], *, patience: timedelta | None = None) -> SshAnswer:
    """Run `argv` over an open connection, which is of no more use after any error.

    EOFError or OSError when it breaks before the command has ended; SilentError when the command is not
    even taken up within `patience`; CrowdedError when the server wants no further one.
    """
    about = SshAnswer(host_key=way.host_key, connection=way.told)
    try:
        result, spent = await _command(way.connection, shlex.join(argv), patience)
    except asyncssh.ChannelOpenError as error:
        await asyncio.sleep(0)  # a broken connection is closed a moment later
        if way.connection.is_closed():
            raise EOFError(error.reason) from error
        raise CrowdedError(error.reason) from error
    except asyncssh.ConnectionLost as error:
        raise EOFError(str(error)) from error
    except asyncssh.Error as error:
        return replace(about, refusal=f"no SSH session: {error.reason}", spent=True)
    return replace(about, result=result, spent=spent)


async def _command(
    connection: asyncssh.SSHClientConnection, command: str, patience: timedelta | None
) -> tuple[CommandResult, bool]:
    """The result, and whether there was more of it than we read."""
    try:
        async with asyncio.timeout(patience.total_seconds() if patience else None):
            process = await connection.create_process(
                command, encoding=None, stdin=asyncssh.DEVNULL, request_pty=False
            )
    except TimeoutError as error:
        raise SilentError from error
    streams = asyncio.gather(_bounded(process.stdout), _bounded(process.stderr))
    try:
        stdout, stderr = await streams
        await process.wait_closed()
    except _TooMuchError as error:
        said = b"ended by drverify: it prints more than %d bytes" % MAX_OUTPUT
        return CommandResult(exit_code=KILLED, stdout=error.output, stderr=said), True
    finally:
        streams.cancel()
        process.close()
    code = process.exit_status  # none, or below 0, after a signal
    if code is None and connection.is_closed():
        raise EOFError("the connection ended before the command")
    ended = KILLED if code is None or code < 0 else code
    return CommandResult(exit_code=ended, stdout=stdout, stderr=stderr), False


class _TooMuchError(Exception):
    """A stream brought more than `MAX_OUTPUT`."""

    def __init__(self, output: bytes) -> None:
        super().__init__("too much output")
        self.output = output


async def _bounded(reader: asyncssh.SSHReader[bytes]) -> bytes:
    pieces = bytearray()
    while piece := await reader.read(_PIECE):
        pieces += piece
        if len(pieces) > MAX_OUTPUT:
            raise _TooMuchError(bytes(pieces[:MAX_OUTPUT]))
    return bytes(pieces)


def _private(key: bytes) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_private_key(key)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
        raise GuestError(
            "the private key for SSH cannot be used",
            hint="give an OpenSSH or PEM key without a passphrase",
        ) from error


def _public(key: bytes) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_public_key(key)
    except (asyncssh.KeyImportError, ValueError) as error:
        raise GuestError(f"the expected host key cannot be read: {error}") from error


def _algorithms(wanted: asyncssh.SSHKey | None) -> Sequence[str] | tuple[()]:
    """Ask for the kind of key that is wanted, or else the server may show another of its own."""
    if wanted is None:
        return ()
    return [one.decode() for one in wanted.sig_algorithms]


def _name(wanted: asyncssh.SSHKey | None) -> str:
    return wanted.get_fingerprint() if wanted is not None else "any"
