"""What can go wrong with restic, each a type of its own, and the table that tells them apart.

restic 0.14 to 0.16 say what is wrong in English only; from 0.17 exit codes 10, 11 and 12 (no
repository, locked, wrong password) and, with `--json`, error objects on stderr say some of it. The
texts below were seen on 0.14.0 and 0.18.0 with repositories broken on purpose
(`tests/faults/test_restic_faults.py`).

Only what restic proved by a checksum, or what is absent from a repository that otherwise answers,
is a DefectError: everything else is ours.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drverify.adapters.linux.command import ending
from drverify.adapters.restic.abilities import Abilities
from drverify.errors import DefectError, DrverifyError, HostError, SourceError


class NoRepository(SourceError):  # noqa: N818 - these read as findings
    """There is no repository at the address."""


class WrongPassword(SourceError):  # noqa: N818
    """The password opens no key of the repository."""


class Locked(SourceError):  # noqa: N818
    """The repository is locked and this access would need a lock."""


class NoSuchPoint(SourceError):  # noqa: N818
    """A point that was listed is not there any more (pruned meanwhile); says nothing of the others."""


class CutOff(SourceError):  # noqa: N818
    """The repository cannot be reached, or was lost on the way."""


class NoSpace(HostError):  # noqa: N818
    """The restore host has no room for the restored data."""


class Killed(SourceError):  # noqa: N818
    """restic was killed by a signal that did not come from us."""


class NotInPoint(DefectError):  # noqa: N818
    """The point does not hold the path that the workload names."""


class DamagedData(DefectError):  # noqa: N818
    """Data of the backup is damaged or missing; says which, as far as restic does."""

    def __init__(
        self, message: str, *, file: str = "", pack: str = "", blob: str = "", hint: str = ""
    ) -> None:
        parts = (("file", file), ("pack", pack), ("blob", blob))
        where = ", ".join(f"{name} {value}" for name, value in parts if value)
        super().__init__(f"{message} ({where})" if where else message, hint=hint)
        self.file = file
        self.pack = pack
        self.blob = blob


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How a run of restic ended."""

    exit_code: int
    """Below zero: the signal that killed it."""
    stderr: str
    """Without secrets."""
    doing: str
    """Names the action, for example 'restoring /disk.raw from 2dcf98f7'."""
    file: str = ""
    """Path inside the point."""


Maker = Callable[[str, Failure], DrverifyError]

_HEX = r"[0-9a-f]{8,64}"
_PACK = (
    re.compile(rf"/data/[0-9a-f]{{2}}/({_HEX})"),
    re.compile(rf"(?:Load|ReadFull|LoadRaw)\(<data/({_HEX})>"),
    re.compile(rf"<(?:data|tree)/{_HEX}> from ({_HEX}) failed"),
)
_BLOB = (
    re.compile(rf"decrypting blob (?:<(?:data|tree)/)?({_HEX})"),
    re.compile(rf"\bid ({_HEX}) not found in repository"),
)
_FILE = re.compile(r"ignoring error for (/.*?): (?=\S)")


def _first(patterns: Sequence[re.Pattern[str]], text: str) -> str:
    for pattern in patterns:
        if found := pattern.search(text):
            return found[1]
    return ""


def _damaged(line: str, failure: Failure) -> DrverifyError:
    found = _FILE.search(line)
    named = found[1] if found and found[1] != "/" else failure.file
    return DamagedData(
        f"{failure.doing}: the backup is damaged: {line}",
        file=named,
        pack=_first(_PACK, line),
        blob=_first(_BLOB, line),
        hint="`restic check --read-data` on the repository lists everything that is damaged",
    )


def _simple(kind: type[DrverifyError], hint: str) -> Maker:
    return lambda line, failure: kind(f"{failure.doing}: {line}", hint=hint)


_SSH = (  # not just anything: a banner, or "Permanently added ..." to the known hosts, is no failure
    r"subprocess \S+: .*(?:ssh: |Host key verification failed|Permission denied|Read from remote host"
    r"|Connection (?:closed|reset|refused|timed out|to \S+ closed)|kex_exchange|client_loop|Timeout, server"
    r"|Bad owner or permissions)"
)
_NETWORK = (
    r"connection refused|connection reset|connection timed out|broken pipe|no such host|no route to host"
    r"|network is unreachable|i/o timeout|TLS handshake|x509:"
    r"|unable to start the sftp session|sftp.*EOF|server misbehaving|Access ?Denied"
    r"|(?:Get|Head) \"?https?://|unexpected HTTP response \(?(?!404)|InvalidAccessKeyId|SignatureDoesNotMatch"
    r"|Access Key Id you provided|request signature we calculated|context deadline exceeded"
    r"|Permission denied \(publickey|stale file handle"
    r"|transport endpoint is not connected|input/output error"
)

