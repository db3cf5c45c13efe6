"""Statements beside the log, on disk: negative controls, attempts to delete, cold starts.

    controls/<id>/plan.json                    of the control's drill, before it begins
                  artefacts/sha256/<hex>
                  control.dsse.json            what came of it, signed once
    immutability/<id>.dsse.json
    cold/<drill id>.dsse.json

`last_caught` needs nothing but the state directory: pages and reports read the gate's standing there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from drverify.adapters.storage.durable import inner_directory, state_access, write_durably
from drverify.adapters.storage.plain import plain_content
from drverify.errors import EvidenceError, InputError
from drverify.model.controls import (
    CONTROL_TYPE,
    Catch,
    ControlKind,
    ControlOutcome,
    ControlResult,
    ControlStatement,
)
from drverify.model.evidence import TrustedKey
from drverify.sealing.beside import read
from drverify.sealing.keys import parse_trust
from drverify.sealing.strict_json import MAX_BYTES

T = TypeVar("T")
FOLDER = "controls"
FILE = "control.dsse.json"
TRUST = "runner.trust.json"
"""What `Workshop.trust_file` writes."""


def controls(state_dir: Path, keys: Sequence[TrustedKey] | None = None) -> Iterator[ControlResult]:
    """Every control of the state directory, newest first; what is not signed by `keys` is passed over.

    Without `keys` those of the state directory's own trust file count. HostError when it cannot be read.
    """
    trusted = tuple(keys) if keys is not None else own_keys(state_dir)
    for path in sorted((state_dir / FOLDER).glob(f"*/{FILE}"), reverse=True):
        with state_access(f"look at {path}"):
            status = path.stat()
        result = _result(path, (status.st_mtime_ns, status.st_size), trusted)
        if result is not None:
            yield result


@lru_cache(maxsize=8192)  # a process that runs for months looks at the same ones every few minutes
def _result(path: Path, stamp: tuple[int, int], keys: tuple[TrustedKey, ...]) -> ControlResult | None:
    """What a statement says; None when it does not hold. `stamp` tells the file from what it was before."""
    del stamp
    found = next(statements([path], CONTROL_TYPE, ControlStatement, keys), None)
    return found.result if found is not None else None


def last_caught(state_dir: Path) -> tuple[Catch, ...]:
    """When the gate last caught a control of each workload and kind; kinds never tried are not there."""
    found: dict[tuple[str, ControlKind], Catch] = {}
    for one in controls(state_dir):
        key = (one.workload, one.kind)
        catch = found.get(key) or Catch(workload=one.workload, kind=one.kind, caught_at=None, tried_at=one.at)
        if one.outcome is ControlOutcome.CAUGHT and catch.caught_at is None:
            catch = replace(catch, caught_at=one.at)
        if one.outcome is ControlOutcome.NOT_CAUGHT and catch.missed_at is None:
            catch = replace(catch, missed_at=one.at)
        found[key] = catch
    return tuple(found[key] for key in sorted(found))


def statements(paths: Sequence[Path], kind: str, form: type[T], keys: Sequence[TrustedKey]) -> Iterator[T]:
    """Those of the files that hold such a statement, signed by one of the keys."""
    for path in paths:
        try:
            with state_access(f"read {path}"):
                content = plain_content(path, MAX_BYTES)
            yield read(content, kind, form, keys)
        except EvidenceError:
            continue


def own_keys(state_dir: Path) -> tuple[TrustedKey, ...]:
    """The keys of the state directory's trust file; none before the first drill or control."""
    path = state_dir / TRUST
    try:
        return parse_trust(path.read_bytes(), what=str(path))
    except (FileNotFoundError, InputError):
        return ()


def keep_beside(path: Path, envelope: bytes) -> Path:
    """Keep a statement in a directory of the state directory; returns its path.

    EvidenceError when there is one already, HostError when it cannot be written.
    """
    with state_access(f"make {path.parent}"):
        inner_directory(path.parent)
        there = path.exists()
    if there:
        raise EvidenceError(f"{path} is already signed")
    write_durably(path, envelope)
    return path
