"""The settings of a source of disk images."""

import pytest

from drverify.adapters import table
from drverify.adapters.directory import DirectoryStore
from drverify.adapters.images.factory import source
from drverify.adapters.restic.stored import ResticStore
from drverify.errors import InputError

STORE = {"kind": "restic", "repository": "/repo", "password": "env:PW"}


def test_the_table_knows_it():
    assert table.load(table.SOURCES, "images", "source") is source


def test_a_directory_or_a_store_lends_its_files():
    assert isinstance(source("d", {"directory": "/images"}, bytes)._store, DirectoryStore)
    assert isinstance(source("d", {"directory": "/images", "store": STORE}, bytes)._store, ResticStore)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, r"sources\.d\.directory: Field required"),
        ({"directory": "images"}, "not an absolute path"),
        ({"directory": "/images", "password": "x"}, r"sources\.d\.password"),
        ({"directory": "/images", "timezone": "Mars/Olympus"}, "no time zone"),
        ({"directory": "/images", "mount": "/images", "store": STORE}, "on no mount"),
        ({"directory": "/images", "store": {"kind": "tape"}}, "store of images: 'tape'"),
    ],
)
def test_wrong_options_are_named(options, says):
    with pytest.raises(InputError, match=says):
        source("d", options, bytes)
