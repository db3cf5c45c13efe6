"""Which dependency groups a night can drill as one, and why others are drilled one by one."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from drverify.compose import Workshop
from drverify.engine.ports import Progress
from drverify.errors import DrverifyError
from drverify.model.group import Group
from drverify.model.nights import Apart, Load
from drverify.operation.groups import Attended, checked, orders_of
from drverify.operation.rooms import rooms_of
from drverify.planning.nights.due import ASSUMED, Known
from drverify.planning.nights.together import hindrance, takes_together
from drverify.settings import Nights

_REMEDY = "mend it, and ask with `drverify drill run --group {name} --dry-run`"


def grouped(
    workshop: Workshop, chosen: Nights, known: Sequence[Known], longest: timedelta
) -> tuple[tuple[Group, ...], tuple[Apart, ...]]:
    """The groups of the inventory that can be drilled as one, and the others; nothing is connected to.

    `longest`: of the nights.
    """
    by_name = {one.workload: one for one in known}
    rooms = {room.host: room for room in rooms_of(chosen)}
    able: list[Group] = []
    apart: list[Apart] = []
    for group in workshop.groups:
        members = [by_name[one.workload] for one in group.members]
        found = unable(workshop, group) or hindrance(
            group,
            load=sum((one.load for one in members), Load()),
            takes=takes_together(
                [one.takes or ASSUMED for one in members], in_group=all(one.in_group for one in members)
            ),
            room=rooms[members[0].host],
            longest=longest,
        )
        if found is None:
            able.append(group)
        else:
            apart.append(found)
    return tuple(able), tuple(apart)


def unable(workshop: Workshop, group: Group, host: str = "") -> Apart | None:
    """Why nobody can drill it as one at night, on `host` or where the inventory has it; None: it can be."""
    try:
        orders = orders_of(workshop, group, host=host)
        asyncio.run(checked(workshop, group, orders, Attended(progress=_Silent)))
    except DrverifyError as error:
        remedy = error.hint or _REMEDY.format(name=group.name)
        return Apart(group=group.name, why=str(error), remedy=remedy)
    return None


class _Silent(Progress):
    """Hears what nobody is told: a look at the settings is no drill."""

    def __init__(self, _: str) -> None:
        pass

    def phase(self, *_: object) -> None:
        """Nothing."""

    def bytes(self, *_: object) -> None:
        """Nothing."""

    def note(self, *_: object) -> None:
        """Nothing."""
