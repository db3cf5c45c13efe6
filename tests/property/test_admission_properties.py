"""No sequence of arrivals exceeds a limit, and nobody starves."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.model.booking import Booking, BookingId, Lease
from drverify.model.nights import Load
from drverify.planning.tonight.admission import AGEING, choose, may_begin
from drverify.planning.tonight.placing import PATIENCE
from tests.support.bookings import MIN, NIGHT, booking, lease, room

HOSTS = ("a", "b")
DAY = timedelta(days=1)

rooms = st.fixed_dictionaries(
    {
        host: st.builds(
            room,
            host=st.just(host),
            at_once=st.integers(0, 4),
            memory_mib=st.integers(0, 4096),
            vcpus=st.none() | st.integers(0, 16),
            disk_mib=st.none() | st.integers(0, 99),
            reads=st.none() | st.integers(0, 500),
        )
        for host in HOSTS
    }
)
arrivals = st.lists(
    st.builds(
        lambda number, minute, **said: booking(
            f"w{number}", not_before=NIGHT + minute * MIN, not_after=NIGHT + minute * MIN + DAY, **said
        ),
        st.integers(0, 10**9),
        st.integers(0, 120),
        host=st.sampled_from((*HOSTS, "unknown")),
        load=st.builds(
            Load, memory_mib=st.integers(1, 4500), vcpus=st.integers(0, 8), disk_mib=st.integers(0, 60)
        ),
        reads=st.integers(0, 200),
        priority=st.integers(1, 99),
        takes=st.integers(1, 90).map(lambda minutes: minutes * MIN),
    ),
    max_size=25,
    unique_by=lambda one: one.id,
)


@settings(max_examples=60)
@given(arrivals, rooms)
def test_no_limit_is_ever_exceeded(all_: list[Booking], have: dict[str, object]) -> None:
    waiting, out, begun, reads = list(all_), {}, {}, dict.fromkeys(HOSTS, 0)  # type: ignore[var-annotated]
    for minute in range(0, 240, 7):
        now = NIGHT + minute * MIN
        out = {name: one for name, one in out.items() if begun[name][0] + begun[name][1].takes > now}
        left = {
            host: room(
                host=host, at_once=one.at_once, memory_mib=one.memory_mib, vcpus=one.vcpus, disk_mib=one.disk_mib,
                reads=None if one.reads is None else one.reads - reads[host] + sum(lent.reads for lent in out.values() if lent.host == host),
            )
            for host, one in have.items()
        }  # fmt: skip
        picked = list(choose(waiting, list(out.values()), left, now))
        assert picked == list(choose(waiting[::-1], list(out.values())[::-1], left, now))
        for name in picked:
            one = next(one for one in waiting if one.id == name)
            assert may_begin(one, now)
            waiting.remove(one)
            begun[name], out[name] = (now, one), lease(one)
            reads[one.host] += one.reads
        for host, limit in have.items():
            here: list[Lease] = [one for one in out.values() if one.host == host]
            assert len(here) <= limit.at_once
            assert not sum((one.load for one in here), Load()).beyond(limit.load)
            assert limit.reads is None or reads[host] <= limit.reads
    assert {one.host for _, one in begun.values()} <= set(HOSTS)


@settings(max_examples=25)
@given(
    large=st.integers(513, 2048),
    priority=st.integers(1, 30),
    small=st.integers(64, 512),
    takes=st.integers(1, 45),
    every=st.integers(1, 10),
)
def test_a_large_one_gets_in_past_an_endless_queue_of_small_ones(
    large: int, priority: int, small: int, takes: int, every: int
) -> None:
    """They come at the best priority there is, as soon as the host could take them."""
    host = {"local": room(at_once=4)}
    big = booking("big", memory_mib=large, priority=priority, takes=takes * MIN, not_after=NIGHT + 10 * DAY)
    waiting, out = [big], []  # type: ignore[var-annotated]
    # what runs ends, then those before it in rank, five at most and four at once
    last = max(PATIENCE, priority * AGEING) + (3 * takes + every) * MIN + 2 * AGEING
    for minute in range(0, last // MIN + 1, every):
        now = NIGHT + minute * MIN
        waiting += [
            booking("s", id=BookingId(f"s{minute}.{n}"), workload=f"s{minute}.{n}", memory_mib=small, priority=1,
                    takes=takes * MIN, not_before=now, not_after=now + 10 * DAY)
            for n in range(5 - len(waiting))
        ]  # fmt: skip
        out = [one for one in out if one.since + takes * MIN > now]
        for name in choose(waiting, out, host, now):
            if name == big.id:
                return
            one = next(one for one in waiting if one.id == name)
            waiting.remove(one)
            out.append(lease(one, since=now))
    raise AssertionError(f"not begun {last} after it was wanted")
