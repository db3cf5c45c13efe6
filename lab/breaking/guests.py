"""What can be wrong inside a guest: edits of a copy of its disk, which no machine runs from.

The shop's editors are those of `lab.images.edit`; tiny has its own here, which need no mount.
"""

import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from drverify.adapters.linux.command import checked
from drverify.errors import HostError
from lab.estate import guests, tiny
from lab.images import edit
from lab.images.disk import FIRST_PARTITION
from lab.images.initramfs import pack
from lab.images.variant import set_parameters, write_file

Facts = dict[str, str]
Edit = Callable[[Path, str, datetime], Awaitable[Facts]]
"""Disk, workload and instant of its data -> facts. Changes the disk in place."""
WITHIN = timedelta(minutes=2)
INIT = Path(edit.__file__).parent / "tiny" / "init"
SERVER = "httpd -p 80 -h /www\n"
INITRD = "/boot/base.img"
BOOT_CODE = 440
"""Bytes of code at the beginning of a disk, before its signature and its table."""


async def truncated(disk: Path, workload: str, _: datetime) -> Facts:
    """Cut the image off, as a copy that broke off leaves it."""
    size = disk.stat().st_size
    with guests.translated():
        await edit.truncate_image(disk)
    return {"size": str(size), "kept": str(disk.stat().st_size), "workload": workload}


async def unbootable(disk: Path, workload: str, _: datetime) -> Facts:
    """Take the code that starts first off the disk, and leave its table of partitions."""
    with disk.open("r+b") as file:
        file.write(b"\0" * BOOT_CODE)
    return {"bytes": str(BOOT_CODE), "workload": workload}


async def emptied(disk: Path, workload: str, _: datetime) -> Facts:
    """Leave the machine as it is and take its data."""
    return await _edit(disk, workload, "emptied")


async def disabled(disk: Path, workload: str, _: datetime) -> Facts:
    """Leave machine and data, and keep the application from starting."""
    return await _edit(disk, workload, "disabled")


async def other(disk: Path, workload: str, _: datetime) -> Facts:
    """Make it another machine at the same address."""
    return await _edit(disk, workload, "other")


async def age(disk: Path, workload: str, instant: datetime) -> Facts:
    """Make the data itself as old as `instant`, where the guest lets us; a database stays as it is."""
    if workload == tiny.WORKLOAD:
        await tiny.stamp(disk, instant, sequence=1)
    return {}


async def _edit(disk: Path, workload: str, how: str) -> Facts:
    editor, facts = EDITORS[workload, how]
    with guests.translated():
        await editor(disk)
    return dict(facts)


async def _forget_heartbeat(disk: Path) -> None:
    await checked(["debugfs", "-w", "-R", "rm /heartbeat", tiny.data_partition(disk)], within=WITHIN)


async def _rename(disk: Path) -> None:
    await set_parameters(disk, ["tiny.name=intranet"])


async def _without_server(disk: Path) -> None:
    """Lay an init without the web server over tiny's: the kernel unpacks one archive after the other."""
    init = INIT.read_text()
    if init.count(SERVER) != 1:
        raise HostError(f"{INIT} does not start its web server with {SERVER!r}")
    boot = f"{disk}?offset={FIRST_PARTITION}"
    with tempfile.TemporaryDirectory(prefix="drverify-lab-") as directory:
        stage, initrd = Path(directory) / "stage", Path(directory) / "initrd"
        stage.mkdir()
        (stage / "init").write_text(init.replace(SERVER, ""))
        (stage / "init").chmod(0o755)
        await checked(["debugfs", "-R", f"dump {INITRD} {initrd}", boot], within=WITHIN)
        content = initrd.read_bytes()
        longer = content + b"\0" * (-len(content) % 4) + pack(stage)
        await write_file(disk, FIRST_PARTITION, INITRD, longer)
        await checked(["debugfs", "-R", f"dump {INITRD} {initrd}", boot], within=WITHIN)
        if initrd.read_bytes() != longer:
            raise HostError(f"{disk}: the boot partition did not take the change")


EDITORS: Mapping[tuple[str, str], tuple[Callable[[Path], Awaitable[None]], Mapping[str, str]]] = (
    MappingProxyType(
        {
            ("shop", "emptied"): (edit.empty_database, {"emptied": "every table of the shop"}),
            ("shop", "disabled"): (edit.disable_application, {"masked": "nginx.service, shop.service"}),
            ("shop", "other"): (edit.wrong_machine, {"name": edit.OTHER_NAME}),
            ("tiny", "emptied"): (_forget_heartbeat, {"removed": "/data/heartbeat"}),
            ("tiny", "disabled"): (_without_server, {"removed": "the web server's start"}),
            ("tiny", "other"): (_rename, {"name": "intranet"}),
        }
    )
)
"""How each guest is edited, and what to say of it."""
