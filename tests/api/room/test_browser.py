"""The reading room in a browser: what people do in it, with scripts and without, on narrow screens, light and dark."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from archive import charting
from archive.archive import Archive
from archive.maps import Cartographer
from archive.settings import Settings

Visiting = Callable[..., AbstractContextManager[Any]]
Serving = Callable[..., AbstractContextManager[str]]

Complaints = Callable[[Any], list[str]]

NARROW = {"viewport": {"width": 360, "height": 740}}
PASTED = """NEWS

The heron of Fish Quay

By Ruth Calloway

4 May 2024

A heron has stood on Fish Quay for nine days, and nobody knows why.

It eats what the crab boats throw away [1].

[1] Harbour Office, log of 3 May 2024
"""


@pytest.fixture(scope="module")
def own_server(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One that may be written to."""
    with serving(tmp_path_factory.mktemp("room")) as url:
        yield url


@pytest.fixture(scope="module")
def keyed_server(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """One that wants a key, and a key that may read."""
    folder = tmp_path_factory.mktemp("keyed")
    with Archive(Settings(data_dir=folder, model="hashing")) as archive:
        secret = archive.create_key("reader", ["read"]).secret
    with serving(folder, BACKFILE_REQUIRE_KEYS="true") as url:
        yield url, secret


@pytest.fixture
def mapped_archive(sample_archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The samples and their map, drawn here: the process that draws it for a server gives way to all others."""
    shutil.copytree(sample_archive, tmp_path / "data")
    monkeypatch.setattr(Cartographer, "_run", lambda self, given, drawn: charting.draw(given, drawn) or True)
    with Archive(Settings(data_dir=tmp_path / "data", model="hashing", map_quiet_s=0)) as archive:
        archive.catch_up()
        archive.find_stories()
        archive.cartographer.step()
        assert archive.cartographer.chart is not None
    return tmp_path / "data"


@pytest.fixture(scope="session")
def pages(sample_server: str) -> list[str]:
    """Every kind of page, of the samples."""
    article = httpx.get(f"{sample_server}/v1/search", params={"q": "ferry aground"}).json()["items"][0]["article"]["id"]
    stories = httpx.get(f"{sample_server}/v1/stories").json()["items"]
    return [
        "/", "/?q=ferry", "/?q=ferry&published_after=2023-01-01&published_before=2024-01-01", "/?tag=nothing+at+all",
        f"/articles/{article}", f"/articles/{article}/revisions", f"/articles/{article}/revisions/1",
        f"/articles/{article}/delete",
        "/archive", "/archive/2023", "/archive/2023/11", "/archive/2023/11/4", "/archive/on-this-day?month=11&day=4",
        "/browse/author", "/browse/tag?by=count", "/stories", *(f"/stories/{story['id']}" for story in stories[:1]), "/map",
        "/put-in", "/jobs", "/sources", "/state", "/keys", "/docs", "/docs/errors",
    ]  # fmt: skip


def test_searching_narrowing_reading_and_back(visit: Visiting, sample_server: str) -> None:
    with visit(sample_server) as page:
        page.keyboard.press("/")
        page.locator("main [data-search]").fill("ferry")
        page.keyboard.press("Enter")
        page.locator(".facet a", has_text="Isla Renwick").click()
        assert "author=Isla+Renwick" in page.url
        page.locator(".chip", has_text="Isla Renwick").wait_for()
        title = page.locator("[data-open]").first.inner_text()
        page.keyboard.press("j")
        page.keyboard.press("o")
        page.locator("h1", has_text=title).wait_for()
        page.locator(".around .entry-title a").first.click()
        page.wait_for_url("**/articles/*")
        page.go_back()
        page.locator("h1", has_text=title).wait_for()
        page.go_back()
        assert "author=Isla+Renwick" in page.url
        page.locator(".chip").click()
        assert "author" not in page.url


def test_a_suggestion_is_chosen_by_keyboard(visit: Visiting, sample_server: str) -> None:
    with visit(f"{sample_server}/archive") as page:
        field = page.locator("[data-suggest]")
        field.press_sequentially("calloway")
        page.locator("[role=option]", has_text="Ruth Calloway").first.wait_for()
        assert field.get_attribute("aria-expanded") == "true"
        field.press("Escape")
        assert field.get_attribute("aria-expanded") == "false"
        field.press_sequentially(" ")
        field.press("Backspace")
        page.locator("[role=option]").first.wait_for()
        field.press("ArrowDown")
        assert page.locator("[aria-selected=true]").inner_text().startswith("Ruth Calloway")
        field.press("Enter")
        page.wait_for_url("**author=Ruth+Calloway**")
        page.locator(".chip", has_text="Ruth Calloway").wait_for()


def test_a_range_is_dragged_over_the_histogram(visit: Visiting, sample_server: str) -> None:
    with visit(f"{sample_server}/?q=harbour") as page:
        bars = page.locator("[data-histogram] svg a")
        first, last = bars.nth(0).bounding_box(), bars.nth(1).bounding_box()
        page.mouse.move(first["x"] + first["width"] / 2, first["y"] + 20)
        page.mouse.down()
        page.mouse.move(last["x"] + last["width"] / 2, last["y"] + 20, steps=4)
        page.mouse.up()
        page.wait_for_url("**published_before=**")
        assert page.locator(".chip").count() == 2
        after, before = (text.split(": ")[1][:4] for text in page.locator(".chip").all_inner_texts())
        years = {text[-4:] for text in page.locator(".entry time").all_inner_texts()}
        assert years
        assert years <= {str(year) for year in range(int(after), int(before))}


def test_what_is_alike_is_shown_beside_a_paragraph(visit: Visiting, sample_server: str, pages: list[str]) -> None:
    article = next(path for path in pages if path.startswith("/articles/"))
    with visit(sample_server + article) as page:
        button = page.locator(".alike").first
        button.focus()
        button.press("Enter")
        page.locator(".similar").wait_for()
        assert "elsewhere" in page.locator(".similar").inner_text() or "No other" in page.locator(".similar").inner_text()


def test_a_text_is_pasted_understood_corrected_saved_and_found(visit: Visiting, own_server: str) -> None:
    with visit(f"{own_server}/put-in") as page:
        page.locator("#text").fill(PASTED)
        page.get_by_role("button", name="See what is understood").click()
        assert page.locator("#field-title").input_value() == "The heron of Fish Quay"
        assert page.locator("#field-authors").input_value() == "Ruth Calloway"
        assert page.locator("#field-published_at").input_value().startswith("2024-05-04")
        page.locator("#field-title").fill("The heron of Fish Quay & its friends")
        page.get_by_role("button", name="Save it").click()
        assert page.locator("h1").inner_text() == "The heron of Fish Quay & its friends"
        page.locator(".cite").wait_for()
        page.locator("[data-search]").fill("heron")
        page.keyboard.press("Enter")
        page.locator("[data-open]", has_text="its friends").wait_for()


def test_an_import_is_watched_and_says_what_failed(visit: Visiting, own_server: str) -> None:
    lines = b'{"title": "One thing", "text": "Some text."}\n{broken\n{"title": "Another", "text": "More text."}\n'
    file = {"name": '"><img src=x onerror=alert(1)>.ndjson', "mimeType": "application/x-ndjson", "buffer": lines}
    with visit(f"{own_server}/put-in") as page:
        page.locator("#files").set_input_files([file])
        page.get_by_role("button", name="See what is understood").click()
        assert "3 items" in page.locator("main").inner_text()
        assert page.locator(".understood .alarm").count() == 1
        page.get_by_role("button", name="Save all").click()
        page.wait_for_url("**/jobs/*")
        page.locator("[data-ended=yes]").wait_for()
        assert page.locator("table").inner_text().count("malformed") == 1
        assert page.locator("img").count() == 0


def test_a_check_is_begun_and_its_result_shown(visit: Visiting, own_server: str) -> None:
    with visit(f"{own_server}/state") as page:
        page.get_by_role("button", name="Check", exact=True).click()
        page.locator(".good", has_text="They are equal").wait_for()


def test_signing_in_with_a_key_and_out_again(visit: Visiting, keyed_server: tuple[str, str]) -> None:
    url, secret = keyed_server
    with visit(f"{url}/stories") as page:
        assert "/sign-in" in page.url
        page.locator("#key").fill(secret)
        page.keyboard.press("Enter")
        page.locator("h1", has_text="Stories").wait_for()
        assert page.locator(".rooms a", has_text="Put in").count() == 0
        page.get_by_role("button", name="Sign out").click()
        page.locator("h1", has_text="Sign in").wait_for()
        page.go_back()
        page.locator("h1", has_text="Sign in").wait_for()


def test_the_map_is_pointed_at_and_searched(
    visit: Visiting, complaints: Complaints, serving: Serving, mapped_archive: Path
) -> None:
    with serving(mapped_archive) as url:
        with visit(f"{url}/map", **NARROW) as page:
            page.locator(".map.drawn").wait_for()
            assert complaints(page) == []
        with visit(f"{url}/map") as page:
            page.locator(".map.drawn").wait_for()
            found = httpx.get(f"{url}/v1/map").json()
            box = page.locator("canvas").bounding_box()
            size = min(box["width"], box["height"]) * 0.47
            x, y = (box["width"] / 2 + found["x"][0] * size, box["height"] / 2 - found["y"][0] * size)
            page.mouse.move(box["x"] + x, box["y"] + y)
            page.locator(".tip strong").wait_for()
            assert page.locator(".tip strong").inner_text() in found["titles"]
            page.locator("#find").fill("ferry")
            page.keyboard.press("Enter")
            page.locator("canvas[data-found]:not([data-found=''])").wait_for()
            page.locator(".legend button").first.click()
            assert page.locator(".legend [aria-pressed=true]").count() == 1
            page.locator("canvas").focus()
            page.keyboard.press("+")
        with visit(f"{url}/map", java_script_enabled=False) as page:
            assert page.locator(".still").evaluate("image => image.complete && image.naturalWidth > 0")


def test_without_scripts_one_searches_reads_browses_and_puts_in(visit: Visiting, own_server: str, sample_server: str) -> None:
    with visit(sample_server, java_script_enabled=False) as page:
        page.locator("main [data-search]").fill("lighthouse")
        page.get_by_role("button", name="Search").click()
        page.locator("[data-histogram] svg a").first.click()
        assert "published_after" in page.url
        page.goto(f"{sample_server}/archive")
        page.locator(".grid td a").first.click()
        page.locator(".entry-title a").first.click()
        assert page.locator(".para").count() > 0
    with visit(f"{own_server}/put-in", java_script_enabled=False) as page:
        page.locator("#text").fill(PASTED.replace("heron", "cormorant"))
        page.get_by_role("button", name="See what is understood").click()
        page.get_by_role("button", name="Save it").click()
        assert "cormorant" in page.locator("h1").inner_text()


def test_no_page_shuts_anybody_out(visit: Visiting, complaints: Complaints, sample_server: str, pages: list[str]) -> None:
    found = {}
    with visit(sample_server, **NARROW) as page:
        for path in pages:
            page.goto(sample_server + path)
            found[path] = complaints(page)
    assert not any(found.values()), {path: said for path, said in found.items() if said}


def test_no_page_on_the_way_shuts_anybody_out(
    browser: Any, visit: Visiting, complaints: Complaints, own_server: str, keyed_server: tuple[str, str]
) -> None:
    """What is met only while something is put in, goes wrong or wants a key."""
    with visit(f"{own_server}/put-in", **NARROW) as page:
        page.locator("#text").fill(PASTED)
        page.get_by_role("button", name="See what is understood").click()
        page.locator("#field-title").wait_for()
        assert complaints(page) == []
        page.goto(f"{own_server}/put-in")
        lines = b'{"title": "A lantern", "text": "It was lit."}\n{broken\n'
        page.locator("#files").set_input_files([{"name": "two.ndjson", "mimeType": "application/x-ndjson", "buffer": lines}])
        page.get_by_role("button", name="See what is understood").click()
        page.locator(".understood").first.wait_for()
        assert complaints(page) == []
        page.get_by_role("button", name="Save all").click()
        page.locator("[data-ended=yes]").wait_for()
        assert complaints(page) == []
        page.goto(f"{own_server}/?q=zxqv")
        assert complaints(page) == []
    with visit(f"{keyed_server[0]}/stories", **NARROW) as page:
        assert complaints(page) == []
    page = browser.new_page(**NARROW)  # Chromium itself complains of a page that is a refusal, which `visit` does not let pass
    try:
        page.goto(f"{own_server}/articles/a_nothing")
        assert complaints(page) == []
        page.goto(f"{keyed_server[0]}/stories")
        page.locator("#key").fill("bf_wrong")
        page.keyboard.press("Enter")
        page.locator("[role=alert]").wait_for()
        assert complaints(page) == []
    finally:
        page.close()


@pytest.mark.parametrize("script", [True, False])
def test_every_page_stands_without_complaint(visit: Visiting, sample_server: str, pages: list[str], script: bool) -> None:
    with visit(sample_server, java_script_enabled=script) as page:
        for path in pages:
            answer = page.goto(sample_server + path)
            assert answer.status == 200, path
            assert page.locator("h1").count() == 1, path
            assert page.locator("main").count() == 1, path
