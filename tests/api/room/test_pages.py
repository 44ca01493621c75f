"""Every page: what it sends, to whom, and that it shuts nobody out."""

import re
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from api.app import create_app
from api.room.pages import Page
from api.room.routes import ROUTERS
from archive.archive import Archive
from archive.parsing import draft_from_json
from archive.settings import Settings

HOSTILE = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(2)> \u202eevil"
OWN = {"Sec-Fetch-Site": "same-origin"}
PEOPLE = {"Accept": "text/html"}

PATHS = [
    "/", "/?q=harbour", "/?q=the+orbital+period+of+neptune", "/?tag=tag", "/articles/{id}", "/articles/{id}/revisions",
    "/articles/{id}/revisions/1", "/articles/{id}/revisions/2", "/articles/{id}/delete", "/paragraphs/{paragraph}/similar",
    "/archive", "/archive/2021", "/archive/2021/3", "/archive/2021/3/14", "/archive/on-this-day?month=3&day=14", "/browse/author",
    "/browse/section", "/browse/tag", "/browse/source", "/browse/series", "/browse/author?by=count", "/stories", "/map",
    "/put-in", "/jobs", "/sources", "/state", "/keys", "/no-such-page", "/sign-in",
]  # fmt: skip


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    folder = tmp_path_factory.mktemp("hostile")
    with Archive(Settings(data_dir=folder, model="hashing")) as opened:
        for number, text in enumerate(("The harbour was closed.", "The harbour was closed again [1].", "Harbour bells.")):
            opened.add(draft_from_json(hostile(number, text), original=None, strict=True))
        opened.add(draft_from_json(hostile(0, "The harbour was opened."), original=None, strict=True))
        opened.catch_up()
        opened.find_stories()
        yield opened


