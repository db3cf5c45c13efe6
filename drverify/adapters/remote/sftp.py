"""Files on an SSH server, read by SFTP (drafts 02 to 13 of secsh-filexfer; version 3 is what OpenSSH speaks).

Nobody is believed but the host whose keys the settings name: no known_hosts of this user, no agent, no
configuration. Each look is a connection of its own: a drill looks rarely.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, Literal, TypeVar

import asyncssh

from drverify.adapters.remote.errors import Changed, CutOff, NotThere, Refused, Stranger, Unreachable
from drverify.adapters.remote.settings import Resolve, SftpOptions, read, text_of
from drverify.adapters.remote.streaming import streamed
from drverify.adapters.stored import Bytes, StoredFile
from drverify.errors import DrverifyError, InputError, SourceError
from drverify.model.drill import ToolFact

T = TypeVar("T")
CHUNK = 4 << 20
"""Bytes asked for at once; asyncssh keeps 128 requests of them under way."""
ANSWER = timedelta(seconds=30)
"""How long the host may take to let us in, and for one look."""
_ALIVE = 10


class SftpStore:
    """Implements `FileStore`: the regular files of one directory, without links and the directories in it."""

    heads_are_cheap = False

    def __init__(self, options: SftpOptions, directory: str, resolve: Resolve) -> None:
        self._options = options
        self._directory = directory
        self._resolve = resolve

    async def files(self) -> Sequence[StoredFile]:
        """List the regular files, by name. Errors of this package."""
        found = []
        async with self.connected(f"listing {self._directory}") as sftp, asyncio.timeout(_seconds(ANSWER)):
            async for entry in sftp.scandir(self._directory):
                name, attributes = str(entry.filename), entry.attrs
                if attributes.type == asyncssh.FILEXFER_TYPE_REGULAR:
                    found.append(self._file(name, attributes))
        return sorted(found, key=lambda file: file.name)

    def _file(self, name: str, attributes: asyncssh.SFTPAttrs) -> StoredFile:
        path = str(PurePosixPath(self._directory) / name)
        return StoredFile(
            name=name,
            key=path,
            path=path,
            size=attributes.size or 0,
            modified=None if attributes.mtime is None else datetime.fromtimestamp(attributes.mtime, UTC),
        )

    async def content(self, file: StoredFile, *, limit: int) -> bytes:
        """Return the beginning of a small file."""
        doing = f"reading {file.path}"
        async with self.connected(doing) as sftp, asyncio.timeout(_seconds(ANSWER)):
            remote = await sftp.open(file.key, "rb", encoding=None)
            return _bytes(await remote.read(limit))

    async def read(self, file: StoredFile, work: Callable[[Bytes], Awaitable[T]], *, stall: timedelta) -> T:
        """Let `work` read the file as it comes."""
        async with aclosing(self._chunks(file)) as chunks:
            return await streamed(file, chunks, work, stall=stall)

    async def _chunks(self, file: StoredFile) -> AsyncGenerator[bytes, None]:
        async with self.connected(f"reading {file.path}") as sftp:
            remote = await sftp.open(file.key, "rb", encoding=None)
            self._same(file, await remote.stat())
            at = 0
            while chunk := _bytes(await remote.read(CHUNK, at)):
                at += len(chunk)
                yield chunk
            self._same(file, await remote.stat())

    def _same(self, file: StoredFile, attributes: asyncssh.SFTPAttrs) -> None:
        now = self._file(file.name, attributes)
        if (now.size, now.modified) != (file.size, file.modified):
            raise Changed(
                f"{file.path} was written to since it was listed: {now.size} bytes, then {file.size}",
                hint="drill when no backup is being written",
            )

    @asynccontextmanager
    async def connected(self, doing: str) -> AsyncIterator[asyncssh.SFTPClient]:
        """Log in for as long as the context lasts; `doing` is for messages. Errors of this package."""
        where = f"{self._options.host}:{self._options.port}"
        try:
            async with asyncio.timeout(_seconds(ANSWER)):
                connection = await asyncssh.connect(
                    self._options.host, self._options.port, options=self._login()
                )
        except (asyncssh.Error, OSError, EOFError) as error:
            raise _not_let_in(error, where, self._options.user) from error
        try:
            yield await connection.start_sftp_client()
        except (asyncssh.Error, OSError, EOFError) as error:
            raise _lost(error, where, doing) from error
        finally:
            connection.abort()  # closes what is open on it, too, and never waits for the other side
            await connection.wait_closed()

    def _login(self) -> asyncssh.SSHClientConnectionOptions:
        given = self._options
        try:
            known = asyncssh.import_known_hosts(text_of(self._resolve, given.host_keys))
            keys = [asyncssh.import_private_key(self._resolve_key(given.key))] if given.key else ()
        except (asyncssh.KeyImportError, ValueError) as error:
            raise InputError(f"sftp store on {given.host}: {error}", hint="see docs/settings.md") from error
        return asyncssh.SSHClientConnectionOptions(
            username=given.user,
            client_keys=keys,
            password=text_of(self._resolve, given.password) if given.password else None,
            known_hosts=known,
            agent_path=None,
            config=[],
            preferred_auth=["publickey"] if given.key else ["password", "keyboard-interactive"],
            gss_host=None,
            x509_trusted_certs=None,
            disable_trivial_auth=True,
            keepalive_interval=_ALIVE,
            login_timeout=0,  # a limit is around us
        )

    def _resolve_key(self, reference: str) -> str:
        return text_of(self._resolve, reference) + "\n"

    async def cache_state(self) -> Literal["cold", "warm", "unknown"]:
        """The server's cache does not say."""
        return "unknown"

    async def tool(self) -> ToolFact:
        """Name the client."""
        return ToolFact(name="asyncssh", version=asyncssh.__version__)


