"""The browser of the tests that are marked `service`; Chromium, its driver and selenium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.report.contents import contents
from benchmarks.show.html.page import page
from tests.report.browser import BROWSER, DRIVER, open_page
from tests.report.samples import everything


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """One headless browser for all tests, light and as wide as a desk."""
    pytest.importorskip("jinja2", reason="needs the extra `report`")
    pytest.importorskip("vl_convert", reason="needs the extra `report`")
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="package")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of records of every kind."""
    path = tmp_path_factory.mktemp("report") / "page.html"
    path.write_text(page(contents(everything()), "a report"), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser: Any, written: Path) -> Any:
    """The browser with the page as it is first seen."""
    return open_page(browser, written)