def hostile(number: int, text: str) -> dict[str, Any]:
    return {
        "title": f"{number} {HOSTILE}", "dek": HOSTILE, "authors": [HOSTILE], "categories": [HOSTILE], "tags": [HOSTILE, "tag"],
        "series": HOSTILE, "source": HOSTILE, "external_id": f"{number}", "url": f"https://a.example/{number}?x=<script>",
        "published_at": f"202{number}-03-14", "references": [{"label": "1", "text": HOSTILE, "url": "javascript:alert(1)"}],
        "paragraphs": [
            {"kind": kind, "text": f"{text} {kind} {HOSTILE}"}
            for kind in ("paragraph", "heading", "quote", "list", "code", "caption")
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def client(archive: Archive) -> Iterator[TestClient]:
    with TestClient(create_app(archive), base_url="http://127.0.0.1:8000", headers=PEOPLE) as opened:
        yield opened


@pytest.fixture(scope="module")
def names(client: TestClient) -> dict[str, str]:
    article = client.get("/v1/articles/ext%3A" + "x", headers=PEOPLE)
    found = client.get("/v1/articles?include=body&sort=published_at").json()["items"][0]
    assert article.status_code != 500
    return {"id": found["id"], "paragraph": found["paragraphs"][0]["id"]}


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_an_article_runs(client: TestClient, names: dict[str, str], path: str) -> None:
    answer = client.get(path.format(**names), follow_redirects=False)
    assert answer.status_code in (200, 303, 404)
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert 'href="javascript:' not in answer.text
    assert len(answer.content) < 60_000


@pytest.mark.parametrize(
    "path", ["/?q=" + HOSTILE, "/?tag=" + HOSTILE, "/" + HOSTILE.replace("/", ""), "/?published_after=" + HOSTILE]
)
def test_nothing_of_a_question_runs(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (200, 404, 422)
    assert "<script>" not in answer.text
    assert "<img src=x" not in answer.text


def test_titles_are_shown_as_they_are(client: TestClient, names: dict[str, str]) -> None:
    assert escape(HOSTILE, quote=False).replace('"', "&#34;").replace("'", "&#39;") in client.get(f"/articles/{names['id']}").text


@pytest.mark.parametrize("path", PATHS)
def test_the_policy_is_strict(client: TestClient, names: dict[str, str], path: str) -> None:
    answer = client.get(path.format(**names), follow_redirects=False)
    if answer.status_code == 303:
        return
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "private" in answer.headers["cache-control"] or "no-store" in answer.headers["cache-control"]


def test_templates_hold_to_the_policy() -> None:
    for template in (files("api.room") / "templates").iterdir():
        text = template.read_text()
        assert not re.search(r"<script(?![^>]*src=)", text), template
        assert not re.search(r"\s(style|on\w+)=", text), template
        assert not re.search(r"\|\s*safe\b|<style|autoescape false", text), template


@pytest.mark.parametrize("path", ["/articles/{id}/original", "/articles/{id}/markdown"])
def test_files_are_saved_and_not_shown(client: TestClient, names: dict[str, str], path: str) -> None:
    answer = client.get(path.format(**names))
    assert answer.status_code == 404 or answer.headers["content-disposition"].startswith("attachment")


def routes() -> list[Route]:
    return [route for router in ROUTERS for route in router.routes if isinstance(route, Route)]


@pytest.mark.parametrize("route", [route for route in routes() if "POST" in (route.methods or ())], ids=lambda route: route.path)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_forms_of_other_sites_are_refused(client: TestClient, route: Route, headers: dict[str, str]) -> None:
    answer = client.post(re.sub(r"\{[^}]*\}", "x", route.path), headers=headers, data={"name": "x", "key": "x"})
    assert answer.status_code == 403, answer.text


def test_every_route_says_who_may_look() -> None:
    open_to_all = {"/static/{digest}/{name}", "/sign-in", "/sign-out"}
    assert {route.path for route in routes() if not isinstance(route, Page)} == open_to_all


@pytest.mark.parametrize(
    "path", ["..%2f..%2fpages.py", "%2e%2e/x", "x/%00", "x/room.css%00", "x/..%2f__init__.py", "x/nothing.css"]
)
def test_static_files_are_those_that_there_are(client: TestClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code in (400, 404)


def test_assets_are_kept_for_good_under_their_own_name(client: TestClient) -> None:
    page = client.get("/").text
    address = re.search(r'href="(/static/[^"]*room.css)"', page)
    assert address
    assert "immutable" in client.get(address[1]).headers["cache-control"]
    assert client.get("/static/000000000000/room.css").headers["cache-control"] == "no-cache"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, dict[str, str]]]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("guarded"), model="hashing", require_keys=True)
    with Archive(settings) as archive:
        secrets = {scope: archive.create_key(scope, [scope]).secret for scope in ("read", "write", "admin")}
        with TestClient(create_app(archive), base_url="http://127.0.0.1:8000", headers=PEOPLE) as client:
            yield client, secrets


@pytest.mark.parametrize("path", [path for path in PATHS if path not in ("/no-such-page", "/sign-in")])
def test_without_a_key_each_page_leads_to_the_sign_in(guarded: tuple[TestClient, dict[str, str]], path: str) -> None:
    client, _ = guarded
    client.cookies.clear()
    answer = client.get(path.format(id="a_1", paragraph="p_1"), follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?to=%2F")


def test_signing_in_and_out(guarded: tuple[TestClient, dict[str, str]]) -> None:
    client, secrets = guarded
    client.cookies.clear()
    wrong = client.post("/sign-in", data={"key": "bf_wrong", "to": "/state"}, headers=OWN)
    assert wrong.status_code == 401
    assert 'role="alert"' in wrong.text
    right = client.post("/sign-in", data={"key": secrets["read"], "to": "/state"}, headers=OWN, follow_redirects=False)
    assert (right.status_code, right.headers["location"]) == (303, "/state")
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert client.get("/state").status_code == 200
    assert client.get("/v1/index").status_code == 401  # the HTTP interface never looks at cookies
    client.post("/sign-out", headers=OWN)
    assert client.get("/state", follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    ("scope", "allowed", "refused"), [("read", "/state", "/put-in"), ("write", "/put-in", "/keys"), ("admin", "/keys", None)]
)
def test_a_key_opens_what_it_may(
    guarded: tuple[TestClient, dict[str, str]], scope: str, allowed: str, refused: str | None
) -> None:
    client, secrets = guarded
    client.cookies.clear()
    client.post("/sign-in", data={"key": secrets[scope]}, headers=OWN)
    page = client.get(allowed)
    assert page.status_code == 200
    assert ('href="/put-in"' in page.text) == (scope != "read")
    if refused:
        answer = client.get(refused)
        assert answer.status_code == 403
        assert scope_needed(refused) in answer.text


def scope_needed(path: str) -> str:
    return {"/put-in": "write", "/keys": "admin"}[path]


def test_a_key_is_shown_once(guarded: tuple[TestClient, dict[str, str]]) -> None:
    client, secrets = guarded
    client.cookies.clear()
    client.post("/sign-in", data={"key": secrets["admin"]}, headers=OWN)
    made = client.post("/keys", data={"name": HOSTILE[:20], "scope": "read"}, headers=OWN)
    secret = re.search(r"bf_[\w-]{20,}", made.text)
    assert secret
    assert made.headers["cache-control"] == "no-store"
    assert secret[0] not in client.get("/keys").text
    assert client.post("/keys", data={"name": "x", "expires": "soon"}, headers=OWN).status_code == 422


def test_pages_need_nothing_that_is_not_packed() -> None:
    packed = Path("pyproject.toml").read_text()
    assert '"templates/*.html"' in packed
    assert '"static/*"' in packed
