"""Pictures of the web page as people see it, by a real browser."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, sync_playwright

from drverify.operation.estate import Estate

ACCOUNT = "demo"
PASSWORD = "DRVERIFY_DEMO_PASSWORD"
SIZE = (1280, 900)


def shots(config: Path, into: Path) -> Sequence[Path]:
    """Sign in and take a picture of every kind of page; nothing where this machine has no Chromium."""
    browser = shutil.which("chromium")
    if browser is None:
        return ()
    into.mkdir(parents=True, exist_ok=True)
    site = Estate.open(config)
    address = f"http://{site.operation.web.listen}"
    agreement, workshop = next(iter(site.workshops.items()))
    workload = workshop.workloads[0].name
    newest = next(entry for entry in workshop.drills.entries() if entry.workload == workload)
    about = f"agreement={quote(agreement)}"
    pages = {
        "overview": "/",
        "agreement": f"/agreement?id={quote(agreement)}",
        "workload": f"/workload?{about}&name={quote(workload)}",
        "drill": f"/drill?{about}&id={newest.drill_id}",
        "tonight": "/tonight",
        "plan": "/plan",
        "findings": "/findings",
        "hosts": "/hosts",
    }
    taken = []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        try:
            page = running.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
            _sign_in(page, address)
            for name, path in pages.items():
                page.goto(address + path)
                found = into / f"{name}.png"
                page.screenshot(path=found, full_page=True)
                taken.append(found)
            page.emulate_media(color_scheme="dark")
            page.goto(address)
            page.screenshot(path=into / "overview-dark.png", full_page=True)
            taken.append(into / "overview-dark.png")
        finally:
            running.close()
    return taken


def _sign_in(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Name").fill(ACCOUNT)
    page.get_by_label("Password").fill(os.environ[PASSWORD])
    page.get_by_role("button", name="Sign in").first.click()
    page.wait_for_url(f"{address}/**")
