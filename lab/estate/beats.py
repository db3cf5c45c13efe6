"""The customer's heartbeat in the lab: signed by the shipped shell script, with openssl and nothing of ours.

In real life the key is with the customer, and the script beats every minute. Here it beats once before each
backup of the files, so that nothing has to run beside the lab.
"""

import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import drverify
from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.cli.customer_key import own_key
from drverify.transparency.note import KeyType
from lab.estate.layout import WITNESS_KEY, Estate, write_secret

NAME = "acme.example/witness"
FILE = ".heartbeat"
SCRIPT = Path(drverify.__file__).parent / "scripts" / "heartbeat.sh"


def public_key(estate: Estate) -> str:
    """The line that a playbook checks the heartbeats with."""
    return own_key(KeyfileSigner.read(_key(estate)), NAME, KeyType.LOG).vkey


def beat(estate: Estate, workload: str, tree: Path) -> None:
    """Write a heartbeat into the tree. CalledProcessError when openssl cannot sign."""
    command = ["sh", str(SCRIPT), str(_key(estate)), NAME, workload, str(tree / FILE)]
    subprocess.run(command, check=True, timeout=60)


def _key(estate: Estate) -> Path:
    """The key of the customer's witness, which signs by itself all day; made when it is not there yet."""
    path = estate.parties / WITNESS_KEY
    estate.parties.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        write_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path
