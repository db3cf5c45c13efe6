"""Whatever is changed in roots, targets and keyring: refused, or read as what it was. Nothing else is raised."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.errors import EvidenceError
from drverify.model.evidence import Revocation
from drverify.sealing.keyring import keyring_file, read_keyring
from drverify.sealing.roots import resolve
from tests.support.evidence import LOG_TRUST
from tests.support.trust import KEYRING, NOW, ROOT, ROOT_2, RUNNER, TARGETS_2, key

FILES = [ROOT_2, TARGETS_2, KEYRING]
GOOD = resolve([ROOT, ROOT_2], ROOT, TARGETS_2, KEYRING, NOW)
STRANGE = [None, "", "x", 0, -1, 2**60, True, [], {}, [[]], {"a": 1}, "ab" * 32, "2099-01-01T00:00:00Z"]


def believed(files):
    """The trust that follows from the files; None when they are refused."""
    second, targets, keyring = files
    try:
        return resolve([ROOT, second], ROOT, targets, keyring, NOW)
    except EvidenceError:
        return None


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_changed_bytes(data):
    which = data.draw(st.sampled_from(range(3)))
    content = bytearray(FILES[which])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "insert"])):
            case "flip":
                content[at] = data.draw(st.integers(0, 255))
            case "cut":
                del content[at : at + data.draw(st.integers(1, 40))]
            case _:
                content[at:at] = data.draw(st.binary(min_size=1, max_size=8))
        if not content:
            break
    assert believed([*FILES[:which], bytes(content), *FILES[which + 1 :]]) in {None, GOOD}


def paths(value, path=()):
    yield path
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in below:
        yield from paths(one, (*path, name))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_value_of_another_kind(data):
    which = data.draw(st.sampled_from(range(3)))
    value = json.loads(FILES[which])
    path = data.draw(st.sampled_from([one for one in paths(value) if one]))
    parent = value
    for step in path[:-1]:
        parent = parent[step]
    if data.draw(st.booleans()):
        parent[path[-1]] = data.draw(st.sampled_from(STRANGE))
    else:
        del parent[path[-1]]
    changed = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    assert believed([*FILES[:which], changed, *FILES[which + 1 :]]) in {None, GOOD}


RING = keyring_file(
    [key("runner", RUNNER, valid_from=NOW, revoked=Revocation(at=NOW, why="lost")), LOG_TRUST]
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_draft_of_a_keyring(data):
    """As `drverify trust sign` gets it from the other party, with no signature to be checked first."""
    value = json.loads(RING)
    path = data.draw(st.sampled_from([one for one in paths(value) if one]))
    parent = value
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = data.draw(st.sampled_from(STRANGE))
    changed = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    with suppress(EvidenceError):
        assert keyring_file(read_keyring(changed, what="it").keys) == changed


@pytest.mark.parametrize("which", range(3))
def test_each_file_of_another(which):
    """Files of the same kind and form, in each other's place."""
    for other in (ROOT, *FILES):
        if other != FILES[which]:
            assert believed([*FILES[:which], other, *FILES[which + 1 :]]) is None
