"""Addresses that are fetched, once and again: pages, feeds, sitemaps and lists, on a server of the test's own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from archive.answers import JobNote, SourceOut
from archive.archive import Archive
from archive.errors import InvalidRequest, SourceNotFound
from archive.requests import (
    ArticleListRequest,
    ImportOptions,
    JobListRequest,
    JobNotesRequest,
    Paged,
    SourceChange,
    SourceRequest,
    UrlImport,
)
from archive.settings import Settings
from db import sources as stored
from tests.sites import Reply, Site

BODY = (
    "The harbour master counted the seals again this morning, and found more of them than ever before on the northern mole. "
    "Nobody was surprised, least of all the seals, who have been coming back each spring since the herring did. "
)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.stop()


@pytest.fixture
def base(site: Site) -> str:
    return f"http://127.0.0.1:{site.port}"


@pytest.fixture
def archive(settings: Settings, site: Site) -> Iterator[Archive]:
    """With leave to fetch from the test's own server, and no waiting in between. Nothing runs by itself."""
    allowed: Any = {"fetch_allowed_hosts": (f"127.0.0.1:{site.port}",), "fetch_delay_s": 0}
    with Archive(settings.model_copy(update=allowed)) as opened:
        yield opened


def page(number: int, **meta: str) -> bytes:
    head = "".join(f'<meta property="{name.replace("_", ":", 1)}" content="{value}">' for name, value in meta.items())
    return (
        f'<html lang="en"><head><title>Page {number}</title>{head}</head><body><article><h1>Page {number}</h1>'
        f"<p>{BODY}</p><p>Of day {number} there is no more to say. {BODY}</p></article></body></html>"
    ).encode()


def feed(base: str, numbers: list[int], *, whole: bool = False, changed: str = "") -> bytes:
    """RSS, with the whole text or one line of each."""
    items = "".join(
        f"<item><title>Page {number}</title><link>{base}/page/{number}</link><guid isPermaLink='false'>g{number}</guid>"
        f"<author>ada@example.org (Ada Brandt)</author><pubDate>Mon, 06 May 2024 0{number}:00:00 +0200</pubDate>"
        + (
            f"<content:encoded><![CDATA[<p>{BODY}</p><p>{changed or 'Day'} {number}. {BODY}</p>]]></content:encoded>"
            if whole
            else ""
        )
        + f"<description>Of seals and herring, {changed or 'day'} {number}.</description></item>"
        for number in numbers
    )
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>Harbour news</title><link>{base}/</link>{items}</channel></rss>"
    ).encode()


def look(archive: Archive, source: SourceOut) -> SourceOut:
    """As the server's thread does when it is due, and the job that comes of it."""
    archive.check_source(source.id)
    archive.watcher.step()
    work(archive)
    return archive.source(source.id)


def work(archive: Archive) -> None:
    while archive.worker.step():
        pass


def articles(archive: Archive) -> dict[str, Any]:
    return {item.title: item for item in archive.articles(ArticleListRequest(sort="title", limit=200)).items}


def notes(archive: Archive, id: str) -> list[JobNote]:
    return list(archive.job_notes(id, JobNotesRequest(warnings=True)))


def test_pages_are_fetched_and_kept_as_they_were(archive: Archive, site: Site, base: str) -> None:
    site.page("/page/1", page(1, article_published_time="2024-05-06T08:00:00+02:00"))
    site.redirect("/old", f"{base}/page/1")
    job = archive.import_urls(UrlImport(urls=[f"{base}/old", f"{base}/nothing", "http://10.1.2.3/"], source="harbour"))
    work(archive)
    ended = archive.job(job.id)
    assert (ended.state, ended.created, ended.failed) == ("succeeded", 1, 2)
    assert [(note.place, note.code) for note in notes(archive, job.id)] == [
        (f"{base}/nothing", "http_error"),
        ("http://10.1.2.3/", "address_refused"),
    ]
    [article] = articles(archive).values()
    assert (article.url, article.source, article.published_at) == (f"{base}/page/1", "harbour", "2024-05-06T08:00:00+02:00")
    assert archive.original(article.id).content == page(1, article_published_time="2024-05-06T08:00:00+02:00")
    assert archive.article(f"url:{base}/old").id == article.id


