"""Signed probes of immutability on disk, and the canaries that they left."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from drverify.adapters.storage.controls import keep_beside, own_keys, statements
from drverify.model.evidence import TrustedKey
from drverify.model.immutability import IMMUTABILITY_TYPE, HeldCanary, ImmutabilityResult

FOLDER = "immutability"
SUFFIX = ".dsse.json"
ATTACKED = 3
"""Earlier canaries that are attacked again: the oldest, which show the most."""


def probes(state_dir: Path, keys: Sequence[TrustedKey] | None = None) -> Iterator[ImmutabilityResult]:
    """Every probe of the state directory, newest first; keys as `storage.controls.controls`."""
    paths = sorted((state_dir / FOLDER).glob(f"*{SUFFIX}"), reverse=True)
    trusted = keys if keys is not None else own_keys(state_dir)
    found = statements(paths, IMMUTABILITY_TYPE, ImmutabilityResult, trusted)
    return iter(
        sorted(found, key=lambda one: one.at, reverse=True)
    )  # two of one second have ids in any order


def canaries(state_dir: Path, source: str) -> tuple[HeldCanary, ...]:
    """Those that were whole after the newest probe of the source that could look, oldest first."""
    for one in probes(state_dir):
        if one.source == source and one.tampering.held:
            whole = [held for held in one.tampering.held if held.whole]
            return tuple(sorted(whole, key=lambda held: held.canary.planted_at)[:ATTACKED])
    return ()


def keep_probe(state_dir: Path, result: ImmutabilityResult, envelope: bytes) -> Path:
    """Keep a signed probe; returns its path. Errors as `keep_beside`."""
    return keep_beside(state_dir / FOLDER / f"{result.id}{SUFFIX}", envelope)