TABLE: tuple[tuple[re.Pattern[str], Maker], ...] = (
    (
        re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE),
        _simple(NoSpace, "make room below the sandbox directory (`state_dir` in the settings)"),
    ),
    (
        re.compile(r"wrong password or no key found"),
        _simple(WrongPassword, "check the `password` reference of the source"),
    ),
    (
        re.compile(r"repository is already locked|unable to create lock"),
        _simple(Locked, "drverify reads without a lock; see `restic list locks`"),
    ),
    (
        re.compile(_SSH),  # says more than what restic makes of it
        _simple(
            CutOff, "check that `ssh` reaches the repository's host from this machine, host key included"
        ),
    ),
    (
        re.compile(_NETWORK, re.IGNORECASE),
        _simple(CutOff, "check that the repository is reachable from this machine and the credentials"),
    ),
    (
        re.compile(
            r"ciphertext verification failed|invalid data returned|not found in repository"
            r"|config or key .* is damaged|ReadFull\(<data/|Load\(<data/|file is too short"
            r"|loaded blob .* does not match|blob .* wrong hash|invalid length|returned invalid hash"
            r"|nonce is invalid|decoding tree|decompressing"
        ),
        _damaged,
    ),
    (
        re.compile(
            r"path .* not found in snapshot|cannot dump file: .* is not a file|no such file in snapshot"
        ),
        _simple(NotInPoint, "compare the workload's path with `restic ls`"),
    ),
    (
        re.compile(r"no matching ID found|no snapshot found|no snapshot matched|multiple IDs with prefix"),
        _simple(NoSuchPoint, "list the points again: it may have been pruned meanwhile"),
    ),
    (
        re.compile(
            r"repository does not exist"
            r"|unable to open config file: .*(no such file|not exist|not found|404|NoSuch(Key|Bucket))",
            re.IGNORECASE,
        ),
        _simple(NoRepository, "check the source's `repository`; `restic init` makes a new one"),
    ),
    (
        re.compile(r"unable to open config file|unable to open repository"),
        _simple(CutOff, "check that the repository can be reached and read from this machine"),
    ),
    (
        re.compile(r"fusermount|/dev/fuse|fuse device", re.IGNORECASE),
        _simple(HostError, "apt-get install fuse3, and load the kernel module with `modprobe fuse`"),
    ),
)
"""Patterns in the order in which they are looked for; the first line that one of them hits counts."""

_CODES: dict[int, Maker] = {
    10: _simple(NoRepository, "check the source's `repository`"),
    11: _simple(Locked, "drverify reads without a lock; see `restic list locks`"),
    12: _simple(WrongPassword, "check the `password` reference of the source"),
}


def translate(failure: Failure, abilities: Abilities) -> DrverifyError:
    """Turn a failed run into an error of its own type."""
    said = lines(failure.stderr)
    if failure.exit_code < 0:
        return Killed(
            f"{failure.doing}: restic {ending(failure.exit_code)}", hint="look for the OOM killer in dmesg"
        )
    known = recognise(failure)
    by_code = _CODES.get(failure.exit_code) if abilities.exit_codes else None
    if by_code is not None and not isinstance(known, CutOff):  # no answer is not "no repository"
        return by_code(said[0] if said else "", failure)
    if known is not None:
        return known
    last = " | ".join(said[-3:]) or "it said nothing"
    return SourceError(f"{failure.doing}: restic {ending(failure.exit_code)}: {last}")


def recognise(failure: Failure) -> DrverifyError | None:
    """Look the texts up in the table, whatever the exit code."""
    said = lines(failure.stderr)
    for pattern, make in TABLE:
        for line in said:
            if pattern.search(line):
                return make(line, failure)
    return None


def lines(stderr: str) -> list[str]:
    """Return what restic said, line by line: JSON errors unwrapped, stack traces left out."""
    found: list[str] = []
    for raw in stderr.splitlines():
        for line in _unwrap(raw).splitlines():
            text = line.strip().removeprefix("Fatal: ")
            if (
                text
                and not line.startswith("\t")
                and not re.match(r"(github\.com/|main\.|runtime\.|goroutine )", text)
            ):
                found.append("".join(char if char.isprintable() else "?" for char in text))
    return found


def _unwrap(line: str) -> str:
    if not line.startswith("{"):
        return line
    try:
        content = json.loads(line)
    except ValueError:
        return line
    if content.get("message_type") == "exit_error":
        return str(content.get("message", ""))
    if content.get("message_type") == "error":
        error = content.get("error", {})
        reason = error.get("message", "") if isinstance(error, dict) else error
        return f"ignoring error for {content.get('item', '')}: {reason}"
    return line
