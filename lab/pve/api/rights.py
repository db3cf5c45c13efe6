"""Who may do what: roles, the tree of access rules, pools, and what a token takes away from its user.

A path's rights are those of the deepest rule that applies; rules above count only if they propagate. A pool's
rights hold for its members. A token with separate rights has what its user AND itself have.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lab.pve.api.people import Caller
from lab.pve.api.problems import denied, failed, refused
from lab.pve.api.releases import Release
from lab.pve.api.store import Store

ROOTS = ("", "/access", "/mapping", "/nodes", "/pool", "/sdn", "/storage", "/vms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of the access list. `who` is a user, or a token's full name."""

    path: str
    who: str
    role: str
    propagate: bool

    @property
    def key(self) -> str:
        """What makes it one line."""
        return f"{self.path} {self.who} {self.role}"


class Rights:
    """Rules, roles and pools of the cluster, in its store."""

    def __init__(self, store: Store, release: Release) -> None:
        self._store = store
        self.release = release

    # -- keeping ---------------------------------------------------------------------------------------------

    def add_role(self, name: str, privileges: Iterable[str]) -> None:
        """Make a role. Raises ApiError for a privilege that the release does not have."""
        wanted = frozenset(privileges)
        for privilege in sorted(wanted - self.release.privileges):
            raise failed(f"invalid privilege '{privilege}'")
        self._store.put("role", name, {"privileges": sorted(wanted)})

    def roles(self) -> dict[str, frozenset[str]]:
        """Every role, built in or made."""
        made = {name: frozenset(body["privileges"]) for name, body in self._store.all("role")}
        return self.release.roles() | made

    def allow(self, path: str, who: str, role: str, *, propagate: bool = True) -> None:
        """Add a rule. Raises ApiError for an unknown role."""
        if role not in self.roles():
            raise failed(f"role '{role}' does not exist")
        rule = Rule(path=_normal(path), who=who, role=role, propagate=propagate)
        self._store.put(
            "rule", rule.key, {"path": rule.path, "who": who, "role": role, "propagate": propagate}
        )

    def disallow(self, path: str, who: str = "", role: str = "") -> int:
        """Remove rules of exactly this path (of one user or token, of one role); return how many."""
        found = [
            rule
            for rule in self.rules()
            if rule.path == _normal(path) and who in {"", rule.who} and role in {"", rule.role}
        ]
        for rule in found:
            self._store.drop("rule", rule.key)
        return len(found)

    def rules(self) -> Iterator[Rule]:
        """Every rule."""
        return (Rule(**body) for _, body in self._store.all("rule"))

    def add_pool(self, pool: str, comment: str = "") -> None:
        """Make a pool, or leave it as it is."""
        if self._store.get("pool", pool) is None:
            self._store.put("pool", pool, {"comment": comment, "guests": [], "storages": []})

    def pools(self) -> dict[str, dict[str, list[str]]]:
        """Every pool with its `guests` and `storages`."""
        return dict(self._store.all("pool"))

    def join(self, pool: str, *, guest: int | None = None, storage: str | None = None) -> None:
        """Put a guest or a storage into a pool. Raises ApiError without that pool."""
        self.check_pool(pool)
        body = self._store.get("pool", pool) or {}
        if guest is not None:
            self.leave_pool(guest)
            body = self._store.get("pool", pool) or {}
            body["guests"].append(str(guest))
        if storage is not None and storage not in body["storages"]:
            body["storages"].append(storage)
        self._store.put("pool", pool, body)

    def leave_pool(self, guest: int) -> None:
        """Take a guest out of whatever pool it is in."""
        for name, body in self._store.all("pool"):
            if str(guest) in body["guests"]:
                body["guests"].remove(str(guest))
                self._store.put("pool", name, body)

    def forget_guest(self, guest: int) -> None:
        """What destroying a guest does: its rules and its pool membership go."""
        self.disallow(f"/vms/{guest}")
        self.leave_pool(guest)

    def pool_of(self, kind: str, name: str) -> str | None:
        """The pool that has a member; `kind` is `guests` or `storages`."""
        return next((pool for pool, body in self.pools().items() if name in body[kind]), None)

    # -- asking ----------------------------------------------------------------------------------------------

    def on(self, caller: Caller, path: str) -> dict[str, bool]:
        """Privileges that a caller has on a path, each with whether it propagates."""
        path = _normal(path)
        if caller.user == "root@pam":
            own = dict.fromkeys(self.release.privileges, True)
        else:
            own = self._of(caller.user, path)
        if not caller.token or not caller.separated:
            return own
        token = self._of(caller.name, path)
        return {name: own[name] and token[name] for name in own.keys() & token.keys()}

    def may(self, caller: Caller, path: str, *privileges: str, any_of: bool = False) -> bool:
        """Whether a caller has the privileges, all or any, on a path."""
        have = self.on(caller, path)
        spelt = [self.release.spelt(name) for name in privileges]
        return any(name in have for name in spelt) if any_of else all(name in have for name in spelt)

    def check(self, caller: Caller, path: str, *privileges: str, any_of: bool = False) -> None:
        """Raise 403 without the privileges."""
        if not self.may(caller, path, *privileges, any_of=any_of):
            raise denied(path, *(self.release.spelt(name) for name in dict.fromkeys(privileges)))

    def check_guest(self, caller: Caller, vmid: int, pool: str | None, *privileges: str) -> None:
        """Raise 403 without the privileges on a guest, or on the pool that it will join."""
        if pool is not None and self.may(caller, f"/pool/{pool}", *privileges):
            return
        self.check(caller, f"/vms/{vmid}", *privileges)

    def check_pool(self, pool: str) -> None:
        """Raise without that pool."""
        if self._store.get("pool", pool) is None:
            raise failed(f"pool '{pool}' does not exist")

    def check_root(self, caller: Caller) -> None:
        """Raise 403 to everybody but root itself."""
        if not caller.is_root:
            raise refused()

    def paths(self, caller: Caller) -> list[str]:
        """Paths worth telling about to a caller: the fixed ones, those of rules, those of pools' members."""
        found = {rule.path for rule in self.rules() if rule.who in {caller.user, caller.name}}
        for pool, body in self.pools().items():
            found.add(f"/pool/{pool}")
            found.update(f"/vms/{guest}" for guest in body["guests"])
            found.update(f"/storage/{name}" for name in body["storages"])
        return sorted(path or "/" for path in found | set(ROOTS))

    def _of(self, who: str, path: str) -> dict[str, bool]:
        found = self._by_rules(who, path)
        if found is None:
            return {}
        kind, _, name = path.strip("/").partition("/")
        pool = {"vms": "guests", "storage": "storages"}.get(kind)
        holder = self.pool_of(pool, name) if pool else None
        if holder is not None:
            return (self._by_rules(who, f"/pool/{holder}") or {}) | found
        return found

    def _by_rules(self, who: str, path: str) -> dict[str, bool] | None:
        """Privileges by rules alone; None when a NoAccess rule ends it."""
        roles = self.roles()
        held: dict[str, bool] = {}
        steps = [part for part in path.split("/") if part]
        rules = [rule for rule in self.rules() if rule.who == who]
        for depth in range(len(steps) + 1):
            here = "/" + "/".join(steps[:depth]) if depth else "/"
            final = depth == len(steps)
            applied = {
                rule.role: rule.propagate for rule in rules if rule.path == here and (final or rule.propagate)
            }
            if applied:
                held = {"NoAccess": True} if "NoAccess" in applied else applied
        if "NoAccess" in held:
            return None
        privileges: dict[str, bool] = {}
        for role, propagate in held.items():
            for name in roles.get(role, frozenset()):
                privileges[name] = privileges.get(name, False) or propagate
        return privileges


def _normal(path: str) -> str:
    return "/" + path.strip("/")
