"""What is wrong in an inventory's dependency groups although every field by itself is right."""

from collections.abc import Iterator, Mapping, Sequence

from drverify.adapters.doors.yaml import Loc
from drverify.model.group import Group, out_of_order
from drverify.model.recovery import Network, Workload, boots, networks_of


def findings(groups: Sequence[Group], workloads: Sequence[Workload]) -> Iterator[tuple[Loc, str]]:
    """One finding for each thing wrong, with its place in the file."""
    known = {one.name: one for one in workloads}
    names: set[str] = set()
    home: dict[str, str] = {}
    for at, group in enumerate(groups):
        loc: Loc = ("groups", at)
        if group.name in names:
            yield (*loc, "name"), f"expected each name once, found {group.name} again"
        if group.name in known:
            yield (*loc, "name"), f"expected another name than a workload's, found {group.name}"
        names.add(group.name)
        yield from (
            ((*loc, "members", place), f"expected an order: {what}")
            for place, what in out_of_order(group.members)
        )
        for place, member in enumerate(group.members):
            where: Loc = (*loc, "members", place, "workload")
            if member.workload not in known:
                yield where, f"expected a workload of this inventory, found {member.workload}"
            elif not boots(known[member.workload].payload):
                yield where, f"expected a machine, found {member.workload}, which is a set of files"
            if home.setdefault(member.workload, group.name) != group.name:
                yield (
                    where,
                    f"expected {member.workload} in one group, found it in {home[member.workload]} too",
                )
        yield from (((*loc, "members", place), text) for place, text in _networks(group, known))


def _networks(group: Group, known: Mapping[str, Workload]) -> Iterator[tuple[int, str]]:
    """One sandbox holds them all: the same name is the same network, and each address stands once."""
    seen: dict[str, tuple[str, Network]] = {}
    held: dict[str, str] = {}
    named: dict[str, str] = {}
    for place, member in enumerate(group.members):
        workload = known.get(member.workload)
        for network in networks_of(workload.payload) if workload is not None else ():
            owner, other = seen.setdefault(network.name, (member.workload, network))
            if (network.subnet, network.gateway, network.dns) != (other.subnet, other.gateway, other.dns):
                yield place, f"expected network {network.name} of {member.workload} to be that of {owner}"
            for what in filter(None, (network.address, network.mac.lower())):
                if held.setdefault(what, member.workload) != member.workload:
                    yield place, f"expected {what} with one member, found it with {held[what]} too"
            other_name = named.setdefault(network.subnet, network.name)
            if other_name != network.name:
                yield place, f"expected {network.subnet} in one network, found it in {other_name} too"
