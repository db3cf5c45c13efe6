"""What is wrong in a playbook's steps although every field by itself is right; and the files they put."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from drverify.adapters.doors.yaml import Loc
from drverify.errors import InputError
from drverify.model.access import Access
from drverify.model.playbook import Playbook
from drverify.model.steps import PutStep, access_of_step

MAX_FILE = 1024 * 1024
"""Bytes of a file that a step may put: configuration, not data."""


def findings(playbook: Playbook) -> Iterator[tuple[Loc, str]]:
    """One finding for each thing wrong, with its place in the file."""
    if playbook.steps and playbook.applies_to == "file-set":
        yield (
            ("steps",),
            "expected no steps in a file-set playbook: nothing is started that they could act on",
        )
    first: dict[str, int] = {}
    for at, step in enumerate(playbook.steps):
        loc: Loc = ("steps", at)
        if step.id in first:
            yield (
                (*loc, "id"),
                f"expected each id once, found {step.id} again (first in steps[{first[step.id]}])",
            )
        first.setdefault(step.id, at)
        if (access := access_of_step(step)) is not None:
            yield from (((*loc, "access"), text) for text in of_access(access))


def of_access(access: Access) -> Iterator[str]:
    """What a way into a guest lacks."""
    if access.via == "agent":
        return
    if not access.address:
        yield "expected an address for access over ssh"
    if access.key is None:
        yield "expected a key for access over ssh"


def with_digests(playbook: Playbook, folder: Path) -> Playbook:
    """The playbook with the digest of every file that it puts. InputError for a file that cannot be put."""
    steps = tuple(
        replace(step, sha256=_digest(_content(step, folder))) if isinstance(step, PutStep) else step
        for step in playbook.steps
    )
    return replace(playbook, steps=steps)


def content_from(folder: Path) -> Callable[[PutStep], bytes]:
    """Reads what steps put out of the playbook's folder. InputError when it is not what was planned."""
    return lambda step: _content(step, folder)


def _content(step: PutStep, folder: Path) -> bytes:
    path = folder / step.source
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
        if not inside or not path.is_file():
            raise InputError(f"step {step.id}: expected a file below {folder}, found {step.source}")
        if path.stat().st_size > MAX_FILE:
            raise InputError(f"step {step.id}: {step.source} is larger than {MAX_FILE >> 20} MiB")
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"step {step.id}: {path} cannot be read: {error.strerror}") from error
    if step.sha256 and _digest(content) != step.sha256:
        raise InputError(
            f"step {step.id}: {step.source} is not the file that was planned",
            hint="its digest is another one: was it changed after the playbook was read?",
        )
    return content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
