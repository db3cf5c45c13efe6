"""What can go wrong with a Proxmox VE API, each a type of its own, and the table that tells them apart.

The API answers almost every refusal with status 500 and a sentence; 400, 401, 403 and the pseudo codes
595 to 599 of a proxying node are all that a status tells. The same sentences end up as exit status of
tasks. The texts are those of the published sources of 8.4 and 9.x; none was seen on a real cluster yet.

The client does not know who asks: `for_source` and `for_host` name the side to blame at its border.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

from drverify.errors import DefectError, DrverifyError, HarnessError, HostError, SourceError

LONGEST = 500
"""Characters of the API's own words that are kept."""


class ApiError(HarnessError):
    """The API refused, or could not be asked. `status` is 0 where there was no answer."""

    def __init__(self, message: str, *, hint: str = "", status: int = 0, said: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.said = said
        """The API's own words, one line, bounded, without secrets."""


class AuthenticationFailed(ApiError):  # noqa: N818 - these read as findings
    """The token or the password is not accepted (401)."""


class NotPermitted(ApiError):  # noqa: N818
    """The account lacks a right (403); `where` and `privileges` as far as the answer names them."""

    where: str = ""
    privileges: tuple[str, ...] = ()


class BadParameters(ApiError):  # noqa: N818
    """The API does not take these parameters (400); `fields` says which and why."""

    fields: Mapping[str, str] = MappingProxyType({})


class NotThere(ApiError):  # noqa: N818
    """The guest, task, storage, node or method does not exist."""


class AlreadyThere(ApiError):  # noqa: N818
    """The id is taken."""


class GuestLocked(ApiError):  # noqa: N818
    """The guest carries a lock; `lock` names it: backup, create, snapshot, migrate, ..."""

    lock: str = ""


class LockTimeout(ApiError):  # noqa: N818
    """Somebody else held a configuration lock for too long. Nothing was changed; asking again may work."""


class NoQuorum(ApiError):  # noqa: N818
    """The cluster has no quorum and takes no changes."""


class NodeUnreachable(ApiError):  # noqa: N818
    """The node could not be reached, or gave no answer to something that changes nothing."""


class StorageOffline(ApiError):  # noqa: N818
    """A storage is not reachable or not active on the node."""


class NoSpace(ApiError):  # noqa: N818
    """A storage is full."""


class ConfigChanged(ApiError):  # noqa: N818
    """The guest's configuration is not the one whose digest was given."""


class StillRunning(ApiError):  # noqa: N818
    """The guest runs and should not."""


class NotRunning(ApiError):  # noqa: N818
    """The guest does not run."""


class NoAgent(ApiError):  # noqa: N818
    """The guest agent is not configured, not running or did not answer."""


class AgentRefused(ApiError):  # noqa: N818
    """The guest agent answered that it may not, or cannot, do this."""


class Malformed(ApiError):  # noqa: N818
    """The answer is not of the API's form."""


class OutcomeUnknown(ApiError):  # noqa: N818
    """A change was sent, its answer was lost, and what became of it could not be found out."""


class TaskFailed(ApiError):  # noqa: N818
    """A task ended with an error that has no type of its own."""


class DamagedArchive(DefectError):  # noqa: N818
    """The cluster's own tools found the backup damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What the API said no with."""

    doing: str
    """Names the action, for example 'GET /nodes/pve1/qemu/9100/config'."""
    status: int
    """HTTP status; 0 for the end of a task."""
    said: str
    """One or more lines, without secrets."""
    fields: Mapping[str, str] = MappingProxyType({})
    """Parameter to complaint, of a 400."""


Maker = Callable[["re.Match[str]", Refusal], DrverifyError]


def translate(refusal: Refusal) -> DrverifyError:
    """Turn a refusal into an error of its own type: ApiError, or DefectError for a damaged backup."""
    raise NotImplementedError


def recognise(refusal: Refusal, table: Sequence[tuple[re.Pattern[str], Maker]]) -> DrverifyError | None:
    """Look the texts up in a table, whatever the status."""
    raise NotImplementedError


@contextmanager
def for_source() -> Iterator[None]:
    """Let what the API refused count as a fault of the source; DefectError stays one."""
    try:
        yield
    except ApiError as error:
        raise SourceError(str(error), hint=error.hint) from error


@contextmanager
def for_host() -> Iterator[None]:
    """Let what the API refused count as a fault of the restore host; DefectError stays one."""
    try:
        yield
    except ApiError as error:
        raise HostError(str(error), hint=error.hint) from error
