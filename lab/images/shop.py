"""The shop guest: a whole Debian (or Ubuntu) server with a database, a web shop and a heartbeat.

One ext4 partition with everything, GRUB in the gap before it. Secrets are made anew for each build
and leave it in ``credentials/`` only (0700, files 0600):
``id_ed25519`` and ``.pub`` (root's login), ``ssh_host_ed25519_key.pub`` and ``known_hosts`` (who the
guest is), ``ca.pem`` (signs the web shop's certificate), ``probe-password`` (PostgreSQL role probe).
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from pathlib import Path

from lab.images.cache import Build, Say
from lab.images.command import CONTAINED, run
from lab.images.disk import MIB, Partition, make_disk
from lab.images.distro import Release, host_sources

PACKAGES = (
    "systemd", "systemd-sysv", "udev", "kmod", "initramfs-tools", "lz4", "iproute2", "iputils-ping",
    "postgresql", "python3-psycopg2", "nginx", "openssh-server", "acpid", "qemu-guest-agent",
)  # fmt: skip
# Never read by the lab's hardware or programs; leaving them out halves the image.
EXCLUDED = (
    "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/doc/*",
    "/usr/lib/*/libLLVM*", "/usr/lib/postgresql/*/lib/bitcode/*", "/usr/lib/postgresql/*/lib/llvmjit*",
    "*/kernel/sound/*", "*/kernel/drivers/gpu/*", "*/kernel/drivers/media/*", "*/kernel/drivers/staging/*",
    "*/kernel/drivers/infiniband/*", "*/kernel/drivers/net/wireless/*", "*/kernel/drivers/iio/*",
    "*/kernel/drivers/isdn/*", "*/kernel/drivers/bluetooth/*", "*/kernel/drivers/hwmon/*",
    "*/kernel/drivers/mtd/*", "*/kernel/drivers/usb/*", "*/kernel/drivers/comedi/*", "*/kernel/drivers/hid/*",
    "*/kernel/drivers/input/*", "*/kernel/drivers/platform/*", "*/kernel/drivers/thunderbolt/*",
    "*/kernel/drivers/net/can/*", "*/kernel/drivers/net/usb/*", "*/kernel/drivers/net/wan/*",
    "*/kernel/drivers/net/ethernet/mellanox/*", "*/kernel/drivers/net/ethernet/chelsio/*",
    "*/kernel/drivers/net/ethernet/broadcom/*", "*/kernel/drivers/net/ethernet/qlogic/*",
    "*/kernel/drivers/net/ethernet/netronome/*", "*/kernel/drivers/net/ethernet/cavium/*",
    "*/kernel/drivers/scsi/qla2xxx/*", "*/kernel/drivers/scsi/lpfc/*", "*/kernel/drivers/scsi/bfa/*",
    "*/kernel/drivers/scsi/aic7xxx/*", "*/kernel/drivers/scsi/be2iscsi/*", "*/kernel/drivers/scsi/qedf/*",
    "*/kernel/net/wireless/*", "*/kernel/net/mac80211/*", "*/kernel/net/bluetooth/*",
    "*/kernel/fs/ocfs2/*", "*/kernel/fs/btrfs/*", "*/kernel/fs/ceph/*", "*/kernel/fs/gfs2/*",
    "*/kernel/fs/xfs/*", "*/kernel/fs/f2fs/*", "*/kernel/fs/nfs*", "*/kernel/fs/smb/*", "*/kernel/fs/jfs/*",
)  # fmt: skip
ROOT_UUID = "73686f70-0001-4000-8000-647276657269"
MACHINE_ID = "64727665726966796c616273686f7030"
DISK_SIGNATURE = 0x73686F70
ROOT_BYTES = 3071 * MIB
FILE_COUNT = 200
EXPORTED = (
    "id_ed25519", "id_ed25519.pub", "ssh_host_ed25519_key.pub", "known_hosts", "ca.pem", "probe-password",
)  # fmt: skip
_HERE = Path(__file__).parent / "shop"


def builder(release: Release) -> Build:
    """Return the function that builds this guest of the given release."""

    async def build(workspace: Path, say: Say) -> None:
        inputs = workspace / "inputs"
        await _secrets(inputs, workspace / "credentials")
        for name in ("setup.sh", "schema.sql", "postgresql.conf", "pg_hba.conf", "postgresql.service"):
            shutil.copyfile(_HERE / name, inputs / name)
        _overlay(workspace / "overlay")
        root = workspace / "root"
        await _install(root, release, workspace, say)
        shutil.rmtree(root / "root/build")
        (root / "etc/machine-id").write_text(f"{MACHINE_ID}\n")
        say("shop: packing the disk")
        partition = Partition(tree=root, size_bytes=ROOT_BYTES, uuid=ROOT_UUID, label="shop")
        await make_disk(
            workspace / "image.raw", [partition], boot_uuid=ROOT_UUID, disk_signature=DISK_SIGNATURE
        )
        shutil.rmtree(root)

    return build


async def _install(root: Path, release: Release, workspace: Path, say: Say) -> None:
    sources = workspace / "host.sources"
    sources.write_text(host_sources(release))
    packages = ",".join((release.kernel_package, *release.small_kernel_packages, *PACKAGES))
    say(f"shop: installing {release.distribution} {release.codename} with {packages}")
    await run(
        *CONTAINED, "mmdebstrap", "--variant=minbase", "--mode=root", f"--include={packages}",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in EXCLUDED),
        f'--customize-hook=cp -R --preserve=mode,links {workspace}/overlay/. "$1"/',
        f'--customize-hook=mkdir -m 700 "$1"/root/build && cp -R {workspace}/inputs/. "$1"/root/build/',
        '--customize-hook=chroot "$1" sh /root/build/setup.sh',
        release.codename, root, sources,
        on_line=lambda line: say(f"shop: {line[3:]}") if line.startswith("I: ") else None,
    )  # fmt: skip


async def _secrets(inputs: Path, credentials: Path) -> None:
    inputs.mkdir(mode=0o700)
    credentials.mkdir(mode=0o700)
    for key, comment in (("id_ed25519", "drverify-lab"), ("ssh_host_ed25519_key", "shop")):
        await run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", inputs / key)
    (inputs / "probe-password").write_text(secrets.token_urlsafe(24))
    await _certificate(inputs)
    host_key = (inputs / "ssh_host_ed25519_key.pub").read_text()
    (inputs / "known_hosts").write_text(f"10.20.0.10,shop,shop.example {host_key}")
    for name in EXPORTED:
        shutil.copyfile(inputs / name, credentials / name)
        (credentials / name).chmod(0o600)
    for private in ("id_ed25519", "known_hosts"):
        (inputs / private).unlink()


async def _certificate(inputs: Path) -> None:
    """Make a CA of the lab and a certificate of the shop signed by it; the CA's key is dropped."""
    ca_key, ca, request = inputs / "ca.key", inputs / "ca.pem", inputs / "shop.csr"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    await run(
        "openssl", "req", "-x509", *curve, "-keyout", ca_key, "-out", ca, "-days", "3650",
        "-subj", "/CN=drverify lab CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    )  # fmt: skip
    await run(
        "openssl", "req", *curve, "-keyout", inputs / "shop.key", "-out", request, "-subj", "/CN=shop.example"
    )  # fmt: skip
    extensions = inputs / "shop.ext"
    extensions.write_text(
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
        "subjectAltName=DNS:shop.example,DNS:www.shop.example,IP:10.20.0.10\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    await run(
        "openssl", "x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-out", inputs / "shop.crt",
        "-days", "1825", "-extfile", extensions, "-set_serial", f"0x{secrets.token_hex(16)}",
    )  # fmt: skip
    for spent in (ca_key, request, extensions):
        spent.unlink()


def _overlay(target: Path) -> None:
    """Lay out the files of our own: the shipped overlay, and a file set with its manifest."""
    shutil.copytree(_HERE / "overlay", target)
    for name in ("etc/fstab", "boot/grub/grub.cfg"):
        file = target / name
        file.write_text(file.read_text().replace("@ROOT_UUID@", ROOT_UUID))
    files = target / "srv/files"
    manifest = []
    for number in range(FILE_COUNT):
        name = f"{number // 20:02d}/document-{number:03d}.txt"
        content = "".join(f"document {number} line {line}\n" for line in range(number % 40 + 1)).encode()
        (files / name).parent.mkdir(parents=True, exist_ok=True)
        (files / name).write_bytes(content)
        manifest.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    (files / "MANIFEST.sha256").write_text("".join(manifest))