def store(name: str, options: Mapping[str, Any], directory: str, resolve: Resolve) -> SftpStore:
    """Make the store at `sources.NAME`; InputError for options that it does not have or that do not fit."""
    return SftpStore(read(SftpOptions, name, options), directory, resolve)


def _bytes(content: str | bytes) -> bytes:
    """What was read of a file without encoding."""
    return content if isinstance(content, bytes) else content.encode()


def _not_let_in(error: Exception, where: str, user: str) -> DrverifyError:
    match error:
        case asyncssh.HostKeyNotVerifiable() | asyncssh.KeyExchangeFailed():
            return Stranger(
                f"{where} does not show one of the host keys that the settings name: {error}",
                hint="compare with `ssh-keyscan`, over a way that you trust, and renew `host_keys`",
            )
        case asyncssh.PermissionDenied():
            return Refused(f"{where} does not let {user} in: {error}", hint="check `user` and its key")
        case TimeoutError():
            return Unreachable(f"{where}: no answer for {_seconds(ANSWER):g} s", hint="does it run?")
        case OSError():
            return Unreachable(f"{where} cannot be reached: {error.strerror or error}", hint="does it run?")
        case _:
            return CutOff(f"{where} was lost while logging in: {error}")


def _lost(error: Exception, where: str, doing: str) -> DrverifyError:
    match error:
        case asyncssh.SFTPNoSuchFile() | asyncssh.SFTPNoSuchPath():
            return NotThere(f"{doing} on {where}: there is none", hint="check `directory`; was it pruned?")
        case asyncssh.SFTPPermissionDenied() | asyncssh.ChannelOpenError():
            return Refused(f"{doing} on {where}: {error.reason}", hint="may this user read there, by SFTP?")
        case asyncssh.SFTPConnectionLost() | asyncssh.SFTPNoConnection() | asyncssh.DisconnectError():
            return CutOff(f"{doing} on {where}: the connection was lost: {error.reason}")
        case asyncssh.SFTPError():
            return SourceError(f"{doing} on {where}: {error.reason}")
        case TimeoutError():
            return CutOff(f"{doing} on {where}: no answer for {_seconds(ANSWER):g} s")
        case _:
            return CutOff(f"{doing} on {where}: the connection was lost: {error}")


def _seconds(time: timedelta) -> float:
    return time.total_seconds()
