"""A configuration becomes a command line: everything where a real node puts it."""

from itertools import pairwise
from pathlib import Path

import pytest

from drverify.errors import HostError
from lab.pve.muscle import hardware
from lab.pve.muscle.hardware import Wiring, argv, left_out, read

WEB = {
    "agent": "1",
    "boot": "order=scsi0;net0",
    "cores": "2",
    "memory": "1024",
    "name": "sample-web01",
    "net0": "virtio=BC:24:11:00:00:64,bridge=drill0,firewall=1",
    "scsi0": "drill:9100/vm-9100-disk-0.raw,iothread=1,size=64M",
    "scsihw": "virtio-scsi-single",
    "smbios1": "uuid=9f3c2c5e-6f0e-4a36-9d8e-0a5f6f3d1b10",
    "sockets": "2",
    "vmgenid": "3a2f0f7e-1c55-4b1c-8a63-5f7e2f7b9a11",
}


def wired(files: dict[str, str], *, taps: dict[str, int] | None = None, **more: object) -> Wiring:
    return Wiring(
        files=files,
        taps=taps or {},
        run=Path("/run/x"),
        console="/dev/fdset/9",
        acceleration=more.pop("acceleration", "tcg"),  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def line(
    config: dict[str, str], files: dict[str, str] | None = None, **more: object
) -> list[tuple[str, str]]:
    """Options with their values."""
    words = argv(9100, read(config), wired(files or {}, **more))  # type: ignore[arg-type]
    return [(one, two) for one, two in pairwise(words) if one.startswith("-") and not two.startswith("-")]


def test_a_usual_guest_is_written_whole():
    words = line(WEB, {"scsi0": "/dev/fdset/1"}, taps={"net0": 7})
    for expected in [
        ("-name", "guest=sample-web01,debug-threads=on"),
        ("-machine", "pc,accel=tcg"),
        ("-m", "1024"),
        ("-smp", "4,sockets=2,cores=2,maxcpus=4"),
        ("-cpu", "max"),
        ("-smbios", "type=1,uuid=9f3c2c5e-6f0e-4a36-9d8e-0a5f6f3d1b10"),
        ("-device", "vmgenid,guid=3a2f0f7e-1c55-4b1c-8a63-5f7e2f7b9a11"),
        ("-vnc", "unix:/run/x/vnc,password=on"),
        ("-chardev", "socket,id=qmp,path=/run/x/qmp,server=on,wait=off"),
        ("-chardev", "socket,id=qga0,path=/run/x/agent,server=on,wait=off"),
        ("-device", "virtserialport,chardev=qga0,name=org.qemu.guest_agent.0"),
        ("-device", "virtio-scsi-pci,id=virtioscsi0"),
        ("-blockdev", "driver=raw,node-name=drive-scsi0,file=file-scsi0,discard=unmap"),
        (
            "-device",
            "scsi-hd,bus=virtioscsi0.0,channel=0,scsi-id=0,lun=0,id=scsi0,drive=drive-scsi0,bootindex=100",
        ),
        ("-netdev", "tap,id=net-net0,fd=7"),
        ("-device", "virtio-net-pci,netdev=net-net0,id=net0,mac=BC:24:11:00:00:64,bootindex=101"),
    ]:
        assert expected in words


def test_without_an_agent_in_the_configuration_there_is_no_channel_for_one():
    for value in ("0", "enabled=0,fstrim_cloned_disks=1"):
        assert not any("qga0" in two for _, two in line({**WEB, "agent": value}))
    assert any("qga0" in two for _, two in line({**WEB, "agent": "enabled=1"}))


@pytest.mark.parametrize(
    ("key", "machine", "seat"),
    [
        ("ide3", "pc", "ide-hd,bus=ide.1,unit=1"),
        ("ide2", "pc-q35-9.2+pve1", "ide-hd,bus=ide.2,unit=0"),
        ("sata4", "q35", "ide-hd,bus=ahci0.4"),
        ("virtio1", "pc", "virtio-blk-pci"),
        ("scsi8", "pc", "scsi-hd,bus=scsihw1.0,scsi-id=1"),
    ],
)
def test_drives_sit_where_a_guest_knows_them(key: str, machine: str, seat: str):
    words = line({key: "s:1/d.raw,size=1M", "machine": machine}, {key: "/d"})
    assert ("-device", f"{seat},id={key},drive=drive-{key},bootindex=100") in words
    assert (("-machine", "q35,accel=tcg") in words) == ("q35" in machine)


@pytest.mark.parametrize(
    ("scsihw", "device"),
    [
        ("lsi", "lsi53c895a,id=scsihw0"),
        ("pvscsi", "pvscsi,id=scsihw0"),
        ("virtio-scsi-pci", "virtio-scsi-pci,id=scsihw0"),
    ],
)
def test_the_controller_is_the_configured_one(scsihw: str, device: str):
    assert ("-device", device) in line({"scsi2": "s:1/d", "scsihw": scsihw}, {"scsi2": "/d"})


def test_a_controller_that_there_is_not_is_refused_by_name():
    with pytest.raises(HostError, match="scsihw: no such controller: floppy"):
        read({"scsihw": "floppy"})


def test_a_cdrom_without_a_disc_stays_and_a_disk_without_a_file_does_not():
    words = line({"ide2": "none,media=cdrom", "scsi1": "s:1/d", "boot": "order=scsi0"})
    assert ("-device", "ide-cd,bus=ide.1,unit=0,id=ide2") in words
    assert not any("scsi1" in two for _, two in words)


def test_a_card_without_a_bridge_leads_nowhere_and_a_card_not_booted_from_loads_no_firmware():
    words = line({"net3": "e1000=BC:24:11:00:00:64", "boot": "order=scsi0"})
    assert ("-netdev", "user,id=net-net3,restrict=on") in words
    assert ("-device", "e1000,netdev=net-net3,id=net3,mac=BC:24:11:00:00:64,romfile=") in words


def test_ovmf_gets_its_two_flashes():
    words = line({"bios": "ovmf"}, firmware=("/code", "/vars"))
    assert ("-machine", "pc,accel=tcg,pflash0=ovmf-code,pflash1=ovmf-variables") in words
    assert ("-blockdev", "driver=file,node-name=file-ovmf-code,filename=/code,read-only=on") in words
    assert ("-blockdev", "driver=file,node-name=file-ovmf-variables,filename=/vars") in words


def test_a_wrong_clock_is_wrong_from_the_start():
    assert ("-rtc", "base=2001-01-01T00:00:00") in line({}, clock="2001-01-01T00:00:00")
    assert ("-rtc", "base=utc") in line({})
    assert ("-rtc", "base=localtime") in line({"localtime": "1"})


def test_what_a_guest_is_called_cannot_say_anything_else_to_qemu():
    assert ("-name", "guest=a_process=evil_b,debug-threads=on") not in line({"name": "a,process=evil;b"})
    assert ("-name", "guest=a_process_evil_b,debug-threads=on") in line({"name": "a,process=evil;b"})


def test_what_the_lab_has_no_part_for_is_named():
    config = {"hostpci0": "0000:01:00.0", "args": "-foo", "tpmstate0": "s:1/t", "net0": "virtio,bridge=x"}
    assert left_out(config) == ("hostpci0", "args", "tpmstate0")
    assert not any("foo" in word for word in argv(9100, read(config), wired({})))


def test_kvm_runs_the_hosts_processor():
    words = line({}, acceleration="kvm")
    assert ("-machine", "pc,accel=kvm") in words
    assert ("-cpu", "host") in words
    assert argv(1, read({}), wired({}))[0] == hardware.EMULATOR
