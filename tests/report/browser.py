"""A headless Chromium for tests, and a page in it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium(profile: Path) -> Any:
    """A driver of Debian's Chromium with an empty profile.

    Where there is no browser the test is skipped, and fails under VGGSTAT_REQUIRE_BROWSER=1.
    """
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    try:
        from selenium import webdriver
    except ImportError:
        webdriver = None  # type: ignore[assignment]
    if webdriver is None or browser is None or driver is None:
        reason = "needs Debian's chromium and chromium-driver, and the package selenium"
        if os.environ.get("VGGSTAT_REQUIRE_BROWSER"):
            pytest.fail(f"VGGSTAT_REQUIRE_BROWSER is set: {reason}")
        pytest.skip(reason)
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


def screen(driver: Any, width: int, scheme: str = "light") -> None:
    """The window as wide as that, and the system's colours."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
