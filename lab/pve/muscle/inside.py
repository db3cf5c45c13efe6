"""Work that must happen inside the node's network namespace, and the taps that are opened there."""

import asyncio
import fcntl
import os
import struct
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from drverify.adapters.linux import netns

T = TypeVar("T")
TUN = "/dev/net/tun"
_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI = 0x0002, 0x1000
"""linux/if_tun.h"""


async def inside(namespace: str, work: Callable[[], T]) -> T:
    """Run a short blocking piece of work on a thread of its own inside the namespace; return its result."""
    result: Future[T] = Future()
    threading.Thread(target=_live, args=(namespace, work, result), daemon=True).start()
    return await asyncio.wrap_future(result)


def _live(namespace: str, work: Callable[[], T], result: "Future[T]") -> None:
    try:
        netns.enter(netns.path_of(namespace))
        result.set_result(work())
    except BaseException as error:  # noqa: BLE001 - handed to the caller, whatever it is
        result.set_exception(error)


def open_tap(name: str) -> int:
    """Open, and make if it is not there, the tap `name` in the calling thread's namespace.

    The tap goes when its last descriptor is closed, unless it was made persistent. The caller closes the
    descriptor. OSError.
    """
    descriptor = os.open(TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TAP | _IFF_NO_PI))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
