"""Recorded digests: how they are read, and how an archive's bytes are hashed on their way."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

from drverify.adapters.vma.header import parse_header
from drverify.adapters.vzdump.digests import hashed, read_digests
from drverify.errors import DeadlineError, SourceError
from lab.vma.writer import header_bytes
from tests.support.vma import ARCHIVE, MADE

ONE, TWO = "ab" * 32, "CD" * 32
LONG = timedelta(seconds=20)


def test_lines_of_sha256sum_are_read_by_file_name():
    text = f"{ONE}  dump/a.vma.zst\n\\{TWO} *scsi0.raw\nnonsense\n{'0' * 63}  short\n".encode()
    found = read_digests(text)
    assert found.by_name == {"a.vma.zst": ONE, "scsi0.raw": TWO.lower()}
    assert found.of_archive("a.vma.zst") == ONE
    assert found.of_archive("b.vma.zst") == ""


def test_disks_are_known_by_any_of_their_names():
    header = parse_header(header_bytes({}, {"drive-scsi0": 1, "drive-sata1": 1}, MADE, ARCHIVE))
    text = f"{ONE}  scsi0.raw\n{TWO}  drive-sata1\n{ONE}  other\n".encode()
    assert read_digests(text).of_disks(header) == {"drive-scsi0": ONE, "drive-sata1": TWO.lower()}
    assert read_digests(b"\xff\xfe\n").by_name == MappingProxyType({})


def test_bytes_come_through_and_are_hashed(tmp_path: Path):
    content = os.urandom(3 << 20)
    path = tmp_path / "archive"
    path.write_bytes(content)
    with hashed(path, LONG) as (reading, hashing):
        with os.fdopen(os.dup(reading), "rb") as file:
            assert file.read() == content
        assert hashing.hexdigest() == hashlib.sha256(content).hexdigest()


def test_what_was_not_read_to_its_end_has_no_digest(tmp_path: Path):
    path = tmp_path / "archive"
    path.write_bytes(bytes(8 << 20))
    with hashed(path, LONG) as (reading, hashing):
        os.read(reading, 10)
    with pytest.raises(SourceError, match="not read to its end"):
        hashing.hexdigest()


def test_a_source_that_says_nothing_any_more_is_a_deadline():
    silent, kept = os.pipe()
    try:
        with hashed(silent, timedelta(seconds=0.05)) as (reading, hashing):
            assert os.read(reading, 10) == b""
            with pytest.raises(DeadlineError):
                hashing.hexdigest()
    finally:
        os.close(silent)
        os.close(kept)


def test_a_body_that_fails_leaves_no_thread():
    silent, kept = os.pipe()
    try:
        with pytest.raises(ZeroDivisionError), hashed(silent, LONG) as (_, hashing):
            raise ZeroDivisionError
        assert not hashing.thread.is_alive()
    finally:
        os.close(silent)
        os.close(kept)
