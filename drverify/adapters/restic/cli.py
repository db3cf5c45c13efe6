"""Runs restic: arguments, environment, secrets.

How secrets are handed over. The password and the repository's address go through one anonymous pipe
each, which restic reads as RESTIC_PASSWORD_FILE and RESTIC_REPOSITORY_FILE under `/dev/fd/N`. A pipe
can be read once and only by the process that inherited it: nothing is on a disk, in an argument list
or in the environment, which would be inherited by restic's own children (ssh, rclone), and a later
reader of `/proc/PID/fd` finds the pipe drained. `RESTIC_PASSWORD_COMMAND` would run a shell line and
show itself in the process list. Credentials of object stores can only reach restic as environment
variables: they are visible in `/proc/PID/environ` to root and to drverify's own user alone.

`--no-lock` stands on every command line: reading never takes or leaves a lock, also works on a
repository that is mounted read-only, and is not kept out by somebody else's lock.

restic dies with drverify (parent-death signal), because a restore has no entry in the ledger.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from signal import SIGINT, SIGKILL

from drverify.adapters.linux.command import StreamingCommand, Tail, run, streaming
from drverify.adapters.restic.abilities import Abilities, parse_version
from drverify.adapters.restic.errors import CutOff, Failure, lines, recognise, translate
from drverify.adapters.restic.location import Location, hide
from drverify.adapters.restic.settings import REFERENCES, ResticSettings
from drverify.errors import DrverifyError, InputError
from drverify.model.recovery import SecretRef

LONGEST_SECRET = 4096
"""Bytes; far below what a pipe holds (64 KiB), so that writing one never blocks."""
NOTHING: Mapping[str, str] = {}
QUICK = timedelta(seconds=20)


class ResticCli:
    """One repository's restic."""

    def __init__(self, settings: ResticSettings, resolve: Callable[[SecretRef], bytes]) -> None:
        self.settings = settings
        self._resolve = resolve
        self._abilities: Abilities | None = None
        self._secrets: frozenset[str] = frozenset()

    async def abilities(self) -> Abilities:
        """Ask restic for its version, once."""
        if self._abilities is None:
            done = await run([self.settings.binary, "version"], within=QUICK)
            self._abilities = parse_version(done.stdout.decode("utf-8", "replace"))
        return self._abilities

    def location(self) -> Location:
        """Return the repository's address; resolves it when it is a reference."""
        text = self.settings.repository
        if text.startswith(REFERENCES):
            text = self._secret(SecretRef(text)).decode("utf-8", "replace").strip()
        return Location(url=text)

    def hidden(self, text: str) -> str:
        """Return a text without any secret that was handed over so far."""
        return hide(text, self._secrets)

    async def ask(
        self, arguments: Sequence[str], *, doing: str, file: str = "", within: timedelta | None = None
    ) -> bytes:
        """Run a command to its end and return its output; the translated error when it fails."""
        output, failure = await self.attempt(arguments, doing=doing, file=file, within=within)
        if failure.exit_code != 0:
            raise translate(failure, await self.abilities())
        return output

    async def attempt(
        self, arguments: Sequence[str], *, doing: str, file: str = "", within: timedelta | None = None
    ) -> tuple[bytes, Failure]:
        """Run a command to its end and return its output and how it ended, whatever the exit code."""
        limit = within or self.settings.answer_within
        output = Tail(1 << 30)
        async with self.started(arguments) as process:
            try:
                async with asyncio.timeout(limit.total_seconds()):
                    async for chunk in process.chunks():
                        output.add(chunk)
                    await process.wait()
            except TimeoutError as error:
                raise self.silent(process, doing=doing, file=file, after=limit) from error
        return output.value(), self.failure(process, doing=doing, file=file)

    async def copy_from(self, other: "ResticCli", point: str, *, doing: str) -> None:
        """Copy one point of another repository into this one, however long it takes. Errors as `ask`."""
        with other._handover() as (_, (password, address)):  # noqa: SLF001 - the same class
            arguments = ["copy", "--from-repository-file", f"/dev/fd/{address}"]
            arguments += ["--from-password-file", f"/dev/fd/{password}", point]
            async with self.started(arguments, also=(password, address)) as process:
                async for _ in process.chunks():
                    pass
                await process.wait()
        failure = other.failure(process, doing=doing, file="")
        if failure.exit_code != 0:
            raise translate(failure, await self.abilities())

    def silent(self, process: StreamingCommand, *, doing: str, file: str, after: timedelta) -> DrverifyError:
        """Say why a process that was waited for in vain did not answer: what it said, or CutOff."""
        failure = self.failure(process, doing=doing, file=file)
        said = lines(failure.stderr)
        return recognise(failure) or CutOff(
            f"{doing}: restic gave no answer for {after.total_seconds():g} s"
            + (f": {said[-1]}" if said else ""),
            hint="check that the repository is reachable from this machine",
        )

    def failure(self, process: StreamingCommand, *, doing: str, file: str) -> Failure:
        """Describe how a process ended, without secrets."""
        stderr = self.hidden(process.stderr_tail().decode("utf-8", "replace"))
        return Failure(exit_code=process.exit_code or 0, stderr=stderr, doing=doing, file=file)

    @asynccontextmanager
    async def started(
        self,
        arguments: Sequence[str],
        *,
        stdout: int | None = None,
        env: Mapping[str, str] = NOTHING,
        also: tuple[int, ...] = (),
        grace: timedelta = timedelta(0),
    ) -> AsyncIterator[StreamingCommand]:
        """Run restic for as long as the context lasts; killed afterwards (`grace` after SIGINT).

        It inherits the descriptors `also`.
        """
        await self.abilities()
        with self._handover() as (handed, descriptors):
            async with streaming(
                [self.settings.binary, *self._flags(), *arguments],
                env={**handed, **env},
                stdout=stdout,
                pass_fds=(*descriptors, *also),
                stop=SIGINT if grace else SIGKILL,
                grace=grace,
                dies_with_us=True,
            ) as process:
                yield process

    def _flags(self) -> list[str]:
        settings = self.settings
        cache = settings.cache_directory
        flags = ["--no-lock", *(["--no-cache"] if cache is None else ["--cache-dir", str(cache)])]
        if settings.limit_download_kib is not None:
            flags += ["--limit-download", str(settings.limit_download_kib)]
        for key, value in settings.options.items():
            flags += ["-o", f"{key}={value}"]
        return flags

    @contextmanager
    def _handover(self) -> Iterator[tuple[dict[str, str], tuple[int, ...]]]:
        location = self.location()
        password = self._secret(self.settings.password)
        extra = {name: self._secret(ref).decode() for name, ref in self.settings.environment.items()}
        known = {password.decode("utf-8", "replace").strip(), *extra.values(), *location.secrets}
        self._secrets |= known
        with _pipe(password) as password_fd, _pipe(location.url.encode()) as address_fd:
            handed = {
                "RESTIC_PASSWORD_FILE": f"/dev/fd/{password_fd}",
                "RESTIC_REPOSITORY_FILE": f"/dev/fd/{address_fd}",
                **extra,
            }
            yield handed, (password_fd, address_fd)

    def _secret(self, reference: SecretRef) -> bytes:
        value = self._resolve(reference)
        if not value.strip() or len(value) > LONGEST_SECRET:
            raise InputError(f"{reference} of source {self.settings.name} is empty or too long")
        return value


@contextmanager
def _pipe(content: bytes) -> Iterator[int]:
    """Give the reading end of a pipe that holds `content` and nothing more."""
    reading, writing = os.pipe()
    try:
        try:
            os.write(writing, content.strip() + b"\n")
        finally:
            os.close(writing)
        yield reading
    finally:
        os.close(reading)


def warm(cache: Path) -> bool:
    """Say whether a cache directory holds an index of any repository."""
    return any(path.is_file() for path in cache.glob("*/index/**/*"))
