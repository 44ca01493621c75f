"""Articles through the front door: written, read, changed, deleted."""

from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

REF = "ext:harbour-review:2021-014"


def address(ref: str) -> str:
    return f"/v1/articles/{quote(ref, safe='')}"


def test_a_new_article_is_created_and_searchable(client: TestClient, articles: list[dict[str, Any]]) -> None:
    answer = client.post("/v1/articles", json=articles[0], headers={"Prefer": "wait=20"})
    article = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/articles/{article['id']}"
    assert answer.headers["Preference-Applied"] == "wait=20"
    assert article["status"] == "created"
    assert article["indexing"] == {"state": "searchable", "seq": 1, "passages": 1, "coverage": 1.0}
    assert [p["text"] for p in article["paragraphs"]] == articles[0]["text"].split("\n\n")
    assert article["references"][0]["cited_by"] == [article["paragraphs"][0]["id"]]
    read = client.get(answer.headers["Location"])
    assert read.headers["ETag"] == answer.headers["ETag"]
    assert read.json() == {name: value for name, value in article.items() if name not in ("status", "warnings")}


def test_the_same_content_again_changes_nothing(client: TestClient, articles: list[dict[str, Any]]) -> None:
    first = client.post("/v1/articles", json=articles[0])
    again = client.post("/v1/articles", json=articles[0])
    assert (again.status_code, again.json()["status"]) == (200, "unchanged")
    assert again.json()["seq"] == first.json()["seq"]
    assert "Location" not in again.headers


@pytest.mark.parametrize(
    ("on_conflict", "status", "outcome"), [("update", 200, "updated"), ("skip", 200, "skipped"), ("error", 409, None)]
)
def test_an_article_that_is_there_already(filled: TestClient, on_conflict: str, status: int, outcome: str | None) -> None:
    other = {"title": "Another one", "source": "harbour-review", "external_id": "2021-014"}
    answer = filled.post("/v1/articles", params={"on_conflict": on_conflict}, json=other)
    assert (answer.status_code, answer.json().get("status" if status == 200 else "none")) == (status, outcome)
    if status == 409:
        assert answer.json()["code"] == "article_exists"
        assert answer.json()["id"] == filled.get(address(REF)).json()["id"]
    assert filled.get(address(REF)).json()["title"] == (
        "Another one" if on_conflict == "update" else "The ferry that would not sink"
    )


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        ("text/plain; charset=utf-8", "Frost in May\n\nBy Mira Holt\n\nThe café’s roof froze – again.\n".encode()),
        ("text/plain; charset=windows-1252", "Frost in May\n\nBy Mira Holt\n\nThe café’s roof froze – again.\n".encode("cp1252")),
        ("text/markdown", "---\ntitle: Frost in May\nauthors: [Mira Holt]\n---\n\nThe café’s roof froze – again.\n".encode()),
        (
            "text/html; charset=iso-8859-1",
            "<html><head><title>Frost in May</title><meta name=author content='Mira Holt'></head><body><article>"
            "<h1>Frost in May</h1><p>The caf\xe9&rsquo;s roof froze &ndash; again.</p></article></body></html>".encode("latin-1"),
        ),
    ],
)
def test_a_document_is_read_and_kept(client: TestClient, media_type: str, content: bytes) -> None:
    answer = client.post(
        "/v1/articles",
        params={"url": "https://valley.example/frost", "source": "valley-post", "external_id": "78"},
        content=content,
        headers={"Content-Type": media_type},
    )
    article = answer.json()
    assert answer.status_code == 201, article
    assert (article["title"], article["authors"]) == ("Frost in May", ["Mira Holt"])
    assert article["paragraphs"][-1]["text"] == "The café’s roof froze – again."
    assert (article["url"], article["source"], article["external_id"]) == ("https://valley.example/frost", "valley-post", "78")
    original = client.get(f"/v1/articles/{article['id']}/original")
    assert original.content == content
    assert original.headers["Content-Type"].split(";")[0] == media_type.split(";")[0]
    assert original.headers["Content-Disposition"].startswith("attachment")
    assert original.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in original.headers["Content-Security-Policy"]


def test_writing_need_not_wait(client: TestClient, articles: list[dict[str, Any]]) -> None:
    answer = client.post("/v1/articles", json=articles[0], headers={"Prefer": "respond-async"})
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert "Preference-Applied" not in client.post("/v1/articles", json=articles[1]).headers


