"""On which other hosts a booking can be drilled, should a fault of ours keep its own from judging it."""

from functools import lru_cache

from drverify.compose import Workshop
from drverify.engine.drills.rebuilding import way_for
from drverify.engine.ports import SandboxHost
from drverify.engine.sources import RecoverySource
from drverify.errors import DrverifyError
from drverify.model.booking import Booking
from drverify.model.nights import Load
from drverify.model.obligation import Mode
from drverify.model.recovery import Workload
from drverify.operation.groups import group_of
from drverify.operation.joining import unable
from drverify.operation.rooms import room_of
from drverify.settings import Nights


class Alternatives:
    """Looks at the hosts of one agreement. Nothing is connected to."""

    def __init__(self, workshop: Workshop, nights: Nights) -> None:
        """`nights`: of the site."""
        self._workshop, self._nights = workshop, nights
        self._host = lru_cache(maxsize=None)(workshop.host)
        self._source = lru_cache(maxsize=None)(workshop.source)

    def of(self, booking: Booking) -> tuple[str, ...]:
        """The hosts named `instead` of its own on which it can be drilled, in their order."""
        own = self._nights.hosts.get(booking.host)
        named = own.instead if own is not None and booking.kind != "immutability" else ()
        if not named:
            return ()
        workloads = [self._workshop.workload(one) for one in booking.workloads]
        able = [
            name
            for name in named
            if not any(self.hindrance(one, name, load=booking.load, mode=booking.mode) for one in workloads)
        ]
        if not booking.members:
            return tuple(able)
        group = group_of(self._workshop, booking.workload)
        return tuple(
            name
            for name in able
            if booking.slots <= self._nights.hosts[name].at_once
            and unable(self._workshop, group, host=name) is None
        )

    def hindrance(self, workload: Workload, name: str, *, load: Load, mode: Mode) -> str:
        """Why it cannot be drilled on that host, in words; empty: it can."""
        known, room = self._workshop.settings.hosts, self._nights.hosts[name]
        if name not in known:
            return f"the agreement's settings name no host {name}"
        planned = self._workshop.settings.host_of(workload.host)
        own = known.get(planned)
        if own is not None and own.kind != known[name].kind:
            return f"{name} is of kind {known[name].kind}, and {planned} of kind {own.kind}"
        if too_much := load.beyond(room_of(name, room).load, name):
            return f"it {too_much}"
        try:
            source: RecoverySource = self._source(workload.source)
            host: SandboxHost = self._host(name)
            way_for(
                workload.payload,
                source,
                host,
                name=workload.source,
                mode=mode,
                rebuilder=self._workshop.workbenches.rebuilder,
            )
        except DrverifyError as error:
            return str(error)
        return ""
