"""A site's state as OpenMetrics 1.0 text, by the Prometheus client library.

Source of the format: OpenMetrics 1.0.0 (prometheus.io/docs/specs/om). What drills measured is exported by
`drverify export --format openmetrics` out of evidence; here stands how the site itself works.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric, StateSetMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from drverify.model.board import Course
from drverify.model.booking import BookingState, Lease, Worker
from drverify.model.nights import Room
from drverify.model.result import Stands
from drverify.model.verdict import Outcome

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNow:
    """Everything that is exported."""

    site: str
    at: datetime
    tonight: Mapping[BookingState, int]
    """Bookings of the night that runs, or of the last one."""
    leases: Sequence[Lease]
    rooms: Mapping[str, Room]
    workers: Sequence[Worker]
    courses: Sequence[Course]
    alarms: Mapping[str, int]
    """By kind."""
    caught: Mapping[tuple[str, str, str], datetime]
    """(agreement, workload, kind of harm) -> when a known-bad point was caught last."""


def openmetrics_text(now: SiteNow) -> bytes:
    """The whole exposition, with its `# EOF`."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Site(now))
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return text


class _Site(Collector):
    def __init__(self, now: SiteNow) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Every family."""
        now, site = self._now, self._now.site
        yield _gauge(
            "drverify_round_timestamp", "When this was worked out", [([], now.at.timestamp())], [], "seconds"
        )
        tonight = [([site, state.value], float(now.tonight.get(state, 0))) for state in BookingState]
        yield _gauge("drverify_bookings_tonight", "Bookings of a night by state", tonight, ["site", "state"])
        alarms = [([site, kind], float(number)) for kind, number in sorted(now.alarms.items())]
        yield _gauge("drverify_alarms", "What is wrong now, by kind", alarms, ["site", "kind"])
        seen = [([site, one.id], one.seen.timestamp()) for one in now.workers]
        yield _gauge(
            "drverify_worker_seen_timestamp",
            "Last sign of life of a worker",
            seen,
            ["site", "worker"],
            "seconds",
        )
        yield from self._hosts()
        yield from self._promises()
        caught = [([site, *about], at.timestamp()) for about, at in sorted(now.caught.items())]
        yield _gauge(
            "drverify_control_caught_timestamp",
            "When a point known to be bad last turned red",
            caught,
            ["site", "agreement", "workload", "harm"],
            "seconds",
        )

    def _hosts(self) -> Iterator[Metric]:
        now, site = self._now, self._now.site
        room, used, running = [], [], []
        for host, each in sorted(now.rooms.items()):
            here = [lease for lease in now.leases if lease.host == host]
            room.append(([site, host], float(each.memory_mib << 20)))
            used.append(([site, host], float(sum(lease.load.memory_mib for lease in here) << 20)))
            running.append(([site, host], float(sum(lease.slots for lease in here))))
        yield _gauge("drverify_host_room", "Memory that drills may take", room, ["site", "host"], "bytes")
        yield _gauge("drverify_host_used", "Memory that running drills take", used, ["site", "host"], "bytes")
        yield _gauge("drverify_host_drills", "Drills that run now", running, ["site", "host"])

    def _promises(self) -> Iterator[Metric]:
        now = self._now
        family = StateSetMetricFamily(
            "drverify_promise",
            "How a promise stands now; OVERDUE whatever an old drill showed",
            labels=["agreement", "workload", "obligation"],
        )
        for course in now.courses:
            stands = course.stands(now.at)
            family.add_metric(
                [course.agreement, course.workload, course.obligation],
                {one.value: one is stands for one in Stands},
            )
        yield family
        yield _gauge(
            "drverify_promise_flipping",
            "Whether its verdict differs between neighbouring nights or attempts",
            [([one.agreement, one.workload, one.obligation], float(one.flipping)) for one in now.courses],
            ["agreement", "workload", "obligation"],
        )
        copies = [
            ([one.agreement, one.workload, one.obligation, of.copy], float(of.shown is Outcome.MET))
            for one in now.courses
            for of in one.copies
        ]
        yield _gauge(
            "drverify_promise_shown_by_copy",
            "Whether the newest drill of a further copy shows the promise as kept",
            copies,
            ["agreement", "workload", "obligation", "copy"],
        )


def _gauge(
    name: str, words: str, samples: Sequence[tuple[list[str], float]], labels: Sequence[str], unit: str = ""
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=list(labels), unit=unit)
    for values, value in samples:
        family.add_metric(values, value)
    return family
