"""A file that comes as multipart/form-data, streamed to where the daemon keeps what is not placed yet.

The one kind of body without a limit. As on a real node the file is a part named `filename`, whose own name
counts, and the fields stand before it; a connection that ends leaves nothing behind.
"""

import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import BodyPartReader, web

from lab.pve.api.problems import ApiError

CHUNK = 1 << 18
FIELD = 16 * 1024
"""Bytes of a form's plain field at most."""
_PATH = re.compile(r"/nodes/[^/]+/storage/[^/]+/upload")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What came: fields by name, and the file's place under `tmpfilename`."""

    path: Path
    values: dict[str, list[str]] = field(default_factory=dict)


def is_upload(method: str, path: str) -> bool:
    """Whether a call's body is a file; its CSRF token is not asked for then."""
    return method == "POST" and _PATH.fullmatch(path) is not None


async def received(request: web.Request, folder: Path) -> Received:
    """Write the file into the folder, under a name of the daemon's own. The caller removes it.

    Raises ApiError for a body that is no upload; leaves nothing then, or when the connection ends.
    """
    if request.content_type != "multipart/form-data" or "boundary" not in request.headers["Content-Type"]:
        raise ApiError(501, f"upload 'Content-Type '{request.content_type}' not implemented")
    if not request.content_length:
        raise ApiError(501, "upload without content length header not supported")
    folder.mkdir(parents=True, exist_ok=True)
    found = Received(path=folder / f"pveupload-{secrets.token_hex(16)}")
    found.path.touch(mode=0o600, exist_ok=False)
    try:
        await _parts(request, found)
    except BaseException:
        found.path.unlink()
        raise
    found.values["tmpfilename"] = [str(found.path)]
    return found


async def _parts(request: web.Request, found: Received) -> None:
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or not part.name:
            raise ApiError(501, "upload failed")
        if part.filename is None:
            found.values.setdefault(part.name, []).append(await _field(part))
        elif part.name == "filename":
            found.values["filename"] = [part.filename]
            with found.path.open("wb") as file:
                while chunk := await part.read_chunk(CHUNK):
                    file.write(chunk)
        else:
            raise ApiError(501, "upload failed")
    if "filename" not in found.values:
        raise ApiError(501, "upload failed")


async def _field(part: BodyPartReader) -> str:
    value = b""
    while chunk := await part.read_chunk(FIELD):
        value += chunk
        if len(value) > FIELD:
            raise ApiError(501, "upload failed")
    return value.decode("utf-8", "replace")
