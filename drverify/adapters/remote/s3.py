"""Objects in a bucket, read through Apache's object_store (obstore).

An object is read in ranges, a few of them ahead, each only if it is still the object that was listed (its
ETag): a range that is lost is asked for again without the others, and two states are never mixed.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import timedelta
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any, Literal, TypeVar

import obstore
from obstore import exceptions as problems
from obstore.store import S3Store

from drverify.adapters.remote.errors import Changed, CutOff, NotThere, Refused, Stranger, Unreachable
from drverify.adapters.remote.settings import Resolve, S3Options, read, text_of
from drverify.adapters.remote.streaming import streamed
from drverify.adapters.stored import Bytes, StoredFile
from drverify.errors import DrverifyError, SourceError
from drverify.model.drill import ToolFact

T = TypeVar("T")
RANGE = 8 << 20
AHEAD = 3
"""Ranges that are asked for before they are wanted."""
ANSWER = timedelta(seconds=60)
"""For one range, and for one page of a list."""
_TRIES = 3
_KEYS = "check the keys of the store, and what they may do"
_PLACE = "check `bucket` and `directory`; was it pruned?"
_REFUSED = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "403 Forbidden", "401 Unauth")
_PROBLEMS = (problems.BaseError, OSError, ValueError)
"""obstore raises some of the built-in kinds, too: FileNotFoundError for an object that is gone."""
_TABLE: tuple[tuple[type[Exception], tuple[str, ...], type[SourceError], str], ...] = (
    (problems.PreconditionError, (), Changed, "drill when no backup is being written"),
    (problems.UnauthenticatedError, (), Refused, _KEYS),
    (problems.PermissionDeniedError, (), Refused, _KEYS),
    (problems.NotFoundError, (), NotThere, _PLACE),
    (FileNotFoundError, (), NotThere, _PLACE),
    (
        Exception,
        ("certificate", "UnknownIssuer"),
        Stranger,
        "name the endpoint's root certificates with `ca`",
    ),
    (Exception, _REFUSED, Refused, _KEYS),
    (Exception, ("NoSuchBucket", "404 Not Found"), NotThere, _PLACE),
    (Exception, ("response body", "timed out", "IncompleteMessage"), CutOff, ""),
    (Exception, ("error sending request", "onnect"), Unreachable, "check `endpoint`; does the store run?"),
)
"""Kinds of the library's errors with words of theirs, and what they are to us; the first row counts."""


