"""Names, hosts and addresses that evidence hides from strangers and shows to those who may know. Pure.

What is hidden is replaced, in plan and record, by `sd:` and the digest of a disclosure; the predicate lists
the digests under `_sd`, with `_sd_alg`. Disclosures are those of RFC 9901 (section 4.2.1): base64url of the
JSON array [salt, name, value], the name being the place of the value in the predicate, the digest the
sha256 of the base64url text. The salt has 128 bits: names are guessed quickly.

The placeholder is the value for everybody who does not know better: digests of the plan, the subject, the
verdicts are made of it, and are computed again without any disclosure. It stands only where a name, host or
address does (`_hides`), and inside of texts that quote one of these; results, times, limits and
numbers cannot be hidden, for nothing else is read as a placeholder. One value has one placeholder in a
drill, and another one in the next. The workload's own name stays: registers and schedules say it.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from drverify.errors import EvidenceError
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.sealing import codec
from drverify.sealing.strict_json import Json, canonical, parse

ALGORITHM = "sha-256"
SALT_BYTES = 16
_PLACEHOLDER = re.compile(r"sd:[A-Za-z0-9_-]{43}", re.ASCII)
_ADDRESSES = frozenset({"address", "url", "serverName"})
_NETWORK = frozenset({"name", "subnet", "gateway", "dns", "address", "mac"})
_POINT = frozenset({"source", "host"})
_PLACES = frozenset(
    {
        "/plan/workload/source",
        "/plan/workload/host",
        "/plan/workload/points/host",
        "/plan/playbook/dns/*/name",
        "/plan/playbook/steps/*/access/address",
        "/plan/playbook/steps/*/address",
        "/plan/playbook/steps/*/mac",
        "/record/machine/name",
        "/record/inspection/system/hostname",
        "/record/inspection/system/network/*",
        "/record/inspection/system/mounts/*/device",
        "/record/inspection/volumes/*/name",
        "/record/inspection/fileSystems/*/device",
        "/record/inspection/fileSystems/*/label",
        "/record/dependencies/*/name",
        "/plan/workload/payload/sample/named/*",
        "/record/comparison/differences/*/path",
    }
)
_TEXTS = frozenset(
    {
        "/plan/workload/description",
        "/plan/workload/variables/*/*",
        "/plan/playbook/description",
        "/plan/playbook/steps/*/question",
        "/plan/playbook/steps/*/command/*",
        "/record/selection/why",
        "/record/probes/*/expected",
        "/record/probes/*/observed",
        "/record/controls/*/observed",
        "/record/isolation/checks/*/detail",
        "/plan/hardware/description",
        "/record/reworks/*/change",
        "/record/machine/deviations/*/change",
        "/record/machine/deviations/*/why",
        "/record/inspection/notRead",
        "/record/inspection/volumes/*/detail",
        "/record/inspection/fileSystems/*/detail",
        "/record/inspection/findings/*/where",
        "/record/inspection/findings/*/what",
        "/record/steps/*/said",
        "/record/comparison/basis",
        "/record/comparison/differences/*/expected",
        "/record/comparison/differences/*/found",
        "/record/faults/*/what",
        "/record/defects/*/what",
        "/record/gaveUp",
    }
)
_MIN_IN_TEXT = 3
"""Shorter values are not looked for in texts: they would be found in the middle of other things."""


@dataclass(slots=True)
class Concealer:
    """Hides the names, hosts and addresses of one drill; keeps the disclosures."""

    salt: Callable[[], bytes]
    """Gives 16 random bytes, others at each call."""
    disclosures: list[str] = field(default_factory=list)
    _placeholders: dict[str, str] = field(default_factory=dict)
    _open: str = ""

    def plan(self, plan: DrillPlan) -> DrillPlan:
        """The plan as it is signed; to be called before `record`."""
        self._open = plan.workload.name
        return codec.from_json(self._hidden(codec.to_json(plan), "/plan"), DrillPlan, what="plan")

    def record(self, record: DrillRecord) -> DrillRecord:
        """The record as it is signed."""
        return codec.from_json(self._hidden(codec.to_json(record), "/record"), DrillRecord, what="record")

    def content(self) -> bytes:
        """The disclosures as a file: one a line."""
        return "".join(f"{one}\n" for one in self.disclosures).encode()

    def _hidden(self, value: Json, top: str) -> Json:
        for path, text in _strings(value, top):
            if _hides(path) and text and text != self._open and text not in self._placeholders:
                self._hide(path, text)
        known = sorted((one for one in self._placeholders if len(one) >= _MIN_IN_TEXT), key=len, reverse=True)
        # Whole words: an address is not found in a longer one, nor a host in the name of another one.
        words = "|".join(map(re.escape, known))
        pattern = re.compile(rf"(?<![\w.-])(?:{words})(?![\w-]|\.\w)") if known else None

        def told(path: str, text: str) -> str:
            if _hides(path):
                return self._placeholders.get(text, text)
            if _text(path) and pattern is not None:
                return pattern.sub(lambda found: self._placeholders[found.group()], text)
            return text

        return _mapped(value, top, told)

    def _hide(self, path: str, value: str) -> None:
        made = _base64url(canonical([_base64url(self.salt()), path, value]))
        self.disclosures.append(made)
        self._placeholders[value] = f"sd:{_digest(made)}"


def hidden_in(plan: Json, record: Json) -> dict[str, tuple[str, ...]]:
    """The digests that stand where something may be hidden, and the places (of the predicate) of each."""
    found: dict[str, list[str]] = {}
    if not _marked([plan, record]):  # most drills hide nothing, and an audit reads a hundred thousand
        return {}
    for path, text in (*_strings(plan, "/plan"), *_strings(record, "/record")):
        if _hides(path) and _PLACEHOLDER.fullmatch(text):
            found.setdefault(text.removeprefix("sd:"), []).append(path)
    return {digest: tuple(found[digest]) for digest in sorted(found)}


def stated(plan: Json, record: Json) -> dict[str, Json]:
    """What the predicate says of what is hidden: nothing when nothing is."""
    hidden = hidden_in(plan, record)
    return {"_sd_alg": ALGORITHM, "_sd": [*hidden]} if hidden else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """What disclosures say of one drill."""

    values: Mapping[str, str]
    """By placeholder."""
    strange: int
    """How many of the disclosures belong to nothing that is hidden here."""

    def told(self, text: str, clean: Callable[[str], str] = str) -> str:
        """A text with the values in place of their placeholders, each as `clean` writes it."""
        return _PLACEHOLDER.sub(lambda found: clean(self.values.get(found.group(), found.group())), text)


def disclosed(content: bytes, hidden: Mapping[str, tuple[str, ...]]) -> Disclosed:
    """Read a file of disclosures, which may be of many drills, for what is hidden in one (`hidden_in`).

    EvidenceError for one that belongs here and is none: no salt of 128 bits, another place, not a text.
    """
    try:
        lines = content.decode("ascii").split()
    except UnicodeDecodeError as error:
        raise EvidenceError("disclosures: not a file of disclosures") from error
    values: dict[str, str] = {}
    for line in lines:
        digest = _digest(line)
        if digest in hidden:
            values[f"sd:{digest}"] = _value(line, hidden[digest])
    return Disclosed(values=values, strange=len(set(lines)) - len(values))


def _value(line: str, places: Iterable[str]) -> str:
    what = "disclosure"
    fields = parse(_decoded(line, what), what=what)
    if not isinstance(fields, list) or len(fields) != len(("salt", "name", "value")):
        raise EvidenceError(f"{what}: must be an array of salt, name, value")
    salt, name, value = fields
    if not isinstance(salt, str) or len(_decoded(salt, what)) < SALT_BYTES:
        raise EvidenceError(f"{what}: its salt has less than {SALT_BYTES * 8} bits")
    if not isinstance(name, str) or name not in places or not isinstance(value, str):
        raise EvidenceError(f"{what}: nothing is hidden at {str(name)[:80]!r} by it")
    return value


def _hides(path: str) -> bool:
    """Whether a name, host or address stands there: the only places where something is hidden whole."""
    general = _general(path)
    *above, last = general.split("/")
    if general in _PLACES:
        return True
    if general.startswith("/plan/playbook/probes/") or general == "/plan/playbook/dns/*/address":
        return last in _ADDRESSES
    if general.startswith(("/plan/workload/payload/", "/record/machine/shape/")):
        return above[-2:] == ["networks", "*"] and last in _NETWORK
    return general.startswith(("/record/selection/point/", "/record/selection/listed/*/")) and last in _POINT


def _text(path: str) -> bool:
    """Whether a text stands there that may quote a name, host or address."""
    return _general(path) in _TEXTS


def _general(path: str) -> str:
    return "/".join("*" if step.isdigit() else step for step in path.split("/"))


def _marked(values: list[Json]) -> bool:
    """Whether any string below begins as a placeholder does."""
    while values:
        below: list[Json] = []
        for one in values:
            if isinstance(one, str):
                if one.startswith("sd:"):
                    return True
            elif isinstance(one, dict):
                below += one.values()
            elif isinstance(one, list):
                below += one
        values = below
    return False


def _strings(value: Json, path: str) -> Iterator[tuple[str, str]]:
    """Every string below, and where it stands."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _strings(one, f"{path}/{name}")
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _strings(one, f"{path}/{at}")


def _mapped(value: Json, path: str, change: Callable[[str, str], str]) -> Json:
    """The same with every string changed."""
    if isinstance(value, str):
        return change(path, value)
    if isinstance(value, dict):
        return {name: _mapped(one, f"{path}/{name}", change) for name, one in value.items()}
    if isinstance(value, list):
        return [_mapped(one, f"{path}/{at}", change) for at, one in enumerate(value)]
    return value


def _digest(disclosure: str) -> str:
    return _base64url(hashlib.sha256(disclosure.encode()).digest())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decoded(text: str, what: str) -> bytes:
    """The bytes of base64url without padding, in its one form."""
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise EvidenceError(f"{what}: not base64url") from error
    if _base64url(content) != text:
        raise EvidenceError(f"{what}: not base64url in its one form")
    return content
