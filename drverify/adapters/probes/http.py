"""Does a web server answer as expected: status, headers, body, JSON value.

aiohttp rather than httpx: it releases often (httpx has stood at 0.28 since 2024), its parser is
bounded (line length, number of headers) and it hands out the body in pieces, undecoded, so that an
endless or a bomb of a body costs no more than what we ask for. No redirects, cookies, proxies,
netrc, or name look-ups: the connection goes to `address`, the URL's host only into Host and SNI.
"""

import asyncio
import ipaddress
import json
import ssl
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import aiohttp
from jsonpath_ng.parser import parse as parse_json_path
from yarl import URL

from drverify.adapters.probes import trust
from drverify.adapters.probes.asking import Asking, Finding, failed, passed, unanswered
from drverify.adapters.probes.matching import meets, search
from drverify.adapters.probes.transcript import one_line
from drverify.adapters.probes.wording import expectation
from drverify.errors import HarnessError
from drverify.model.playbook import HttpProbe

MAX_BODY = 1024 * 1024
_PIECE = 64 * 1024
_VALUE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    cut: bool

    @property
    def line(self) -> str:
        return one_line(f"{self.status} {self.reason}", 80)

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


async def ask(spec: HttpProbe, asking: Asking) -> Finding:
    """Send one GET and look at everything that the probe names."""
    try:
        answer = await _get(spec, asking)
    except aiohttp.ClientConnectorCertificateError as error:
        return failed(f"certificate refused: {trust.reason(error.certificate_error)}")
    except (aiohttp.ClientSSLError, ssl.SSLError) as error:
        return failed(f"no TLS: {trust.reason(getattr(error, 'os_error', error))}")
    except aiohttp.ServerDisconnectedError:
        return unanswered("connection closed before an answer")
    except (aiohttp.ClientResponseError, aiohttp.ClientPayloadError) as error:
        asking.transcript.hear(str(error))
        return failed(f"no valid HTTP: {getattr(error, 'message', '') or error}")
    problem = await _problem(spec, answer)
    return passed(_praise(spec, answer)) if problem is None else failed(problem)


def _target(spec: HttpProbe) -> tuple[URL, str, str]:
    """URL to connect to (its host an address), Host header, name for SNI and certificate."""
    url = URL(spec.url)
    address = spec.address or url.host or ""
    try:
        ipaddress.ip_address(address)
    except ValueError as error:
        raise HarnessError(f"{spec.url} needs an address: names are not looked up by probes") from error
    return url.with_host(address), url.authority, url.host or address


async def _get(spec: HttpProbe, asking: Asking) -> _Answer:
    url, host, name = _target(spec)
    secure = url.scheme == "https"
    asking.transcript.say(f"GET {spec.url} at {url.host} port {url.port}")
    connector = aiohttp.TCPConnector(
        ssl=trust.context(spec.ca, asking) if secure else True,
        force_close=True,
        use_dns_cache=False,
        resolver=aiohttp.ThreadedResolver(),
    )
    session = aiohttp.ClientSession(
        connector=connector,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),  # the prober's limit is around us
        headers={"Host": host, "Accept-Encoding": "identity", "User-Agent": "drverify"},
    )
    async with (
        session,
        session.get(url, allow_redirects=False, server_hostname=name if secure else None) as response,
    ):
        asking.transcript.hear(f"{response.status} {response.reason}\n" + _shown(response.headers))
        body, cut = await _body(response)
        asking.transcript.say(f"body of {len(body)} bytes{', cut off' if cut else ''}:")
        asking.transcript.hear(body)
        return _Answer(
            status=response.status,
            reason=response.reason or "",
            headers=tuple(response.headers.items()),
            body=body,
            cut=cut,
        )


def _shown(headers: Any) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())


async def _body(response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
    pieces = bytearray()
    while piece := await response.content.read(_PIECE):
        pieces += piece
        if len(pieces) > MAX_BODY:
            response.close()
            return bytes(pieces[:MAX_BODY]), True
    return bytes(pieces), False


async def _problem(spec: HttpProbe, answer: _Answer) -> str | None:
    """The first thing that is not as expected."""
    if answer.status != spec.status:
        return answer.line
    for name, wanted in spec.headers:
        values = [value for key, value in answer.headers if key.lower() == name.lower()]
        if not values:
            return f"{answer.line}, no header {name}"
        if await search(wanted, "\n".join(values)) is None:
            return f"{answer.line}, {name}: {one_line(values[0], 80)}"
    if spec.body and await search(spec.body, answer.text) is None:
        return f"{answer.line}, body without a match ({_size(answer)}): {one_line(answer.text, 80)}"
    return await _json_problem(spec, answer) if spec.json_path else None


async def _json_problem(spec: HttpProbe, answer: _Answer) -> str | None:
    try:
        document = await asyncio.to_thread(json.loads, answer.body, parse_float=Decimal)
        matches = await asyncio.to_thread(parse_json_path(spec.json_path).find, document)
        values = [_written(match.value) for match in matches]
    except (ValueError, RecursionError) as error:
        return f"{answer.line}, no JSON ({_size(answer)}): {one_line(str(error), 80)}"
    if not values:
        return f"{answer.line}, nothing at {spec.json_path}"
    for value in values:
        if spec.json_expect is not None and not await meets(value, spec.json_expect):
            shown = "null" if value is None else one_line(value, 80)
            return f"{answer.line}, {spec.json_path} is {shown}"
    return None


def _written(value: Any) -> str | None:
    match value:
        case None:
            return None
        case str():
            return value
        case Decimal():
            return str(value)
        case _:
            return json.dumps(value, default=str)[:_VALUE]


def _praise(spec: HttpProbe, answer: _Answer) -> str:
    parts = [answer.line, _size(answer)]
    parts += [f"{name} as expected" for name, _ in spec.headers]
    parts += ["body matches"] if spec.body else []
    if spec.json_path:
        parts += [f"{spec.json_path} {expectation(spec.json_expect) if spec.json_expect else 'present'}"]
    return ", ".join(parts)


def _size(answer: _Answer) -> str:
    return f"more than {MAX_BODY} bytes" if answer.cut else f"{len(answer.body)} bytes"
