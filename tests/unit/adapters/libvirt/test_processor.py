"""The guest's processor."""

import xml.etree.ElementTree as ET

import pytest

from drverify.adapters.libvirt.processor import check_known, cpu
from drverify.errors import HostError, InputError

TOLD = """<domainCapabilities><cpu><mode name='maximum' supported='yes'/><mode name='custom' supported='yes'>
<model usable='yes'>Nehalem</model><model usable='no'>Skylake-Server</model></mode></cpu></domainCapabilities>"""


def written(model: str, acceleration: str) -> dict[str, str]:
    domain = ET.Element("domain")
    cpu(domain, model, acceleration)
    (made,) = domain
    return {**made.attrib, "model": made.findtext("model") or ""}


def test_a_model_is_what_the_guest_sees_whoever_runs_it() -> None:
    for acceleration in ("kvm", "tcg"):
        found = written("Nehalem", acceleration)
        assert (found["mode"], found["match"], found["model"]) == ("custom", "exact", "Nehalem")
    assert written("", "kvm")["mode"] == "host-passthrough"
    assert written("", "tcg")["mode"] == "maximum"


def test_one_that_the_host_does_not_know_is_refused_with_those_it_does() -> None:
    check_known("Nehalem", TOLD)
    check_known("Skylake-Server", TOLD)
    with pytest.raises(InputError, match="knows no processor 'Nehalum'") as refused:
        check_known("Nehalum", TOLD)
    assert refused.value.hint.startswith("it knows Nehalem;")
    with pytest.raises(HostError, match="cannot be read"):
        check_known("Nehalem", "<cpu")
