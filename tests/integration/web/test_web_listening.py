"""When it is said where the page is: once it answers there, and never when somebody else has the port."""

import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from drverify.adapters.desk.desk import TableDesk
from drverify.cli import operating
from drverify.errors import HostError
from drverify.operation.watching import WatchedEstate
from tests.support.web_site import Site

pytestmark = pytest.mark.needs_restic


def test_it_is_said_once_it_listens_and_not_when_the_port_is_taken(
    site: Site, desk: TableDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    answered: list[int] = []
    heard = threading.Event()

    def say(text: str) -> None:
        said.append(text)
        with socket.create_connection(place):
            answered.append(1)
        heard.set()

    monkeypatch.setattr(operating, "to_standard_error", say)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = taken.getsockname()
        where = f"http://127.0.0.1:{place[1]}"
        watched = listening_at(site, f"127.0.0.1:{place[1]}")
        server = operating._servers(watched, desk, operating.Chosen(web=True))[0]
        with pytest.raises(HostError, match=rf"{place[1]}: another"):
            server.run()
        assert not said
    server = operating._servers(watched, desk, operating.Chosen(web=True))[0]
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert heard.wait(10)
        assert said == [f"the web page is at {where}"]
        assert answered
    finally:
        server.stop()
        thread.join(15)


def listening_at(site: Site, listen: str) -> WatchedEstate:
    """The site's settings with another place to listen at."""
    watched = WatchedEstate(site.config)
    main = watched.now().main
    operation = main.settings.operation
    web = operation.web.model_copy(update={"listen": listen})
    changed = operation.model_copy(update={"web": web})
    main.settings = main.settings.model_copy(update={"operation": changed})
    return watched


ASK = """
import asyncio
import httpx2
from drverify.errors import HostError
from drverify.settings import Web
from drverify.web.auth_oidc import Elsewhere

async def ask():
    try:
        await Elsewhere(Web(oidc_issuer="http://127.0.0.1:1", oidc_client="x"), "", "/back").away(None)
    except HostError as error:
        assert isinstance(error.__cause__, httpx2.HTTPError), error.__cause__
        print("unreachable")

asyncio.run(ask())
"""


@pytest.mark.parametrize("name", ["httpx", "httpx2"])
def test_whichever_client_authlib_takes_nothing_is_printed_and_no_error_is_lost(
    tmp_path: Path, name: str
) -> None:
    """`httpx2` here: the same library under that name, so that its errors are none of httpx's."""
    source = Path(httpx.__file__).parent
    if name == "httpx2":
        for file in source.rglob("*.py"):
            copy = tmp_path / name / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(file.read_text().replace("import httpx\n", "import httpx2 as httpx\n"))
    ran = subprocess.run(
        [sys.executable, "-c", ASK.replace("httpx2", name)],
        env={"PYTHONPATH": f"{tmp_path}", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "unreachable\n", "")