def test_what_was_fetched_before_the_crash_is_not_fetched_again(
    archive: Archive, site: Site, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.page("/feed.xml", feed(base, [1, 2], whole=True), **{"Content-Type": "application/rss+xml"})
    job = archive.import_urls(UrlImport(urls=[f"{base}/feed.xml"]))

    def dies(*_: Any) -> None:
        raise SystemError("the power goes out")

    with monkeypatch.context() as patch:
        patch.setattr("archive.writing.add_together", dies)
        with pytest.raises(SystemError):
            archive.work_on(job.id, lambda _: None)
    site.replies.clear()
    work(archive)
    assert (archive.job(job.id).created, site.paths.count("/feed.xml")) == (2, 1)


def test_a_feed_is_read_once_and_then_only_what_is_new(archive: Archive, site: Site, base: str) -> None:
    site.page("/feed.xml", feed(base, [1, 2], whole=True), **{"Content-Type": "application/rss+xml", "ETag": '"one"'})
    source, is_new = archive.watch(SourceRequest(url=f"{base}/feed.xml"))
    assert (is_new, source.kind, source.state) == (True, "auto", "waiting")
    source = look(archive, source)
    assert (source.kind, source.state, source.created, source.job) == ("feed", "waiting", 2, None)
    assert (articles(archive)["Page 1"].external_id, articles(archive)["Page 1"].source) == ("g1", "Harbour news")
    assert articles(archive)["Page 1"].authors == ["Ada Brandt"]
    jobs = len(archive.jobs(JobListRequest()).items)
    assert look(archive, source).created == 2
    assert len(archive.jobs(JobListRequest()).items) == jobs == 1

    site.page("/feed.xml", feed(base, [3, 2], whole=True), **{"Content-Type": "application/rss+xml", "ETag": '"two"'})
    source = look(archive, source)
    assert (source.created, source.updated, source.unchanged) == (3, 0, 0)
    site.page("/feed.xml", feed(base, [3, 2], whole=True, changed="Corrected, day"), **{"Content-Type": "application/rss+xml"})
    source = look(archive, source)
    assert (source.created, source.updated) == (3, 2)
    assert archive.jobs(JobListRequest(source=source.id)).items[0].updated == 2


def test_nothing_is_sent_again_that_did_not_change(archive: Archive, site: Site, base: str) -> None:
    def conditional(asked: Any) -> Reply:
        if asked.headers.get("if-none-match") == '"one"':
            return Reply(304)
        return Reply(200, {"Content-Type": "application/rss+xml", "ETag": '"one"'}, feed(base, [1], whole=True))

    site.replies["/feed.xml"] = conditional
    source, _ = archive.watch(SourceRequest(url=f"{base}/feed.xml"))
    before = look(archive, source)
    after = look(archive, source)
    assert (before.created, after.created, after.failures) == (1, 1, 0)
    assert after.changed_at == before.changed_at
    assert after.checked_at is not None
    assert before.checked_at is not None
    assert after.checked_at > before.checked_at
    assert [asked.headers.get("if-none-match") for asked in site.asked if asked.path == "/feed.xml"] == [None, '"one"']


def test_what_a_feed_only_sums_up_is_read_from_its_page(archive: Archive, site: Site, base: str) -> None:
    site.page("/feed.xml", feed(base, [1, 2, 3]), **{"Content-Type": "application/rss+xml"})
    site.page("/page/1", page(1))
    site.page("/page/2", page(2))
    source, _ = archive.watch(SourceRequest(url=f"{base}/feed.xml"))
    source = look(archive, source)
    assert source.created == 3
    found = articles(archive)
    assert (found["Page 1"].external_id, found["Page 1"].source, found["Page 1"].authors) == (
        "g1",
        "Harbour news",
        ["Ada Brandt"],
    )
    assert "Of day 1 there is no more" in archive.paragraphs(found["Page 1"].id).items[-1].text
    assert archive.original(found["Page 1"].id).content == page(1)
    [only] = [note for note in notes(archive, archive.jobs(JobListRequest()).items[0].id) if note.kind == "warning"]
    assert "only the summary is stored" in only.detail
    assert archive.paragraphs(found["Page 3"].id).items[0].text == "Of seals and herring, day 3."


def test_a_page_that_is_away_for_a_while_is_tried_again(archive: Archive, site: Site, base: str) -> None:
    site.page("/feed.xml", feed(base, [1]), **{"Content-Type": "application/rss+xml", "ETag": '"one"'})
    site.replies["/page/1"] = Reply(503)
    source, _ = archive.watch(SourceRequest(url=f"{base}/feed.xml"))
    source = look(archive, source)
    assert (source.created, source.failed) == (0, 1)
    site.page("/page/1", page(1))
    source = look(archive, source)
    assert (source.created, source.failed) == (1, 1)
    assert look(archive, source).created == 1


def test_it_is_given_up_in_the_end(archive: Archive, site: Site, base: str) -> None:
    site.page("/feed.xml", feed(base, [1]), **{"Content-Type": "application/rss+xml"})
    site.replies["/page/1"] = Reply(503)
    source, _ = archive.watch(SourceRequest(url=f"{base}/feed.xml"))
    for _ in range(stored.TRIES + 2):
        source = look(archive, source)
    assert source.failed == stored.TRIES


SITEMAP = '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'


def test_a_sitemap_and_the_ones_it_names(archive: Archive, site: Site, base: str) -> None:
    def part(*numbers: int, changed: str = "2024-05-01") -> bytes:
        places = (f"<url><loc>{base}/page/{number}</loc><lastmod>{changed}</lastmod></url>" for number in numbers)
        return SITEMAP.format("".join(places)).encode()

    parts = "".join(f"<sitemap><loc>/part{n}.xml</loc><lastmod>2024-05-0{n}</lastmod></sitemap>" for n in (1, 2))
    site.page("/sitemap.xml", SITEMAP.replace("urlset", "sitemapindex").format(parts).encode())
    site.page("/part1.xml", part(1))
    site.page("/part2.xml", part(2, 3))
    for number in range(1, 5):
        site.page(f"/page/{number}", page(number))
    source, _ = archive.watch(SourceRequest(url=f"{base}/sitemap.xml"))
    source = look(archive, source)
    assert (source.kind, source.created, source.failed) == ("sitemap", 3, 0)
    asked = len(site.asked)
    assert look(archive, source).created == 3
    assert site.paths[asked:] == ["/sitemap.xml"]  # neither the parts, in the state they were in, nor the pages

    site.page("/part2.xml", part(2, 4, changed="2024-05-09"))
    changed = parts.replace("2024-05-02", "2024-05-09")
    site.page("/sitemap.xml", SITEMAP.replace("urlset", "sitemapindex").format(changed).encode())
    site.page("/page/2", page(2).replace(b"no more", b"much more"))
    source = look(archive, source)
    assert (source.created, source.updated) == (4, 1)


def test_a_list_of_addresses(archive: Archive, site: Site, base: str) -> None:
    site.page("/list.txt", f"# ours\n{base}/page/1\n\n{base}/page/2\n".encode(), **{"Content-Type": "text/plain"})
    site.page("/page/1", page(1))
    site.page("/page/2", page(2))
    source, _ = archive.watch(SourceRequest(url=f"{base}/list.txt", source="ours"))
    source = look(archive, source)
    assert (source.kind, source.created) == ("list", 2)
    assert articles(archive)["Page 1"].source == "ours"


def test_of_a_page_that_names_a_feed_that_is_watched(archive: Archive, site: Site, base: str) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    site.page("/", f"<html><head><title>Home</title>{link}</head><body><p>Hello</p></body></html>".encode())
    site.page("/feed.xml", feed(base, [1], whole=True), **{"Content-Type": "application/rss+xml"})
    source, _ = archive.watch(SourceRequest(url=f"{base}/"))
    archive.watcher.step()
    source = look(archive, source)
    assert (source.url, source.kind, source.created) == (f"{base}/feed.xml", "feed", 1)


def test_what_cannot_be_read_is_told_and_asked_less_and_less_often(archive: Archive, site: Site, base: str) -> None:
    source, _ = archive.watch(SourceRequest(url=f"{base}/feed.xml", interval_s=600))
    waits = []
    for _ in range(4):
        source = look(archive, source)
        assert source.due_at is not None
        waits.append((datetime.fromisoformat(source.due_at) - datetime.now(UTC)).total_seconds())
    assert (source.state, source.failures, source.code) == ("failing", 4, "http_error")
    assert [round(wait, -2) for wait in waits] == [1200, 2400, 4800, 9600]
    site.page("/feed.xml", b"<p>no feed at all, and it names none either</p>")
    assert look(archive, source).code == "no_article"
    site.page("/feed.xml", feed(base, [1], whole=True), **{"Content-Type": "application/rss+xml"})
    source = look(archive, source)
    assert (source.state, source.failures, source.code, source.created) == ("waiting", 0, None, 1)


def test_one_that_is_gone_for_good_is_left_alone(archive: Archive, site: Site, base: str) -> None:
    site.replies["/feed.xml"] = Reply(410)
    source, _ = archive.watch(SourceRequest(url=f"{base}/feed.xml"))
    archive.watcher.step()
    assert (archive.source(source.id).state, archive.source(source.id).due_at) == ("paused", None)
    asked = len(site.asked)
    archive.watcher.step()
    assert len(site.asked) == asked


def test_one_that_has_moved_is_followed(archive: Archive, site: Site, base: str) -> None:
    site.redirect("/old.xml", f"{base}/feed.xml", 301)
    site.redirect("/for-now.xml", f"{base}/feed2.xml", 302)
    for name in ("/feed.xml", "/feed2.xml"):
        site.page(name, feed(base, [1], whole=True), **{"Content-Type": "application/rss+xml"})
    moved, _ = archive.watch(SourceRequest(url=f"{base}/old.xml"))
    for_now, _ = archive.watch(SourceRequest(url=f"{base}/for-now.xml"))
    assert look(archive, moved).url == f"{base}/feed.xml"
    assert look(archive, for_now).url == f"{base}/for-now.xml"


def test_two_servers_do_not_fetch_twice(archive: Archive, site: Site, base: str) -> None:
    site.page("/feed.xml", feed(base, [1], whole=True), **{"Content-Type": "application/rss+xml"})
    archive.watch(SourceRequest(url=f"{base}/feed.xml"))
    with Archive(archive.settings) as other:
        archive.start()
        other.start()
        for _ in range(200):
            if articles(archive):
                break
            site_waits()
        site_waits(0.5)
    assert site.paths.count("/feed.xml") == 1


def site_waits(seconds: float = 0.05) -> None:
    import time

    time.sleep(seconds)


def test_a_source_is_made_once_changed_and_let_go(archive: Archive, site: Site, base: str) -> None:
    source, _ = archive.watch(SourceRequest(url=f"{base}/feed.xml"))
    same, is_new = archive.watch(SourceRequest(url=f"{base}/feed.xml?utm_source=x", interval_s=60))
    assert (same.id, is_new, same.interval_s) == (source.id, False, 3600)
    changed = archive.change_source(source.id, SourceChange(interval_s=120, paused=True, source="ours"))
    assert (changed.interval_s, changed.paused, changed.source, changed.state) == (120, True, "ours", "paused")
    archive.watcher.step()
    assert site.asked == []
    assert archive.change_source(source.id, SourceChange(source=None)).source is None
    assert archive.sources(Paged(limit=1)).count == 1
    archive.forget_source(source.id)
    with pytest.raises(SourceNotFound):
        archive.source(source.id)
    with pytest.raises(InvalidRequest):
        archive.watch(SourceRequest(url="ftp://a.example/feed"))


def test_a_list_of_feeds_leads_to_their_articles(archive: Archive, site: Site, base: str) -> None:
    site.page("/a.xml", feed(base, [1], whole=True), **{"Content-Type": "application/rss+xml"})
    site.page("/b.xml", feed(base, [2], whole=True), **{"Content-Type": "application/rss+xml"})
    outlines = "".join(f'<outline text="{name}" xmlUrl="{base}/{name}.xml"/>' for name in "abc")
    upload = archive.upload()
    with upload.file("feeds.opml", None) as stream:
        stream.write(f'<opml version="2.0"><body>{outlines}</body></opml>'.encode())
    job = archive.import_files(upload, ImportOptions())
    work(archive)
    ended = archive.job(job.id)
    assert (ended.total, ended.created, ended.failed) == (3, 2, 1)
    assert sorted(articles(archive)) == ["Page 1", "Page 2"]
    assert [note.place for note in notes(archive, job.id)] == [f"{base}/c.xml"]
