"""Asks the API: one method per HTTP verb, on threads, with retries for what changes nothing.

A question (GET) that got no answer is asked again with growing pauses. A change is never repeated: when
its answer was lost the error is OutcomeUnknown, and `tasks` finds out by the node's task list.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from drverify.adapters.proxmox.errors import Malformed, NoAnswer, NodeUnreachable, NotTrusted, OutcomeUnknown
from drverify.adapters.proxmox.lanes import Lane, Lanes
from drverify.adapters.proxmox.refusals import GATEWAY, Refusal, one_line, translate
from drverify.adapters.proxmox.settings import WITHIN
from drverify.adapters.proxmox.uploading import Upload
from drverify.adapters.proxmox.wire import Answer, Method, Question, Value, Wire

NONE: Mapping[str, Value] = {}
CANNOT_CONNECT = 595
_SLOW = (
    "the storage is slow or stuck. A node that is asked through another one has 30 s to answer: "
    "give it an address of its own in the settings' `nodes`"
)
_GOOD = range(200, 300)
_MOVED = range(300, 400)


class Caller:
    """One cluster's API by path. Values of answers are whatever JSON held under `data`.

    `pauses` are the seconds before a question that got no answer is asked again.
    """

    def __init__(self, wire: Wire, *, within: timedelta = WITHIN, pauses: Sequence[float] = ()) -> None:
        self._wire = wire
        self._within = within
        self._pauses = pauses
        self._lanes = Lanes()

    def close(self) -> None:
        """Drop threads and connections."""
        self._lanes.close()
        self._wire.close()

    async def get(
        self,
        *path: str | int,
        params: Mapping[str, Value] = NONE,
        lane: Lane = "quick",
        within: timedelta | None = None,
        repeat: bool = True,
    ) -> Any:
        """Ask; repeated while the node cannot be reached, unless the answer can be had only once.

        A question to a storage is not repeated while the node may still be at work on it.

        Raises an ApiError, or DamagedArchive where the API says that of a backup.
        """
        limit = within or self._within
        loop = asyncio.get_running_loop()
        until = loop.time() + limit.total_seconds()
        for pause in (*(self._pauses if repeat else ()), None):
            try:
                return await self._ask("GET", path, params, lane=lane, within=limit)
            except NotTrusted:
                raise
            except (NodeUnreachable, OutcomeUnknown) as error:
                if lane == "storage" and _is_under_way(error):
                    raise NodeUnreachable(str(error), hint=_SLOW, status=error.status) from None
                if pause is None or loop.time() + pause >= until:
                    raise NodeUnreachable(str(error), hint=error.hint, status=error.status) from None
            await asyncio.sleep(pause)
        raise AssertionError("the last round returns or raises")

    async def post(
        self, *path: str | int, params: Mapping[str, Value] = NONE, within: timedelta | None = None
    ) -> Any:
        """Change something; OutcomeUnknown when the answer was lost after sending."""
        return await self.change("POST", path, params, within=within)

    async def put(
        self, *path: str | int, params: Mapping[str, Value] = NONE, within: timedelta | None = None
    ) -> Any:
        """Change something; as `post`."""
        return await self.change("PUT", path, params, within=within)

    async def delete(
        self, *path: str | int, params: Mapping[str, Value] = NONE, within: timedelta | None = None
    ) -> Any:
        """Remove something; as `post`."""
        return await self.change("DELETE", path, params, within=within)

    async def change(
        self,
        method: Method,
        path: Sequence[str | int],
        params: Mapping[str, Value],
        *,
        within: timedelta | None = None,
    ) -> Any:
        """Send a change once. Cancelling does not take back what was sent."""
        return await self._ask(method, path, params, lane="quick", within=within or self._within)

    async def send(self, *path: str | int, body: Upload, within: timedelta) -> Any:
        """Send a file once; `within` is for each piece of it, and for the answer. As `change`."""
        return await self._ask("POST", path, NONE, lane="upload", within=within, body=body)

    async def _ask(
        self,
        method: Method,
        path: Sequence[str | int],
        params: Mapping[str, Value],
        *,
        lane: Lane,
        within: timedelta,
        body: Upload | None = None,
    ) -> Any:
        parts = [str(part) for part in path]
        if not {"", ".", ".."}.isdisjoint(parts):
            raise Malformed(f"{method} /{'/'.join(parts)}: there is no such place")
        question = Question(
            method=method,
            path="".join(f"/{quote(part, safe='')}" for part in parts),
            params=params,
            node=parts[1] if parts[0] == "nodes" and len(parts) > 1 else "",
            body=body,
        )

        def send() -> Answer:
            try:
                return self._wire.send(question, within=within)
            finally:
                if body is not None:
                    body.ended.set()

        answer = await self._lanes.call(question.node, lane, send)
        if answer.status in _GOOD:
            return _data(question, answer)
        raise self._refused(question, answer)

    def _refused(self, question: Question, answer: Answer) -> Exception:
        doing = f"{question.method} /{'/'.join(question.path.split('/')[1:])}"
        if answer.status in _MOVED:
            return Malformed(
                f"{doing}: the answer leads elsewhere (status {answer.status})",
                hint="is `address` a Proxmox VE node, without a proxy before it?",
                status=answer.status,
            )
        said, fields = _explained(answer)
        said = self._wire.hide(said)
        if answer.status in GATEWAY and question.method != "GET":
            return OutcomeUnknown(
                f"{doing}: status {answer.status}: {one_line(said)}",
                status=answer.status,
                said=one_line(said),
            )
        return translate(Refusal(doing=doing, status=answer.status, said=said, fields=fields))


def _is_under_way(error: NodeUnreachable | OutcomeUnknown) -> bool:
    """Whether the node may still be at work on the question: asking again would block another worker."""
    return isinstance(error, NoAnswer) or error.status in GATEWAY - {CANNOT_CONNECT}


def _data(question: Question, answer: Answer) -> Any:
    found = _parsed(answer.body)
    if isinstance(found, dict) and "data" in found:
        return found["data"]
    lost = f"{question.doing}: the answer is not what the API would say"
    if question.method != "GET":  # it was cut off, or somebody between us spoke: it may be done
        raise OutcomeUnknown(lost, status=answer.status)
    raise Malformed(lost, hint="is `address` a Proxmox VE node?", status=answer.status)


def _explained(answer: Answer) -> tuple[str, Mapping[str, str]]:
    """What the API said: in the body since 8.4, else in the status line alone."""
    found = _parsed(answer.body)
    if not isinstance(found, dict):
        return answer.reason, {}
    message = found.get("message")
    errors = found.get("errors")
    fields = {str(key): str(one) for key, one in errors.items()} if isinstance(errors, dict) else {}
    return (message if isinstance(message, str) and message.strip() else answer.reason), fields


def _parsed(body: bytes) -> object:
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found
