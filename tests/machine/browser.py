"""A real Chromium, driven by Playwright; tests that want one are skipped, visibly, without it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
REQUIRED = "WATCHKEEPER_REQUIRE_BROWSER"
PICTURES = "WATCHKEEPER_PICTURES"


def find() -> str:
    """Give the program, or skip the test."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        if os.environ.get(REQUIRED) == "1":
            raise AssertionError("chromium is missing: apt-get install chromium")
        pytest.skip("chromium is missing: apt-get install chromium")
    return found


class Tab:
    """One page, and what it complained about."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._ask)
        self.asked: list[str] = []

    def _note(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _ask(self, request: Any) -> None:
        self.asked.append(request.url)

    def picture(self, name: str) -> None:
        """Take a screenshot, where somebody wants to look at it."""
        if folder := os.environ.get(PICTURES):
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"))


@contextmanager
def browsing(*, width: int, height: int, dark: bool = False) -> Iterator[Tab]:
    """Open a tab of this size."""
    from playwright.sync_api import sync_playwright

    program = find()
    with sync_playwright() as playwright:
        # As root, such as in CI, Chromium has no sandbox; it sees nothing but our own page.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
            )
            yield Tab(context.new_page())
        finally:
            browser.close()
