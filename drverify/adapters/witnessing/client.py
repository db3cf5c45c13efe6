"""Asks witnesses to cosign a checkpoint, https://c2sp.org/tlog-witness: all at once, each within its limit.

What a witness does (silence, garbage, a signature over something else) is told in its answer and never
raised: a drill goes on without its cosignature.
"""

import asyncio
from collections.abc import Mapping, Sequence

from aiohttp import ClientError, ClientSession

from drverify.adapters.witnessing.endpoint import WitnessEndpoint
from drverify.engine.witnesses import Consistency, Cosigned
from drverify.errors import DrverifyError, EvidenceError
from drverify.transparency import checkpoint, note, witnessing
from drverify.transparency.note import Note, NoteKey
from drverify.transparency.witnessing import CONFLICT, SIZE_TYPE, Submission

_OK = 200
_MEANING = {
    400: "it does not understand the question",
    403: "it does not know the log's key",
    404: "it does not know this log",
    409: "it has cosigned ANOTHER tree of this size",
    422: "it is not shown that the log begins with what it has cosigned before",
}


class _Exchange:
    """One witness and one checkpoint."""

    def __init__(
        self, session: ClientSession, endpoint: WitnessEndpoint, signed: Note, proof: Consistency
    ) -> None:
        self._session = session
        self._endpoint = endpoint
        self._signed = signed
        self._proof = proof

    async def ask(self, old: int) -> Cosigned:
        """Ask, beginning with the size that it is believed to have; once more when it says another one."""
        status, kind, content = await self._send(old)
        if status == CONFLICT and kind == SIZE_TYPE:
            status, kind, content = await self._send(witnessing.read_size(content))
        if status != _OK:
            raise EvidenceError(_MEANING.get(status, f"it answers with HTTP status {status}"))
        line, signed = witnessing.read_cosignature(self._signed, content, self._endpoint.key)
        at = f" at {signed.at:%Y-%m-%dT%H:%M:%SZ}" if signed.at else ""
        size = checkpoint.parse(self._signed.text, what="the newest checkpoint").size
        said = f"{self._endpoint.name} cosigned {size} entries{at}"
        return Cosigned(witness=self._endpoint.name, line=line, said=said)

    async def _send(self, old: int) -> tuple[int, str, bytes]:
        body = witnessing.render(Submission(old=old, proof=self._proof(old), note=self._signed))
        url = f"{self._endpoint.url.rstrip('/')}/add-checkpoint"
        async with self._session.post(url, data=body, allow_redirects=False) as answer:
            content = bytearray()
            async for piece in answer.content.iter_any():
                content += piece
                if len(content) > note.MAX_BYTES:
                    raise EvidenceError(f"its answer is larger than {note.MAX_BYTES} bytes")
            return answer.status, answer.content_type, bytes(content)


class HttpWitnesses:
    """Implements `Witnesses`."""

    def __init__(self, endpoints: Sequence[WitnessEndpoint]) -> None:
        self._endpoints = tuple(endpoints)

    @property
    def keys(self) -> Mapping[str, NoteKey]:
        """Each witness's key."""
        return {one.name: one.key for one in self._endpoints}

    def ask(self, signed: Note, proof: Consistency, seen: Mapping[str, int]) -> tuple[Cosigned, ...]:
        """Ask all at once, and wait for all. Not to be called where an event loop runs."""
        return asyncio.run(self._ask_all(signed, proof, seen))

    async def _ask_all(
        self, signed: Note, proof: Consistency, seen: Mapping[str, int]
    ) -> tuple[Cosigned, ...]:
        async with ClientSession() as session:
            asked = (
                _ask(one, _Exchange(session, one, signed, proof), seen.get(one.name, 0))
                for one in self._endpoints
            )
            return tuple(await asyncio.gather(*asked))


async def _ask(endpoint: WitnessEndpoint, exchange: _Exchange, old: int) -> Cosigned:
    """One answer; whatever goes wrong is in its words, which never show the address."""
    try:
        async with asyncio.timeout(endpoint.within.total_seconds()):
            return await exchange.ask(old)
    except DrverifyError as error:
        why = str(error)
    except TimeoutError:
        why = f"no answer within {endpoint.within.total_seconds():g} s"
    except (ClientError, OSError, ValueError) as error:
        why = f"cannot be asked: {type(error).__name__}"
    said = f"no cosignature of {endpoint.name}: {why}; `drverify log witness` asks again"
    return Cosigned(witness=endpoint.name, line=None, said=said)
