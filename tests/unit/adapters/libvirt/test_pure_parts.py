"""Small decisions of the libvirt adapter."""

import grp
import os
import struct
import zlib
from datetime import timedelta

import libvirt
import pytest

from drverify.adapters.libvirt import daemon
from drverify.adapters.libvirt.acceleration import SECTOR, decide
from drverify.adapters.libvirt.calls import (
    ERRORS,
    AgentRefused,
    NoDomain,
    NotRunning,
    Unreachable,
    translated,
)
from drverify.adapters.libvirt.confinement import confinement
from drverify.adapters.libvirt.disks import _allows, _available_mib
from drverify.adapters.libvirt.domain import stopped_by_host
from drverify.adapters.libvirt.factory import host
from drverify.adapters.libvirt.screen import PNG, as_png
from drverify.adapters.libvirt.xml import QemuAccount
from drverify.errors import HostError, InputError

FAST, SLOW = timedelta(seconds=0.2), timedelta(seconds=1.9)


def test_the_faster_acceleration_is_chosen_and_kvm_on_a_tie():
    assert decide(kvm=FAST, tcg=SLOW) == "kvm"
    assert decide(kvm=FAST, tcg=FAST) == "kvm"
    assert decide(kvm=SLOW, tcg=FAST) == "tcg"
    assert decide(kvm=None, tcg=SLOW) == "tcg"
    assert decide(kvm=SLOW, tcg=None) == "kvm"
    with pytest.raises(HostError):
        decide(kvm=None, tcg=None)


def test_the_sector_can_be_booted():
    assert len(SECTOR) == 512
    assert SECTOR[-2:] == b"\x55\xaa"


def test_a_ppm_becomes_a_png_with_the_same_pixels():
    pixels = bytes(range(18))
    png = as_png("image/x-portable-pixmap", b"P6\n3 2\n255\n" + pixels)
    assert png.startswith(PNG)
    assert struct.unpack(">II", png[16:24]) == (3, 2)
    data = png[png.index(b"IDAT") + 4 : png.index(b"IEND") - 8]
    assert zlib.decompress(data) == b"\0" + pixels[:9] + b"\0" + pixels[9:]


def test_a_png_stays_as_it_is():
    assert as_png("image/png", PNG + b"x") == PNG + b"x"


@pytest.mark.parametrize(
    "picture", [b"", b"GIF89a", b"P6\n3 2\n255\nxx", b"P6\n0 0\n255\n", b"P6\n99999 1\n255\n"]
)
def test_another_picture_is_refused(picture: bytes):
    with pytest.raises(HostError):
        as_png("image/x", picture)


GOOD = "Uid:\t64055\t64055\t64055\t64055\nCapEff:\t0000000000000000\nSeccomp:\t2\n"


@pytest.mark.parametrize(
    ("status", "closed"),
    [
        (GOOD, True),
        (GOOD.replace("64055\t64055\n", "0\t64055\n"), False),
        (GOOD.replace("CapEff:\t0000000000000000", "CapEff:\t0000000000000400"), False),
        (GOOD.replace("Seccomp:\t2", "Seccomp:\t0"), False),
        ("", False),
    ],
)
def test_qemu_must_be_confined(status: str, closed: bool):
    assert confinement(status).closed is closed


def libvirt_error(code: int, message: str, domain: int = libvirt.VIR_FROM_QEMU) -> libvirt.libvirtError:
    error = libvirt.libvirtError(message)
    error.err = (code, domain, message, 2, "", None, None, 0, 0)
    return error


