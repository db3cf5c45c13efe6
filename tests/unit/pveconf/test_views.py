import pytest

from drverify.errors import HostError
from drverify.pveconf.lxc import container
from drverify.pveconf.qemu import qemu
from drverify.pveconf.text import Entry, parse
from drverify.pveconf.values import Options, size_bytes

FULL = """\
agent: enabled=1,fstrim_cloned_disks=1
bios: ovmf
boot: order=virtio1;scsi0;net0
cores: 4
cpu: host,flags=+aes;-pcid
efidisk0: local-lvm:vm-101-disk-2,efitype=4m,pre-enrolled-keys=1,size=4M
ide2: local:iso/debian.iso,media=cdrom,size=600M
ide0: local-lvm:vm-101-cloudinit,media=cdrom,size=4M
machine: pc-q35-9.2+pve1,viommu=intel
memory: current=4096
net1: e1000e=BC:24:11:00:00:66,bridge=vmbr1,mtu=9000,queues=4,link_down=1,trunks=10;20-30,rate=12.5
net0: model=virtio,macaddr=BC:24:11:00:00:65,bridge=vmbr0,tag=12,firewall=0
net10: vmxnet3=BC:24:11:00:00:67
numa: 1
ostype: win11
sata0: /dev/disk/by-id/ata-WD_1234,size=1953514584K,serial=WD%2D1
scsi0: file=local-lvm:vm-101-disk-0,discard=on,iothread=1,size=10490368,ssd=1,serial=S1
scsihw: virtio-scsi-single
smbios1: uuid=9f3c2c5e-6f0e-4a36-9d8e-0a5f6f3d1b10,manufacturer=RGVsbA==,base64=1
sockets: 2
tpmstate0: local-lvm:vm-101-disk-3,size=4M,version=v2.0
virtio1: store:101/vm-101-disk-1.qcow2,backup=0,format=qcow2,size=1.5G
"""


def test_a_machine_is_read_whole():
    guest = qemu(parse(FULL))
    assert (guest.memory_mib, guest.cores, guest.sockets, guest.vcpus) == (4096, 4, 2, None)
    assert (guest.bios, guest.cpu, guest.agent) == ("ovmf", "host", True)
    assert (guest.machine.kind, guest.machine.version) == ("q35", (9, 2))
    assert guest.boot == ("virtio1", "scsi0", "net0")


def test_cards_come_in_the_order_of_their_numbers():
    first, second, third = qemu(parse(FULL)).nics
    assert (first.model, first.mac, first.tag, first.firewall) == ("virtio", "BC:24:11:00:00:65", 12, False)
    assert (second.key, second.queues, second.mtu, second.link_down) == ("net1", 4, 9000, True)
    assert second.trunks == "10;20-30"
    assert (third.key, third.bridge) == ("net10", "")


def test_drives_say_what_they_are():
    guest = qemu(parse(FULL))
    drives = {one.key: one for one in guest.drives}
    assert list(drives) == ["ide0", "ide2", "sata0", "scsi0", "virtio1", "efidisk0", "tpmstate0"]
    assert [one.key for one in guest.disks] == ["sata0", "scsi0", "virtio1"]
    assert drives["ide0"].is_cloudinit
    assert not drives["ide2"].is_cloudinit
    assert drives["sata0"].is_passed_through
    assert drives["sata0"].storage == ""
    assert drives["scsi0"].volume == "local-lvm:vm-101-disk-0"
    assert (drives["scsi0"].size_bytes, drives["virtio1"].size_bytes) == (10490368, 1610612736)
    assert not drives["virtio1"].is_saved
    assert guest.efidisk.storage == "local-lvm"
    assert guest.tpmstate.key == "tpmstate0"


def test_what_is_not_written_is_what_proxmox_takes():
    guest = qemu(parse("name: bare\n"))
    assert (guest.memory_mib, guest.cores, guest.sockets, guest.bios) == (512, 1, 1, "seabios")
    assert (guest.machine.kind, guest.agent, guest.scsihw, guest.boot) == ("i440fx", False, "lsi", ())


@pytest.mark.parametrize(
    ("machine", "kind", "version"),
    [
        ("pc", "i440fx", ()),
        ("q35", "q35", ()),
        ("pc-i440fx-8.1+pve0", "i440fx", (8, 1)),
        ("pc-q35-2.12.pxe", "q35", (2, 12)),
        ("pc-1.3", "i440fx", (1, 3)),
        ("virt-9.0", "virt", (9, 0)),
        ("type=q35", "q35", ()),
    ],
)
def test_machine_types(machine, kind, version):
    found = qemu(parse(f"machine: {machine}\n")).machine
    assert (found.kind, found.version) == (kind, version)


