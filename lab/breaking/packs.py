"""Damage to the repository's own files: a pack that the newest image needs, flipped or gone.

Where a blob lies is asked of restic itself (`cat index`, `cat blob`), whose JSON is described in
restic's design document, "Repository format".
"""

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from drverify.errors import HostError
from lab.estate.restic import Repository, Snapshot, restic

OVERHEAD = 32
"""Bytes that encryption adds to a blob: 16 of initialisation vector, 16 of authentication code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a blob lies: its pack, and the bytes of it there; `plain` is its length in the image."""

    blob: str
    pack: str
    offset: int
    length: int
    plain: int


async def needed_by(repository: Repository, snapshot: Snapshot, path: str) -> tuple[int, Place]:
    """Find a blob in the middle of the file `path`; return where it begins in the file, and its place."""
    content, places = await asyncio.gather(_content(repository, snapshot, path), _index(repository))
    missing = [blob for blob in content if blob not in places]
    if missing or not content:
        raise HostError(f"{path} of {snapshot.id[:8]} has {len(missing)} of {len(content)} blobs in no pack")
    middle = len(content) // 2
    once = [at for at, blob in enumerate(content) if content.count(blob) == 1]
    chosen = min(once, key=lambda at: abs(at - middle)) if once else middle
    begins = sum(places[blob].plain for blob in content[:chosen])
    return begins, places[content[chosen]]


def pack_file(repository: Repository, pack: str) -> Path:
    """Name the file of a pack in a local repository."""
    return repository.path / "data" / pack[:2] / pack


def flip_bit(repository: Repository, place: Place) -> int:
    """Flip one bit in the middle of a blob; return the byte's offset in the pack."""
    at = place.offset + place.length // 2
    with pack_file(repository, place.pack).open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 0x10]))
        file.flush()
        os.fsync(file.fileno())
    return at


def delete(repository: Repository, place: Place) -> None:
    """Remove the blob's pack."""
    pack_file(repository, place.pack).unlink()


async def _content(repository: Repository, snapshot: Snapshot, path: str) -> list[str]:
    """Walk the trees down to the file and list its blobs in order."""
    tree = snapshot.tree
    parts = PurePosixPath(path).parts[1:]
    for depth, name in enumerate(parts, start=1):
        nodes = {node["name"]: node for node in (await _json(repository, "cat", "blob", tree))["nodes"]}
        if name not in nodes:
            raise HostError(f"{path} is not in snapshot {snapshot.id[:8]}")
        if depth == len(parts):
            return list(nodes[name].get("content") or [])
        tree = nodes[name]["subtree"]
    raise HostError(f"{path} is no file")


async def _index(repository: Repository) -> dict[str, Place]:
    listed = await restic(repository, "--no-lock", "list", "index")
    found: dict[str, Place] = {}
    for name in listed.stdout.decode().split():
        for pack in (await _json(repository, "cat", "index", name))["packs"]:
            for blob in pack["blobs"]:
                found[blob["id"]] = Place(
                    blob=blob["id"],
                    pack=pack["id"],
                    offset=blob["offset"],
                    length=blob["length"],
                    plain=blob.get("uncompressed_length") or blob["length"] - OVERHEAD,
                )
    return found


async def _json(repository: Repository, *words: str) -> Any:
    return json.loads((await restic(repository, "--no-lock", *words)).stdout)