def test_errors_are_translated_by_the_table():
    assert isinstance(translated(libvirt_error(libvirt.VIR_ERR_NO_DOMAIN, "none"), "asking"), NoDomain)
    refused = libvirt_error(libvirt.VIR_ERR_INTERNAL_ERROR, "unable to execute QEMU agent command 'x': no")
    assert isinstance(translated(refused, "asking"), AgentRefused)
    broken = libvirt_error(libvirt.VIR_ERR_INTERNAL_ERROR, "client socket is closed", libvirt.VIR_FROM_RPC)
    assert isinstance(translated(broken, "asking"), Unreachable)
    gone = libvirt_error(libvirt.VIR_ERR_INTERNAL_ERROR, "internal error: End of file from agent socket")
    assert isinstance(translated(gone, "asking"), NotRunning), (
        "a guest that goes down is no fault of the host"
    )
    unknown = translated(libvirt_error(libvirt.VIR_ERR_NO_SECRET, "what"), "asking")
    assert type(unknown) is HostError
    assert str(unknown) == "asking: what"
    assert all(issubclass(kind, HostError) for kind, _ in ERRORS.values())


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "may"),
    [
        (0o600, 7, 7, True),
        (0o600, 8, 7, False),
        (0o640, 8, 7, True),
        (0o604, 8, 8, True),
        (0o077, 7, 7, False),
    ],
)
def test_what_qemus_user_may_read(mode: int, uid: int, gid: int, may: bool):
    found = __import__("os").stat_result((0o100000 | mode, 0, 0, 1, uid, gid, 0, 0, 0, 0))
    assert _allows(found, QemuAccount(uid=7, gid=7), 4) is may


def test_free_memory_is_what_the_kernel_calls_available():
    assert _available_mib("MemTotal: 9 kB\nMemFree: 9 kB\nMemAvailable:  2097152 kB\n") == 2048
    with pytest.raises(HostError):
        _available_mib("MemTotal: 9 kB\n")


RUNNING, PAUSED, GOING, OFF = (
    libvirt.VIR_DOMAIN_RUNNING,
    libvirt.VIR_DOMAIN_PAUSED,
    libvirt.VIR_DOMAIN_SHUTDOWN,
    libvirt.VIR_DOMAIN_SHUTOFF,
)


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (RUNNING, libvirt.VIR_DOMAIN_RUNNING_UNPAUSED, ""),
        (GOING, 0, ""),
        (OFF, libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN, ""),
        (PAUSED, libvirt.VIR_DOMAIN_PAUSED_SHUTTING_DOWN, ""),
        (OFF, libvirt.VIR_DOMAIN_SHUTOFF_CRASHED, "QEMU ended"),
        (OFF, libvirt.VIR_DOMAIN_SHUTOFF_FAILED, "could not keep"),
        (OFF, libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED, "destroyed"),
        (OFF, libvirt.VIR_DOMAIN_SHUTOFF_UNKNOWN, "reason 0"),
        (OFF, 99, "reason 99"),
        (PAUSED, libvirt.VIR_DOMAIN_PAUSED_IOERROR, "read or write its disk"),
        (PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER, "suspended"),
        (PAUSED, libvirt.VIR_DOMAIN_PAUSED_UNKNOWN, "reason 0"),
        (PAUSED, libvirt.VIR_DOMAIN_PAUSED_WATCHDOG, "reason 6"),
    ],
)
def test_only_the_guests_own_end_is_the_guests(state: int, reason: int, words: str):
    said = stopped_by_host(state, reason)
    assert words in said
    assert bool(words) is bool(said)


@pytest.mark.parametrize("options", [{"ur": "x"}, {"acceleration": "xen"}, {"reserve_mib": "much"}])
def test_unknown_options_are_refused(options, tmp_path):
    with pytest.raises(InputError):
        host("local", options, tmp_path, lambda _: b"")


@pytest.mark.parametrize(
    ("mode", "gid", "is_nobodys"),
    [
        (0o600, 0, True),
        (0o660, 0, False),
        (0o660, os.getgid() or grp.getgrnam("kvm").gr_gid, False),
        (0o660, 3_999_999, True),
    ],
)
def test_a_device_whose_group_lets_nobody_in_is_given_to_libvirts(mode: int, gid: int, is_nobodys: bool):
    """In a container /dev/kvm belongs to a group of the machine around it, which has no name inside."""
    assert daemon._is_nobodys(os.stat_result((0o20000 | mode, 0, 0, 1, 0, gid, 0, 0, 0, 0))) is is_nobodys
