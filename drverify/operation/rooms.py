"""When drills may run and on what, as the settings of a site have it."""

from drverify.compose import Workshop
from drverify.errors import InputError
from drverify.model.nights import Room
from drverify.settings import NightRoom, Nights

_GIB = 1 << 30
_MIB_OF_GIB = 1 << 10


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
    return tuple(room_of(name, one) for name, one in sorted(chosen.hosts.items()))


def room_of(name: str, one: NightRoom) -> Room:
    """What a host may do in a night."""
    return Room(
        host=name,
        at_once=one.at_once,
        memory_mib=one.memory_mib,
        vcpus=one.vcpus,
        disk_mib=one.disk_gib * _MIB_OF_GIB if one.disk_gib else None,
        mib_per_s=one.mib_per_s,
        reads=one.read_gib * _GIB if one.read_gib else None,
    )