class S3FileStore:
    """Implements `FileStore`: the objects directly below one prefix."""

    heads_are_cheap = False

    def __init__(self, options: S3Options, directory: str, resolve: Resolve) -> None:
        self._options = options
        self._prefix = directory.strip("/")
        self._resolve = resolve
        self._made: S3Store | None = None

    async def files(self) -> Sequence[StoredFile]:
        """List the objects, by name. Errors of this package."""
        doing = f"listing {self._shown(self._prefix)}"
        listed = await self._asked(
            doing, lambda store: obstore.list_with_delimiter_async(store, self._prefix or None)
        )
        return sorted((self._file(one) for one in listed["objects"]), key=lambda file: file.name)

    def _file(self, found: Any) -> StoredFile:
        path = str(found["path"])
        return StoredFile(
            name=PurePosixPath(path).name,
            key=f"{found['e_tag'] or ''}\n{path}",
            path=self._shown(path),
            size=int(found["size"]),
            modified=found["last_modified"],
        )

    async def content(self, file: StoredFile, *, limit: int) -> bytes:
        """Return the beginning of a small file."""
        return await self._range(file, 0, min(limit, file.size)) if file.size else b""

    async def read(self, file: StoredFile, work: Callable[[Bytes], Awaitable[T]], *, stall: timedelta) -> T:
        """Let `work` read the object as it comes."""
        async with aclosing(self._chunks(file)) as chunks:
            return await streamed(file, chunks, work, stall=stall)

    async def _chunks(self, file: StoredFile) -> AsyncGenerator[bytes, None]:
        starts = iter(range(0, file.size, RANGE))
        ahead: list[asyncio.Task[bytes]] = []
        try:
            while True:
                while len(ahead) <= AHEAD and (start := next(starts, None)) is not None:
                    end = min(start + RANGE, file.size)
                    ahead.append(asyncio.create_task(self._range(file, start, end)))
                if not ahead:
                    return
                yield await ahead[0]
                del ahead[0]
        finally:
            for task in ahead:
                task.cancel()
            await asyncio.gather(*ahead, return_exceptions=True)

    async def _range(self, file: StoredFile, start: int, end: int) -> bytes:
        tag, _, path = file.key.partition("\n")

        async def get(store: S3Store) -> bytes:
            wanted: Any = {"range": (start, end)} | ({"if_match": tag} if tag else {})
            found = await obstore.get_async(store, path, options=wanted)
            return bytes(await found.bytes_async())

        content = await self._asked(f"reading {file.path}", get)
        if len(content) != end - start:
            raise CutOff(f"{file.path}: {len(content)} bytes came where {end - start} were asked for")
        return content

    async def _asked(self, doing: str, ask: Callable[[S3Store], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(ANSWER.total_seconds() * (_TRIES + 1)):
                return await ask(self._store())
        except TimeoutError as error:
            raise CutOff(f"{doing}: no answer") from error
        except _PROBLEMS as error:
            raise _translated(error, doing) from error

    def _store(self) -> S3Store:
        if self._made is None:
            self._made = _opened(self._options, self._resolve)
        return self._made

    def _shown(self, path: str) -> str:
        return f"/{self._options.bucket}/{path}"

    async def cache_state(self) -> Literal["cold", "warm", "unknown"]:
        """The store's cache does not say."""
        return "unknown"

    async def tool(self) -> ToolFact:
        """Name the client."""
        return ToolFact(name="obstore", version=version("obstore"))


def store(name: str, options: Mapping[str, Any], directory: str, resolve: Resolve) -> S3FileStore:
    """Make the store at `sources.NAME`; InputError for options that it does not have or that do not fit."""
    return S3FileStore(read(S3Options, name, options), directory, resolve)


def _opened(given: S3Options, resolve: Resolve) -> S3Store:
    """Open the bucket; InputError when a reference leads nowhere."""
    config: dict[str, Any] = {"region": given.region, "skip_signature": given.anonymous}
    if given.endpoint:
        config["endpoint"] = given.endpoint
    for name, reference in (
        ("access_key_id", given.key_id),
        ("secret_access_key", given.secret_key),
        ("session_token", given.session_token),
    ):
        if reference:
            config[name] = text_of(resolve, reference)
    client: Any = {
        "timeout": ANSWER,
        "connect_timeout": timedelta(seconds=10),
        "allow_http": given.endpoint.startswith("http://"),
    }
    if given.ca:
        client["root_certificate"] = text_of(resolve, given.ca)
    retry: Any = {"max_retries": _TRIES, "retry_timeout": ANSWER}
    return S3Store(given.bucket, client_options=client, retry_config=retry, **config)


def _translated(error: Exception, doing: str) -> DrverifyError:
    """An error of its own kind, by the library's type, else by the words that it passes on."""
    said = str(error)
    for kind, words, make, hint in _TABLE:
        if isinstance(error, kind) and (not words or any(one in said for one in words)):
            return make(f"{doing}: {_first(said)}", hint=hint)
    return SourceError(f"{doing}: {_first(said)}")


def _first(said: str) -> str:
    """What the library says, without the debugging words below it."""
    text = " ".join(said.split("\n\nDebug source:", maxsplit=1)[0].split())
    return text if len(text) <= 400 else f"{text[:400]}..."  # noqa: PLR2004 - a line's worth
