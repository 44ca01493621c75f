"""The same article from a feed, a page and a file is one article, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text, update

from archive.answers import Added
from archive.archive import Archive
from archive.errors import ArchiveError, ArticleExists, ArticleNotFound
from archive.reading import version
from archive.rekeying import rekey
from archive.requests import ArticleListRequest
from archive.settings import Settings
from db import aliases, articles, meta
from db.records import Draft, Moment, ParagraphDraft
from db.tables import articles as table

LONG = "The harbour was closed to all ships on Monday. " * 8
PAGE = "https://example.org/2020/01/harbour-closed-to-ships"


@pytest.fixture
def archive(url: str, tmp_path: Path) -> Iterator[Archive]:
    with Archive(Settings(data_dir=tmp_path / "data", database_url=url, model="hashing")) as opened:
        yield opened


def draft(title: str = "Harbour closed", *paragraphs: str, **fields: object) -> Draft:
    return Draft(title=title, paragraphs=tuple(map(ParagraphDraft, paragraphs or (LONG, "It opens on Friday."))), **fields)  # type: ignore[arg-type]


FEED = draft(source="The Example", external_id="tag:example.org,17", url=f"{PAGE}?utm_source=rss")
READ = draft(source="example.org", url=f"{PAGE}/", canonical_url=PAGE)
FILE = draft()


def known_as(archive: Archive, id: str) -> set[str]:
    with archive.db.read() as conn:
        [key] = articles.find(conn, "id", id)
        return {name.value for name in aliases.of(conn, key)}


def status(answers: list[Added | ArchiveError]) -> list[str]:
    return [answer.status if isinstance(answer, Added) else type(answer).__name__ for answer in answers]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    "order", [(FEED, READ, FILE), (FILE, READ, FEED), (READ, FILE, FEED), (FILE, FEED, READ), (FEED, FILE, READ)]
)
def test_a_feed_a_page_and_a_file_are_one_article(archive: Archive, order: tuple[Draft, ...], together: bool) -> None:
    if together:
        archive.add_many(order)
    else:
        for each in order:
            archive.add(each)
    [article] = archive.articles(ArticleListRequest()).items
    assert article.external_id == FEED.external_id
    assert article.canonical_url == PAGE
    assert article.url in (FEED.url, READ.url)
    state, seq = version(article), article.seq
    assert status(archive.add_many([*order, *order])) == ["unchanged"] * 6, "whatever comes again"
    [article] = archive.articles(ArticleListRequest()).items
    assert (version(article), article.seq) == (state, seq)
    for ref in (f"url:{PAGE}", "url:http://m.example.org/2020/01/harbour-closed-to-ships/amp?utm_medium=m"):
        assert archive.article(ref).id == article.id
    assert archive.article("ext:The Example:tag:example.org,17").id == article.id


def test_a_new_text_makes_a_revision_and_loses_no_name(archive: Archive) -> None:
    first = archive.add(FEED)
    second = archive.add(draft("Harbour closed", LONG, "It opens on Saturday.", url=PAGE))
    assert (second.id, second.status, second.revision) == (first.id, "updated", 2)
    article = archive.article(first.id)
    assert (article.external_id, article.source) == (FEED.external_id, FEED.source)
    assert archive.revisions(first.id).items[0].changed == ["paragraphs"]


def test_an_address_that_led_here_is_remembered_without_a_change(archive: Archive) -> None:
    first = archive.add(draft(url=PAGE))
    moved = draft(url=PAGE, aliases=("https://exm.pl/17", PAGE, "https://example.org/", "mailto:x@example.org"))
    again = archive.add(moved, on_conflict="error")
    assert (again.id, again.status, again.seq, again.revision) == (first.id, "unchanged", first.seq, 1)
    assert known_as(archive, first.id) == {"https://exm.pl/17"}, "no front page, no address of its own, no mail address"
    assert archive.article("url:https://exm.pl/17").id == first.id
    assert archive.add(moved) == again
    assert archive.add(draft(url="https://exm.pl/17")).status == "unchanged", "what leads here takes no other's place"
    assert archive.article(first.id).url == PAGE
    archive.delete(first.id)
    with pytest.raises(ArticleNotFound):
        archive.article("url:https://exm.pl/17")
    assert archive.add(draft(url="https://exm.pl/17")).status == "created"


def test_new_articles_bring_their_aliases(archive: Archive) -> None:
    ids = [
        answer.id
        for answer in archive.add_many([draft(str(n), url=f"{PAGE}/{n}", aliases=(f"https://exm.pl/{n}",)) for n in range(3)])
    ]  # type: ignore[union-attr]
    assert [archive.article(f"url:https://exm.pl/{n}").id for n in range(3)] == ids
    asked = [draft("new", url=f"https://exm.pl/{n}") for n in range(3)]
    assert [(answer.id, answer.status) for answer in archive.add_many(asked)] == [(id, "updated") for id in ids]  # type: ignore[union-attr]


def test_further_addresses_with_one_canonical_address_are_aliases(archive: Archive) -> None:
    first = archive.add(draft(url="https://example.org/a?page=all", canonical_url=PAGE))
    again = archive.add(draft(url="https://example.org/print-of-17", canonical_url=PAGE))
    assert (again.id, again.status, again.seq) == (first.id, "unchanged", first.seq)
    assert archive.article("url:https://example.org/print-of-17").url == "https://example.org/a?page=all"
    moved = archive.add(draft(url=PAGE, canonical_url="https://example.com/17"))
    assert (moved.id, moved.status) == (first.id, "updated")
    assert archive.article(first.id).canonical_url == "https://example.com/17"
    assert known_as(archive, first.id) >= {"https://example.org/print-of-17", PAGE}


def test_an_address_that_moved_leads_on(archive: Archive) -> None:
    first = archive.add(draft(source="S", external_id="1", url="https://old.example.org/1"))
    moved = archive.add(draft(source="S", external_id="1", url="https://new.example.org/1"))
    assert (moved.id, moved.status) == (first.id, "updated")
    assert archive.article("url:https://old.example.org/1").url == "https://new.example.org/1"
    old = archive.add(draft("Changed", url="https://old.example.org/1"))
    assert (old.id, old.status) == (first.id, "updated")
    assert archive.article(first.id).url == "https://new.example.org/1"


def test_an_id_under_another_name_of_its_source(archive: Archive) -> None:
    first = archive.add(draft(source="Example » Feed", external_id="17", url=PAGE))
    second = archive.add(draft(source="The Example", external_id="17", url=PAGE))
    assert (second.id, second.status) == (first.id, "updated")
    assert known_as(archive, first.id) == {"Example » Feed:17"}
    third = archive.add(draft(source="Example » Feed", external_id="17", url="https://example.org/elsewhere-entirely"))
    assert third.id == first.id
    assert archive.article(first.id).source == "The Example"
    assert archive.add(draft("Another", source="Example » Feed", external_id="18", url=PAGE)).status == "created"


def test_an_id_that_another_has_stays_with_it(archive: Archive) -> None:
    archive.add(draft("A", source="S", url=PAGE))
    other = archive.add(draft("B", source="S", external_id="7"))
    answers = archive.add_many([draft("C", external_id="7", url=PAGE), draft("D", url="https://example.org/d")])
    assert status(answers) == ["ArticleExists", "created"], "the article of the address and that of the id are two"
    with pytest.raises(ArticleExists, match=other.id):
        archive.replace(f"url:{PAGE}", draft("A", source="S", external_id="7"))


def test_put_and_patch_are_exact(archive: Archive) -> None:
    id = archive.add(FEED).id
    archive.replace(id, draft(url="https://example.org/b"))
    article = archive.article(id)
    assert (article.url, article.external_id, article.source) == ("https://example.org/b", None, None)
    archive.patch(id, {"url": None})
    assert archive.article(id).url is None
    assert archive.article("ext:The Example:tag:example.org,17").id == id
    assert known_as(archive, id) == {FEED.url, "https://example.org/b", "The Example:tag:example.org,17"}


@pytest.mark.parametrize("on_conflict", ["update", "skip", "error"])
def test_a_summary_never_takes_the_place_of_more(archive: Archive, on_conflict: str) -> None:
    first = archive.add(READ)
    summary = draft(
        "Harbour closed!", "It is closed.", partial=True, url=PAGE, source="S", external_id="1", aliases=("https://exm.pl/1",)
    )
    again = archive.add(summary, on_conflict=on_conflict)  # type: ignore[arg-type]
    assert (again.id, again.status, again.seq) == (first.id, "unchanged", first.seq)
    assert known_as(archive, first.id) == {"S:1", "https://exm.pl/1"}
    assert archive.article(first.id).title == "Harbour closed"


def test_more_takes_the_place_of_a_summary(archive: Archive) -> None:
    summary = archive.add(draft("Harbour closed", "It is closed.", partial=True, url=PAGE, external_id="1"))
    assert summary.status == "created"
    whole = archive.add(READ)
    assert (whole.id, whole.status) == (summary.id, "updated")
    assert archive.article(whole.id).external_id == "1"


def test_a_file_and_an_address_complement_each_other(archive: Archive) -> None:
    file = draft(authors=("Ann",), tags=("sea",), extra={"desk": "north"})
    first = archive.add(file)
    second = archive.add(draft(authors=("Ann Lee",), url=PAGE, published_at=Moment("2020-01-03", 1_578_009_600_000_000)))
    assert (second.id, second.status) == (first.id, "updated")
    article = archive.article(first.id)
    assert (article.authors, article.tags, article.url, article.extra) == (["Ann Lee"], ["sea"], PAGE, {"desk": "north"})
    assert archive.add(file).status == "unchanged", "it says nothing that the article does not"
    corrected = archive.add(draft(tags=("sea", "ships"), series="Ships"))
    assert (corrected.id, corrected.status) == (first.id, "updated")
    assert (archive.article(first.id).tags, archive.article(first.id).series) == (["sea"], "Ships")


def test_copies_with_names_of_their_own_stay_apart(archive: Archive) -> None:
    copies = [draft(external_id="1"), draft(external_id="2"), draft(url=PAGE), draft(url="https://other.example/1")]
    assert status(archive.add_many(copies)) == ["created"] * 4
    assert status(archive.add_many(copies)) == ["unchanged"] * 4
    assert archive.add(FILE).status == "unchanged"


def test_short_texts_are_told_apart(archive: Archive) -> None:
    assert (
        status(archive.add_many([draft("Corrections", "None today.", url=PAGE), draft("Corrections", "None today.")]))
        == ["created"] * 2
    )


def test_a_canonical_address_that_is_a_front_page_names_no_article(archive: Archive) -> None:
    wrong = [draft(str(n), url=f"https://example.org/{n}", canonical_url="https://www.example.org/") for n in range(2)]
    assert status(archive.add_many(wrong)) == ["created"] * 2
    with pytest.raises(ArticleNotFound):
        archive.article("url:https://example.org/")
    front = archive.add(draft("News", url="https://example.org", canonical_url="https://www.example.org/"))
    assert archive.article("url:http://example.org/").id == front.id


def test_addresses_are_brought_to_the_form_of_today(archive: Archive) -> None:
    long = f"https://m.example.org/{'a-b-c' * 100}"
    ids = [archive.add(draft(str(n), url=url)).id for n, url in enumerate(["https://m.example.org/17", long, PAGE])]
    with archive.db.write() as conn:
        seq = conn.scalar(text("SELECT seq FROM clock"))
        conn.execute(update(table).values(url_key=table.c.url))
        meta.set(conn, "url_form", "1")
    with pytest.raises(ArticleNotFound):
        archive.article("url:https://example.org/17")
    rekey(archive.db)
    found = [archive.article(f"url:{url}").id for url in ("https://example.org/17", long.replace("m.", ""), f"{PAGE}?amp=1")]
    assert found == ids
    with archive.db.write() as conn:
        assert conn.scalar(text("SELECT seq FROM clock")) == seq
        conn.execute(update(table).values(url_key=None))
    rekey(archive.db)
    with pytest.raises(ArticleNotFound):
        archive.article(f"url:{PAGE}")
