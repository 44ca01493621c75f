"""Pictures of the reading room, each page light and dark, wide and narrow.

    python -m evals.screenshots                            # the samples, into docs/images
    python -m evals.screenshots --files FILE --into FOLDER # an archive of other files

It needs Playwright and an installed Chromium. The pictures are WebP, of what a window shows at first; with `--whole` of all.
"""

import argparse
import base64
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from client import Backfile
from evals.server import server

ROOT = Path(__file__).parent.parent
WINDOWS = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 360, "height": 780}}
SCHEMES = ("light", "dark")
QUALITY = 78
QUESTION = "lighthouse keeper"
"""To the samples."""
PATIENCE_S = 1800
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")


def pages(backfile: Backfile, question: str) -> Iterator[tuple[str, str]]:
    """A name and a path of each page, of what there is in the archive."""
    found = backfile.search(q=question)["items"]
    if not found:
        raise SystemExit(f"nothing is found for {question!r}: name another --question")
    article = found[0]["article"]["id"]
    dated = backfile.list_articles(limit=1, has=["published_at"])["items"][0]["published_at"] or ""
    year, month, day = dated[:10].split("-")
    yield "entrance", "/"
    yield "search", f"/?q={question.replace(' ', '+')}"
    yield "nothing-found", "/?q=the+orbital+period+of+neptune"
    yield "article", f"/articles/{article}"
    yield "revisions", f"/articles/{article}/revisions"
    yield "archive", "/archive"
    yield "archive-year", f"/archive/{year}"
    yield "archive-month", f"/archive/{year}/{month}"
    yield "archive-day", f"/archive/{year}/{month}/{day}"
    yield "on-this-day", f"/archive/on-this-day?month={int(month)}&day={int(day)}"
    yield "authors", "/browse/author"
    yield "stories", "/stories"
    if stories := backfile.list_stories(limit=1)["items"]:
        yield "story", f"/stories/{stories[0]['id']}"
    yield "map", "/map"
    yield "put-in", "/put-in"
    yield "jobs", "/jobs"
    if jobs := backfile.list_jobs(limit=1)["items"]:
        yield "job", f"/jobs/{jobs[0]['id']}"
    yield "sources", "/sources"
    yield "state", "/state"
    yield "keys", "/keys"
    yield "docs", "/docs"
    yield "problem", "/no-such-page"


def take(browser: Any, url: str, path: str, file: Path, window: str, scheme: str, whole: bool) -> None:
    context = browser.new_context(viewport=WINDOWS[window], color_scheme=scheme, reduced_motion="reduce", locale="en-GB")
    try:
        page = context.new_page()
        page.goto(url + path, wait_until="networkidle")
        shot = {"format": "webp", "quality": QUALITY, "captureBeyondViewport": whole}
        if whole:
            height = page.evaluate("document.documentElement.scrollHeight")
            shot["clip"] = {"x": 0, "y": 0, "width": WINDOWS[window]["width"], "height": height, "scale": 1}
        session = context.new_cdp_session(page)
        file.write_bytes(base64.b64decode(session.send("Page.captureScreenshot", shot)["data"]))
    finally:
        context.close()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.screenshots", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--files", nargs="*", type=Path, default=[], help="what is put in; the samples if not given")
    parser.add_argument("--into", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    parser.add_argument("--question", help="what is searched; the title of the latest article where --files are given")
    parser.add_argument("--only", default="", help="only pages whose name has this in it")
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args(arguments)
    from playwright.sync_api import sync_playwright

    options.into.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        parser.error("there is no Chromium: apt-get install chromium")
    files = options.files or sorted(path for path in (ROOT / "samples").rglob("*") if path.is_file() and path.name != "README.md")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        environment = {"BACKFILE_MODEL": options.model, "BACKFILE_LOG_LEVEL": "warning", "BACKFILE_MAP_QUIET_S": "1"}
        with server(Path(folder) / "data", environment) as running, Backfile(running.url, timeout=600) as backfile:
            fill(backfile, files)
            browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
            latest = backfile.list_articles(limit=1)["items"][0]["title"]
            for name, path in pages(backfile, options.question or (latest if options.files else QUESTION)):
                if options.only not in name:
                    continue
                for window in WINDOWS:
                    for scheme in SCHEMES:
                        file = options.into / f"{name}-{window}-{scheme}.webp"
                        take(browser, running.url, path, file, window, scheme, options.whole)
                print(name, flush=True)
            browser.close()
    return 0


def fill(backfile: Backfile, files: Sequence[Path]) -> None:
    """Until all of it is searchable, and what comes after search is there too."""
    opened = [(path.name, path.open("rb")) for path in files]
    try:
        job = backfile.create_import(files=opened)
    finally:
        for _, stream in opened:
            stream.close()
    until(lambda: backfile.get_job(job["id"])["finished_at"] is not None)
    until(lambda: backfile.index_status()["pending"] == 0)
    until(lambda: backfile.list_stories(limit=1)["pending"] == 0)
    until(lambda: backfile.get_map()["computed_at"] is not None)


def until(done: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the archive was not ready in {PATIENCE_S} s")
        time.sleep(0.5)


if __name__ == "__main__":
    raise SystemExit(main())
