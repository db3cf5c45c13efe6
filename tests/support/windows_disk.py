"""A disk with what a Windows is known by, as steps of libguestfs: no file of it is Windows' own.

Its partitions, its hives and the names of its files are; a driver's file is empty, and nothing of it starts.
"""

import base64

from tests.support.registry import Key, hive
from tests.support.workbench import Step

PRODUCT, VERSION, HOST = "Windows Server 2022 Standard 21H2", "10.0.20348", "FILES-01"
MIB = 1 << 20
SIZE = 64 * MIB
_GUID = "{9A1C3B6E-0C3E-4A39-8D1B-1F6E0A5B7C11}"
_CARDS = "{4D36E972-E325-11CE-BFC1-08002BE10318}"
_DRIVERS = "System32\\drivers\\"
_NTFS_ID = 0x07
_CODE = b"\xfa\x33\xc0Missing operating system"
AT_BOOT, AUTOMATIC, ON_DEMAND, DISABLED = 0, 2, 3, 4
_KERNEL, _PROGRAM = 1, 0x20


def software() -> Key:
    """As Windows Server 2022 writes it, so far as anything here reads it."""
    return {
        "Microsoft": {
            "Windows NT": {
                "CurrentVersion": {
                    "ProductName": "Windows Server 2022 Standard",
                    "DisplayVersion": "21H2",
                    "CurrentVersion": "6.3",
                    "CurrentBuildNumber": "20348",
                    "CurrentMajorVersionNumber": 10,
                    "CurrentMinorVersionNumber": 0,
                    "InstallationType": "Server",
                }
            }
        }
    }


def system(*, viostor: int) -> Key:
    """Its second control set is the one in use; `viostor` is when that driver starts."""
    interface = {
        "EnableDHCP": 0,
        "IPAddress": ("10.20.0.40",),
        "SubnetMask": ("255.255.255.0",),
        "DefaultGateway": ("10.20.0.1",),
        "NameServer": "10.20.0.2",
    }
    services = {
        "Tcpip": {
            **_driver(AT_BOOT, "tcpip"),
            "Parameters": {"Hostname": HOST, "Interfaces": {_GUID: interface}},
        },
        "disk": _driver(AT_BOOT, "disk"),
        "storahci": {**_driver(AT_BOOT, "storahci"), "StartOverride": {"0": AT_BOOT}},
        "viostor": _driver(viostor, "viostor"),
        "vioscsi": _driver(AT_BOOT, "vioscsi"),  # whose file is not there
        "lsi_sas": {**_driver(AT_BOOT, "lsi_sas"), "StartOverride": {"0": ON_DEMAND}},
        "netkvm": _driver(ON_DEMAND, "netkvm"),
        "W32Time": {"Start": AUTOMATIC, "Type": _PROGRAM, "ImagePath": "%SystemRoot%\\system32\\svchost.exe"},
        "Spooler": {"Start": DISABLED, "Type": _PROGRAM, "ImagePath": "%SystemRoot%\\System32\\spoolsv.exe"},
    }
    network = {_CARDS: {_GUID: {"Connection": {"Name": "Ethernet0"}}}}
    return {
        "Select": {"Current": 2, "Default": 2},
        "ControlSet001": {"Services": {"viostor": _driver(AT_BOOT, "viostor")}},
        "ControlSet002": {"Services": services, "Control": {"Network": network}},
    }


def _driver(start: int, name: str) -> Key:
    return {"Start": start, "Type": _KERNEL, "ErrorControl": 3, "ImagePath": f"{_DRIVERS}{name}.sys"}


def steps_of_windows(disk: str) -> list[Step]:
    """An MBR disk with one active NTFS partition, which holds the boot manager, too."""
    drivers = ("tcpip", "disk", "storahci", "viostor", "lsi_sas", "netkvm")
    folders = ("/Boot", "/Windows/System32/config", "/Windows/System32/Drivers", "/Windows/SysWOW64")
    files = ("/bootmgr", "/Boot/BCD", "/Windows/SysWOW64/ntdll.dll")
    return [
        ["part_init", disk, "mbr"],
        ["part_add", disk, "p", 2048, -1],
        ["part_set_mbr_id", disk, 1, _NTFS_ID],
        ["part_set_bootable", disk, 1, True],
        ["pwrite_device", disk, _bytes(_CODE), 0],
        ["mkfs", "ntfs", f"{disk}1"],
        ["mount", f"{disk}1", "/"],
        *(["mkdir_p", folder] for folder in folders),
        *(["touch", path] for path in files),
        *(["touch", f"/Windows/System32/Drivers/{name}.sys"] for name in drivers),
        ["write", "/Windows/System32/config/SOFTWARE", _bytes(hive(software()))],
        ["write", "/Windows/System32/config/SYSTEM", _bytes(hive(system(viostor=ON_DEMAND)))],
        ["umount_all"],
    ]


def steps_of_a_bound_driver(disk: str) -> list[Step]:
    """What a boot beside a virtio disk leaves behind: its driver starts at boot from now on."""
    return [
        ["mount", f"{disk}1", "/"],
        ["write", "/Windows/System32/config/SYSTEM", _bytes(hive(system(viostor=AT_BOOT)))],
        ["umount_all"],
    ]


def steps_without_a_boot_manager(disk: str) -> list[Step]:
    """Its store is gone."""
    return [["mount", f"{disk}1", "/"], ["rm", "/Boot/BCD"], ["umount_all"]]


def _bytes(data: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(data).decode()}
