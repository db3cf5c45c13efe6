"""Where programs are found, and which Debian package has one that is missing."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from drverify.errors import HostError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

PACKAGES: Mapping[str, str] = {
    "bridge": "iproute2",
    "dd": "coreutils",
    "dnsmasq": "dnsmasq-base",
    "fusermount": "fuse3",
    "fusermount3": "fuse3",
    "gzip": "gzip",
    "ip": "iproute2",
    "libvirtd": "libvirt-daemon",
    "lzop": "lzop",
    "nft": "nftables",
    "nsenter": "util-linux",
    "openssl": "openssl",
    "qemu-img": "qemu-utils",
    "qemu-system-x86_64": "qemu-system-x86",
    "restic": "restic",
    "setpriv": "util-linux",
    "sftp": "openssh-client",
    "ssh": "openssh-client",
    "tc": "iproute2",
    "tcpdump": "tcpdump",
    "umount": "mount",
    "virsh": "libvirt-clients",
    "virtlogd": "libvirt-daemon",
    "xz": "xz-utils",
    "zstd": "zstd",
}
"""Debian packages of the programs that drverify uses."""


class MissingProgram(HostError):  # noqa: N818
    """A program is not installed."""


def require(program: str, path: str = PATH) -> None:
    """Raise MissingProgram, which says what to install, unless `program` is found on `path`."""
    if shutil.which(program, path=path) is None:
        package = PACKAGES.get(Path(program).name)
        hint = f"apt-get install {package}" if package else ""
        raise MissingProgram(f"{program} is not installed", hint=hint)
