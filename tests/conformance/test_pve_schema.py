"""The stand-in's parameter tables against the schema that an independent stand-in (fakepve) ships.

fakepve's schema is of 9.2, which added nothing to the calls that we have. It is a test dependency only.
"""

import gzip
import json
import re
from importlib import resources

import pytest

from lab.pve.api.handlers.every import HANDLERS
from lab.pve.api.releases import EIGHT, NINE
from lab.pve.api.tables.endpoint import Endpoint
from lab.pve.api.tables.every import ENDPOINTS

pytest.importorskip("fakepve", reason="the independent schema is fakepve's")
SCHEMA = json.loads(gzip.decompress((resources.files("fakepve") / "data/pve-api.json.gz").read_bytes()))[
    "paths"
]
EXEC = "/nodes/{node}/qemu/{vmid}/agent/exec"


def properties(endpoint: Endpoint) -> dict:
    found = dict(SCHEMA[endpoint.path][endpoint.method].get("parameters", {}).get("properties", {}))
    return {name: facts for name, facts in found.items() if name not in endpoint.names}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.key)
def test_names_types_and_what_is_required_agree(endpoint):
    theirs = properties(endpoint)
    ours = {parameter.name: parameter for parameter in endpoint.parameters(9)}
    assert ours.keys() == theirs.keys()
    for name, facts in theirs.items():
        assert ours[name].kind == facts["type"], name
        assert ours[name].needed == (not facts.get("optional")), name


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.key)
def test_bounds_and_choices_agree(endpoint):
    for parameter in endpoint.parameters(9):
        facts = properties(endpoint)[parameter.name]
        assert parameter.one_of == () or set(parameter.one_of) == set(facts["enum"]), parameter.name
        for ours, theirs in (
            (parameter.least, "minimum"),
            (parameter.most, "maximum"),
            (parameter.longest, "maxLength"),
        ):
            assert ours is None or ours == int(facts[theirs]), (parameter.name, theirs)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.key)
def test_rights_that_the_server_checks_agree(endpoint):
    permissions = SCHEMA[endpoint.path][endpoint.method].get("permissions", {})
    need, check = endpoint.needed(9), permissions.get("check")
    if endpoint.world:
        assert permissions["user"] == "world"
    if need is None:
        return
    assert check[0] == "perm"
    assert re.sub(r"\s", "", check[1]) == need.path
    assert set(need.privileges) == set(check[2])
    assert len(set(check[2])) == 1 or need.any_of == ("any" in check)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.key)
def test_calls_that_tokens_may_not_make_agree(endpoint):
    assert endpoint.token == bool(SCHEMA[endpoint.path][endpoint.method].get("allowtoken", 1))


def test_every_endpoint_has_one_handler_and_no_handler_is_without_endpoint():
    keys = [endpoint.key for endpoint in ENDPOINTS]
    assert len(keys) == len(set(keys))
    assert HANDLERS.keys() == set(keys)


def test_every_privilege_of_a_table_exists_in_its_release():
    for release in (EIGHT, NINE):
        for endpoint in ENDPOINTS:
            need = endpoint.needed(release.major)
            if need is not None:
                assert {release.spelt(name) for name in need.privileges} <= release.privileges, endpoint.key
