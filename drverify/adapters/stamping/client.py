"""Asks time authorities over HTTP, RFC 3161 section 3.4: all at once, each within its own short limit.

What an authority does (silence, garbage, a huge answer, one over something else) is told in its answer and
never raised: a drill goes on without its stamp.
"""

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from aiohttp import ClientError, ClientSession, ClientTimeout

from drverify.adapters.stamping.endpoint import Endpoint
from drverify.adapters.stamping.tokens import MAX_BYTES, check_token, request
from drverify.engine.keeping import Answer
from drverify.errors import EvidenceError
from drverify.model.evidence import TimeStamp

APART = timedelta(seconds=30)
"""From where on it is said that this machine's clock and the authority's differ."""
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


class HttpAuthorities:
    """Implements `TimeAuthorities`."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = {one.name: one for one in endpoints}

    @property
    def names(self) -> tuple[str, ...]:
        """The authorities that can be asked."""
        return tuple(self._endpoints)

    def ask(self, message: bytes, names: Collection[str]) -> tuple[Answer, ...]:
        """Ask these authorities at once, and wait for all. Not to be called where an event loop runs."""
        chosen = [self._endpoints[name] for name in self._endpoints if name in names]
        return asyncio.run(_ask_all(message, chosen)) if chosen else ()

    def check(self, name: str, token: bytes, message: bytes) -> TimeStamp:
        """Check a token that was kept. EvidenceError unless it holds."""
        return check_token(token, message, self._endpoints[name].certificates)


async def exchange(endpoint: Endpoint, query: bytes) -> bytes:
    """Send one request (DER) as it is, and give the answer unchecked.

    EvidenceError, OSError, TimeoutError when there is none.
    """
    async with ClientSession() as session:
        try:
            return await _exchanged(session, endpoint, query)
        except ClientError as error:
            raise EvidenceError(f"{endpoint.name} cannot be asked: {type(error).__name__}") from error


async def _ask_all(message: bytes, chosen: Sequence[Endpoint]) -> tuple[Answer, ...]:
    async with ClientSession() as session:
        return tuple(await asyncio.gather(*(_ask(session, one, message) for one in chosen)))


async def _ask(session: ClientSession, endpoint: Endpoint, message: bytes) -> Answer:
    """One answer; whatever goes wrong is in its words, which never show the address."""
    asked = request(message)
    try:
        content = await _exchanged(session, endpoint, asked.as_bytes())
        stamp = check_token(content, message, endpoint.certificates, nonce=asked.nonce)
    except EvidenceError as error:
        return _failed(endpoint, str(error))
    except TimeoutError:
        return _failed(endpoint, f"no answer within {endpoint.within.total_seconds():g} s")
    except (ClientError, OSError, ValueError) as error:
        return _failed(endpoint, f"cannot be asked: {type(error).__name__}")
    return Answer(
        authority=endpoint.name, token=content, said=f"time stamp of {endpoint.name}: {_time(stamp)}"
    )


async def _exchanged(session: ClientSession, endpoint: Endpoint, query: bytes) -> bytes:
    limit = ClientTimeout(total=endpoint.within.total_seconds())
    async with session.post(
        endpoint.url, data=query, headers=_HEADERS, timeout=limit, allow_redirects=False
    ) as answer:
        if answer.status != 200:  # noqa: PLR2004 - HTTP's OK
            raise EvidenceError(f"it answers with HTTP status {answer.status}")
        content = bytearray()
        async for piece in answer.content.iter_any():
            content += piece
            if len(content) > MAX_BYTES:
                raise EvidenceError(f"its answer is larger than {MAX_BYTES} bytes")
        return bytes(content)


def _failed(endpoint: Endpoint, why: str) -> Answer:
    return Answer(
        authority=endpoint.name,
        token=None,
        said=f"no time stamp of {endpoint.name}: {why}; `drverify log stamp` asks again",
    )


def _time(stamp: TimeStamp) -> str:
    now = datetime.now(UTC)
    apart = f"; this machine's clock says {now:%H:%M:%SZ}" if abs(now - stamp.at) > APART else ""
    return f"{stamp.at:%Y-%m-%dT%H:%M:%SZ}{apart}"
