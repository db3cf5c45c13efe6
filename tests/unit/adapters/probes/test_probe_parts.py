"""Small pure parts of the probes: times in text, globs, the Internet checksum, words, the table."""

import importlib
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from drverify.adapters.probes import table
from drverify.adapters.probes.freshness import glob_pattern, last_time
from drverify.adapters.probes.ping import checksum
from drverify.adapters.probes.wording import expected
from drverify.model.playbook import (
    BootProbe,
    ChecksumProbe,
    Expectation,
    HttpProbe,
    ProbeSpec,
    TlsProbe,
)

MOMENT = datetime(2025, 11, 23, 0, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2025-11-23T00:15:30Z", MOMENT),
        ("2025-11-23 01:15:30+01:00", MOMENT),
        ("2025-11-23T01:15:30+0100 host x", MOMENT),
        ("2025-11-23T00:15:30.250Z", MOMENT + timedelta(milliseconds=250)),
        ("2025-11-23T00:15:30,123456789Z", MOMENT + timedelta(microseconds=123456)),
        ("1763856930.500000 host sshd[1]: bye 2025", MOMENT + timedelta(milliseconds=500)),
        ("1763856930", MOMENT),
        ("old 2020-01-01T00:00:00Z\nnew 2025-11-23T00:15:30Z\n", MOMENT),
        ("2025-11-23T00:15:30Z then 2025-13-45T00:00:00Z", MOMENT),
        ("2025-13-45T00:00:00Z is none, 2025-11-23T00:15:30Z is one", MOMENT),
        ("1763856930.500000 web app[1]: wrote 734003200 bytes", MOMENT + timedelta(milliseconds=500)),
        ("2025-11-23T00:15:30Z app: last check 2025-01-01T00:00:00Z", MOMENT),
        ("2025-11-23T00:15:30Z app: licence ends 2031-01-01T00:00:00Z\n", MOMENT),
        ("2020-01-01T00:00:00Z old\r\n2025-11-23T00:15:30Z app: trace\r\n  no stamp here\r\n", MOMENT),
        ("2025-11-23T00:15:30Z " + "x" * 200_000 + " 2031-01-01T00:00:00Z", MOMENT),
        ("2025-11-23T00:15:30Z page\x0cbreak\u2028 1763856999", MOMENT),
        ("2025-11-23T00:15:30", None),  # no zone: could be any hour of the day
        ("17638569301763856930", None),
        ("", None),
        ("no time here 12345", None),
    ],
)
def test_last_time(text: str, found: datetime | None) -> None:
    assert last_time(text) == found


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("**/*", "a", True),
        ("**/*", "a/b/c", True),
        ("*", "a/b", False),
        ("*.txt", "a.txt", True),
        ("**/*.txt", "x/y/a.txt", True),
        ("x/**", "x/y/z", True),
        ("x/?.txt", "x/ab.txt", False),
        ("a+b", "aab", False),
        ("a+b", "a+b", True),
    ],
)
def test_globs(pattern: str, path: str, matches: bool) -> None:
    assert (glob_pattern(pattern).fullmatch(path) is not None) is matches


def test_checksum_of_rfc_1071() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2
    assert checksum(b"\x01") == 0xFEFF


def test_every_kind_of_probe_is_in_the_table_and_leads_somewhere() -> None:
    assert set(table.PROBES) == {cls.__dataclass_fields__["kind"].default for cls in get_args(ProbeSpec)}
    for entry in (*table.PROBES.values(), table.SSH):
        module, name = entry.split(":")
        assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (BootProbe(id="a", console="login:", agent=True), "console matching /login:/ and agent answering"),
        (HttpProbe(id="a", url="http://x/", body="Lab shop"), "200 and body matching /Lab shop/"),
        (
            HttpProbe(id="a", url="http://x/", json_path="$.n", json_expect=Expectation(op="ge", value="1")),
            "200 and $.n ≥ 1",
        ),
        (
            TlsProbe(id="a", address="10.0.0.1", server_name="x", valid_for=timedelta(days=7)),
            "a certificate for x under a system authority, valid for 7 days more",
        ),
        (ChecksumProbe(id="a", manifest="M"), "at least 1 file in agreement with M"),
    ],
)
def test_expectations_read_well(spec: ProbeSpec, words: str) -> None:
    assert expected(spec) == words
