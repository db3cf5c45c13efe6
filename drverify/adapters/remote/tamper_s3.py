"""Tries to delete from a bucket with object lock (Amazon's S3 API, "Object Lock").

A canary is one version of an object of its own. Tried are: to delete the version, to delete it bypassing
governance, to shorten its lock the same way, and to put another version over it, after which the first has
to read back. A delete without a version only hides an object behind a marker, which S3 allows; the locked
version stays, and is what is read back.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from tempfile import NamedTemporaryFile
from typing import Any, Literal

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field

from drverify.adapters.canaries import cleared, digest, held, name_of, new_content, now, other_content
from drverify.adapters.remote.settings import Resolve, S3Options, read, text_of
from drverify.engine.ports import Progress
from drverify.errors import InputError
from drverify.model.immutability import MARK, Canary, HeldCanary, TamperAttempt, Tampering
from drverify.model.recovery import SecretRef

MECHANISM = "S3 object lock"
REFUSALS = {"AccessDenied", "InvalidRequest", "OperationAborted", "ObjectLocked"}
GONE = {"NoSuchKey", "NoSuchVersion", "404"}
_SECONDS = 30


class WriterOptions(S3Options):
    """The table `[sources.NAME.writer]` of kind "s3"."""

    prefix: str = ""
    lock_mode: Literal["", "GOVERNANCE", "COMPLIANCE"] = ""
    """As the writer sets it for each object; empty: the bucket's own default does."""
    lock_days: int = Field(default=0, ge=0, le=36500)


