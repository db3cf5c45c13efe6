"""The table that tells refusals apart.

The API answers almost every refusal with status 500 and a sentence; 400, 401, 403, 501 and the pseudo
codes 595 to 599 of a node that asks another one are all that a status tells. The same sentences end up
as exit status of tasks, or in their logs. The texts are those of the published sources of 8.4 and 9.x;
none was seen on a real cluster yet.

Only what says that the archive's own bytes are wrong is a DefectError: an archive that cannot be read
because its storage is gone is not damaged.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from drverify.adapters.proxmox.errors import (
    AgentRefused,
    AlreadyThere,
    ApiError,
    AuthenticationFailed,
    BadParameters,
    ConfigChanged,
    DamagedArchive,
    GuestLocked,
    LockTimeout,
    NoAgent,
    NodeUnreachable,
    NoQuorum,
    NoSpace,
    NotPermitted,
    NotRunning,
    NotThere,
    Protected,
    StillRunning,
    StorageOffline,
    TaskFailed,
)
from drverify.errors import DrverifyError

LONGEST = 500
"""Characters of the API's own words that are kept."""
GATEWAY = frozenset({502, 503, 504, 595, 596, 597, 598, 599})
"""Somebody between us and the node got no answer from it."""
LOOKED_AT = 60
"""Last lines of a task's log that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What the API said no with."""

    doing: str
    """Names the action, for example 'GET /nodes/pve1/qemu/9100/config'."""
    status: int
    """HTTP status; 0 for the end of a task."""
    said: str
    """One or more lines, without secrets."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Parameter to complaint, of a 400."""


Maker = Callable[["re.Match[str]", Refusal], DrverifyError]


def one_line(text: str, longest: int = LONGEST) -> str:
    """Make a bounded, printable line of what somebody said."""
    shown = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _plain(kind: type[ApiError], refusal: Refusal, hint: str = "") -> ApiError:
    said = one_line(refusal.said)
    return kind(f"{refusal.doing}: {said}", hint=hint, status=refusal.status, said=said)


def _simple(kind: type[ApiError], hint: str = "") -> Maker:
    return lambda _, refusal: _plain(kind, refusal, hint)


def _locked(found: "re.Match[str]", refusal: Refusal) -> ApiError:
    said = one_line(refusal.said)
    hint = "wait for what holds the lock; a lock that a dead task left is removed by root with `qm unlock`"
    made = GuestLocked(f"{refusal.doing}: {said}", hint=hint, status=refusal.status, said=said)
    made.lock = found[1] or ""
    return made


def _damaged(_: "re.Match[str]", refusal: Refusal) -> DrverifyError:
    return DamagedArchive(
        f"{refusal.doing}: the backup is damaged: {one_line(refusal.said)}",
        hint="`drverify vma verify` on the archive says where; on a backup server, verify the snapshot",
    )


def _row(pattern: str, make: Maker) -> tuple[re.Pattern[str], Maker]:
    return re.compile(pattern, re.IGNORECASE), make


_ROOT = "use another backup, or restore it by hand: only root@pam with a password may do this"
TABLE: tuple[tuple[re.Pattern[str], Maker], ...] = (
    _row(
        r"cluster not ready - no quorum|no quorum!",
        _simple(NoQuorum, "bring the cluster's other nodes back; nothing can be changed until then"),
    ),
    _row(
        r"can't lock file '[^']*' - got timeout|got lock request timeout|can't acquire lock '[^']*'",
        _simple(LockTimeout, "another task works on the guest, or a node hangs; nothing was changed"),
    ),
    _row(r"\b(?:VM|CT) is locked(?: \(([\w-]+)\))?", _locked),
    _row(
        r"(?:VM|CT) \d+ already exists|config file already exists|already exists on node",
        _simple(AlreadyThere, "the VMID is taken; see the host's range of VMIDs in the settings"),
    ),
    _row(
        r"no space left on device|\(-28\)|out of space|insufficient free (?:space|extents)"
        r"|not enough free space|disk quota exceeded",
        _simple(NoSpace, "make room on the storage that drills restore to"),
    ),
    _row(
        r"storage '[^']+' is not (?:online|available|active)|unable to activate storage|stale file handle"
        r"|input/output error|transport endpoint is not connected|can't connect to .*:8007"
        r"|error (?:listing snapshots|fetching datastores)|mount error|is not mounted"
        r"|storage (?:'[^']+' )?is disabled",
        _simple(StorageOffline, "look at the storage on that node: `pvesm status`"),
    ),
    _row(
        r"content type '\w+' is not available on storage|storage '[^']+' does not support content",
        _simple(
            BadParameters, "restore to a storage whose content includes `images` (containers: `rootdir`)"
        ),
    ),
    _row(r"only root can |only root@pam", _simple(NotPermitted, _ROOT)),
    _row(
        r"no such file or directory|volume '[^']+' does not exist|no such volume",
        _simple(NotThere, "it may have been pruned meanwhile: list the points again"),
    ),
    _row(
        r"(?:missing|wrong) key - manifest",
        _simple(ApiError, "give the storage's entry the encryption key that the backup was made with"),
    ),
    _row(
        r"archive does not contain data for drive|detected missing cluster \d+|short vma extent"
        r"|wrong vma (?:\w+ ){0,3}che(?:ck|ch)sum"
        r"|vma.*(?:not a vma|wrong (?:uuid|magic)|unable to read|unexpected|invalid|duplicate)"
        r"|got timeout reading vma header|failed to extract config from .*exit code 133"
        r"|no configuration found in archive"
        r"|zstd: .*(?:corrupt|checksum|premature|unexpected end|unsupported format|read error \(39\))"
        r"|gzip: .*(?:unexpected end of file|crc error|invalid compressed data|not in gzip format)"
        r"|lzop: .*(?:checksum error|unexpected end|not a lzop file|corrupt)"
        r"|tar: .*(?:unexpected eof|skipping to next header|does not look like a tar archive)"
        r"|(?:blob|chunk|index|manifest).*(?:wrong|invalid|bad|mismatch).*(?:crc|csum|checksum|digest|magic)",
        _damaged,
    ),
    _row(
        r"checksum mis+match|file change by other user|detected modified configuration",
        _simple(ConfigChanged, "somebody else changed the guest's configuration meanwhile"),
    ),
    _row(
        r"can't remove (?:VM|CT) .*protection|protection mode enabled|protection mode",
        _simple(Protected, "somebody protected this guest; look at it before you take the protection away"),
    ),
    _row(
        r"no qemu guest agent configured|guest agent is not running"
        r"|q(?:ga|mp) command 'guest-[^']+' failed - got timeout",
        _simple(NoAgent, "the guest needs qemu-guest-agent running, and `agent: 1` in its configuration"),
    ),
    _row(
        r"agent error|command \S+ (?:has been disabled|has not been found|not allowed)",
        _simple(AgentRefused),
    ),
    _row(r"(?:VM|CT) \d+ (?:is )?not running|not running", _simple(NotRunning)),
    _row(r"(?:(?:VM|CT)(?: \d+)?|container) (?:is|already) running|already running", _simple(StillRunning)),
    _row(
        r"used in ha resources",
        _simple(ApiError, "the guest's VMID is still known to the HA manager: `ha-manager remove`"),
    ),
    _row(
        r"insufficient free memory|cannot allocate memory|out of memory",
        _simple(ApiError, "the node has too little memory free for this guest"),
    ),
    _row(
        r"host doesn't support requested feature|unsupported machine type|machine type .* not supported",
        _simple(
            ApiError, "the node's processor or QEMU lacks what the guest asks for: override cpu or machine"
        ),
    ),
    _row(
        r"unable to parse worker upid|does not exist|hostname lookup '[^']*' failed|unable to find"
        r"|no such (?:task|vm|ct|node|storage|pool|cluster node)",
        _simple(NotThere),
    ),
)
"""Patterns in the order in which they are looked for; the first line that one of them hits counts."""

