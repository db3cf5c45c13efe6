"""What Windows calls its drivers, in the child that reads them and where they are missed."""

from drverify.adapters.workbench.child.windows import CARD_DRIVERS, DISK_DRIVERS
from drverify.judging import inspection


def test_a_driver_that_is_missed_is_one_that_is_read() -> None:
    known = {**DISK_DRIVERS, **CARD_DRIVERS}
    for name, linux in inspection._OF_WINDOWS.items():
        assert linux in known[name], name
    wanted = {name for names in (*inspection._SCSI.values(), *inspection._DISKS.values()) for name in names}
    assert wanted - {"virtio_pci", "sym53c8xx"} <= set(inspection._OF_WINDOWS.values())
