"""What the kernel counted, read and added up over several lives of a node."""

import json

import pytest

from drverify.errors import HostError
from lab.pve.muscle.sentinel import Sighting, merged, read


def element(port: str, frames: int) -> dict[str, object]:
    value = {"concat": [port, "bc:24:11:00:00:01", "arp"]}
    return {"elem": {"val": value, "counter": {"packets": frames, "bytes": 28 * frames}}}


def listing(entered: list[object], crossed: list[object]) -> bytes:
    sets = [
        {"set": {"name": "production", "elem": ["eno1"]}},
        {"set": {"name": "entered", **({"elem": entered} if entered else {})}},
        {"set": {"name": "crossed", **({"elem": crossed} if crossed else {})}},
    ]
    return json.dumps({"nftables": [{"metainfo": {}}, {"table": {}}, *sets]}).encode()


def seen(port: str, frames: int, *, crossed: bool = False) -> Sighting:
    return Sighting(port=port, mac="bc:24:11:00:00:01", kind="arp", frames=frames, crossed=crossed)


def test_both_sets_are_read():
    found = read(listing([element("tap100i0", 3)], [element("tap9100i0", 1)]))
    assert found == (seen("tap100i0", 3), seen("tap9100i0", 1, crossed=True))
    assert [one.vmid for one in found] == [100, 9100]


def test_nothing_seen_is_nothing():
    assert read(listing([], [])) == ()


@pytest.mark.parametrize("text", [b"", b"{}", b'{"nftables": [{"set": {"name": "entered"}}]}'])
def test_a_listing_of_another_form_is_never_taken_for_silence(text: bytes):
    with pytest.raises(HostError, match="unexpected"):
        read(text)


def test_frames_of_several_lives_add_up_by_port_and_sender():
    kept, now = (
        (seen("tap100i0", 3), seen("eno1", 1)),
        (seen("tap100i0", 4), seen("tap100i0", 1, crossed=True)),
    )
    assert merged(kept, now) == (
        seen("eno1", 1),
        seen("tap100i0", 7),
        seen("tap100i0", 1, crossed=True),
    )
