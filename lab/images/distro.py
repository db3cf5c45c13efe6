"""What the host's own distribution says: its release, and where its packages come from.

A guest is made from the same release and the same mirrors as the host, so nothing here names
a mirror. One-line and deb822 source lists are both read (sources.list(5)).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lab.images.errors import LabError

KERNELS = {"debian": "linux-image-amd64", "ubuntu": "linux-image-virtual"}
SMALL_KERNELS = {"debian": ("linux-image-cloud-amd64",)}
_ONE_LINE = re.compile(r"^deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<rest>.+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A distribution release, as os-release(5) names it."""

    distribution: str
    codename: str

    @property
    def kernel_package(self) -> str:
        """Name of the package that depends on the newest general-purpose kernel."""
        return KERNELS[self.distribution]

    @property
    def small_kernel_packages(self) -> tuple[str, ...]:
        """Kernel packages for virtual hardware only, quicker to boot; none on some releases."""
        return SMALL_KERNELS.get(self.distribution, ())


def host_release(os_release: Path = Path("/etc/os-release")) -> Release:
    """Read which release this machine runs; LabError if it is one we cannot make guests of."""
    fields = dict(
        line.split("=", 1) for line in os_release.read_text().splitlines() if "=" in line and line[0] != "#"
    )
    distribution = fields.get("ID", "").strip('"')
    codename = fields.get("VERSION_CODENAME", "").strip('"')
    if distribution not in KERNELS or not codename:
        raise LabError(
            f"cannot make guests on {fields.get('PRETTY_NAME', 'this system')}",
            hint="the lab needs Debian 12 or 13, or Ubuntu 24.04",
        )
    return Release(distribution=distribution, codename=codename)


def host_sources(release: Release, apt: Path = Path("/etc/apt")) -> str:
    """Return the host's sources of its own release, as one deb822 text for mmdebstrap.

    Kept: the release itself, its updates and its security suite, where the component ``main``
    is offered. Third parties' archives that reuse the release's name rarely offer ``main``;
    those that do are harmless, for they add packages but replace none.
    """
    stanzas: list[str] = []
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]
    for file in files:
        if not file.is_file():
            continue
        text = file.read_text(errors="replace")
        if file.suffix == ".sources":
            stanzas += _from_deb822(text, release)
        elif file.suffix == ".list":
            stanzas += _from_one_line(text, release)
    if not stanzas:
        raise LabError(
            f"apt on this machine has no archive for {release.codename}",
            hint=f"look into {apt}/sources.list and {apt}/sources.list.d",
        )
    return "\n".join(stanzas)


def _wanted(suites: str, release: Release) -> list[str]:
    name = release.codename
    known = {name, f"{name}-updates", f"{name}-security", f"{name}/updates"}
    return [suite for suite in suites.split() if suite in known]


def _from_one_line(text: str, release: Release) -> list[str]:
    stanzas = []
    for line in text.splitlines():
        found = _ONE_LINE.match(line.split("#", 1)[0].strip())
        if found is None or found["uri"].startswith("cdrom:"):
            continue
        suites = _wanted(found["suite"], release)
        if suites and "main" in found["rest"].split():
            signed = re.search(r"signed-by=(\S+)", found["options"] or "")
            stanzas.append(_stanza(found["uri"], suites, found["rest"], signed[1] if signed else ""))
    return stanzas


def _from_deb822(text: str, release: Release) -> list[str]:
    stanzas = []
    text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for block in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        key = ""
        for line in block.splitlines():
            if line[:1].isspace() and key:
                fields[key] += f"\n{line}"
            elif ":" in line:
                key, value = line.split(":", 1)
                key = key.lower()
                fields[key] = value.strip()
        suites = _wanted(fields.get("suites", ""), release)
        components = fields.get("components", "")
        off = fields.get("enabled", "yes").lower() in {"no", "false", "0"}
        if suites and not off and "deb" in fields.get("types", "").split() and "main" in components.split():
            stanzas.append(_stanza(fields["uris"], suites, components, fields.get("signed-by", "")))
    return stanzas


def _stanza(uris: str, suites: list[str], components: str, signed_by: str) -> str:
    lines = ["Types: deb", f"URIs: {uris}", f"Suites: {' '.join(suites)}", f"Components: {components}"]
    if signed_by:
        lines.append(f"Signed-By: {signed_by}" if "\n" not in signed_by else f"Signed-By:{signed_by}")
    return "\n".join(lines) + "\n"
