"""Empty restic repositories without `restic init`, whose passwords cost no second of a processor.

`restic init` measures for three seconds how costly its scrypt may be, and every later restic then pays
half a second for the password. Nothing that is tested here depends on that cost, so the key of these
repositories has the least that restic takes; what else is done with them is done by the real restic.

Source of the format: https://restic.readthedocs.io/en/stable/100_references.html, "Keys, Encryption and MAC".
"""

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

from lab.estate.layout import Estate, make_directories

FOLDERS = ("data", "index", "keys", "locks", "snapshots")
SCRYPT = {"N": 2, "r": 8, "p": 1}
POLYNOMIAL = "25b468838dcb75"
"""An irreducible one of degree 53, which cuts files into chunks: the one of restic's documentation."""


def initialise(path: Path, password: str) -> None:
    """What `restic init` leaves at `path`, which must not hold a repository yet."""
    for folder in FOLDERS:
        (path / folder).mkdir(parents=True, mode=0o700)
    main = os.urandom(64)
    config = {"version": 2, "id": os.urandom(32).hex(), "chunker_polynomial": POLYNOMIAL}
    _written(path / "config", _sealed(main, config))
    salt = os.urandom(64)
    derived = hashlib.scrypt(
        password.encode(), salt=salt, n=SCRYPT["N"], r=SCRYPT["r"], p=SCRYPT["p"], dklen=64
    )
    key = {
        "created": "2024-05-01T10:00:00Z",
        "username": "root",
        "hostname": "tests",
        "kdf": "scrypt",
        **SCRYPT,
        "salt": _base64(salt),
        "data": _base64(_sealed(derived, _as_json(main))),
    }
    content = json.dumps(key).encode()
    _written(path / "keys" / hashlib.sha256(content).hexdigest(), content)


def initialise_in(root: Path) -> Path:
    """Give the lab's estate at `root`, which is not built yet, its repository; return `root`."""
    estate = Estate(root=root, register=root / "register", playbooks=root / "playbooks")
    make_directories(estate)
    initialise(estate.repository, estate.password.read_text().strip())
    return root


def _as_json(key: bytes) -> dict[str, Any]:
    return {"mac": {"k": _base64(key[32:48]), "r": _base64(key[48:])}, "encrypt": _base64(key[:32])}


def _sealed(key: bytes, value: Any) -> bytes:
    """AES-256-CTR, authenticated by Poly1305-AES: nonce, cipher text, MAC."""
    encrypt, mac_key, r = key[:32], key[32:48], key[48:]
    nonce = os.urandom(16)
    cipher_text = (
        Cipher(algorithms.AES(encrypt), modes.CTR(nonce)).encryptor().update(json.dumps(value).encode())
    )
    s = Cipher(algorithms.AES(mac_key), modes.ECB()).encryptor().update(nonce)
    return nonce + cipher_text + Poly1305.generate_tag(r + s, cipher_text)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _written(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o400)
