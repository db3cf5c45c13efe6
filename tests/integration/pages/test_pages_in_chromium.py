"""The pages in a real browser: nothing is asked of anybody else, nothing lies outside, everything is read."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image

from tests.support.boards import EVERYTHING, Site

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: no page was looked at")

CONTRAST = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const found = parse(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const one of document.querySelectorAll("body *")) {
    if (!one.checkVisibility() || one.closest("svg, .hidden, .skip")) continue;
    if (![...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) continue;
    const style = getComputedStyle(one);
    const [a, b] = [light(parse(style.color)), light(behind(one))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24;
    if ((a + 0.05) / (b + 0.05) < (large ? 3 : 4.5)) poor.push(one.className + ": " + one.textContent.trim().slice(0, 30));
  }
  return poor;
}"""
"""WCAG 2.2, 1.4.3: contrast of text, 4.5 to 1, of large text 3 to 1."""


@pytest.fixture(scope="module")
def base(site: Site) -> Iterator[str]:
    with site.served(EVERYTHING) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with playwright.sync_playwright() as running:
        made = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


def addresses(site: Site) -> tuple[str, ...]:
    return (
        "/",
        "/agreement?id=acme-1",
        "/workload?agreement=acme-1&name=acme-mail",
        "/standings",
        "/drill?agreement=acme-1&id=20261119T030000Z-000001",
        "/drill?agreement=zenith-7&id=20261119T030000Z-000001",
        "/tonight?still=yes",
        "/plan",
        "/findings",
        "/hosts",
        f"/booking?id={quote(site.running, safe='')}",
    )


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 380)], ids=["light", "dark", "narrow"]
)
def test_pages_are_painted_whole_and_can_be_read(
    site: Site, base: str, browser: object, scheme: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[attr-defined]
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda one: said.append(one.text))
    page.on("request", lambda one: asked.append(one.url))
    for address in addresses(site):
        page.goto(base + address)
        outside = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert outside <= 0, (address, "something lies outside of the page")
        assert page.evaluate(CONTRAST) == [], address
        assert (
            page.evaluate(
                "[...document.images].filter((one) => one.complete && !one.naturalWidth).map((one) => one.src)"
            )
            == []
        ), address
    assert said == []
    assert {one.split("/")[2] for one in asked if not one.startswith("data:")} == {base.split("/")[2]}
    context.close()


def test_the_keyboard_goes_everywhere_and_shows_where_it_is(base: str, browser: object) -> None:
    page = browser.new_page()  # type: ignore[attr-defined]
    page.goto(base + "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    box = page.locator(".skip").bounding_box()
    assert box is not None
    assert box["x"] >= 0, "the skip link shows when it has the focus"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert (page.evaluate("document.activeElement.tagName"), style) == ("A", "solid")
    page.close()


def test_paper_has_no_forms_and_black_text(base: str, browser: object, tmp_path: Path) -> None:
    page = browser.new_page(color_scheme="dark")  # type: ignore[attr-defined]
    page.goto(base + "/workload?agreement=acme-1&name=acme-mail")
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert not page.locator("form.act").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    page.pdf(path=str(tmp_path / "page.pdf"), format="A4")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    page.close()


def test_charts_show_outcomes_by_shape_not_by_colour_alone(
    base: str, browser: object, tmp_path: Path
) -> None:
    page = browser.new_page()  # type: ignore[attr-defined]
    page.goto(base + "/workload?agreement=acme-1&name=acme-mail")
    chart = page.locator("svg.chart").first
    tags = chart.evaluate("one => [...one.querySelectorAll('.d-MET, .d-MISSED')].map((it) => it.tagName)")
    assert sorted(set(tags)) == ["circle", "path"]
    assert "8 of 8 drills measured it" in chart.get_attribute("aria-label")
    chart.screenshot(path=str(tmp_path / "chart.png"))
    with Image.open(tmp_path / "chart.png") as picture:
        colours = picture.convert("RGB").getcolors(1 << 24)
    assert colours is not None
    assert len(colours) > 20, "it is painted"
    page.close()
