import pytest

from drverify.errors import DefectError, HostError, InputError
from drverify.model.recovery import Disk, Network
from drverify.pveconf.policy import Policy
from drverify.pveconf.preflight import preflight
from drverify.pveconf.shape import as_restored, shape
from drverify.pveconf.text import parse


def network(name, mac=""):
    return Network(
        name=name, subnet="10.0.0.0/24", gateway="10.0.0.1", dns="10.0.0.1", address="10.0.0.5", mac=mac
    )


FULL = """\
args: -S
bios: ovmf
boot: order=virtio1;scsi0
cores: 2
cpu: host
efidisk0: local-lvm:vm-101-disk-2,efitype=4m,size=4M
hookscript: local:snippets/x.pl
hostpci0: 0000:01:00.0
ide0: local-lvm:vm-101-cloudinit,media=cdrom
ide2: local:iso/debian.iso,media=cdrom
machine: pc-q35-9.2+pve1
memory: 4096
net0: virtio=BC:24:11:00:00:65,bridge=vmbr0,tag=12
net1: pcnet=BC:24:11:00:00:66,bridge=vmbr1
scsi0: local-lvm:vm-101-disk-0,size=10490368
scsi1: local-lvm:vm-101-disk-1,backup=0,size=1G
scsihw: pvscsi
sockets: 2
tpmstate0: local-lvm:vm-101-disk-3,size=4M,version=v2.0
virtio1: local-lvm:vm-101-disk-4,serial=A%2DB,size=1G
#qmdump#map:efidisk0:drive-efidisk0:local-lvm:raw:
#qmdump#map:scsi0:drive-scsi0:local-lvm:raw:
#qmdump#map:virtio1:drive-virtio1:local-lvm:raw:
#qmdump#map:tpmstate0:drive-tpmstate0-backup:local-lvm:raw:
"""
BOTH = (network("front"), network("back"))


def test_a_machine_is_shaped_whole():
    done = shape(parse(FULL), BOTH)
    form = done.shape
    assert (form.memory_mib, form.vcpus, form.firmware, form.chipset) == (4096, 4, "uefi", "q35")
    assert form.disks == (
        Disk(name="virtio1", bus="virtio", size_bytes=1 << 30, serial="A-B"),
        Disk(name="scsi0", bus="scsi", size_bytes=10490368, serial="drive-scsi0"),
        Disk(name="efidisk0", bus="pflash", size_bytes=4 << 20),
    )
    assert done.devices == (
        ("virtio1", "drive-virtio1"),
        ("scsi0", "drive-scsi0"),
        ("efidisk0", "drive-efidisk0"),
    )
    assert form.scsi_controller == "virtio-scsi"
    assert form.nic_models == ("virtio", "e1000")
    assert [one.mac for one in form.networks] == ["BC:24:11:00:00:65", "BC:24:11:00:00:66"]


def test_everything_that_differs_is_said():
    done = shape(parse(FULL), BOTH)
    assert [one.what for one in done.changed] == ["machine", "sockets", "scsihw", "net0", "net1"]
    changes = {one.what: one.change for one in done.changed}
    assert changes["net0"] == "vmbr0 tag 12 -> front, alone in the sandbox"
    assert changes["net1"] == "vmbr1 -> back, alone in the sandbox; pcnet -> e1000"
    why = {one.what: one.why for one in done.unmapped}
    assert set(why) == {
        "args", "cpu", "hookscript", "hostpci0", "ide0", "ide2", "scsi1", "tpmstate0",
    }  # fmt: skip
    assert why["scsi1"].startswith("incomplete by policy")
    assert "recovery key" in why["tpmstate0"]
    assert "cloud-init" in why["ide0"]
    assert done.machine.deviations == (*done.changed, *done.unmapped)


def test_every_setting_is_mapped_changed_left_out_or_silent():
    config = parse(FULL + "warp: 9\nnuma: 1\nsmbios1: uuid=x\nvga: qxl\nrng0: source=/dev/urandom\n")
    assert {"warp", "numa", "smbios1", "vga", "rng0"} <= {one.what for one in shape(config, BOTH).unmapped}


def test_a_version_newer_than_the_hosts_emulator_is_noted():
    def why(emulator):
        return next(
            one.why for one in shape(parse(FULL), BOTH, emulator=emulator).changed if one.what == "machine"
        )

    assert why((7, 2)).endswith("newer than this host's QEMU 7.2")
    assert "newer" not in why((9, 2))
    assert "newer" not in why(())