def test_every_kind_of_ref_names_the_article(filled: TestClient, articles: list[dict[str, Any]]) -> None:
    article = filled.get(address(REF)).json()
    refs = [article["id"], REF, f"url:{articles[0]['url']}", f"sha256:{article['sha256']}"]
    for ref in refs:
        assert filled.get(address(ref)).json() == article, ref
        assert filled.get("/v1/articles/lookup", params={"ref": ref}).json() == article, ref
    assert filled.get(address(refs[2]) + "/related").status_code == 200
    assert filled.get(address(refs[2]) + "/revisions/1").json()["number"] == 1


def test_slashes_in_a_ref_need_no_encoding(client: TestClient) -> None:
    url = "https://valley.example/2022/frost/related-stories"
    stored = client.post("/v1/articles", json={"title": "Frost", "url": url}).json()
    assert client.get(f"/v1/articles/url:{url}").json()["id"] == stored["id"]
    assert client.get(f"/v1/articles/url:{url}/paragraphs").json()["article"]["id"] == stored["id"]


def test_an_encoded_ref_may_end_like_a_part_of_an_article(client: TestClient) -> None:
    url = "https://valley.example/frost/related"
    stored = client.post("/v1/articles", json={"title": "Frost", "url": url}).json()
    assert client.get(address(f"url:{url}")).json()["id"] == stored["id"]
    assert client.delete(address(f"url:{url}") + "/related").status_code == 405


def test_representations(filled: TestClient, articles: list[dict[str, Any]]) -> None:
    markdown = filled.get(address(REF), headers={"Accept": "text/html, text/markdown;q=0.9, application/json;q=0.5"})
    assert markdown.headers["Content-Type"].startswith("text/markdown")
    assert markdown.headers["Vary"] == "Accept"
    assert "# The ferry that would not sink" in markdown.text
    text = filled.get(address(REF), headers={"Accept": "text/plain"})
    assert text.text.startswith("The ferry that would not sink\n\nHow a crew")
    assert len({answer.headers["ETag"] for answer in (markdown, text, filled.get(address(REF)))}) == 3
    refused = filled.get(address(REF), headers={"Accept": "image/png"})
    assert (refused.status_code, refused.json()["code"]) == (406, "not_acceptable")


def test_markdown_can_be_sent_back(filled: TestClient) -> None:
    before = filled.get(address(REF)).json()
    markdown = filled.get(address(REF), headers={"Accept": "text/markdown"}).content
    after = filled.put(address(REF), content=markdown, headers={"Content-Type": "text/markdown"}).json()
    kept = (
        "title", "dek", "authors", "categories", "tags", "series", "language", "source", "external_id", "url", "published_at",
        "references", "citations_without_entry",
    )  # fmt: skip
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert [p["text"] for p in after["paragraphs"]] == [p["text"] for p in before["paragraphs"]]


def test_an_answer_can_be_sent_back(filled: TestClient) -> None:
    whole = filled.get(address(REF) + "?include=revisions,original").json()
    again = filled.put(address(REF), json=whole)
    assert (again.status_code, again.json()["status"], again.json()["extra"]) == (200, "unchanged", {})
    assert filled.post("/v1/articles", json=again.json()).json()["status"] == "unchanged"


def test_more_is_included_when_asked_for(filled: TestClient) -> None:
    plain = filled.get(address(REF))
    assert (plain.json()["revisions"], plain.json()["original"]) == (None, None)
    more = filled.get(address(REF) + "?include=revisions,original")
    assert more.json()["revisions"][0]["number"] == 1
    assert more.json()["paragraphs"] == plain.json()["paragraphs"]
    assert more.headers["ETag"] != plain.headers["ETag"]
    assert filled.get(address(REF) + "?include=revisions&include=original").json() == more.json()


