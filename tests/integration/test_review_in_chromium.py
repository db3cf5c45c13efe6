"""The review page in a real browser: it lays out, its own script runs, and a link lights both sides."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from drverify.report.agreement.review_page import review_page
from tests.support.proposals import MAIN, contract, provision, text_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed: the review page was not looked at in a browser"
)

TEXT = text_of(
    "# Agreement\n"
    + "".join(f"Clause {number}: the Provider shall keep the lights on.\n" for number in range(400))
    + "The recovery point objective is 4 hours.\n"
    + "Backups are kept for 30 days. <script>document.title='owned'</script>\n"
)
PROVISIONS = (
    provision(
        TEXT,
        "The recovery point objective is 4 hours.",
        figure=("4", "hour", "<=", "4 hours"),
        party="provider",
    ),
    provision(TEXT, "Backups are kept for 30 days.", "retention", figure=("30", "day", ">=", "30 days")),
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "review.html"
    path.write_text(review_page(contract(TEXT, PROVISIONS), {MAIN: TEXT}), encoding="utf-8")
    return path


def chromium(page: Path, *words: str, fragment: str = "") -> str:
    """Run the browser over the page and return what it prints."""
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={page.parent / 'profile'}", *words, page.as_uri() + fragment,
        ],
        check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.stdout


def lit(dom: str) -> set[str]:
    return set(re.findall(r'class="[^"]*\blit\b[^"]*"[^>]*data-p="([\d ]+)"', dom)) | set(
        re.findall(r'class="[^"]*\blit\b[^"]*"[^>]*id="p(\d+)"', dom)
    )


def test_the_script_counts_and_a_link_lights_its_provision_on_both_sides(page: Path) -> None:
    plain = chromium(page, "--dump-dom")
    assert "2 of 2 shown" in plain
    assert lit(plain) == set()
    chosen = chromium(page, "--dump-dom", fragment="#p1")
    assert lit(chosen) == {"1"}
    assert re.search(r'<article class="card [^"]*\blit\b', chosen)
    assert re.search(r'<a class="m [^"]*\blit\b', chosen)
    assert lit(chromium(page, "--dump-dom", fragment="#s0")) == {"0"}


def test_a_script_in_the_agreement_is_text(page: Path) -> None:
    dom = chromium(page, "--dump-dom")
    assert "<title>Sample hosting agreement: what was read</title>" in dom
    assert "&lt;script&gt;document.title" in dom


def test_the_policy_stops_a_script_that_got_in_all_the_same(page: Path) -> None:
    torn = page.with_name("torn.html")
    torn.write_text(
        page.read_text(encoding="utf-8").replace("</body>", "<script>document.title='owned'</script></body>")
    )
    assert "<title>owned</title>" not in chromium(torn, "--dump-dom")


TRIAL = """<script>
const press = (key) => document.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
const shown = (what) => [...document.querySelectorAll(what)].filter((one) => getComputedStyle(one).display !== "none").length;
const seen = [];
press("j"); press("j"); seen.push(location.hash, document.activeElement.id);
press("k"); seen.push(location.hash);
document.getElementById("k-retention").click(); seen.push(document.getElementById("count").textContent, shown(".card"));
press("o"); seen.push(shown(".row"));
document.body.insertAdjacentHTML("beforeend", "<pre id=seen>" + JSON.stringify(seen) + "</pre>");
</script></body>"""


def test_keys_go_from_card_to_card_and_the_boxes_hide_what_they_stand_for(page: Path) -> None:
    tried = page.with_name("tried.html")
    html = re.sub(
        r"script-src &#39;sha256-[^;]*&#39;;", "script-src &#39;unsafe-inline&#39;;", page.read_text()
    )
    tried.write_text(html.replace("</body>", TRIAL))
    found = re.search(r'<pre id="seen">(.*)</pre>', chromium(tried, "--dump-dom"))
    assert found is not None
    headings_and_both = 3
    assert json.loads(found[1]) == ["#p1", "p1", "#p0", "1 of 2 shown", 1, headings_and_both]


@pytest.mark.parametrize("width", [1400, 420])
def test_the_page_is_painted_at_every_width(page: Path, width: int, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    shot = tmp_path / "page.png"
    chromium(page, f"--window-size={width},900", "--hide-scrollbars", f"--screenshot={shot}")
    with image.open(shot) as picture:
        colours = picture.convert("RGB").getcolors(1 << 24)
    assert picture.size == (width, 900)
    assert colours is not None
    assert len(colours) > 50