_DENIED = re.compile(r"\((?P<where>/[^,()\s]*), (?P<privileges>[^()]+)\)")
_STATUS: Mapping[int, tuple[type[ApiError], str]] = {
    401: (AuthenticationFailed, "check the token or password in the settings, and that it did not expire"),
    501: (NotThere, "this version of Proxmox VE does not have this call"),
    **dict.fromkeys(GATEWAY, (NodeUnreachable, "the node that answers cannot reach this one: is it up?")),
}


def translate(refusal: Refusal) -> DrverifyError:
    """Turn a refusal into an error of its own type: ApiError, or DefectError for a damaged backup."""
    if refusal.status in _STATUS:
        kind, hint = _STATUS[refusal.status]
        return _plain(kind, refusal, hint)
    if refusal.status == 403:  # noqa: PLR2004 - HTTP
        return _denied(refusal)
    if refusal.status == 400:  # noqa: PLR2004 - HTTP
        return _wrong(refusal)
    return recognise(refusal) or _plain(ApiError, refusal)


def recognise(refusal: Refusal, log: Sequence[str] = ()) -> DrverifyError | None:
    """Look what was said up in the table, and the end of a task's log behind it."""
    lines = [line for line in (*refusal.said.splitlines(), *log[-LOOKED_AT:]) if line.strip()]
    for pattern, make in TABLE:
        for line in lines:
            if found := pattern.search(line):
                shown = Refusal(doing=refusal.doing, status=refusal.status, said=line)
                return make(found, shown)
    return None


def failed_task(doing: str, exit_status: str, log: Sequence[str]) -> DrverifyError:
    """Turn the end of a task that went wrong into an error of its own type."""
    refusal = Refusal(doing=doing, status=0, said=exit_status)
    error = recognise(refusal, log)
    if error is None:
        kind = exit_status.strip() or "no reason given"
        hint = (
            "the node does not know how the task ended: it was killed" if kind == "unexpected status" else ""
        )
        error = TaskFailed(f"{doing}: {one_line(kind)}", hint=hint, said=one_line(exit_status))
    return error


def _denied(refusal: Refusal) -> ApiError:
    said = one_line(refusal.said)
    found = _DENIED.search(said)
    error = NotPermitted(f"{refusal.doing}: {said}", status=refusal.status, said=said)
    if "not available with API token" in said:
        error.hint = "this call needs a user with a password instead of an API token"
    elif found is None:
        error.hint = "compare the account's rights: `drverify doctor --host NAME`"
    else:
        error.where = found["where"]
        error.privileges = tuple(found["privileges"].replace("|", " ").replace(",", " ").split())
        error.hint = (
            f"give {' or '.join(error.privileges)} on {error.where} to the user and to its token, both"
        )
    return error


def _wrong(refusal: Refusal) -> DrverifyError:
    shown = "; ".join(f"{name}: {one_line(text, 200)}" for name, text in sorted(refusal.fields.items()))
    said = one_line(f"{refusal.said} {shown}")
    error = BadParameters(f"{refusal.doing}: {said}", status=refusal.status, said=said)
    error.fields = MappingProxyType({name: one_line(text, 200) for name, text in refusal.fields.items()})
    return error
