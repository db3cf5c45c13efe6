"""Answers of /version and /access."""

from typing import Any

from lab.pve.api.handlers.register import answers
from lab.pve.api.people import Caller
from lab.pve.api.problems import failed, refused, unauthorised, wrong
from lab.pve.api.world import Call

_TOKENS = "/access/users/{userid}/token"
_TOKEN = f"{_TOKENS}/{{tokenid}}"


@answers("GET /version")
async def version(call: Call) -> dict[str, str]:
    """Say what this is; `repoid` tells that it is no Proxmox."""
    release = call.world.release
    return {"version": release.version, "release": release.series, "repoid": "drlab"}


@answers("POST /access/ticket")
async def ticket(call: Call) -> dict[str, Any]:
    """Give out a ticket for a password, or for a ticket that still holds."""
    values = call.values
    user = values["username"]
    if "@" not in user:
        user = f"{user}@{values.get('realm', 'pam')}"
    people = call.world.people
    if not people.has_user(user):
        raise unauthorised("authentication failure")
    caller = people.login(user, values["password"])
    rights = call.world.rights
    caps = {
        name: dict.fromkeys(rights.on(caller, f"/{path}"), 1)
        for name, path in (
            ("vms", "vms"),
            ("storage", "storage"),
            ("access", "access"),
            ("nodes", "nodes"),
            ("dc", ""),
        )
    }
    return {
        "username": user,
        "ticket": people.ticket(user),
        "CSRFPreventionToken": people.guard(user),
        "clustername": call.world.name,
        "cap": caps,
    }


@answers("GET /access/permissions")
async def permissions(call: Call) -> dict[str, dict[str, int]]:
    """Say which privileges the caller, or one of their tokens, has on which paths."""
    caller = call.caller
    asked = call.values.get("userid")
    if asked is not None and asked != caller.name:
        caller = _other(call, asked)
    rights = call.world.rights
    path = call.values.get("path")
    found: dict[str, dict[str, int]] = {}
    for each in [path] if path is not None else rights.paths(caller):
        have = rights.on(caller, each)
        if have or path is not None:
            found[each] = {name: int(propagates) for name, propagates in sorted(have.items())}
    return found


def _other(call: Call, asked: str) -> Caller:
    user, _, token = asked.partition("!")
    own = user == call.caller.user and not call.caller.token
    if not own:
        call.check("/access", "Sys.Audit")
    facts = dict(call.world.people.tokens(user)).get(token) if token else {"privsep": 0}
    if facts is None:
        raise failed(f"no such token '{token}' for user '{user}'")
    return Caller(user=user, token=token, separated=bool(facts["privsep"]))


@answers("GET /access/roles")
async def roles(call: Call) -> list[dict[str, Any]]:
    """List roles with their privileges."""
    built_in = call.world.release.roles()
    return [
        {"roleid": name, "privs": ",".join(sorted(privileges)), "special": int(name in built_in)}
        for name, privileges in sorted(call.world.rights.roles().items())
    ]


@answers("GET /access/acl")
async def rules(call: Call) -> list[dict[str, Any]]:
    """List the rules of paths on which the caller may change rights."""
    return [
        {
            "path": rule.path,
            "ugid": rule.who,
            "roleid": rule.role,
            "type": "token" if "!" in rule.who else "user",
            "propagate": int(rule.propagate),
        }
        for rule in call.world.rights.rules()
        if call.may(rule.path, "Permissions.Modify")
    ]


@answers("PUT /access/acl")
async def change_rules(call: Call) -> None:
    """Add or remove rules of users and tokens."""
    values = call.values
    path = values["path"]
    call.check(path, "Permissions.Modify")
    who = [name for key in ("users", "tokens") for name in values.get(key, "").split(",") if name]
    if not who:
        raise wrong({"users": "either 'users', 'groups' or 'tokens' is required"})
    for name in who:
        for role in values["roles"].split(","):
            if values.get("delete"):
                call.world.rights.disallow(path, name, role)
            else:
                call.world.rights.allow(path, name, role, propagate=values.get("propagate", True))


def _own_or_modify(call: Call) -> str:
    """Return the user of the path. Raises 403 for others' tokens."""
    user = call.names["userid"]
    own = call.caller.user == user and not call.caller.token
    if not own and not call.may("/access/groups", "User.Modify"):
        raise refused()
    if not call.world.people.has_user(user):
        raise failed(f"no such user ('{user}')")
    return user


@answers(f"GET {_TOKENS}")
async def tokens(call: Call) -> list[dict[str, Any]]:
    """List a user's tokens."""
    return [{"tokenid": name} | facts for name, facts in call.world.people.tokens(_own_or_modify(call))]


@answers(f"GET {_TOKEN}")
async def token(call: Call) -> dict[str, Any]:
    """Say what one token is."""
    user, name = _own_or_modify(call), call.names["tokenid"]
    facts = dict(call.world.people.tokens(user)).get(name)
    if facts is None:
        raise failed(f"no such token '{name}' for user '{user}'")
    return facts


@answers(f"POST {_TOKEN}")
async def make_token(call: Call) -> dict[str, Any]:
    """Make a token; its secret is said this once."""
    user, name = _own_or_modify(call), call.names["tokenid"]
    people = call.world.people
    if name in dict(people.tokens(user)):
        raise wrong({"tokenid": "Token already exists."})
    separated, expire = call.values.get("privsep", True), call.values.get("expire", 0)
    comment = call.values.get("comment", "")
    secret = people.add_token(user, name, separated=separated, expire=expire, comment=comment)
    info = {"privsep": int(separated), "expire": expire, "comment": comment}
    return {"full-tokenid": f"{user}!{name}", "info": info, "value": secret}


@answers(f"DELETE {_TOKEN}")
async def drop_token(call: Call) -> None:
    """Remove a token, and its rules with it."""
    user, name = _own_or_modify(call), call.names["tokenid"]
    if not call.world.people.drop_token(user, name):
        raise failed(f"no such token '{name}' for user '{user}'")
    rights = call.world.rights
    for rule in list(rights.rules()):
        if rule.who == f"{user}!{name}":
            rights.disallow(rule.path, rule.who)