class S3Tamperer:
    """Implements `Tamperer`."""

    def __init__(self, options: WriterOptions, resolve: Resolve) -> None:
        if options.anonymous:
            raise InputError("nobody writes backups anonymously", hint="give key_id and secret_key")
        if bool(options.lock_mode) != bool(options.lock_days):
            raise InputError("lock_mode and lock_days belong together")
        self._options = options
        self._resolve = resolve

    async def tamper(self, known: Sequence[HeldCanary], progress: Progress) -> Tampering:
        """As the port says."""
        return await asyncio.to_thread(self._tamper, known, progress)

    def _tamper(self, known: Sequence[HeldCanary], progress: Progress) -> Tampering:
        with self._roots() as roots:
            return self._attack(self._client(roots), known, progress)

    def _attack(self, client: BaseClient, known: Sequence[HeldCanary], progress: Progress) -> Tampering:
        try:
            fresh = self._plant(client)
        except (ClientError, BotoCoreError) as error:
            return Tampering(mechanism=MECHANISM, problem=f"no canary could be planted: {said(error)}")
        progress.note(f"canary {fresh.name} planted")
        attempts: list[TamperAttempt] = []
        found: list[HeldCanary] = []
        problem = ""
        for earlier in (*known, HeldCanary(canary=fresh, whole=True)):
            canary = earlier.canary
            try:
                before = self._held(client, canary)
                if cleared(earlier, before, now()):
                    continue
                if before.whole:
                    attempts += self._attacked(client, canary)
                    before = self._held(client, canary, until=before.retain_until, mode=before.mode)
                found.append(before)
            except (ClientError, BotoCoreError) as error:
                found.append(HeldCanary(canary=canary, whole=None))
                problem = f"{canary.name} could not be looked at: {said(error)}"
        return Tampering(mechanism=MECHANISM, attempts=tuple(attempts), held=tuple(found), problem=problem)

    def _plant(self, client: BaseClient) -> Canary:
        at = now()
        content = new_content(at)
        key = self._options.prefix + name_of(at)
        lock = self._lock(at)
        put = client.put_object(Bucket=self._options.bucket, Key=key, Body=content, **lock)
        return Canary(name=key, version=put.get("VersionId", ""), sha256=digest(content), planted_at=at)

    def _lock(self, at: datetime) -> Mapping[str, Any]:
        if not self._options.lock_mode:
            return {}
        until = at + timedelta(days=self._options.lock_days, seconds=1)
        return {
            "ObjectLockMode": self._options.lock_mode,
            "ObjectLockRetainUntilDate": until,
            "ChecksumAlgorithm": "SHA256",
        }

    def _attacked(self, client: BaseClient, canary: Canary) -> Iterator[TamperAttempt]:
        where = {"Bucket": self._options.bucket, "Key": canary.name}
        this = {**where, "VersionId": canary.version} if canary.version else where
        soon = {"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(minutes=1)}
        yield _tried(canary, "delete", lambda: client.delete_object(**this))
        if canary.version:
            bypass = {**this, "BypassGovernanceRetention": True}
            yield _tried(canary, "delete, bypassing governance", lambda: client.delete_object(**bypass))
            yield _tried(
                canary,
                "shorten the lock, bypassing governance",
                lambda: client.put_object_retention(Retention=soon, **bypass),
            )
        yield self._overwritten(client, canary, where)

    def _overwritten(self, client: BaseClient, canary: Canary, where: Mapping[str, str]) -> TamperAttempt:
        """S3 takes another version; the attempt has failed when the first one is still there."""
        try:
            client.put_object(Body=other_content(), **where)
            content = self._content(client, canary)
        except (ClientError, BotoCoreError) as error:
            return _answered(canary, "overwrite", error)
        through = content is None or digest(content) != canary.sha256
        return TamperAttempt(
            canary=canary.name,
            what="overwrite",
            outcome="went through" if through else "refused",
            said="the first version is lost" if through else "a second version was made beside the first",
        )

    def _held(
        self, client: BaseClient, canary: Canary, *, until: datetime | None = None, mode: str = ""
    ) -> HeldCanary:
        """What is there now; a lock as it stood before the attacks is told, if given."""
        content = self._content(client, canary)
        this = {"Bucket": self._options.bucket, "Key": canary.name}
        if canary.version:
            this["VersionId"] = canary.version
        head: Mapping[str, Any] = client.head_object(**this) if content is not None else {}
        stated = head.get("ObjectLockRetainUntilDate")
        ends = [one for one in (until, stated.astimezone(UTC) if stated else None) if one is not None]
        return held(
            canary, content, until=min(ends, default=None), mode=str(head.get("ObjectLockMode", mode))
        )

    def _content(self, client: BaseClient, canary: Canary) -> bytes | None:
        this = {"Bucket": self._options.bucket, "Key": canary.name}
        if canary.version:
            this["VersionId"] = canary.version
        try:
            body: bytes = client.get_object(**this)["Body"].read(len(MARK) + 8192)
        except ClientError as error:
            if _code(error) in GONE:
                return None
            raise
        return body

    @contextmanager
    def _roots(self) -> Iterator[str | None]:
        """A file with the endpoint's root certificates, which are no secret; None: those of this machine."""
        if not self._options.ca:
            yield None
            return
        with NamedTemporaryFile(prefix="drverify-", suffix=".pem") as file:
            file.write(self._resolve(SecretRef(self._options.ca)))
            file.flush()
            yield file.name

    def _client(self, roots: str | None) -> Any:
        given = self._options
        token = text_of(self._resolve, given.session_token) if given.session_token else None
        return boto3.client(
            "s3",
            endpoint_url=given.endpoint or None,
            region_name=given.region,
            aws_access_key_id=text_of(self._resolve, given.key_id),
            aws_secret_access_key=text_of(self._resolve, given.secret_key),
            aws_session_token=token,
            verify=roots,
            config=Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"max_attempts": 2}),
        )


def tamperer(name: str, options: Mapping[str, Any], resolve: Resolve) -> S3Tamperer:
    """Make it of the table of the source called `name`; InputError for options that do not fit."""
    return S3Tamperer(read(WriterOptions, f"{name}.writer", options), resolve)


def said(error: Exception) -> str:
    """What S3 answered, in one line."""
    if isinstance(error, ClientError):
        found = error.response.get("Error", {})
        return f"{_code(error)}: {found.get('Message', '')}"
    return str(error)


def _tried(canary: Canary, what: str, work: Callable[[], object]) -> TamperAttempt:
    try:
        work()
    except (ClientError, BotoCoreError) as error:
        return _answered(canary, what, error)
    return TamperAttempt(
        canary=canary.name, what=what, outcome="went through", said="done, without objection"
    )


def _answered(canary: Canary, what: str, error: Exception) -> TamperAttempt:
    refused = isinstance(error, ClientError) and _code(error) in REFUSALS
    return TamperAttempt(
        canary=canary.name, what=what, outcome="refused" if refused else "not decided", said=said(error)
    )


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