def test_not_modified(filled: TestClient) -> None:
    tag = filled.get(address(REF)).headers["ETag"]
    for given in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        again = filled.get(address(REF), headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert filled.get(address(REF), headers={"If-None-Match": '"other"'}).status_code == 200


def test_put_replaces_and_keeps_the_name(filled: TestClient) -> None:
    before = filled.get(address(REF))
    answer = filled.put(address(REF), json={"title": "Sunk after all"}, headers={"If-Match": before.headers["ETag"]})
    assert (answer.status_code, answer.json()["status"]) == (200, "updated")
    after = filled.get(address(REF)).json()
    assert (after["title"], after["authors"], after["revision"]) == ("Sunk after all", [], 2)
    assert [item["number"] for item in filled.get(address(REF) + "/revisions").json()["items"]] == [2, 1]
    assert filled.get(address(REF) + "/revisions/1").json()["document"]["title"] == "The ferry that would not sink"
    assert filled.get(address(REF) + "/revisions/9").json()["code"] == "revision_not_found"


def test_put_creates_at_an_external_id(client: TestClient) -> None:
    created = client.put(address("ext:a:b:7"), json={"title": "New"})
    assert created.status_code == 201
    assert (created.json()["source"], created.json()["external_id"]) == ("a", "b:7")
    assert client.put(address("ext:a:b:7"), json={"title": "New", "source": "a:b", "external_id": "7"}).status_code == 200
    wrong = client.put(address("ext:a:c"), json={"title": "New", "source": "z"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/source")
    assert client.put("/v1/articles/a_0123456789", json={"title": "New"}).status_code == 404


def test_put_can_be_held_to_creating_or_replacing(filled: TestClient) -> None:
    only_new = {"If-None-Match": "*"}
    assert filled.put(address(REF), json={"title": "x"}, headers=only_new).status_code == 412
    assert filled.put(address("ext:a:b"), json={"title": "x"}, headers=only_new).status_code == 201
    assert filled.put(address("ext:a:c"), json={"title": "x"}, headers={"If-Match": "*"}).status_code == 412
    assert filled.put(address("ext:a:b"), json={"title": "y"}, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("tag", ['"0000000000000000-1"', 'W/"x"', "", "nonsense"])
def test_lost_updates_are_prevented(filled: TestClient, method: str, tag: str) -> None:
    answer = filled.request(method, address(REF), json=None if method == "DELETE" else {"title": "x"}, headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")
    assert filled.get(address(REF)).json()["revision"] == 1


def test_the_tag_of_any_representation_matches(filled: TestClient) -> None:
    tag = filled.get(address(REF), headers={"Accept": "text/plain"}).headers["ETag"]
    assert filled.patch(address(REF), json={"title": "x"}, headers={"If-Match": tag}).status_code == 200


def test_patch_merges(filled: TestClient) -> None:
    answer = filled.patch(
        address(REF), content=b'{"tags": ["storms"], "dek": null}', headers={"Content-Type": "application/merge-patch+json"}
    )
    assert (answer.status_code, answer.json()["tags"], answer.json()["dek"]) == (200, ["storms"], None)
    assert answer.json()["title"] == "The ferry that would not sink"
    refused = filled.patch(address(REF), content=b"{}", headers={"Content-Type": "application/json-patch+json"})
    assert refused.status_code == 415
    assert filled.patch(address(REF), json=[1]).status_code == 422
    wrong = filled.patch(address(REF), json={"published_at": "soon"}).json()
    assert wrong["errors"][0]["pointer"] == "/published_at"


def test_delete(filled: TestClient) -> None:
    answer = filled.delete(address(REF))
    assert (answer.status_code, answer.headers["Backfile-Seq"], answer.content) == (204, "4", b"")
    assert filled.get(address(REF)).json()["code"] == "article_not_found"
    assert filled.delete(address(REF)).status_code == 404
    assert filled.get("/v1/changes?since=3").json()["items"][0]["deleted"] is True


def test_paragraphs(filled: TestClient) -> None:
    listed = filled.get(address(REF) + "/paragraphs").json()
    first, second = listed["items"]
    around = filled.get(f"/v1/paragraphs/{second['id']}?around=1").json()
    assert (around["paragraph"], around["before"], around["after"]) == (second, [first], [])
    assert around["article"]["id"] == listed["article"]["id"]
    assert filled.get("/v1/paragraphs/p_none").json()["code"] == "paragraph_not_found"


def test_lists_are_paged_by_url_and_link(filled: TestClient) -> None:
    seen, url = [], "/v1/articles?limit=1&sort=title&tag=ferries&tag=weather"
    while url:
        answer = filled.get(url)
        page = answer.json()
        seen += [item["title"] for item in page["items"]]
        assert page["count"] == 3
        assert answer.headers.get("Link") == (f'<{page["next"]}>; rel="next"' if page["next"] else None)
        url = page["next"]
    assert seen == ["A bridge for the island", "Frost in the orchards", "The ferry that would not sink"]


def test_a_cursor_belongs_to_its_query(filled: TestClient) -> None:
    following = filled.get("/v1/articles?limit=1").json()["next"]
    other = filled.get(following + "&source=valley-post")
    assert (other.status_code, other.json()["code"]) == (400, "cursor_mismatch")
    assert filled.get("/v1/articles?cursor=zzz").json()["code"] == "malformed_cursor"


def test_lists_show_text_only_when_asked(filled: TestClient) -> None:
    assert all(item["paragraphs"] is None for item in filled.get("/v1/articles").json()["items"])
    assert all(item["paragraphs"] for item in filled.get("/v1/articles?include=body").json()["items"])


def test_head_is_get_without_a_body(filled: TestClient) -> None:
    got, head = filled.get(address(REF)), filled.head(address(REF))
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", got.headers["ETag"])
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
