"""The door to libvirt: blocking calls on threads of our own, errors translated by a table.

Only this module and `domain` know the library.

A call that hangs costs its thread and the connection, never the event loop or the exit of the program.
When libvirtd was restarted the connection is opened again; the guests themselves live on.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import timedelta
from typing import TypeVar

import libvirt

from drverify.errors import HostError

T = TypeVar("T")
DEFAULT_URI = "qemu:///system"
WITHIN = timedelta(seconds=60)
AT_ONCE = 6
"""Calls that may be under way at the same time; a hung one keeps its place."""
_ATTEMPTS = 40
_PAUSE = 0.25


class NoDomain(HostError):  # noqa: N818
    """The domain does not exist."""


class NotRunning(HostError):  # noqa: N818
    """The domain, or the agent in it, does not run."""


class AgentRefused(HostError):  # noqa: N818
    """The guest agent answered, and the answer is an error."""


class Unreachable(HostError):  # noqa: N818
    """libvirtd does not answer, or the connection to it broke."""


_START = "start libvirt's daemons; `drverify doctor` says how"
ERRORS: Mapping[int, tuple[type[HostError], str]] = {
    libvirt.VIR_ERR_NO_DOMAIN: (NoDomain, ""),
    libvirt.VIR_ERR_OPERATION_INVALID: (NotRunning, ""),
    libvirt.VIR_ERR_AGENT_UNRESPONSIVE: (NotRunning, "is qemu-guest-agent installed in the guest?"),
    libvirt.VIR_ERR_AGENT_UNSYNCED: (NotRunning, ""),
    libvirt.VIR_ERR_NO_CONNECT: (Unreachable, _START),
    libvirt.VIR_ERR_SYSTEM_ERROR: (Unreachable, _START),
    libvirt.VIR_ERR_RPC: (Unreachable, _START),
    libvirt.VIR_ERR_AUTH_FAILED: (HostError, "run as root or as a member of the group libvirt"),
    libvirt.VIR_ERR_ACCESS_DENIED: (HostError, "run as root or as a member of the group libvirt"),
    libvirt.VIR_ERR_OPERATION_DENIED: (HostError, "run as root or as a member of the group libvirt"),
    libvirt.VIR_ERR_NO_MEMORY: (HostError, "give the restore host more memory, or the guest less"),
    libvirt.VIR_ERR_CONFIG_UNSUPPORTED: (HostError, "this libvirt or QEMU lacks something the guest needs"),
    libvirt.VIR_ERR_XML_ERROR: (HostError, "this is a bug in drverify: it wrote the XML"),
    libvirt.VIR_ERR_XML_DETAIL: (HostError, "this is a bug in drverify: it wrote the XML"),
    libvirt.VIR_ERR_OPERATION_TIMEOUT: (HostError, "another operation on the guest hangs"),
    libvirt.VIR_ERR_INTERNAL_ERROR: (HostError, "see /var/log/libvirt/qemu/ for QEMU's own words"),
}
"""libvirt's error codes: what they are to us, and what to do about them."""
AGENT_ERROR = "unable to execute QEMU agent command"
AGENT_GONE = "End of file from agent socket"
"""What libvirt calls an internal error: the guest went down while its agent was asked."""
_BROKEN = frozenset({libvirt.VIR_FROM_RPC, libvirt.VIR_FROM_REMOTE})


def translated(error: "libvirt.libvirtError", what: str) -> HostError:
    """Turn libvirt's error into ours; `what` says what we were doing."""
    code = error.get_error_code()
    kind, hint = ERRORS.get(code, (HostError, ""))
    said = error.get_error_message() or str(error)  # the exception's own text may be an older error's
    if AGENT_ERROR in said:
        kind, hint = AgentRefused, ""
    elif AGENT_GONE in said:
        kind, hint = NotRunning, ""
    elif code in {libvirt.VIR_ERR_SYSTEM_ERROR, libvirt.VIR_ERR_INTERNAL_ERROR}:
        kind = Unreachable if error.get_error_domain() in _BROKEN else HostError
    return kind(f"{what}: {said}", hint=hint)


def _silence(_context: object, _error: object) -> None:
    """Take libvirt's messages for stderr: they come again as exceptions."""


libvirt.registerErrorHandler(_silence, None)


class Calls:
    """A connection to one hypervisor that opens itself, and again when it broke."""

    def __init__(self, uri: str = DEFAULT_URI) -> None:
        self.uri = uri
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._connection: libvirt.virConnect | None = None
        self._ever_open = False

    async def call(
        self, work: Callable[["libvirt.virConnect"], T], *, what: str, within: timedelta = WITHIN
    ) -> T:
        """Run `work(connection)` on a thread. `what` begins every error's text.

        Raises HostError (or one of this module's) and gives up after `within`; a work whose
        connection breaks is tried again on a new one, so it must bear being done twice.
        """
        result: Future[T] = Future()
        thread = threading.Thread(
            target=self._on_thread, args=(work, what, result), name="libvirt-call", daemon=True
        )
        try:
            async with asyncio.timeout(within.total_seconds()):
                while not self._places.acquire(blocking=False):  # noqa: ASYNC110 - given back by threads
                    await asyncio.sleep(_PAUSE / 10)
                thread.start()
                return await asyncio.wrap_future(result)
        except TimeoutError as error:
            self._forget(None)
            text = f"{what}: libvirt did not answer within {within.total_seconds():g} s"
            raise Unreachable(text, hint=_START) from error

    def _on_thread(self, work: Callable[["libvirt.virConnect"], T], what: str, result: "Future[T]") -> None:
        try:
            value = self._persistently(work, what)
            if result.set_running_or_notify_cancel():
                result.set_result(value)
        except BaseException as error:  # noqa: BLE001 - handed over to the caller's loop
            if result.running() or result.set_running_or_notify_cancel():
                result.set_exception(error)
        finally:
            self._places.release()

    def _persistently(self, work: Callable[["libvirt.virConnect"], T], what: str) -> T:
        broken = 0
        while True:
            connection = None
            try:
                connection = self._open()
                return work(connection)
            except libvirt.libvirtError as error:
                failure = translated(error, what)
                if connection is not None and _is_alive(connection):
                    raise failure from error
                self._forget(connection)
                broken += 1
                if broken > _ATTEMPTS or not self._ever_open:
                    raise failure from error
                threading.Event().wait(_PAUSE)

    def _open(self) -> "libvirt.virConnect":
        with self._lock:
            if self._connection is None:
                self._connection = libvirt.open(self.uri)
                self._ever_open = True
            return self._connection

    def _forget(self, connection: "libvirt.virConnect | None") -> None:
        with self._lock:
            if connection is None or self._connection is connection:
                self._connection = None

    async def domain(
        self, name: str, work: Callable[["libvirt.virDomain"], T], *, what: str, within: timedelta = WITHIN
    ) -> T:
        """Run `work(domain)`; NoDomain when there is none of that name."""
        return await self.call(
            lambda connection: work(connection.lookupByName(name)), what=f"{what} {name}", within=within
        )


def _is_alive(connection: "libvirt.virConnect") -> bool:
    try:
        return bool(connection.isAlive() == 1 and connection.getLibVersion())
    except libvirt.libvirtError:
        return False
