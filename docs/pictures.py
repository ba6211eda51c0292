"""Take the pictures of the page for the docs, in Chromium.

    python docs/pictures.py

Needs the `test` extra, and Chromium with its driver (Debian: chromium, chromium-driver).
"""

from __future__ import annotations

import base64
import shutil
import tempfile
from pathlib import Path

from selenium import webdriver

from vcolint.cli.app import main as vcolint

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT = 1180, 700
OLD, NEW = "docs/review/before", "docs/review/after"

# Each picture: the command, the colours, and what is done in the page before it is taken.
PICTURES = {
    "paths": (["paths", OLD], "light", "document.querySelector('[title=vco-bp1dca]').click();"),
    "diff": (
        ["diff", NEW, "--old", OLD],
        "dark",
        "scrollTo(0, document.querySelector('#routing').offsetTop - 12);",
    ),
}
POINT = """document.querySelector('.bar[aria-label^="10.30.0.0/15"]').focus({preventScroll: true});"""


def main() -> None:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for switch in ("headless=new", "no-sandbox", "disable-gpu", "hide-scrollbars"):
        options.add_argument(f"--{switch}")
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    with tempfile.TemporaryDirectory() as folder:
        for name, (command, colours, script) in PICTURES.items():
            page = Path(folder) / f"{name}.html"
            vcolint([*command, "--no-config", "--output", f"html:{page}"])
            media = {"features": [{"name": "prefers-color-scheme", "value": colours}]}
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
            driver.get(page.as_uri())
            driver.execute_script(POINT + script)
            taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
            picture = ROOT / f"docs/images/{name}.png"
            picture.write_bytes(base64.b64decode(taken["data"]))
            print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size:,} bytes")
    driver.quit()


if __name__ == "__main__":
    main()
