"""What the settings say about a cluster."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.proxmox.settings import AccessOptions, Endpoint, endpoint, read_options
from drverify.adapters.proxmox.source_factory import settings
from drverify.errors import InputError

TOKEN = {"address": "pve1", "token": "drill@pve!one", "token_secret": "env:SECRET"}


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("pve1", "pve1", 8006),
        ("pve1.example:443", "pve1.example", 443),
        ("https://10.0.0.1:8006/", "10.0.0.1", 8006),
        ("[fd00::1]:8007", "fd00::1", 8007),
        ("[fd00::1]", "fd00::1", 8006),
    ],
)
def test_addresses(address: str, host: str, port: int) -> None:
    assert endpoint(address) == Endpoint(host=host, port=port)


@pytest.mark.parametrize("address", ["", "http://pve1", "pve1/x", "user@pve1", "pve1:x", "fd00::1", "a b"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        endpoint(address)


def test_fingerprints_are_taken_as_nodes_print_them() -> None:
    pinned = endpoint("pve1", ":".join(["AB"] * 32))
    assert pinned.fingerprint == "ab" * 32
    for wrong in ("AB:CD", "g" * 64, "ab" * 20):
        with pytest.raises(ValueError, match="SHA-256"):
            endpoint("pve1", wrong)


def test_everything_that_a_table_may_say() -> None:
    options = {
        **TOKEN,
        "ca": "/etc/drverify/ca.pem",
        "within_s": 5,
        "nodes": {"pve2": {"address": "10.0.0.2", "fingerprint": "cd" * 32}},
        "storages": ["pbs"],
        "node": "pve2",
        "timezone": "Europe/Berlin",
    }
    read = settings("cluster", options)
    assert read.access.account == "drill@pve!one"
    assert read.access.ca == Path("/etc/drverify/ca.pem")
    assert read.access.within == timedelta(seconds=5)
    assert read.access.nodes["pve2"] == Endpoint(host="10.0.0.2", fingerprint="cd" * 32)
    assert (read.name, read.storages, read.node, read.timezone) == (
        "cluster",
        ("pbs",),
        "pve2",
        "Europe/Berlin",
    )


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({}, "sources.cluster.address: Field required"),
        ({**TOKEN, "adress": "x"}, "sources.cluster.adress: Extra inputs"),
        ({"address": "pve1"}, "either `token`"),
        ({**TOKEN, "user": "a@pve"}, "either `token`"),
        ({"address": "pve1", "token": "drill@pve!one"}, "token_secret"),
        ({"address": "pve1", "user": "drill@pve"}, "password"),
        ({**TOKEN, "token": "drill@pve!one=5f1c"}, "user@realm!id"),
        ({**TOKEN, "token": "drill"}, "user@realm!id"),
        ({"address": "pve1", "user": "drill", "password": "env:P"}, "user@realm"),
        ({**TOKEN, "within_s": 0}, "within_s"),
        ({**TOKEN, "ca": "ca.pem"}, "full path"),
        ({**TOKEN, "fingerprint": "x"}, "fingerprint"),
        ({**TOKEN, "nodes": {"pve2": {"adress": "x"}}}, "sources.cluster.nodes.pve2.address"),
        ({**TOKEN, "timezone": "Nowhere/Land"}, "time zone"),
    ],
)
def test_everything_wrong_is_named(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        settings("cluster", options)
    assert complaint in str(caught.value)


def test_a_secret_in_the_wrong_place_is_not_shown() -> None:
    with pytest.raises(InputError) as caught:
        read_options(AccessOptions, {**TOKEN, "token": ["5f1c-secret"]}, table="hosts.pve")
    assert "5f1c" not in str(caught.value)
    assert caught.value.__cause__ is None
