"""Everything that one site drills: one settings file, and those of further agreements that it names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from drverify.compose import Workshop
from drverify.errors import InputError
from drverify.settings import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """The workshops of a site by the id of their agreement; the first is the one that names the others."""

    workshops: Mapping[str, Workshop]
    paths: Mapping[str, Path]
    """Where the settings of each lie."""

    @classmethod
    def open(cls, path: Path) -> "Estate":
        """Open all settings. InputError for what is wrong in one, or an agreement that two of them name."""
        main = Workshop.open(path)
        chosen = [(path, main)]
        for other in main.settings.operation.also:
            found = main.settings.path(other)
            chosen.append((found, Workshop.open(found)))
        workshops: dict[str, Workshop] = {}
        paths: dict[str, Path] = {}
        for where, workshop in chosen:
            name = workshop.agreed.contract.id
            if name in workshops:
                raise InputError(
                    f"agreement {name} is named by {paths[name]} and by {where}",
                    hint="operation.also: name the settings of each agreement once",
                )
            if any(workshop.state_dir == one.state_dir for one in workshops.values()):
                raise InputError(
                    f"{where}: its state_dir {workshop.state_dir} is another agreement's, too",
                    hint="give each agreement a state_dir of its own",
                )
            workshops[name], paths[name] = workshop, where
        return cls(workshops=workshops, paths=paths)

    @property
    def main(self) -> Workshop:
        """The one whose `[operation]` and `[nights]` count for the whole site."""
        return next(iter(self.workshops.values()))

    @property
    def operation(self) -> Operation:
        """How the site is run."""
        return self.main.settings.operation

    @property
    def state_dirs(self) -> tuple[Path, ...]:
        """Where each agreement keeps its state, absolute."""
        return tuple(one.state_dir.resolve() for one in self.workshops.values())

    @property
    def metrics_file(self) -> Path | None:
        """Where metrics are written, absolute; None: nowhere."""
        chosen = self.operation.metrics_file
        return self.main.settings.path(chosen).resolve() if chosen is not None else None

    @property
    def state_dir(self) -> Path:
        """Where the site's own state lies: databases, and a directory for each running attempt."""
        return state_dir_of(self.main)


def state_dir_of(main: Workshop) -> Path:
    """Where the state of the site lies whose first settings these are."""
    return main.state_dir / "operation"
