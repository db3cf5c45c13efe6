"""Hardware profiles: files that say what a restored system is booted on instead of its own machine."""

from pathlib import Path

import drverify
from drverify.adapters.doors.shape import shape_of
from drverify.adapters.doors.yaml import load, refuse
from drverify.errors import InputError
from drverify.model.hardware import HardwareProfile


def load_hardware(path: Path) -> HardwareProfile:
    """Read a profile. InputError with `file:line: path: what was expected, what was found`."""
    document = load(path)
    profile = shape_of(HardwareProfile).read(document)
    if profile.name != path.stem:
        refuse([document.complaint(("name",), f"expected the file's own name, {path.stem}")])
    if profile.scsi_controller is not None and profile.disk_bus not in {None, "scsi"}:
        refuse(
            [document.complaint(("scsi_controller",), f"expected none beside disk_bus: {profile.disk_bus}")]
        )
    if profile.first_boot is not None and profile.disk_bus in {None, profile.first_boot}:
        refuse([document.complaint(("first_boot",), "expected another controller as disk_bus beside it")])
    return profile


_PACKAGE = Path(drverify.__file__).parent
SHIPPED = (_PACKAGE / "shipped" / "playbooks" / "hardware", _PACKAGE.parent / "playbooks" / "hardware")
"""Where the installed package and the checkout have the profiles that come with drverify."""


class HardwareShelf:
    """Every profile that a drill can name: the operator's own, then the shipped ones."""

    def __init__(self, own: Path) -> None:
        self._own = own

    def files(self) -> dict[str, Path]:
        """The files by the name of their profile; of two with one name the operator's."""
        folders = (*reversed(SHIPPED), self._own)
        return {path.stem: path for folder in folders for path in sorted(folder.glob("*.yaml"))}

    def load(self, name: str) -> HardwareProfile:
        """The profile of that name. InputError when there is none, or it is wrong."""
        files = self.files()
        if name not in files:
            known = ", ".join(sorted(files)) or "none"
            raise InputError(f"no hardware profile {name!r}", hint=f"known are: {known}")
        return load_hardware(files[name])

    def all(self) -> tuple[HardwareProfile, ...]:
        """Every profile, by name. InputError when one is wrong."""
        return tuple(load_hardware(path) for _, path in sorted(self.files().items()))
