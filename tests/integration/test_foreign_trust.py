"""Other people's readers of TUF over our roots and targets: tufjs (Node), python-tuf, and openssl."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import Metadata

from drverify.sealing.keys import pem_of
from drverify.sealing.roots import signatures_of, signed_bytes
from tests.support.trust import (
    CUSTOMER,
    CUSTOMER_NEXT,
    KEYRING,
    NEXT,
    PROVIDER,
    ROOT,
    ROOT_2,
    TARGETS,
    TARGETS_2,
    root,
)

PACKAGE = "@tufjs/models@4.1.1"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "drverify-tests" / "tufjs"
CHECK = """
const { Metadata, MetadataKind } = require('@tufjs/models');
const [files, keyring] = JSON.parse(require('fs').readFileSync(0));
const root = (text) => Metadata.fromJSON(MetadataKind.Root, JSON.parse(text));
const [first, second] = files.roots.map(root);
const listed = Metadata.fromJSON(MetadataKind.Targets, JSON.parse(files.targets));
first.verifyDelegate('root', first);
first.verifyDelegate('root', second);
second.verifyDelegate('root', second);
second.verifyDelegate('targets', listed);
listed.signed.targets['keyring.json'].verify(require('stream').Readable.from([Buffer.from(keyring, 'base64')]))
  .then(() => console.log('HOLDS ' + second.signed.version));
"""


@pytest.fixture(scope="module")
def tufjs():
    """A directory in which Node finds the package: a cache, filled at the first use."""
    if shutil.which("npm") is None:
        pytest.skip("needs node and npm")
    if not (CACHE / "node_modules" / "@tufjs" / "models").is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [
                "npm",
                "install",
                "--prefix",
                str(CACHE),
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                PACKAGE,
            ],
            capture_output=True,
            timeout=120,
            check=False,
        )
        if done.returncode != 0:
            pytest.skip(f"{PACKAGE} cannot be installed here")
    return CACHE


def by_tufjs(directory, roots, targets):
    """What tufjs prints when all holds."""
    files = {"roots": [one.decode() for one in roots], "targets": targets.decode()}
    done = subprocess.run(
        ["node", "-e", CHECK],
        input=json.dumps([files, base64.b64encode(KEYRING).decode()]),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=directory,
        check=False,
    )
    return done.stdout.strip() or done.stderr


def test_tufjs_follows_a_rotation_and_refuses_one_that_the_customer_did_not_sign(tufjs):
    assert by_tufjs(tufjs, [ROOT, ROOT_2], TARGETS_2) == "HOLDS 2"
    unsigned = root(PROVIDER, CUSTOMER_NEXT, keys=NEXT, version=2)
    assert "was signed by 1/2 keys" in by_tufjs(tufjs, [ROOT, unsigned], TARGETS_2)
    assert "was signed by 1/2 keys" in by_tufjs(tufjs, [ROOT, ROOT_2], TARGETS)
    changed = TARGETS_2.replace(b'"version": 2', b'"version": 3')
    assert "was signed by 0/2 keys" in by_tufjs(tufjs, [ROOT, ROOT_2], changed)


def test_python_tuf_follows_it_too():
    first, second = (Metadata.from_bytes(one) for one in (ROOT, ROOT_2))
    first.signed.verify_delegate("root", second.signed_bytes, second.signatures)
    second.signed.verify_delegate("root", second.signed_bytes, second.signatures)
    listed = Metadata.from_bytes(TARGETS_2)
    second.signed.verify_delegate("targets", listed.signed_bytes, listed.signatures)
    listed.signed.targets["keyring.json"].verify_length_and_hashes(KEYRING)
    old = Metadata.from_bytes(TARGETS)
    with pytest.raises(UnsignedMetadataError):
        second.signed.verify_delegate("targets", old.signed_bytes, old.signatures)


@pytest.mark.parametrize("by", [PROVIDER, CUSTOMER], ids=["provider", "customer"])
def test_openssl_verifies_each_partys_signature(by, tmp_path):
    (tmp_path / "signed").write_bytes(signed_bytes(ROOT, what="root"))
    (tmp_path / "sig").write_bytes(signatures_of(ROOT, what="root")[by.keyid])
    (tmp_path / "key.pem").write_text(pem_of(by.public_der))
    words = ["-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "signed", "-sigfile", "sig"]
    subprocess.run(["openssl", "pkeyutl", *words], cwd=tmp_path, check=True, capture_output=True, timeout=20)
