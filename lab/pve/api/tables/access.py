"""Endpoints below /access, and /version. Parameters' names and types as the published API 9.x has them."""

from lab.pve.api.parameters import Parameter, booleans, integer, strings
from lab.pve.api.tables.endpoint import Endpoint

_TOKENS = "/access/users/{userid}/token"
_TOKEN = f"{_TOKENS}/{{tokenid}}"
_USERNAME = Parameter(name="username", needed=True, longest=64)

ACCESS = (
    Endpoint(method="GET", path="/version"),
    Endpoint(
        method="POST",
        path="/access/ticket",
        world=True,
        token=False,
        table=(
            _USERNAME,
            Parameter(name="password", needed=True),
            *booleans("new-format"),
            *strings("otp path privs realm tfa-challenge"),
        ),
    ),
    Endpoint(method="GET", path="/access/permissions", table=strings("path userid")),
    Endpoint(method="GET", path="/access/roles"),
    Endpoint(method="GET", path="/access/acl"),
    Endpoint(
        method="PUT",
        path="/access/acl",
        quorum=True,
        table=(
            Parameter(name="path", needed=True),
            Parameter(name="roles", needed=True),
            *strings("groups tokens users"),
            *booleans("delete propagate"),
        ),
    ),
    Endpoint(method="GET", path=_TOKENS),
    Endpoint(method="GET", path=_TOKEN),
    Endpoint(
        method="POST",
        path=_TOKEN,
        quorum=True,
        table=(*strings("comment"), integer("expire", 0), *booleans("privsep")),
    ),
    Endpoint(method="DELETE", path=_TOKEN, quorum=True),
)
