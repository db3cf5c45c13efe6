"""fstab and crypttab by the UUIDs of what was made."""

from drverify.preparing.mounts import MARK, Locked, Made, crypttab, fstab

ROOT = Made(at="/", kind="ext4", uuid="11111111")
SRV = Made(at="/srv/my data", kind="xfs", uuid="22222222")
SWAP = Made(at="", kind="swap", uuid="33333333")
OLD = """\
# /etc/fstab
UUID=aaaa / ext4 noatime,errors=remount-ro 0 1
/dev/vg/srv /srv/my\\040data ext4 errors=remount-ro,nodev 0 2
UUID=bbbb none swap sw 0 0
UUID=cccc /home ext4 defaults 0 2
/dev/sr0 /media/cdrom udf,iso9660 user,noauto 0 0
nas:/export /mnt nfs defaults,_netdev 0 0
tmpfs /tmp tmpfs size=1g 0 0
"""


def test_each_line_is_led_to_what_was_made() -> None:
    found = fstab(OLD, [ROOT, SRV, SWAP])
    assert found.text.splitlines() == [
        "# /etc/fstab",
        "UUID=11111111 / ext4 noatime,errors=remount-ro 0 1",
        "UUID=22222222 /srv/my\\040data xfs nodev 0 2",
        "UUID=33333333 none swap sw 0 0",
        f"{MARK}UUID=cccc /home ext4 defaults 0 2",
        "/dev/sr0 /media/cdrom udf,iso9660 user,noauto 0 0",
        "nas:/export /mnt nfs defaults,_netdev 0 0",
        "tmpfs /tmp tmpfs size=1g 0 0",
    ]
    assert [one.change for one in found.reworks] == [
        "/: UUID=aaaa is now UUID=11111111",
        "/srv/my data: /dev/vg/srv is now UUID=22222222, xfs instead of ext4",
        "swap: UUID=bbbb is now UUID=33333333",
        "/home (UUID=cccc) is out of use: the layout has no such file system",
    ]


def test_what_no_line_mounts_is_added() -> None:
    efi = Made(at="/boot/efi", kind="vfat", uuid="AAAA-BBBB")
    found = fstab("", [ROOT, efi, SWAP, SRV])
    assert found.text.splitlines() == [
        "UUID=11111111 / ext4 defaults 0 1",
        "UUID=AAAA-BBBB /boot/efi vfat umask=0077 0 0",
        "UUID=33333333 none swap sw 0 0",
        "UUID=22222222 /srv/my\\040data xfs defaults 0 0",
    ]
    assert len(found.reworks) == 4


def test_a_second_swap_is_out_of_use_and_a_swap_file_is_not() -> None:
    found = fstab("UUID=a none swap sw 0 0\nUUID=b swap swap sw 0 0\n/swapfile none swap sw 0 0\n", [SWAP])
    assert found.text.splitlines() == [
        "UUID=33333333 none swap sw 0 0",
        f"{MARK}UUID=b swap swap sw 0 0",
        "/swapfile none swap sw 0 0",
    ]


def test_subvolumes_of_btrfs_are_gone() -> None:
    made = Made(at="/", kind="btrfs", uuid="4")
    assert fstab("UUID=a / btrfs subvol=@rootfs,noatime 0 0\n", [made]).text == "UUID=4 / btrfs noatime 0 0\n"


def test_crypttab_opens_what_was_made_and_nothing_else() -> None:
    found = crypttab(
        "# c\nold UUID=a none luks\n", [Locked(name="luks-3", uuid="u", key="/etc/drverify/k.key")]
    )
    assert found.text.splitlines() == [
        "# c",
        f"{MARK}old UUID=a none luks",
        "luks-3 UUID=u /etc/drverify/k.key luks,initramfs",
    ]
    assert [one.change for one in found.reworks] == [
        "old is out of use",
        "luks-3 is UUID=u, opened by /etc/drverify/k.key",
    ]
