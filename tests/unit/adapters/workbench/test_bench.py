"""What the child believes and tells: names of disks both ways, drivers by their files, answers made tame."""

from drverify.adapters.workbench.child.bench import Bench
from drverify.adapters.workbench.child.inspecting import plain
from drverify.adapters.workbench.child.kernels import chosen
from drverify.adapters.workbench.inspecting import MAX_ITEMS, MAX_TEXT, tamed
from drverify.model.inspection import Inspection, KernelFacts, SystemFacts, VolumeFacts
from drverify.sealing.codec import from_json, to_json


class Guestfs:
    """Answers a shell as an appliance does whose kernel found the second disk first."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def debug(self, _: str, words: list[str]) -> str:
        self.asked += words
        return "/dev/sda1: TYPE\n/dev/sdb: TYPE\n/dev/sdc: TYPE\n/dev/sdaa1: TYPE\n"


def test_disks_have_libguestfs_names_in_and_out_of_the_appliances_shell() -> None:
    guestfs = Guestfs()
    bench = Bench(guestfs, lambda _: None, {"sda": "sdb", "sdb": "sda"})
    said = bench.sh("blkid /dev/sda1 /dev/sdb /dev/sdc /dev/mapper/sda")
    assert "blkid /dev/sdb1 /dev/sda /dev/sdc /dev/mapper/sda\n" in guestfs.asked[0]
    assert said.split(": TYPE\n")[:4] == ["/dev/sdb1", "/dev/sda", "/dev/sdc", "/dev/sdaa1"]


def test_the_default_kernel_is_the_first_that_is_written_out() -> None:
    kernels = [KernelFacts(version=one, initramfs=True) for one in ("6.1.0-56-amd64", "5.10")]
    grub = "menuentry {\n\tlinux\t/boot/vmlinuz-6.1.0-56-amd64 root=UUID=1\n}\n linux /boot/vmlinuz-5.10\n"
    assert chosen(grub, kernels) == "6.1.0-56-amd64"
    assert chosen("linux /boot/$kernel/vmlinuz", kernels) == ""
    assert chosen("linux /vmlinuz-4.19", kernels) == "", "it is not installed"


def test_an_answer_has_the_form_of_the_evidence() -> None:
    found = Inspection(
        disks=(),
        volumes=(VolumeFacts(kind="lvm", name="vg", complete=False, missing=1),),
        system=SystemFacts(
            product="x",
            family="linux",
            kernels=(KernelFacts(version="6", initramfs=False),),
            firmware=("bios",),
        ),
        not_read="why",
    )
    assert plain(found) == to_json(found)
    assert from_json(tamed(plain(found)), Inspection, what="inspection") == found


def test_whatever_a_guest_says_is_short_and_printable() -> None:
    told = tamed({"hostname": "a\x1b[31m\n" + "b" * 1000, "services": ["x"] * 1000, "size": 3, "sound": None})
    assert told["hostname"].startswith("a?[31m?b")
    assert len(told["hostname"]) == MAX_TEXT
    assert len(told["services"]) == MAX_ITEMS
    assert (told["size"], told["sound"]) == (3, None)
