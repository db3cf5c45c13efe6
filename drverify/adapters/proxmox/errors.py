"""What can go wrong with a Proxmox VE API, each a type of its own; `refusals` tells them apart.

The client does not know who asks: `for_source` and `for_host` name the side to blame at its border.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from drverify.errors import DefectError, HarnessError, HostError, SourceError


class ApiError(HarnessError):
    """The API refused, or could not be asked. `status` is 0 where there was no answer."""

    def __init__(self, message: str, *, hint: str = "", status: int = 0, said: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.said = said
        """The API's own words, one line, bounded, without secrets."""
        self.upid = ""
        """Of the task that failed, if it was one."""
        self.log: tuple[str, ...] = ()
        """That task's log, bounded."""


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


class NotTrusted(NodeUnreachable):
    """Who answers at the address has another certificate than the one that is trusted. Nothing was sent."""


class StorageOffline(ApiError):  # noqa: N818
    """A storage is not reachable or not active on the node."""


class NoSpace(ApiError):  # noqa: N818
    """A storage is full."""


class ConfigChanged(ApiError):  # noqa: N818
    """The guest's configuration is not the one whose digest was given."""


class StillRunning(ApiError):  # noqa: N818
    """The guest runs and should not."""


class Protected(ApiError):  # noqa: N818
    """The guest carries `protection` and is not removed."""


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


class NoAnswer(OutcomeUnknown):
    """There was no answer in time; the node may still be at work."""


class TaskFailed(ApiError):  # noqa: N818
    """A task ended with an error that has no type of its own."""


class DamagedArchive(DefectError):  # noqa: N818
    """The cluster's own tools found the backup damaged."""

    upid: str = ""
    log: tuple[str, ...] = ()


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
