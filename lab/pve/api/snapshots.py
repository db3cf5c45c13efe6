"""Snapshots in a `pbs` storage: what a listing says of them.

<folder>/snapshots/vm/100/2026-10-19T02:00:00Z/ holds what a backup server keeps (manifest, indexes, blobs;
their chunks are in <folder>/.chunks), or a VMA archive in its place; `facts.json`, if any, has the last word.
"""

import json
from pathlib import Path
from typing import Any

from lab.pve.api.volumes import read_volume
from lab.pve.muscle.chunks import DamagedError, read_blob
from lab.pve.muscle.snapshots import MANIFEST

ARCHIVE = "archive.vma.zst"
FACTS = "facts.json"


def snapshot_path(place: Path) -> Path:
    """What the muscle restores from: the snapshot's directory, or the archive in its place."""
    return place / ARCHIVE if (place / ARCHIVE).exists() else place


def snapshot_item(volid: str, place: Path) -> dict[str, Any]:
    """Return a snapshot as a listing has it. Without a manifest it is being written."""
    volume = read_volume(volid)
    item = {
        "volid": volid,
        "content": "backup",
        "format": volume.form,
        "size": 1,
        "ctime": volume.ctime,
        "vmid": volume.owner,
        "subtype": volume.subtype,
    }
    return item | _from_manifest(place) | facts_of(place)


def facts_of(place: Path) -> dict[str, Any]:
    """What the lab says of a snapshot."""
    path = place / FACTS
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _from_manifest(place: Path) -> dict[str, Any]:
    if not (place / MANIFEST).exists():
        return {}
    try:
        manifest = json.loads(read_blob(place / MANIFEST))
    except (DamagedError, ValueError):
        return {}
    facts: dict[str, Any] = {"size": sum(int(file["size"]) for file in manifest["files"])}
    unprotected = manifest.get("unprotected") or {}
    if any(file.get("crypt-mode") == "encrypt" for file in manifest["files"]):
        facts["encrypted"] = str(unprotected.get("key-fingerprint") or "1")
    if "verify_state" in unprotected:
        facts["verification"] = unprotected["verify_state"]
    if unprotected.get("notes"):
        facts["notes"] = str(unprotected["notes"]).splitlines()[0]
    return facts
