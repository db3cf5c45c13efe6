"""Room that several guests are promised on one storage before any of them has written."""

import pytest

from drverify.adapters.proxmox.space import MIB, Space
from drverify.adapters.proxmox.values import StorageEntry
from drverify.errors import HostError


def storage(available: int | None, name: str = "imports") -> StorageEntry:
    return StorageEntry(
        name=name,
        kind="dir",
        content=frozenset({"import"}),
        active=True,
        enabled=True,
        shared=False,
        available=None if available is None else available * MIB,
    )


def promise(space: Space, who: str, available: int | None, **needs: int) -> None:
    sizes = {what: size * MIB for what, size in needs.items()}
    space.promise(who, sizes, storage(available), margin=10 * MIB)


def test_what_others_are_about_to_write_counts_and_what_they_wrote_does_not_count_twice() -> None:
    space = Space("pve1")
    promise(space, "web", 100, images=50)
    promise(space, "db", 70, images=40)  # 30 of web's are written
    with pytest.raises(HostError) as caught:
        promise(space, "app", 60, images=1)
    assert str(caught.value) == (
        "the disks of 3 guests want 91 MiB together on storage imports of node pve1, 1 MiB of it this one's; "
        "with a margin of 10 MiB 90 MiB are available"
    )
    promise(space, "web", 70, images=50)


def test_what_was_written_and_is_gone_again_is_room() -> None:
    space = Space("pve1")
    promise(space, "web", 100, images=50, disks=20)
    with pytest.raises(HostError, match="of 2 guests want 110 MiB together"):
        promise(space, "db", 100, images=40)
    space.give_back("web", "images")
    promise(space, "db", 80, images=40)
    space.give_back("web")
    space.give_back("db")
    promise(space, "app", 95, disks=85)


def test_what_strangers_wrote_meanwhile_is_no_room() -> None:
    space = Space("pve1")
    promise(space, "web", 100, images=10)
    with pytest.raises(HostError, match=r"the disks want 20 MiB on storage imports .* 15 MiB are available"):
        promise(space, "db", 25, images=20)
    promise(space, "db", None, images=10**6)