def test_networks_have_to_fit_the_cards():
    with pytest.raises(InputError, match="1 networks and its machine has 2 network cards") as error:
        shape(parse(FULL), BOTH[:1])
    assert "net0 BC:24:11:00:00:65 on vmbr0; net1 BC:24:11:00:00:66 on vmbr1" in error.value.hint
    with pytest.raises(InputError, match="1 networks and its machine has 0"):
        shape(parse("scsi0: a:b\n"), BOTH[:1])


def test_without_any_network_every_card_is_left_out():
    done = shape(parse(FULL), ())
    assert (done.shape.networks, done.shape.nic_models) == ((), ())
    assert {"net0", "net1"} <= {one.what for one in done.unmapped}


def test_an_address_of_the_workload_goes_before_the_cards():
    text = "scsi0: a:b\nnet0: virtio=BC:24:11:00:00:65,bridge=vmbr0\n"
    done = shape(parse(text), (network("front", mac="52:54:00:00:00:01"),))
    assert done.shape.networks[0].mac == "52:54:00:00:00:01"
    assert done.changed[0].change.endswith("; BC:24:11:00:00:65 -> 52:54:00:00:00:01")


def test_without_a_map_every_disk_that_is_saved_comes_back():
    done = shape(parse("boot: order=net0\nsata1: a:c,backup=0\nide0: a:b\nscsi0: a:d\n"), ())
    assert [one.name for one in done.shape.disks] == ["ide0", "scsi0"]
    assert (done.shape.chipset, done.shape.firmware, done.shape.scsi_controller) == ("pc", "bios", "lsi")


def test_an_efi_store_of_a_machine_with_a_bios_is_left_out():
    done = shape(parse("scsi0: a:b\nefidisk0: a:c\n"), ())
    assert [one.name for one in done.shape.disks] == ["scsi0"]
    assert [one.what for one in done.unmapped] == ["efidisk0"]


def test_a_backup_without_any_disk_is_a_defect():
    for text in ("memory: 512\n", "scsi0: a:b,backup=0\n", "ide2: local:iso/x.iso,media=cdrom\n"):
        with pytest.raises(DefectError, match="none of the machine's disks"):
            shape(parse(text), ())


def test_what_is_no_machine_for_such_a_host_is_no_defect():
    with pytest.raises(HostError, match="container"):
        shape(parse("rootfs: a:b\n"), ())
    with pytest.raises(HostError, match="aarch64"):
        shape(parse("arch: aarch64\nscsi0: a:b\n"), ())


POLICY = Policy(bridge="drill0", storage="drills", mark="drverify:0a1b2c3d")


def test_a_copy_that_the_node_restores_deviates_as_the_preflight_says():
    config = parse(FULL)
    done = as_restored(config, BOTH, preflight(config, POLICY))
    assert done.shape.disks == shape(config, BOTH).shape.disks
    what = [one.what for one in done.deviations]
    assert what[:2] == ["net0", "net1"]
    assert {"ide2", "onboot", "description", "scsi1"} <= set(what)
    assert "args" not in what  # it is refused: there is no such copy
    assert done.deviations[0].change.endswith("-> virtio=BC:24:11:00:00:65,bridge=drill0,firewall=1")


def test_a_container_has_its_memory_its_processors_and_its_cards():
    config = parse(
        "rootfs: a:b\nhostname: mail\nmemory: 1024\ncores: 2\nunprivileged: 1\nnet0: name=eth0,hwaddr=BC:24:11:AA:00:01\n"
    )
    done = as_restored(config, (network("front"),), preflight(config, POLICY))
    assert (done.name, done.shape.memory_mib, done.shape.vcpus) == ("mail", 1024, 2)
    assert done.shape.networks[0].mac == "BC:24:11:AA:00:01"


def test_a_containers_disks_are_what_its_restore_allocates():
    config = parse("rootfs: a:b,size=8G\nmp0: a:c,mp=/srv,size=2G\nmp1: /srv/shared,mp=/shared\n")
    disks = as_restored(config, (), preflight(config, POLICY)).shape.disks
    assert [(one.name, one.size_bytes) for one in disks] == [("rootfs", 8 << 30), ("mp0", 2 << 30)]
