"""The console's page in a real Chromium: calm, with a gap, of 10,000 watches; desktop and phone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from infra.machine.console.serving import Served
from infra.machine.installation import Installation, Site
from infra.machine.wiring import Place
from tests.machine.browser import Tab, browsing, find
from tests.machine.crowd import fill, tell

DESKTOP, PHONE = (1280, 900), (390, 844)


@contextmanager
def console(folder: Path, count: int, *, gap: bool = False) -> Iterator[Served]:
    """Serve the console of a system of so many watches."""
    fill(folder / "watchkeeper.db", count, gap=gap)
    tell(folder / "changes.jsonl", 8)
    place = Place(store=f"sqlite:{folder / 'watchkeeper.db'}")
    served = Served(Installation(Site(place=place)), port=0, changes=folder / "changes.jsonl")
    served.start()
    yield served
    served.stop()


@contextmanager
def opened(served: Served, size: tuple[int, int], *, dark: object = False) -> Iterator[Tab]:
    """Open the page and see to it that it neither complains nor asks anybody else."""
    with browsing(width=size[0], height=size[1], dark=bool(dark)) as tab:
        tab.page.goto(served.url)
        tab.page.wait_for_selector(".watch")
        yield tab
        assert tab.complaints == []
        assert {urlsplit(url).netloc for url in tab.asked} == {urlsplit(served.url).netloc}


def place(tab: Tab, text: str) -> None:
    """Wait until the page says that it is there."""
    shown(tab, "#place", text)


def shown(tab: Tab, selector: str, text: str) -> None:
    """Wait until the page shows this text there."""
    from playwright.sync_api import expect

    expect(tab.page.locator(selector)).to_have_text(text, timeout=15_000)


@pytest.fixture(scope="module", autouse=True)
def _chromium() -> None:
    """Skip all of this where there is no Chromium."""
    find()


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a calm system."""
    with console(tmp_path_factory.mktemp("calm"), 6) as served:
        yield served


@pytest.fixture(scope="module")
def gappy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a system with gaps, one of them open."""
    with console(tmp_path_factory.mktemp("gap"), 6, gap=True) as served:
        yield served


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a system of 10,000 watches."""
    with console(tmp_path_factory.mktemp("large"), 10_000) as served:
        yield served


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_calm_system(calm: Served, size: tuple[int, int], dark: object) -> None:
    """All watches are there with their channels, no gap is red, and nothing overflows the page."""
    with opened(calm, size, dark=bool(dark)) as tab:
        assert tab.page.locator(".watch").count() == 6
        assert tab.page.locator(".gap:not(.swatch)").count() == 0
        assert tab.page.locator(".bar.ahead").count() == 6
        tab.page.wait_for_selector("#changes li")
        assert tab.page.locator("#changes li").count() == 8
        wide = tab.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        tab.picture(f"calm-{size[0]}-{'dark' if dark else 'light'}")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_gap_is_red(gappy: Served, size: tuple[int, int]) -> None:
    """A past gap and an open one are drawn, the open one first, with the reason and what to do."""
    with opened(gappy, size) as tab:
        first = tab.page.locator(".watch").first
        assert "uncovered" in first.inner_text()
        assert "can Google reach the address" in first.inner_text()
        assert "What to do" in first.inner_text()
        assert tab.page.locator(".watch .gap").count() == 2
        tab.picture(f"gap-{size[0]}")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_ten_thousand_watches(
    large: Served, size: tuple[int, int], record_property: Callable[[str, object], None]
) -> None:
    """The first page of 10,000 watches is soon there; pages turn and a search finds one of them."""
    with browsing(width=size[0], height=size[1]) as tab:
        tab.page.goto("about:blank")
        began = time.monotonic()
        tab.page.goto(large.url)
        tab.page.wait_for_selector(".watch")
        seconds = time.monotonic() - began
        record_property("figures", f"first content after {seconds:.2f} s")
        assert tab.page.locator("#place").inner_text() == "1 to 25 of 10000"
        assert tab.page.locator(".watch").count() == 25
        tab.picture(f"large-{size[0]}")
        tab.page.keyboard.press("n")
        place(tab, "26 to 50 of 10000")
        tab.page.keyboard.press("/")
        tab.page.keyboard.type("user09871")
        place(tab, "1 to 1 of 1")
        shown(tab, ".watch h3", "watch-09871")
        tab.page.keyboard.press("Escape")
        place(tab, "1 to 25 of 10000")
        tab.page.get_by_role("button", name="parked 10", exact=True).click()
        place(tab, "1 to 10 of 10")
        assert tab.complaints == []


def test_by_keyboard(calm: Served) -> None:
    """Down, up, details, theme and help are keys."""
    with opened(calm, DESKTOP) as tab:
        for key in ("j", "j", "k", "Enter"):
            tab.page.keyboard.press(key)
        assert tab.page.locator(".watch").first.locator("details").get_attribute("open") is not None
        tab.page.keyboard.press("t")
        assert tab.page.locator("html").get_attribute("data-theme") == "dark"
        tab.page.keyboard.press("?")
        assert tab.page.locator("#help").is_visible()
        tab.page.wait_for_timeout(2500)  # a refresh leaves what is open and focused
        assert tab.page.locator(".watch").first.locator("details").get_attribute("open") is not None
        assert tab.page.evaluate("document.activeElement.className") == "watch"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_accessible(gappy: Served, size: tuple[int, int], dark: object) -> None:
    """The rules of axe-core find nothing wrong, with details open."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    with browsing(width=size[0], height=size[1], dark=bool(dark)) as tab:
        tab.page.goto(gappy.url)
        tab.page.wait_for_selector(".watch")
        tab.page.locator("summary").first.click()
        tab.page.wait_for_selector("#changes li")
        tab.page.wait_for_timeout(300)
        found = Axe().run(tab.page)
        violations = found.response["violations"]
        assert [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in violations] == []
