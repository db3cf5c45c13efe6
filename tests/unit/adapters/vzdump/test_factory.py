"""The settings of a vzdump source."""

from pathlib import Path

import pytest

from drverify.adapters import table
from drverify.adapters.directory import DirectoryStore
from drverify.adapters.restic.stored import ResticStore
from drverify.adapters.vzdump.factory import source
from drverify.errors import InputError

STORE = {"kind": "restic", "repository": "/repo", "password": "env:PW", "snapshots": {"host": "pve1"}}


def test_the_table_knows_it():
    assert table.load(table.SOURCES, "vzdump", "source") is source


def test_a_directory_needs_nothing_else():
    assert isinstance(source("d", {"directory": "/dump"}, bytes)._store, DirectoryStore)


def test_a_store_lends_its_files():
    options = {"directory": "/dump", "timezone": "Europe/Berlin", "store": STORE}
    assert isinstance(source("d", options, bytes)._store, ResticStore)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, r"sources\.d\.directory: Field required"),
        ({"directory": "dump"}, "not an absolute path"),
        ({"directory": "/dump", "password": "x"}, r"sources\.d\.password"),
        ({"directory": "/dump", "timezone": "Mars/Olympus"}, "no time zone"),
        ({"directory": "/dump", "timezone": "/etc/passwd"}, "no time zone"),
        ({"directory": "/dump", "store": STORE}, r"sources\.d\.timezone: it is needed"),
        ({"directory": "/dump", "timezone": "UTC", "mount": "/dump", "store": STORE}, "on no mount"),
        ({"directory": "/dump", "timezone": "UTC", "store": {"kind": "tape"}}, "store of archives: 'tape'"),
        ({"directory": "/dump", "timezone": "UTC", "store": {}}, "store of archives"),
        (
            {"directory": "/dump", "timezone": "UTC", "store": {"kind": "restic", "repository": "/r"}},
            r"sources\.d\.store\.password: Field required",
        ),
        (
            {"directory": "/dump", "timezone": "UTC", "store": {**STORE, "snapshots": {"hosts": "x"}}},
            r"sources\.d\.store\.snapshots\.hosts",
        ),
    ],
)
def test_wrong_options_are_named(options, says: str):
    with pytest.raises(InputError, match=says):
        source("d", options, bytes)


def test_what_is_not_mounted_is_not_empty(tmp_path: Path):
    made = source("d", {"directory": str(tmp_path), "mount": str(tmp_path)}, bytes)
    assert made._store._mount == tmp_path
