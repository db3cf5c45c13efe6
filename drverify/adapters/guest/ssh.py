"""Commands over SSH on a machine that nobody trusts.

Only the key that is handed over is used: no agent, no configuration or known_hosts of this user, no
passwords, no forwarding. Output beyond `MAX_OUTPUT` ends the command. Must not know what for.
"""

import asyncio
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

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


async def run(access: Access, argv: Sequence[str], *, key: bytes, host_key: bytes | None) -> SshAnswer:
    """Log in and run `argv`, quoted for the login shell.

    GuestError when a key of ours is unusable; OSError, EOFError or TimeoutError when nothing answers.
    The connection is closed however this ends; a time limit is the caller's.
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
        login_timeout=0,  # the prober's limit is around us
    )
    try:
        connection = await asyncssh.connect(access.address, access.port, options=options)
        try:
            return SshAnswer(result=await _command(connection, shlex.join(argv)), host_key=meeting.met)
        finally:
            connection.abort()  # never waits for the other side
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


async def _command(connection: asyncssh.SSHClientConnection, command: str) -> CommandResult:
    process = await connection.create_process(
        command, encoding=None, stdin=asyncssh.DEVNULL, request_pty=False
    )
    streams = asyncio.gather(_bounded(process.stdout), _bounded(process.stderr))
    try:
        stdout, stderr = await streams
        await process.wait_closed()
    except _TooMuchError as error:
        said = b"ended by drverify: it prints more than %d bytes" % MAX_OUTPUT
        return CommandResult(exit_code=KILLED, stdout=error.output, stderr=said)
    finally:
        streams.cancel()
    code = process.exit_status  # none, or below 0, after a signal
    return CommandResult(exit_code=KILLED if code is None or code < 0 else code, stdout=stdout, stderr=stderr)


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
