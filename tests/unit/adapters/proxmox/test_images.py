"""Images of ours on their way: what is not known to be gone is not said to be."""

from typing import Any, cast

import pytest

from drverify.adapters.proxmox import images
from drverify.adapters.proxmox.images import Image, removed
from drverify.adapters.proxmox.tasks import PAGE
from drverify.errors import TeardownError
from tests.support.pve_script import ACCESS, client, said

UPID = "UPID:pve1:00000001:00000001:66000000:imgcopy::drill@pve!one:"
LOG = f"/nodes/pve1/tasks/{UPID}/log".replace(":", "%3A").replace("@", "%40").replace("!", "%21")


class Settings:
    access = ACCESS


async def test_a_task_that_does_not_say_what_it_places_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(images, "PAUSE", 0)
    pve = client(
        said("/nodes/pve1/tasks", [{"upid": UPID}], source="active", limit=PAGE, typefilter="imgcopy"),
        said("/access/permissions", {"/storage/img": {"Datastore.Allocate": 1}}, path="/storage/img"),
        said(LOG, [{"n": 1, "t": "starting"}], start=0, limit=PAGE),
    )
    image = Image(node="pve1", storage="img", name="one.qcow2")
    with pytest.raises(TeardownError, match="does not say which image it places"):
        await removed(pve, cast("Any", Settings()), image)
