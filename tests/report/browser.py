"""What the tests of the report in a browser share: Chromium, and what one does with a page."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
MARKS = [
    pytest.mark.service,
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="no Chromium or no chromedriver"),
]
"""Those of every test that needs it."""


def open_page(browser: Any, path: Path, width: int = 1200) -> Any:
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get_log("browser")  # what the page before this one had to say
    browser.get(path.as_uri())
    return browser


def ask(browser: Any, script: str) -> Any:
    return browser.execute_script(f"return {script}")


def wait(browser: Any, ready: Callable[[], bool]) -> None:
    """Until charts are drawn anew."""
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(browser, 10).until(lambda _: ready())


def columns(browser: Any, number: int, table: int = 0) -> list[str]:
    """The cells of a column of a table that are seen, from the top."""
    return ask(
        browser,
        f"[...document.querySelectorAll('.sortable')[{table}].tBodies[0].rows]"
        f".filter(row => !row.hidden).map(row => row.cells[{number}].textContent.trim())",
    )


def press(browser: Any, heading: str) -> Any:
    """Focus the heading's button and press Enter, as one without a mouse does."""
    from selenium.webdriver.common.keys import Keys

    button = next(
        b
        for b in browser.find_elements("css selector", ".sortable th button")
        if b.text.startswith(heading)
    )
    browser.execute_script("arguments[0].focus()", button)
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    return button.find_element("xpath", "..")


def numbers(cells: list[str]) -> list[float]:
    """Of `0.9810 ± 0.0010 (n=3)` the first."""
    return [float(text.removeprefix("MAE ").split()[0]) for text in cells]


def choose(browser: Any, name: str, value: str) -> None:
    from selenium.webdriver.support.select import Select

    Select(browser.find_element("name", name)).select_by_visible_text(value)


def texts(browser: Any, chart: str) -> list[str]:
    return ask(browser, f"[...document.querySelectorAll('#{chart} text')].map(t => t.textContent)")
