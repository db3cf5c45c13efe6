"""The small parts: which program unpacks, what has come, how blocks lie in a cluster, sizes for people."""

import random

import pytest

from drverify.adapters.vma.compression import compression_of
from drverify.adapters.vma.coverage import PAGE, Coverage
from drverify.adapters.vma.extent import runs
from drverify.cli.vma_output import size


@pytest.mark.parametrize(
    ("first", "program"),
    [
        ("28b52ffd04585102", "zstd"),
        ("502a4d1800000000", "zstd"),
        ("5f2a4d1800000000", "zstd"),
        ("1f8b080000000000", "gzip"),
        ("894c5a4f000d0a1a", "lzop"),
        ("564d410000000001", None),
        ("602a4d1800000000", None),
        ("", None),
    ],
)
def test_the_first_bytes_tell_the_program(first: str, program: str | None) -> None:
    found = compression_of(bytes.fromhex(first))
    assert (None if found is None else found.argv[0]) == program


def test_coverage_in_order_needs_no_memory() -> None:
    coverage = Coverage(10 * PAGE)
    for first in range(0, 10 * PAGE, 58):
        assert coverage.add(first, min(58, 10 * PAGE - first)) is None
        assert coverage.advance() == 0
    assert coverage.missing == 0
    assert coverage._ahead == {}


@pytest.mark.parametrize("seed", range(5))
def test_coverage_in_any_order(seed: int) -> None:
    rng = random.Random(seed)
    count = 2 * PAGE + 17
    coverage, seen = Coverage(count), set[int]()
    for cluster in rng.sample(range(count), count):
        assert coverage.add(cluster, 1) is None
        seen.add(cluster)
        coverage.advance()
        assert coverage.seen == len(seen)
        assert coverage.frontier == count or coverage.frontier not in seen
        again = rng.choice([cluster, rng.randrange(count)])
        if again in seen:
            assert coverage.add(again, 1) == again
    assert (coverage.missing, coverage.frontier) == (0, count)
    assert coverage._ahead == {}


def test_pages_behind_the_frontier_go() -> None:
    coverage = Coverage(100 * PAGE)
    coverage.add(99 * PAGE, 1)
    for first in range(0, 50 * PAGE, 64):
        coverage.add(first + 1, 63)
        coverage.add(first, 1)
        coverage.advance()
    assert len(coverage._ahead) <= 2


def test_runs_of_a_mask() -> None:
    assert runs(0) == ((65536, False),)
    assert runs(0xFFFF) == ((65536, True),)
    assert runs(0x8001) == ((4096, True), (14 * 4096, False), (4096, True))
    assert runs(0x0006) == ((4096, False), (8192, True), (13 * 4096, False))


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (5 << 40, "5.0 TiB"), (1 << 52, "4096.0 TiB")],
)
def test_sizes_for_people(count: int, text: str) -> None:
    assert size(count) == text
