"""Broken copies of a restic repository, in which one pack that a point needs is damaged or gone.

Of a repository in a directory nothing large is copied: the copy's `data` leads to the original's packs by
symbolic links, but for the one that is broken, which is a copy. restic only reads it (`--no-lock`). Of any
other repository `restic copy` brings the one point here. Where a blob lies is asked of restic itself (`cat
index`, `cat blob`), whose JSON is described in restic's design document, "Repository format".
"""

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.factory import settings_of
from drverify.adapters.restic.listing import read_points
from drverify.adapters.restic.settings import ResticSettings
from drverify.adapters.restic.source import ResticSource
from drverify.engine.ports import Progress
from drverify.engine.trials.control import BrokenCopy
from drverify.errors import HostError, InputError
from drverify.model.controls import ControlKind, Damage
from drverify.model.recovery import (
    DiskImage,
    FileSet,
    Payload,
    PointFilter,
    RecoveryPoint,
    SecretRef,
    sampled,
)

SMALL = ("keys", "snapshots", "index")
"""What is copied whole: without it nothing can be read."""
COPYING = "copying the point for a control"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a blob lies in its pack, in bytes."""

    blob: str
    pack: str
    offset: int
    length: int


class ResticBreaker:
    """Implements `Breaker`."""

    def __init__(self, settings: ResticSettings, resolve: Callable[[SecretRef], bytes]) -> None:
        self._settings = settings
        self._resolve = resolve

    async def __call__(
        self, kind: ControlKind, point: RecoveryPoint, payload: Payload, *, into: Path, progress: Progress
    ) -> BrokenCopy:
        """Copy and break, as the port says."""
        if kind not in {"flipped-bit", "missing-part"}:
            raise InputError(f"a restic repository is not broken in the way {kind}")
        copy = into / "repository"
        local = ResticCli(self._settings, self._resolve).location().local
        settings = replace(self._settings, repository=str(copy))
        cli = ResticCli(settings, self._resolve)
        if local is not None:
            await asyncio.to_thread(_linked, local, copy)
        else:
            progress.note(COPYING)
            point = await self._fetched(cli, point)
        place = await _needed(cli, point, payload)
        breaking = _flipped if kind == "flipped-bit" else _gone
        damage = await asyncio.to_thread(breaking, copy, place)
        return BrokenCopy(source=ResticSource(settings, self._resolve), point=point, damage=damage)

    async def _fetched(self, cli: ResticCli, point: RecoveryPoint) -> RecoveryPoint:
        """Bring the point into a new repository; the original is not locked. Its copy has another id."""
        room = shutil.disk_usage(Path(cli.settings.repository).parent).free
        if point.size_bytes is not None and point.size_bytes > room:
            raise HostError(f"no room for a copy of {point.size_bytes} bytes: {room} are free")
        await cli.ask(["init"], doing=COPYING)
        await cli.copy_from(ResticCli(self._settings, self._resolve), point.id, doing=COPYING)
        output = await cli.ask(["snapshots", "--json"], doing=COPYING)
        (found,) = read_points(output, point.source, PointFilter())
        return found


def breaker(name: str, options: Mapping[str, Any], resolve: Callable[[SecretRef], bytes]) -> ResticBreaker:
    """Make it for the source called `name`; InputError for options that it does not have."""
    return ResticBreaker(settings_of(name, options), resolve)


def _linked(original: Path, copy: Path) -> None:
    try:
        copy.mkdir(mode=0o700)
        shutil.copyfile(original / "config", copy / "config")
        for folder in SMALL:
            shutil.copytree(original / folder, copy / folder)
        for folder in ("data", "locks"):
            (copy / folder).mkdir()
        for entry in os.scandir(original / "data"):
            if entry.is_dir():
                (copy / "data" / entry.name).symlink_to(entry.path, target_is_directory=True)
    except OSError as error:
        raise HostError(f"the repository cannot be copied: {error.strerror}: {error.filename}") from error


def _own_pack(copy: Path, pack: str) -> Path:
    """Replace the link to the pack's folder by a folder of links, and the pack in it by a copy."""
    folder = copy / "data" / pack[:2]
    try:
        if folder.is_symlink():
            original = folder.resolve()
            folder.unlink()
            folder.mkdir(mode=0o700)
            for entry in os.scandir(original):
                if entry.name != pack:
                    (folder / entry.name).symlink_to(entry.path)
            shutil.copyfile(original / pack, folder / pack)
    except OSError as error:
        raise HostError(f"pack {pack} cannot be copied: {error.strerror}: {error.filename}") from error
    path = folder / pack
    if path.is_symlink() or not path.is_file():
        raise HostError(f"pack {pack} is not the copy's own: it is not touched")
    return path


