"""Tries to delete from a restic REST server (restic's documentation, "REST Backend", protocol version 2).

A canary is a file below `data` that no index names: to restic it is no backup, and the next prune of whoever
may prune clears it away. Named by its own SHA-256, as the server wants it. Tried are `DELETE`, and `POST` of
something else under its name. An append-only server answers 403 to the first; every one, to the second.
"""

import asyncio
import base64
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drverify.adapters.canaries import cleared, digest, held, new_content, now, other_content
from drverify.engine.ports import Progress
from drverify.errors import InputError
from drverify.model.immutability import Canary, HeldCanary, TamperAttempt, Tampering
from drverify.model.recovery import SecretRef

MECHANISM = "append-only REST server"
_SECONDS = 30
_REFERENCE = r"^(env|file|cred):.+"
OK, REFUSED, NOBODY, NOT_THERE = 200, 403, 401, 404


class WriterOptions(BaseModel):
    """The table `[sources.NAME.writer]` of kind "rest"."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(pattern=r"^https?://[^\s@]{1,1000}/$")
    """Of the repository, as restic's without `rest:`, without a user or a password; it ends with a slash."""
    user: str = ""
    password: str = Field(default="", pattern=rf"{_REFERENCE}|^$")
    ca: str = Field(default="", pattern=rf"{_REFERENCE}|^$")
    """Root certificates of the server, PEM; empty: the system's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    body: bytes
    said: str


class RestTamperer:
    """Implements `Tamperer`."""

    def __init__(self, options: WriterOptions, resolve: Callable[[SecretRef], bytes]) -> None:
        if bool(options.user) != bool(options.password):
            raise InputError("user and password belong together")
        self._options = options
        self._resolve = resolve

    async def tamper(self, known: Sequence[HeldCanary], progress: Progress) -> Tampering:
        """As the port says."""
        return await asyncio.to_thread(self._tamper, known, progress)

    def _tamper(self, known: Sequence[HeldCanary], progress: Progress) -> Tampering:
        try:
            fresh, answer = self._plant()
        except (OSError, HTTPException) as error:
            return Tampering(mechanism=MECHANISM, problem=f"the server cannot be reached: {_why(error)}")
        if answer.status != OK:
            return Tampering(mechanism=MECHANISM, problem=f"no canary could be planted: {answer.said}")
        progress.note(f"canary {fresh.name} planted")
        attempts: list[TamperAttempt] = []
        found: list[HeldCanary] = []
        problem = ""
        for earlier in (*known, HeldCanary(canary=fresh, whole=True)):
            canary = earlier.canary
            try:
                before = held(canary, self._content(canary))
                if cleared(earlier, before, now()):
                    continue
                attempts += self._attacked(canary)
                found.append(held(canary, self._content(canary)))
            except (OSError, HTTPException) as error:
                found.append(HeldCanary(canary=canary, whole=None))
                problem = f"the server was lost: {_why(error)}"
        return Tampering(mechanism=MECHANISM, attempts=tuple(attempts), held=tuple(found), problem=problem)

    def _plant(self) -> tuple[Canary, _Answer]:
        at = now()
        content = new_content(at)
        canary = Canary(name=f"data/{digest(content)}", sha256=digest(content), planted_at=at)
        return canary, self._asked("POST", canary.name, content)

    def _attacked(self, canary: Canary) -> Iterator[TamperAttempt]:
        yield _judged(canary, "delete", self._asked("DELETE", canary.name))
        yield _judged(canary, "overwrite", self._asked("POST", canary.name, other_content()))

    def _content(self, canary: Canary) -> bytes | None:
        answer = self._asked("GET", canary.name)
        if answer.status == NOT_THERE:
            return None
        if answer.status != OK:
            raise HTTPException(answer.said)
        return answer.body

    def _asked(self, method: str, name: str, body: bytes | None = None) -> _Answer:
        request = Request(self._options.url + name, data=body, method=method)  # noqa: S310 - http(s) alone
        request.add_header("Content-Type", "application/octet-stream")
        if self._options.user:
            password = self._resolve(SecretRef(self._options.password)).strip()
            pair = base64.b64encode(self._options.user.encode() + b":" + password).decode()
            request.add_header("Authorization", f"Basic {pair}")
        context = ssl.create_default_context()
        if self._options.ca:
            context.load_verify_locations(cadata=self._resolve(SecretRef(self._options.ca)).decode())
        opener = build_opener(ProxyHandler({}), HTTPSHandler(context=context))
        try:
            with opener.open(request, timeout=_SECONDS) as answer:
                return _Answer(status=OK, body=answer.read(1 << 20), said=f"{method}: {answer.status}")
        except HTTPError as error:
            with error:
                return _Answer(status=error.code, body=b"", said=f"{method}: {error.code} {error.reason}")


def tamperer(name: str, options: Mapping[str, Any], resolve: Callable[[SecretRef], bytes]) -> RestTamperer:
    """Make it of the table of the source called `name`; InputError for options that do not fit."""
    try:
        return RestTamperer(WriterOptions.model_validate(dict(options)), resolve)
    except ValidationError as error:
        lines = [
            f"sources.{name}.writer.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()
        ]
        raise InputError("\n".join(lines), hint="see docs/controls.md") from error


def _judged(canary: Canary, what: str, answer: _Answer) -> TamperAttempt:
    match answer.status:
        case 200:
            return TamperAttempt(canary=canary.name, what=what, outcome="went through", said=answer.said)
        case 403 | 405:
            return TamperAttempt(canary=canary.name, what=what, outcome="refused", said=answer.said)
        case _:
            return TamperAttempt(canary=canary.name, what=what, outcome="not decided", said=answer.said)


def _why(error: Exception) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    return f"{urlsplit(str(reason)).path or type(error).__name__}"
