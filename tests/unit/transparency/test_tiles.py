"""Which file holds which hashes, at the sizes where files begin and end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drverify.errors import EvidenceError
from drverify.transparency import tiles, tree
from drverify.transparency.tiles import Tile

EDGES = (1, 2, 255, 256, 257, 511, 512, 65535, 65536, 65537, 70000)
ONE = tree.leaf_hash(b"the same entry everywhere")


def full(height: int) -> bytes:
    """Hash of a full subtree whose leaves are all the same."""
    found = ONE
    for _ in range(height):
        found = tree.node_hash(found, found)
    return found


def read(tile: Tile) -> bytes:
    assert tile.level is not None
    return full(tile.level * tiles.HEIGHT) * tile.width


@pytest.mark.parametrize(
    ("index", "path"), [(0, "000"), (67, "067"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")]
)
def test_an_index_is_a_path(index, path):
    assert Tile(level=2, index=index).path == f"tile/2/{path}"
    assert Tile(level=None, index=index, width=9).path == f"tile/entries/{path}.p/9"


def test_the_example_of_the_format_has_its_tiles():
    found = list(tiles.tiles_of(70_000))
    assert sum(one.level == 0 and one.width == 256 for one in found) == 273
    assert [(one.level, one.width) for one in found if one.width < 256] == [(0, 112), (1, 17), (2, 1)]
    assert sum(one.level == 1 and one.width == 256 for one in found) == 1
    assert [one.width for one in tiles.tiles_of(256)] == [256, 1]
    assert list(tiles.tiles_of(0)) == list(tiles.bundles_of(0)) == []


@pytest.mark.parametrize("size", EDGES)
def test_the_edge_is_the_last_tile_of_each_level(size):
    last = {}
    for one in tiles.tiles_of(size):
        last[one.level] = one
    assert tiles.edge(size) == tuple(last.values())
    assert sum(one.width for one in tiles.bundles_of(size)) == size


@pytest.mark.parametrize("size", EDGES)
def test_proofs_come_out_of_tiles(size):
    node = tiles.nodes(size, read)
    root = tree.root(size, node)
    for index in {0, size // 2, size - 1}:
        tree.check_inclusion(ONE, index, size, tree.inclusion(index, size, node), root)
    for old in {1, size // 2, size - 1, size} - {0}:
        old_root = tree.root(old, tiles.nodes(old, read))
        tree.check_consistency(old, old_root, size, root, tree.consistency(old, size, node))


def test_a_tile_of_the_wrong_length_is_refused():
    node = tiles.nodes(300, lambda tile: read(tile)[:-1])
    with pytest.raises(EvidenceError, match=r"tile/1/000.p/1: 31 bytes are not 1 hashes"):
        tree.root(300, node)
    with pytest.raises(EvidenceError, match=r"tile/0/001.p/44: 1407 bytes are not 44 hashes"):
        tree.inclusion(0, 300, node)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_entries_come_back_out_of_a_bundle(entries):
    assert tiles.unpack(tiles.pack(entries), what="bundle") == tuple(entries)


@given(st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=5), st.data())
def test_a_cut_bundle_is_refused_or_ends_at_an_entry(entries, data):
    whole = tiles.pack(entries)
    length = data.draw(st.integers(0, len(whole) - 1))
    ends = {len(tiles.pack(entries[:count])): count for count in range(len(entries))}
    if length in ends:
        assert tiles.unpack(whole[:length], what="bundle") == tuple(entries[: ends[length]])
    else:
        with pytest.raises(EvidenceError, match="cut off"):
            tiles.unpack(whole[:length], what="bundle")


def test_an_entry_may_have_65535_bytes():
    assert tiles.unpack(tiles.pack([bytes(65535)]), what="bundle") == (bytes(65535),)
    with pytest.raises(ValueError, match="65536 bytes"):
        tiles.pack([bytes(65536)])
