"""The newest heartbeat that a customer signed, as it stands in the restored system.

A token that does not hold is the workload's failure: it was damaged on its way, or somebody else wrote it.
The transcript ends with the token itself, so that whoever reads it can check the signature.
"""

import asyncio
import os
from datetime import timedelta

from drverify.adapters.probes.asking import Asking, Finding, failed, passed
from drverify.adapters.probes.remote import run
from drverify.adapters.probes.restored import content_of
from drverify.adapters.probes.transcript import one_line
from drverify.errors import EvidenceError, HarnessError
from drverify.model.playbook import Access, NewestToken, TokenFile, TokenRow
from drverify.sealing.heartbeats import TOLD
from drverify.transparency import heartbeat, note

_WHAT = "the heartbeats"


async def newest(spec: NewestToken, asking: Asking, *, within: timedelta) -> Finding:
    """Read the tokens, check every one, and tell the newest one's time. InputError for a key that is none."""
    keys = [note.parse_vkey(key, what="the playbook's key") for key in spec.keys]
    content = await _content(spec.tokens, asking, within)
    if isinstance(content, Finding):
        return content
    try:
        token = heartbeat.newest(content, keys, spec.workload, what=_WHAT)
    except EvidenceError as error:
        return failed(one_line(str(error)))
    asking.transcript.say(TOLD)
    asking.transcript.hear(note.render(token.note).removesuffix(b"\n"))
    at = token.heartbeat.at
    return passed(f"newest {at:%Y-%m-%d %H:%M:%S} UTC, signed by {token.key.name}", newest=at)


async def _content(place: TokenFile | TokenRow, asking: Asking, within: timedelta) -> bytes | Finding:
    if isinstance(place, TokenRow):
        return await _row(place, asking)
    if place.access is not None:
        return await _in_guest(place.path, place.access, asking, within)
    root = asking.scope.files
    if root is None:
        raise HarnessError("this probe looks at restored files, and this drill restores a machine")
    base = await asyncio.to_thread(os.path.realpath, os.fsencode(root))
    where = os.fsencode(place.path).lstrip(b"/")
    content = await asyncio.to_thread(content_of, base, where, heartbeat.MAX_BYTES)
    if isinstance(content, str):
        return failed(f"{place.path}: {content}")
    asking.transcript.say(f"{place.path}: {len(content)} bytes")
    return content


async def _in_guest(path: str, access: Access, asking: Asking, within: timedelta) -> bytes | Finding:
    command = ("head", "-c", str(heartbeat.MAX_BYTES + 1), "--", path)
    ran = await run(access, command, asking, within=within)
    if isinstance(ran, Finding):
        return ran
    if ran.result.exit_code != 0:
        said = ran.result.stderr.decode(errors="replace")
        return failed(ran.told(f"exit {ran.result.exit_code}: {one_line(said, 100)}"))
    return ran.result.stdout


async def _row(place: TokenRow, asking: Asking) -> bytes | Finding:
    # Imported here: a playbook without a database must not need its driver.
    from drverify.adapters.probes.postgres import only_value  # noqa: PLC0415

    value = await only_value(place.database, place.query, asking)
    if isinstance(value, Finding):
        return value
    if value is None:
        return failed("no heartbeat (NULL)")
    if not isinstance(value, str):
        raise HarnessError(f"the query gives {type(value).__name__}, not text")
    return value.encode()
