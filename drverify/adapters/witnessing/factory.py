"""Makes the witnesses that the settings name."""

from collections.abc import Sequence
from datetime import timedelta

from drverify.adapters.witnessing.client import HttpWitnesses
from drverify.adapters.witnessing.endpoint import WitnessEndpoint, WitnessOptions
from drverify.errors import InputError
from drverify.transparency.note import KeyType, NoteKey, parse_vkey


def witnesses(chosen: Sequence[WitnessOptions], log: NoteKey) -> HttpWitnesses:
    """The witnesses of a log. InputError for a key that is no cosigner's, the log's own, or there twice."""
    made = tuple(_endpoint(one) for one in chosen)
    materials = [one.key.material for one in made]
    if len(set(materials)) != len(materials):
        raise InputError("log.witnesses: two of them have the same key: one must not pass for two")
    if log.material in materials:
        raise InputError("log.witnesses: one has the log's own key: who keeps the log cannot be its witness")
    return HttpWitnesses(made)


def _endpoint(one: WitnessOptions) -> WitnessEndpoint:
    what = f"log.witnesses: the key of {one.name}"
    key = parse_vkey(one.key.decode("utf-8", "replace"), what=what)
    if key.type is not KeyType.COSIGNER:
        raise InputError(f"{what} does not sign as a witness", hint="`drverify customer key` prints theirs")
    return WitnessEndpoint(name=one.name, url=one.url, key=key, within=timedelta(seconds=one.within_s))
