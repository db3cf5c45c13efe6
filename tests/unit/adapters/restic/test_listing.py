"""What restic prints becomes points and nodes, or is refused."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from drverify.adapters.restic.listing import Node, find_file, read_node, read_points
from drverify.errors import SourceError
from drverify.model.recovery import PointFilter


def entry(number: int = 1, **other: Any) -> dict[str, Any]:
    return {
        "id": f"{number:064x}",
        "time": "2024-05-01T10:00:00.123456789+02:00",
        "hostname": "shop",
        "paths": ["/srv/disk.raw"],
        "tags": ["nightly"],
        **other,
    }


def read(*entries: dict[str, Any], **wanted: Any):
    return read_points(json.dumps(entries).encode(), "vault", PointFilter(**wanted))


def test_a_point_is_read() -> None:
    (point,) = read(entry(summary={"total_bytes_processed": 5}))
    assert point.id == f"{1:064x}"
    assert point.source == "vault"
    assert point.consistent_as_of == datetime(2024, 5, 1, 8, 0, 0, 123456, tzinfo=UTC)
    assert point.as_of_origin == "source-time"
    assert (point.host, point.paths, point.tags, point.size_bytes) == (
        "shop",
        ("/srv/disk.raw",),
        ("nightly",),
        5,
    )


def test_the_writers_statement_counts() -> None:
    (point,) = read(entry(tags=["as-of=2024-05-01T07:59:00Z"]))
    assert (point.consistent_as_of, point.as_of_origin) == (datetime(2024, 5, 1, 7, 59, tzinfo=UTC), "tag")


def test_a_statement_from_the_future_of_the_backup_does_not() -> None:
    (point,) = read(entry(tags=["as-of=2030-01-01T00:00:00Z"]))
    assert (point.consistent_as_of.year, point.as_of_origin) == (2024, "source-time")


def test_the_earliest_of_several_statements_counts() -> None:
    (point,) = read(entry(tags=["as-of=2024-04-02T00:00:00Z", "as-of=2024-04-01T00:00:00Z"]))
    assert point.consistent_as_of == datetime(2024, 4, 1, tzinfo=UTC)


def test_newest_data_comes_first() -> None:
    points = read(
        entry(1, tags=["as-of=2024-04-03T00:00:00Z"]), entry(2, tags=["as-of=2024-04-05T00:00:00Z"]), entry(3)
    )
    assert [int(point.id, 16) for point in points] == [3, 2, 1]


@pytest.mark.parametrize(
    ("wanted", "hit"),
    [
        ({}, True),
        ({"host": "shop"}, True),
        ({"host": "sho"}, False),
        ({"tags": ("nightly",)}, True),
        ({"tags": ("nightly", "weekly")}, False),
        ({"path": "/srv/disk.raw"}, True),
        ({"path": "/srv/disk.raw/part"}, True),
        ({"path": "/srv"}, False),
        ({"path": "/srv/disk.rawer"}, False),
    ],
)
def test_filters(wanted: dict[str, Any], hit: bool) -> None:
    assert bool(read(entry(), **wanted)) is hit


@pytest.mark.parametrize("output", [b"", b"null", b"[]"])
def test_nothing_is_an_answer(output: bytes) -> None:
    assert read_points(output, "vault", PointFilter()) == ()


@pytest.mark.parametrize(
    "bad",
    [
        {"id": "abcd"},
        {"time": "yesterday"},
        {"time": "2024-05-01T10:00:00"},
        {"tags": ["as-of=soon"]},
        {"paths": None},
    ],
)
def test_what_cannot_be_understood_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(SourceError):
        read(entry(**bad))


def test_broken_json_is_refused() -> None:
    with pytest.raises(SourceError):
        read_points(b"[{", "vault", PointFilter())


FILE = b'{"name":"d","type":"file","path":"/srv/d","size":7,"struct_type":"node"}'
NEWER = b'{"name":"d","type":"file","path":"/srv/d","size":7,"message_type":"node"}'


def test_nodes_of_old_and_new_listings() -> None:
    assert read_node(FILE) == read_node(NEWER) == Node(path="/srv/d", kind="file", size=7)
    assert read_node(b'{"struct_type":"snapshot","id":"x"}') is None
    assert read_node(b"") is None


def test_only_the_very_file_is_found() -> None:
    directory = FILE.replace(b'"file"', b'"dir"')
    assert find_file([directory, FILE.replace(b"/srv/d", b"/srv/dd")], "/srv/d") is None
    assert find_file([FILE], "/srv/d") is not None
