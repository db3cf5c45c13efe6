"""When drills may run and on what, as the settings of a site have it."""

from drverify.compose import Workshop
from drverify.errors import InputError
from drverify.model.nights import Room
from drverify.settings import Nights

_GIB = 1 << 30


def nights_of(workshop: Workshop) -> Nights:
    """When drills may run, and on what. InputError when the settings do not say."""
    chosen = workshop.settings.nights
    if chosen is None:
        raise InputError(
            "the settings do not say when drills may run", hint="add [nights]: see docs/settings.md"
        )
    return chosen


def rooms_of(chosen: Nights) -> tuple[Room, ...]:
    """What each host may do in a night, by name."""
    return tuple(
        Room(
            host=name,
            at_once=one.at_once,
            memory_mib=one.memory_mib,
            reads=one.read_gib * _GIB if one.read_gib else None,
        )
        for name, one in sorted(chosen.hosts.items())
    )
