"""A provider's office for tests of commands: settings, the locked agreement and keys beside a state directory."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from drverify.adapters.doors.contract import dump_contract
from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.model.quantity import Quantity
from drverify.sealing.agreed import Agreed
from drverify.sealing.keys import trust_file
from tests.support import periods, records
from tests.support.evidence import LOG, ORIGIN

AT = "2026-10-15T00:00:00Z"
SETTINGS = f"""\
state_dir = "state"
register = "acme.lock.yaml"
inventory = "inventory.yaml"
playbooks = "playbooks"
sources = {{}}
hosts = {{}}

[signing]
key = "file:runner.key"

[log]
origin = "{ORIGIN}"
key = "file:log.key"
"""
WITH_PARTIES = f'{SETTINGS}parties = "parties.json"\n'
"""With whose records go into the log."""
_READ = {
    "one (1) hour": (1, "hour"),
    "thirty (30) Days": (30, "day"),
    "four (4) hours": (4, "hour"),
    "ninety-two (92) Days": (92, "day"),
}


def agreed() -> Agreed:
    """The agreement of `records`, its figures in the units that its text has, so that its lock can be read."""
    made = []
    for one in records.provisions():
        if one.id == "rpo-other" or one.kind == "recovery_allowance":
            continue
        figure = one.figure
        if figure is not None:
            value, unit = _READ[records.FIGURES[one.citation.section]]
            figure = replace(figure, quantity=Quantity(value=Decimal(value), unit=unit))  # type: ignore[arg-type]
        made.append(replace(one, figure=figure))
    return records.agreed(records.contract(provisions=tuple(made)))


def furnish(root: Path, made: Agreed, settings: str = SETTINGS) -> None:
    """Lay out everything that commands read besides the state, and what an auditor trusts."""
    (root / "drverify.toml").write_text(settings)
    (root / "acme.lock.yaml").write_text(dump_contract(made.contract))
    (root / "agreement.md").write_bytes(records.DOCUMENT)
    _write_key(root / "runner.key", periods.RUNNER)
    (root / "inventory.yaml").write_text("version: 1\nworkloads: []\n")
    _write_key(root / "log.key", LOG)
    parties = [key for key in periods.KEYS if key.role in {"provider", "customer"}]
    (root / "parties.json").write_text(json.dumps(trust_file(parties)))
    (root / "trust.json").write_text(json.dumps(trust_file(periods.KEYS)))


def _write_key(path: Path, signer: KeyfileSigner) -> None:
    path.write_bytes(signer._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
