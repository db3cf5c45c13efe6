"""What dumps say of themselves."""

import pytest

from drverify.adapters.probes.dump_header import major, read_header, spelled


def plain(version: str, *, ended: bool = True) -> bytes:
    head = f"--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version {version} (Debian)\n"
    tail = "--\n-- PostgreSQL database dump complete\n--\n\n" if ended else "INSERT INTO ord"
    return f"{head}-- Dumped by pg_dump version 17.2\n\nSELECT 1;\n{tail}".encode()


def archive(minor: int, version: bytes) -> bytes:
    """The head that `ReadHead` reads: version, sizes, compression, seven fields of a time, three strings."""

    def number(value: int) -> bytes:
        return b"\0" + value.to_bytes(4, "little")

    def string(text: bytes) -> bytes:
        return number(len(text)) + text

    packing = b"\1" if minor >= 15 else b"\1" + (1).to_bytes(4, "little")
    return (
        b"PGDMP" + bytes([1, minor, 0, 4, 8, 1]) + packing + b"".join(map(number, range(7)))
        + string(b"shop") + string(version) + string(b"17.2") + number(3)
    )  # fmt: skip


def test_a_plain_dump() -> None:
    content = plain("15.18")
    found = read_header(content, content)
    assert (found.form, found.dumped_from, found.dumped_by, found.wrong) == ("plain", "15.18", "17.2", "")


def test_a_plain_dump_that_does_not_end() -> None:
    content = plain("15.18", ended=False)
    assert read_header(content, content).wrong == "the dump is truncated: its last line is missing"


@pytest.mark.parametrize("minor", [10, 14, 15, 16])
@pytest.mark.parametrize("directory", [False, True])
def test_an_archive(minor: int, directory: bool) -> None:
    content = archive(minor, b"16.4 (Debian 16.4-1)")
    found = read_header(content, content, directory=directory)
    assert found.form == ("directory" if directory else "custom")
    assert (found.dumped_from, found.dumped_by, found.wrong) == ("16.4", "17.2", "")


def test_an_archive_cut_off_anywhere_in_its_head_is_truncated() -> None:
    content = archive(14, b"15.1")
    for length in range(5, len(content) - 6):
        assert read_header(content[:length], b"").wrong == "the dump is truncated: its head is not whole"


def test_what_is_packed_or_empty() -> None:
    assert read_header(b"\x1f\x8b\x08rest", b"").packed == "gzip"
    assert read_header(b" \n", b"").wrong == "the dump is empty"
    assert read_header(b"CREATE TABLE t (x int);", b"").wrong == ""


def test_dumps_that_make_their_own_database_are_not_supported() -> None:
    one = plain("15.18")
    assert read_header(one, one).unsupported == ""
    made = one.replace(b"SELECT 1;", b"CREATE DATABASE shop WITH TEMPLATE = template0;\n\n\\connect shop\n")
    assert "pg_dump -C" in read_header(made, made).unsupported
    whole = b"--\n-- PostgreSQL database cluster dump\n--\nSELECT 1;\n-- PostgreSQL database cluster dump complete\n"
    found = read_header(whole, whole)
    assert ("pg_dumpall" in found.unsupported, found.wrong) == (True, "")


@pytest.mark.parametrize(
    ("version", "shown"), [("15.18", "15"), ("9.6.24", "9.6"), ("17", "17"), ("18beta"[:2], "18")]
)
def test_major_versions(version: str, shown: str) -> None:
    assert spelled(version) == shown
    assert major("9.6") < major("10.1") < major("15")
