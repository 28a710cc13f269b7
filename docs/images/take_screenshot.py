# ruff: noqa: INP001 -- a script, run by its path
"""Take the picture of a report that the README shows: ``python docs/images/take_screenshot.py REPORT.html``.

Needs Chromium, its driver and selenium (the ``dev`` extra). ``--dark``, ``--width`` and ``--height`` change the picture;
``--scroll ID`` begins it at a section.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--force-color-profile=srgb",
)  # fmt: skip


@contextmanager
def chromium(width: int, height: int, *, dark: bool = False) -> Iterator[Any]:
    """A headless Chromium with a profile of its own, closed and removed afterwards."""
    from selenium import webdriver

    browser, driver = shutil.which("chromium") or shutil.which("chromium-browser"), shutil.which("chromedriver")
    if browser is None or driver is None:
        sys.exit("expected chromium and chromedriver on the PATH\n  next: apt-get install chromium chromium-driver")
    with tempfile.TemporaryDirectory(prefix="evolve-chromium-", ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = browser
        for option in (*OPTIONS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        page = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
        try:
            scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
            page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
            size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
            page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            yield page
        finally:
            page.quit()


def main() -> None:
    """Read the arguments, take the picture, say where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path(__file__).with_name("report.png"))
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=1240)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--scroll", default="", metavar="ID")
    arguments = parser.parse_args()
    with chromium(arguments.width, arguments.height, dark=arguments.dark) as page:
        page.get(arguments.report.absolute().as_uri())
        if arguments.scroll:
            page.execute_script("document.getElementById(arguments[0]).scrollIntoView()", arguments.scroll)
        page.save_screenshot(str(arguments.out))
        for entry in page.get_log("browser"):
            print(entry["message"], file=sys.stderr)
    print(arguments.out)


if __name__ == "__main__":
    main()