def test_without_an_order_the_old_letters_decide():
    text = "ide2: none,media=cdrom\nscsi0: a:b\nvirtio0: a:c\nnet0: virtio=BC:24:11:00:00:65\n"
    assert qemu(parse(text)).boot == ("scsi0", "virtio0", "ide2", "net0")
    assert qemu(parse(f"{text}boot: dc\nbootdisk: virtio0\n")).boot == ("ide2", "virtio0", "scsi0")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("memory: lots", "line 2 .*memory: 'lots' is no whole number"),
        ("net0: virtio=nonsense,bridge=a", "no hardware address"),
        ("net0: virtio=01:00:5E:00:00:01", "no hardware address of one card"),
        ("net0: bridge=vmbr0", "no model"),
        ("net0: virtio=BC:24:11:00:00:65,e1000=BC:24:11:00:00:66", "more than one"),
        ("net0: warp=BC:24:11:00:00:65", "no model"),
        ("scsi0: size=3G", "names no volume"),
        ("scsi0: a:b,size=huge", "'huge' is no size"),
        ("scsi0: a:b,c:d", "without a key"),
        ("machine: pc-q35-9.2; rm", "no machine type"),
        ("bios: coreboot", "no firmware"),
        ("cores: " + ",".join("a=b" for _ in range(300)), "no whole number"),
        ("net0: " + ",".join("a=b" for _ in range(300)), "more than 200 parts"),
    ],
)
def test_a_value_that_cannot_be_read_is_no_defect_and_names_its_line(line, why):
    with pytest.raises(HostError, match=why):
        qemu(parse(f"name: x\n{line}\n"))


@pytest.mark.parametrize(
    ("text", "size"),
    [("32G", 32 << 30), ("528K", 528 << 10), ("512", 512), ("0.5T", 1 << 39), ("1M", 1 << 20)],
)
def test_sizes(text, size):
    assert size_bytes(Entry(key="scsi0", value=""), text) == size


def test_the_last_of_two_parts_counts():
    options = Options.of(Entry(key="k", value="first, a=1 ,a=2,"))
    assert (options.first, options.get("a"), options.get("b", "none")) == ("first", "2", "none")


CONTAINER = """\
arch: amd64
cores: 2
features: nesting=1,keyctl=0,mount=nfs;cifs
hostname: mail
lxc.cap.drop: sys_time
memory: 1024
mp0: local-lvm:subvol-200-disk-1,mp=/srv,backup=1,size=20G
mp1: /srv/shared,mp=/shared
mp2: /dev/sdb1,mp=/raw
mp10: local-lvm:subvol-200-disk-2,mp=/cache,size=1G
net0: name=eth0,bridge=vmbr0,gw=10.0.0.1,hwaddr=BC:24:11:AA:00:01,ip=10.0.0.5/24,ip6=auto,tag=7,type=veth
ostype: debian
rootfs: local-lvm:subvol-200-disk-0,size=8G
unprivileged: 1
"""


def test_a_container_is_read_whole():
    found = container(parse(CONTAINER))
    assert (found.hostname, found.memory_mib, found.cores, found.unprivileged) == ("mail", 1024, 2, True)
    assert found.features == ("nesting", "mount=nfs;cifs")
    assert [one.key for one in found.raw] == ["lxc.cap.drop"]
    card = found.nics[0]
    assert (card.name, card.ip, card.ip6, card.gw, card.tag) == ("eth0", "10.0.0.5/24", "auto", "10.0.0.1", 7)


def test_mount_points_say_whose_they_are_and_whether_backups_have_them():
    mounts = {one.key: one for one in container(parse(CONTAINER)).mounts}
    assert list(mounts) == ["rootfs", "mp0", "mp1", "mp2", "mp10"]
    assert [one.kind for one in mounts.values()] == ["volume", "volume", "bind", "device", "volume"]
    assert [one.is_saved for one in mounts.values()] == [True, True, False, False, False]
    assert (mounts["mp0"].path, mounts["rootfs"].path, mounts["mp1"].storage) == ("/srv", "/", "")


@pytest.mark.parametrize(
    "line",
    [
        "net0: name=eth0,bridge=vmbr0,ip=10.0.0.5/24;reboot",
        "net0: bridge=vmbr0",
        "net0: name=eth0,hwaddr=01:00:00:00:00:00",
        "mp0: mp=/srv",
        "memory: many",
    ],
)
def test_a_containers_value_that_cannot_be_read(line):
    with pytest.raises(HostError):
        container(parse(f"rootfs: a:b\n{line}\n"))


def test_what_a_card_does_not_say_is_off():
    (card,) = qemu(parse("net0: virtio=BC:24:11:00:00:65,bridge=vmbr0\n")).nics
    assert not card.firewall
    assert not card.link_down
    assert (card.tag, card.queues, card.mtu) == (None, None, None)
