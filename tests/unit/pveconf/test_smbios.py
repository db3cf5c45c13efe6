"""What a copy's hardware tells it beside what the original's told."""

import base64

import pytest

from drverify.pveconf.policy import Policy
from drverify.pveconf.preflight import preflight
from drverify.pveconf.smbios import LONGEST, family_of, with_family
from drverify.pveconf.text import Entry, parse

UUID = "5d0a9f5e-6c05-4a43-a3a5-5d1a3f5e2b11"
TEXT = "drverify-challenge:" + "0" * 64


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def entry(value: str) -> Entry:
    return Entry(key="smbios1", value=value)


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        (None, ""),
        (f"uuid={UUID}", f"uuid={UUID},"),
        (f"uuid={UUID},serial=A 1", f"uuid={UUID},serial={coded('A 1')},"),
        (f"base64=1,serial={coded('A,1')},uuid={UUID}", f"serial={coded('A,1')},uuid={UUID},"),
    ],
)
def test_the_machines_own_identity_stays(before, kept) -> None:
    made = with_family(None if before is None else entry(before), TEXT)
    assert made == f"{kept}base64=1,family={coded(TEXT)}"
    assert family_of(made) == TEXT


@pytest.mark.parametrize(
    "before",
    [
        f"uuid={UUID},family=PowerEdge",
        "base64=1,family=" + coded("PowerEdge"),
        f"uuid={UUID},serial={'x' * LONGEST}",
        "what is this",
        "a,b",
    ],
)
def test_a_family_of_its_own_is_not_replaced_and_nothing_is_cut_off(before: str) -> None:
    assert with_family(entry(before), TEXT) is None


@pytest.mark.parametrize("value", ["", "a,b", "base64=1,family=???", "base64=1,family=/w==", f"uuid={UUID}"])
def test_what_states_no_family_states_none(value: str) -> None:
    assert family_of(value) == ""


def test_a_family_in_plain_words_is_read() -> None:
    assert family_of("family=PowerEdge") == "PowerEdge"


@pytest.mark.parametrize(("family", "there"), [(TEXT, True), ("", False)])
def test_it_is_an_override_of_the_restore_and_no_danger(family: str, there: bool) -> None:
    config = parse(f"name: web\nsmbios1: uuid={UUID}\n".encode())
    policy = Policy(bridge="drill0", storage="drills", mark="drverify:00000000", family=family)
    found = [one for one in preflight(config, policy).findings if one.key == "smbios1"]
    assert [(one.action, one.is_danger) for one in found] == ([("override", False)] if there else [])
