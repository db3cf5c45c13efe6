#!/bin/sh
# Prepares a fresh Debian 12/13 or Ubuntu 24.04 machine: Debian packages, then a virtual environment
# with pinned and hashed Python packages. Says what it is going to do; does nothing twice.
#
# usage: lab/bootstrap.sh [demo|night|test]      (root, or a user who may sudo)
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
purpose=${1:-demo}
stamp="$here/.venv/.drverify-$purpose"
lock="$here/requirements/all.txt"

# What a drill on a libvirt host needs.
drill="qemu-system-x86 qemu-utils ovmf seabios ipxe-qemu libvirt-daemon-system libvirt-clients
  restic dnsmasq-base nftables iproute2 iputils-ping fuse3 zstd lzop xz-utils"
# What looks into restored disks, and rebuilds machines. libguestfs makes its appliance out of a kernel in /boot,
# which a container has not.
workbench="python3-guestfs libguestfs-xfs lz4"
if ! ls /boot/vmlinuz-* >/dev/null 2>&1; then
  if grep -q '^ID=debian' /etc/os-release 2>/dev/null; then
    workbench="$workbench linux-image-cloud-amd64"
  else
    workbench="$workbench linux-image-virtual"
  fi
fi
# What the lab needs to make its guests.
lab="mmdebstrap grub-pc-bin grub2-common fdisk e2fsprogs dosfstools mtools openssl openssh-client openssh-server
  debian-archive-keyring busybox-static kmod cpio"
# What the virtual environment needs: libvirt's Python binding is built on the spot.
python="python3 python3-venv python3-dev gcc libc6-dev pkg-config libvirt-dev git make"
# What only the tests need: the real servers that probes are tried on.
tests="postgresql nginx-light tcpdump curl"
# Other people's verifiers and a token, which evidence is tried with.
tests="$tests golang-go golang-golang-x-mod-dev signify-openbsd softhsm2"
# What takes pictures of the web page. Ubuntu has it as a snap only.
browser=
grep -q '^ID=debian' /etc/os-release 2>/dev/null && browser=chromium

packages="$drill $workbench $lab $python"
[ "$purpose" = test ] && packages="$packages $tests $browser"
[ "$purpose" = night ] && packages="$packages $browser"

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

if [ ! -r /etc/os-release ] || ! grep -qE '^(ID|ID_LIKE)=.*(debian|ubuntu)' /etc/os-release; then
  echo "drverify: this script knows Debian 12, Debian 13 and Ubuntu 24.04 only." >&2
  echo "  -> install by hand: $(echo $packages)" >&2
  exit 2
fi

missing=
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
  echo "drverify: going to install these packages with apt:"
  echo "   $missing" | fold -s -w 100
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

if [ -f "$stamp" ] && [ "$stamp" -nt "$lock" ] && [ "$stamp" -nt "$here/pyproject.toml" ]; then
  exit 0
fi
echo "drverify: making a virtual environment in .venv with the pinned packages of requirements/all.txt"
[ -x "$here/.venv/bin/python" ] || python3 -m venv "$here/.venv"
# --no-deps: the lock names everything. With it pip looks nothing up anew: asked for `pydantic[email]>=2.11` beside
# the pinned pydantic, pip 23 takes the newest release first, and refuses it, the day there is one newer than the pin.
"$here/.venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --no-deps --require-hashes -r "$lock"
"$here/.venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation -e "$here"
"$here/.venv/bin/python" -m pip --quiet check  # what --no-deps leaves unasked: does the lock name everything?
touch "$stamp"
