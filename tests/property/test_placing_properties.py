"""A retry always has a seat, never a host that it must not have, and an untried one first."""

from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.model.booking import Attempt, Worker, WorkerId, machine_of
from drverify.planning.tonight.placing import PATIENCE, Standpoint, places
from tests.support.bookings import MIN, NIGHT, booking, ending

HOSTS = ("a", "b", "c")
WORKERS = tuple(WorkerId(f"fra1/m{number}/1") for number in range(3))
reaches = st.lists(st.sets(st.sampled_from(HOSTS)), min_size=3, max_size=3)
attempts = st.lists(st.tuples(st.sampled_from(HOSTS), st.sampled_from(WORKERS)), min_size=1, max_size=4)


@settings(max_examples=150)
@given(reaches, attempts, st.permutations(HOSTS), st.integers(0, 90))
def test_somebody_who_can_takes_it_on_what_was_tried_least(
    reach: list[set[str]], before: list[tuple[str, WorkerId]], order: list[str], minute: int
) -> None:
    one = booking("w", host=order[0], elsewhere=tuple(order[1:]))
    done = [
        Attempt(booking=one.id, number=number, worker=worker, began=NIGHT, ending=ending("died"), host=host)
        for number, (host, worker) in enumerate(before, start=1)
    ]
    now = NIGHT + minute * MIN
    crew = [
        Worker(id=name, site="fra1", machine=machine_of(name), pid=1, boot="", version="1", seen=now, hosts=tuple(own))
        for name, own in zip(WORKERS, reach, strict=True)
    ]  # fmt: skip
    found = {
        name: places(one, Standpoint(worker=name, tried={one.id: done}, crew=crew), now, own.__contains__)
        for name, own in zip(WORKERS, reach, strict=True)
    }
    assert any(found.values()) == any(reach)  # nobody waits for somebody who waits for him
    tries = {host: sum(each.host == host for each in done) for host in HOSTS}
    reached = set().union(*reach)
    for (name, seats), own in zip(found.items(), reach, strict=True):
        hosts = [seat.host for seat in seats]
        assert set(hosts) <= own
        assert all(seat.why for seat in seats)
        assert [tries[host] for host in hosts] == sorted(tries[host] for host in hosts)
        if now < NIGHT + MIN + PATIENCE:
            assert all(tries[host] == min(tries[other] for other in reached) for host in hosts)
        else:
            assert set(hosts) == own, name