def _flipped(copy: Path, place: _Place) -> Damage:
    path, at = _own_pack(copy, place.pack), place.offset + place.length // 2
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 0x10]))
    facts = (("pack", place.pack), ("blob", place.blob), ("byte", str(at)))
    return Damage(what="one bit of a pack that the point needs is flipped", facts=facts)


def _gone(copy: Path, place: _Place) -> Damage:
    _own_pack(copy, place.pack).unlink()
    return Damage(
        what="a pack that the point needs is gone", facts=(("pack", place.pack), ("blob", place.blob))
    )


async def _needed(cli: ResticCli, point: RecoveryPoint, payload: Payload) -> _Place:
    """A blob that every restore of the payload reads: of its largest file, or of its tree for a sample."""
    tree, blobs = await _blobs(cli, point, payload)
    places = await _index(cli)
    wanted = [tree] if sampled(payload) else blobs
    missing = [blob for blob in wanted if blob not in places]
    if missing or not wanted:
        raise HostError(f"{len(missing)} of {len(wanted)} blobs of point {point.id[:8]} are in no pack")
    return places[wanted[len(wanted) // 2]]


async def _blobs(cli: ResticCli, point: RecoveryPoint, payload: Payload) -> tuple[str, list[str]]:
    """The tree in which the payload lies, and the blobs of the payload's file, or of its largest one."""
    if not isinstance(payload, DiskImage | FileSet):
        raise InputError(f"no broken copy is made of a {payload.kind} in a restic repository")
    path = payload.path if isinstance(payload, DiskImage) else await _largest(cli, point, payload.path)
    tree = str((await _json(cli, "cat", "snapshot", point.id))["tree"])
    top = tree
    parts = PurePosixPath(path).parts[1:]
    for depth, name in enumerate(parts, start=1):
        nodes = {node["name"]: node for node in (await _json(cli, "cat", "blob", tree))["nodes"]}
        if name not in nodes:
            raise HostError(f"{path} is not in point {point.id[:8]}")
        if depth == len(parts):
            return top, list(nodes[name].get("content") or [])
        tree = nodes[name]["subtree"]
        if depth == len(PurePosixPath(payload.path).parts) - 1:
            top = tree
    raise HostError(f"{path} is no file")


async def _largest(cli: ResticCli, point: RecoveryPoint, path: str) -> str:
    output = await cli.ask(["ls", "--json", point.id, path], doing=f"listing {path}")
    files = [node for line in output.splitlines() if (node := json.loads(line)).get("type") == "file"]
    if not files:
        raise HostError(f"{path} of point {point.id[:8]} holds no file")
    return str(max(files, key=lambda one: int(one.get("size", 0)))["path"])


async def _index(cli: ResticCli) -> dict[str, _Place]:
    listed = await cli.ask(["list", "index"], doing="listing indexes")
    found: dict[str, _Place] = {}
    for name in listed.decode().split():
        for pack in (await _json(cli, "cat", "index", name))["packs"]:
            for blob in pack["blobs"]:
                found[blob["id"]] = _Place(
                    blob=blob["id"], pack=pack["id"], offset=blob["offset"], length=blob["length"]
                )
    return found


async def _json(cli: ResticCli, *words: str) -> Any:
    return json.loads(await cli.ask(words, doing=f"restic {' '.join(words[:2])}"))
