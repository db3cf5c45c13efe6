"""Who signs a report's PDF, as the settings say."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drverify.errors import InputError
from drverify.model.recovery import SecretRef
from drverify.sealing.authorities import authorities_in

if TYPE_CHECKING:
    from drverify.adapters.annex.signing import Sealer, Stamping
    from drverify.annex_settings import Annex
    from drverify.compose import Workshop
    from drverify.settings import TimeAuthority


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """A certificate's holder and a time authority; empty: nobody signs."""

    name: str = ""
    authority: str = ""
    sealer: "Sealer | None" = None
    stamping: "Stamping | None" = None
    fonts: tuple[Path, ...] = ()

    def sign(self, pdf: bytes) -> bytes:
        """The signed file; the same one when nobody signs. HostError as `adapters.annex.signing.sign`."""
        if self.sealer is None:
            return pdf
        signing: Any = import_module("drverify.adapters.annex.signing")
        signed: bytes = signing.sign(pdf, self.sealer, self.stamping)
        return signed


def signing_of(workshop: "Workshop", *, stamped: bool) -> Signing:
    """Read certificate and key. InputError when they cannot be used, or the packages are missing."""
    chosen = workshop.settings.annex
    if chosen is None:
        return Signing()
    fonts = tuple(workshop.settings.path(one) for one in chosen.fonts)
    if chosen.certificate is None or chosen.key is None:
        return Signing(fonts=fonts)
    try:
        signing: Any = import_module("drverify.adapters.annex.signing")
    except ModuleNotFoundError as error:
        raise InputError(
            f"signing a PDF needs the Python package {error.name}", hint="pip install 'drverify[annex]'"
        ) from error
    certificates = _read(workshop.settings.path(chosen.certificate))
    sealer = signing.Sealer.read(certificates, workshop.secret(SecretRef(chosen.key)))
    authority = _authority(workshop, chosen) if stamped else None
    stamping = _stamping(workshop, authority, signing) if authority else None
    return Signing(
        name=sealer.name,
        authority=authority.name if authority else "",
        sealer=sealer,
        stamping=stamping,
        fonts=fonts,
    )


def _authority(workshop: "Workshop", chosen: "Annex") -> "TimeAuthority | None":
    """The one that the settings name, or the first of the log's; none: there is none."""
    log = workshop.settings.log
    known = log.authorities if log else ()
    if chosen.authority is None:
        return next(iter(known), None)
    for one in known:
        if one.name == chosen.authority:
            return one
    raise InputError(f"annex.authority: there is no {chosen.authority!r} in log.authorities")


def _stamping(workshop: "Workshop", one: "TimeAuthority", signing: Any) -> "Stamping":
    client: Any = import_module("drverify.adapters.stamping.client")
    endpoint: Any = import_module("drverify.adapters.stamping.endpoint")
    roots = authorities_in(_read(workshop.settings.path(one.ca)), one.name, what=f"the ca of {one.name}")
    asked = endpoint.Endpoint(name=one.name, url=one.url, roots=roots, within=timedelta(seconds=one.within_s))
    made: Stamping = signing.Stamping(
        exchange=partial(client.exchange, asked), roots=tuple(root.certificate_der for root in roots)
    )
    return made


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
