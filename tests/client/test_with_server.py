"""The clients against a real server."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import client
from client import AsyncBackfile, Backfile, version

if TYPE_CHECKING:
    from tests.conftest import Serving


@pytest.fixture(scope="module")
def backfile(serving: "Serving", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backfile]:
    with serving(tmp_path_factory.mktemp("client") / "data") as url, Backfile(url) as backfile:
        yield backfile


@pytest.fixture(scope="module")
def reader(sample_server: str) -> Iterator[Backfile]:
    with Backfile(sample_server) as backfile:
        yield backfile


def test_an_article_from_its_creation_to_its_end(backfile: Backfile) -> None:
    written = backfile.create_article({"title": "Kelp", "text": "One.\n\nTwo.", "source": "s", "external_id": "k/1"}, wait=20)
    assert written["status"] == "created"
    assert written["indexing"] is not None
    assert written["indexing"]["state"] == "searchable"
    ref = "ext:s:k/1"
    patched = backfile.patch_article(ref, {"tags": ["kelp"]}, if_match=version(written), wait=0)
    assert (patched["status"], patched["tags"], patched["revision"]) == ("updated", ["kelp"], 2)
    with pytest.raises(client.PreconditionFailed):
        backfile.delete_article(ref, if_match=version(written))
    replaced = backfile.replace_article(ref, {"title": "Kelp again", "text": "One."}, if_match=version(patched))
    assert [item["number"] for item in backfile.list_revisions(ref)["items"]] == [3, 2, 1]
    first = backfile.get_revision(ref, 1)["document"]
    assert first is not None
    assert first["title"] == "Kelp"
    [paragraph] = backfile.list_paragraphs(ref)["items"]
    assert backfile.get_paragraph(paragraph["id"])["paragraph"]["text"] == "One."
    assert backfile.lookup_article(ref)["sha256"] == replaced["sha256"]
    backfile.delete_article(ref)
    with pytest.raises(client.NotFound) as missing:
        backfile.get_article(ref)
    assert missing.value.code == "article_not_found"
    assert written["id"] in {change["id"] for change in backfile.changes_all() if change["deleted"]}


def test_bytes_come_back_as_they_were(backfile: Backfile) -> None:
    content = "---\ntitle: Öl\n---\n\nGanz ohne Öl.\n".encode()
    written = backfile.create_article(content, media_type="text/markdown", source="the source")
    assert (written["title"], written["source"]) == ("Öl", "the source")
    assert backfile.get_original(written["id"]) == content
    assert backfile.get_article_as(written["id"], "text/plain").startswith("Öl\n")
    assert backfile.create_article(content, media_type="text/markdown", source="the source")["status"] == "unchanged"


def test_a_batch_says_what_became_of_each(backfile: Backfile) -> None:
    answer = backfile.create_articles([{"title": "Good"}, {"title": 3}, {"text": "Good too"}])
    assert [item["status"] for item in answer["items"]] == [201, 422, 201]
    problem = answer["items"][1]["problem"]
    assert problem is not None
    assert problem["errors"][0]["pointer"] == "/title"


def test_errors_name_the_field(backfile: Backfile) -> None:
    with pytest.raises(client.Invalid) as caught:
        backfile.search("x", limit=1000)
    assert caught.value.errors[0]["pointer"] == "/limit"
    assert caught.value.request_id


def test_keys(backfile: Backfile) -> None:
    key = backfile.create_key("me", ["read"], expires_at="2100-01-01T00:00:00Z")
    assert key["secret"]
    assert backfile.revoke_key(key["id"])["revoked_at"]
    assert [item["id"] for item in backfile.list_keys()["items"]] == [key["id"]]


def test_without_a_key_where_one_is_needed(serving: "Serving", tmp_path: Path) -> None:
    with serving(tmp_path / "data", BACKFILE_REQUIRE_KEYS="true") as url, Backfile(url) as backfile:
        with pytest.raises(client.Unauthorized):
            backfile.index_status()
        assert backfile.livez() == {"status": "ok"}


def test_pages_have_each_article_once(reader: Backfile) -> None:
    listed = [article["id"] for article in reader.list_articles_all(limit=7)]
    assert len(set(listed)) == len(listed) == reader.index_status()["articles"] > 30
    assert listed == [article["id"] for page in pages(reader, limit=7) for article in page["items"]]
    assert {article["id"] for article in reader.export()} == set(listed)
    for found in (reader.search_all("the sea", limit=9), reader.search_post_all("the sea", limit=9)):
        ids = [item["article"]["id"] for item in found]
        assert len(ids) == len(set(ids)) > 9


def pages(reader: Backfile, limit: int) -> "Iterator[client.answers.ArticlePage]":
    cursor: str | None = None
    while True:
        page = reader.list_articles(limit=limit, **({"cursor": cursor} if cursor else {}))
        yield page
        if page["next"] is None:
            return
        cursor = client.cursor_of(page["next"])


def test_related(reader: Backfile) -> None:
    seed = next(reader.search_all("ferry aground off Inch Marra", mode="lexical"))["article"]["id"]
    related = [item["article"]["id"] for item in reader.article_related_all(seed, limit=3, per_series=200)]
    assert seed not in related
    assert len(related) == len(set(related)) > 3
    assert related == [item["article"]["id"] for item in reader.related_all(seed, per_series=200)]
    assert related == [item["article"]["id"] for item in reader.related_post_all([{"ref": seed}], per_series=200)]
    because = reader.article_related(seed, why=True, limit=1)["items"][0]["why"]
    assert because is not None
    assert because["pairs"]
    first, second = reader.related_batch([{"ref": seed}, {"ref": "ext:nobody:0"}], limit=2)
    assert [item["article"]["id"] for item in first["items"] or []] == related[:2]
    assert second["problem"] is not None
    [again] = reader.related_batch([{"ref": seed, "if_etag": first["etag"] or ""}], limit=2)
    assert again["not_modified"]


def test_duplicates_and_reuse(backfile: Backfile) -> None:
    text = "\n\n".join(" ".join(f"{word}{number}" for number in range(40)) for word in ("kelp", "tide", "mole"))
    for name in ("one", "two"):
        backfile.create_article({"title": "Copied", "text": text, "source": "copies", "external_id": name}, wait=20)
    [group] = backfile.list_duplicates_all(source="copies", limit=1)
    assert [item["article"]["external_id"] for item in group["items"]] == ["one", "two"]
    assert backfile.list_duplicates(kind="exact", members=1, source="copies")["items"][0]["count"] == 2
    answer = backfile.article_duplicates("ext:copies:two", kind="exact", limit=5)
    assert [item["relation"] for item in answer["items"]] == ["exact"]
    while backfile.article_reuse("ext:copies:two")["pending"]:  # as long as the test may take
        pass
    reuse = backfile.article_reuse("ext:copies:two", limit=1)
    assert [paragraph["first"]["external_id"] for paragraph in reuse["items"]] == ["one"] * 3


def test_stories(reader: Backfile) -> None:
    largest = next(reader.list_stories_all(sort="-articles", limit=2))
    story = reader.get_story(largest["id"])
    assert len(story["items"]) == story["articles"] == largest["articles"] == 3
    assert [item["id"] for item in reader.get_story_all(story["id"], limit=1)] == [item["id"] for item in story["items"]]
    assert reader.article_story(story["items"][0]["id"], limit=3)["id"] == story["id"]
    assert len(list(reader.article_story_all(story["items"][0]["id"], limit=2))) == 3
    assert reader.list_stories(min_articles=4)["items"] == []
    with pytest.raises(client.NotFound):
        reader.get_story("s_none")


def test_browsing(reader: Backfile) -> None:
    years = {period["period"]: period["count"] for period in reader.archive()["periods"]}
    assert reader.archive_year(2023)["count"] == years["2023"]
    assert reader.archive_month(2023, 11)["count"] == 3
    [article] = reader.archive_day_all(2023, 11, 6)
    assert "Ferry" in article["title"]
    assert article["id"] in {item["id"] for item in reader.on_this_day(11, 6)["items"]}
    assert {value["value"] for value in reader.facets("year")["facets"]["year"]} == set(years)
    assert sum(period["count"] for period in reader.timeline(interval="year")["items"]) == sum(years.values())
    assert any(item["kind"] == "title" for item in reader.suggest("ferry")["items"])


def test_the_index_is_right(reader: Backfile) -> None:
    assert reader.check_index()["clean"]
    assert reader.rebuild_index()["encoded"] == 0
    assert reader.readyz()["status"] == reader.healthz()["status"] == "ready"
    assert "backfile_articles" in reader.metrics()


def test_the_asynchronous_client(sample_server: str) -> None:
    async def run() -> None:
        async with AsyncBackfile(sample_server) as backfile:
            status, page = await asyncio.gather(backfile.index_status(), backfile.search("lighthouse", limit=2))
            listed = [article["id"] async for article in backfile.list_articles_all(limit=10)]
            exported = [article["id"] async for article in backfile.export()]
            assert len(page["items"]) == 2
            assert len(listed) == status["articles"]
            assert set(exported) == set(listed)

    asyncio.run(run())
