"""A browser that looks at the reading room, and complains of whatever a page should not do."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE_MS = 30_000

Visiting = Callable[..., AbstractContextManager[Any]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium as it is installed; `BACKFILE_CHROMIUM` names another one.

    Of a module: as long as Playwright runs, its thread has an event loop, and other tests could have none of their own."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: no browser to look with")
    path = os.environ.get("BACKFILE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium is installed (apt-get install chromium): no browser to look with")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Any) -> Visiting:
    """`with visit(url, **context) as page`: a page of a browser without a past, at that address. `context`: what Playwright's
    `new_context` takes, such as `java_script_enabled=False`, `color_scheme="dark"`, `viewport={"width": 360, "height": 740}`.

    At the end it fails if a script threw, the policy was violated, or something was asked of another host."""

    @contextmanager
    def visiting(url: str, **context: Any) -> Iterator[Any]:
        complaints: list[str] = []
        opened = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", **context})
        opened.set_default_timeout(PATIENCE_MS)
        page = opened.new_page()
        page.on("pageerror", lambda error: complaints.append(f"a script threw: {error}"))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        host = "/".join(url.split("/")[:3])
        page.on("request", lambda asked: None if asked.url.startswith((host, "data:", "blob:")) else complaints.append(asked.url))
        try:
            page.goto(url)
            yield page
            assert not complaints
        finally:
            opened.close()

    return visiting


@pytest.fixture(scope="session")
def complaints() -> Callable[[Any], list[str]]:
    """What axe-core finds on a page that is open, in the dark its colours too, and whether it is wider than the window."""
    root = Path(__file__).parents[3]
    scripts = (folder / "node_modules" / "axe-core" / "axe.min.js" for folder in (root / ".venv" / "axe", root))
    script = next((each.read_text() for each in scripts if each.exists()), None)
    if script is None:
        pytest.skip("axe-core is not installed (make install-tests, where there is npm)")

    def found(page: Any) -> list[str]:
        page.evaluate(script)
        said = []
        for scheme, rules in {"light": "", "dark": "runOnly: ['color-contrast', 'link-in-text-block'],"}.items():
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            violations = page.evaluate(f"axe.run(document, {{{rules} resultTypes: ['violations']}})")["violations"]
            said += [f"{one['id']}, {scheme}: {one['nodes'][0]['html']}" for one in violations]
        width, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        return [*said, "scrolls sideways"] if width > window else said

    return found
