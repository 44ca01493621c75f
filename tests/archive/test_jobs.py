"""Jobs: what is read becomes articles or errors, once, whatever happens in between."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from archive import job_running
from archive.answers import JobNote, JobOut
from archive.archive import Archive
from archive.errors import InvalidRequest, JobNotFound
from archive.requests import ArticleListRequest, FilterRequest, ImportOptions, JobListRequest, JobNotesRequest, UrlImport
from archive.settings import Settings
from db import jobs as stored
from db.records import Draft, ParagraphDraft


class PowerCut(BaseException):
    """What no handler of the program catches."""


def lines(count: int, start: int = 0) -> bytes:
    return b"".join(
        json.dumps({"title": f"Report {number}", "text": f"What happened, part {number}.", "external_id": str(number)}).encode()
        + b"\n"
        for number in range(start, start + count)
    )


def begun(archive: Archive, *contents: bytes, name: str = "some.ndjson", **options: Any) -> JobOut:
    upload = archive.upload()
    for content in contents:
        with upload.file(name, None) as stream:
            stream.write(content)
    return archive.import_files(upload, ImportOptions(**options))


def worked(archive: Archive, id: str) -> JobOut:
    ended = archive.work_on(id, lambda _: None)
    assert ended is not None
    return ended


def notes(archive: Archive, id: str, *, warnings: bool = False) -> list[JobNote]:
    return list(archive.job_notes(id, JobNotesRequest(warnings=warnings)))


def titles(archive: Archive) -> list[str]:
    page = archive.articles(ArticleListRequest(sort="title", limit=200))
    return [item.title for item in page.items]


def counts(job: JobOut) -> tuple[int, ...]:
    return job.total, job.done, job.created, job.updated, job.unchanged, job.skipped, job.failed


def test_what_can_be_read_is_in_and_the_rest_is_named(archive: Archive) -> None:
    job = begun(archive, lines(3) + b"{broken\n" + lines(2, 3) + b'{"tags": ["nothing else"]}\n')
    assert (job.state, job.total, job.done) == ("enqueued", 7, 0)
    ended = worked(archive, job.id)
    assert (ended.state, counts(ended)) == ("succeeded", (7, 7, 5, 0, 0, 0, 2))
    assert ended.rate is not None
    assert ended.remaining_s is None
    assert [(note.place, note.code) for note in notes(archive, job.id)] == [
        ("some.ndjson:4", "malformed"),
        ("some.ndjson:7", "malformed"),
    ]
    assert len(titles(archive)) == 5
    archive.catch_up()
    assert archive.job(job.id).searchable
    assert not archive.spool.path(job.id, "0").exists()


def test_the_same_again_changes_nothing(archive: Archive) -> None:
    worked(archive, begun(archive, lines(250)).id)
    before = archive.moment().seq
    ended = worked(archive, begun(archive, lines(250)).id)
    assert counts(ended) == (250, 250, 0, 0, 250, 0, 0)
    assert archive.moment().seq == before


def test_what_contradicts_itself_is_read_once(archive: Archive) -> None:
    """The last one wins, and the same again changes nothing; a request of its own may bring an older state back."""
    older, newer = (json.dumps({"title": title, "text": "x", "external_id": "1"}).encode() for title in ("Older", "Newer"))
    first = worked(archive, begun(archive, older + b"\n" + newer).id)
    assert (first.created, first.updated, titles(archive)) == (1, 1, ["Newer"])
    seq = archive.moment().seq
    again = worked(archive, begun(archive, older + b"\n" + newer).id)
    assert (again.unchanged, archive.moment().seq) == (2, seq)
    assert archive.add(Draft(title="Older", paragraphs=(ParagraphDraft("x"),), external_id="1")).status == "updated"


def test_options_hold_for_everything_in_it(archive: Archive) -> None:
    record = json.dumps({"Headline": "A title", "Story": "A text that is a good deal longer than its title."}).encode()
    job = begun(archive, record, source="the source", map=["title=Headline", "text=Story"])
    worked(archive, job.id)
    [article] = archive.articles(ArticleListRequest()).items
    assert (article.title, article.source) == ("A title", "the source")


@pytest.mark.parametrize(("choice", "expected"), [("update", (0, 1, 0, 0)), ("skip", (0, 0, 1, 0)), ("error", (0, 0, 0, 1))])
def test_on_conflict(archive: Archive, choice: str, expected: tuple[int, ...]) -> None:
    archive.add(Draft(title="Old", external_id="0"))
    ended = worked(archive, begun(archive, lines(1), on_conflict=choice).id)
    assert (ended.created, ended.updated, ended.skipped, ended.failed) == expected
    assert [note.code for note in notes(archive, ended.id)] == (["article_exists"] if choice == "error" else [])


def cut_off_after(archive: Archive, id: str, batches: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies in the transaction of the next batch: nothing of that one is there."""
    proceed, done = stored.proceed, 0

    def dying(*arguments: Any, **more: Any) -> bool:
        nonlocal done
        answer = proceed(*arguments, **more)
        done += 1
        if done > batches:
            raise PowerCut
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(stored, "proceed", dying)
        with pytest.raises(PowerCut):
            archive.work_on(id, lambda _: None)


@pytest.mark.parametrize("batches", [0, 1, 3])
def test_it_goes_on_where_it_was_cut_off(settings: Settings, monkeypatch: pytest.MonkeyPatch, batches: int) -> None:
    content = lines(180) + b"{broken\n" + lines(200, 180)
    with Archive(settings) as archive:
        job = begun(archive, content, lines(30, 500) + b"{broken too\n")
        cut_off_after(archive, job.id, batches, monkeypatch)
        state = archive.job(job.id)
        assert (state.state, state.done) == ("processing", 100 * batches)
    with Archive(settings) as archive:
        ended = worked(archive, job.id)
        assert counts(ended) == (412, 412, 410, 0, 0, 0, 2)
        assert [note.place for note in notes(archive, job.id)] == ["some.ndjson:181", "some.ndjson:31"]
        assert archive.status().articles == 410
        assert archive.moment().seq == 410


def test_one_that_breaks_the_rules_of_the_database_costs_no_other(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever raises while a batch is stored: those beside it are stored one by one."""
    split = archive.encoder.spans

    def spans(texts: Any) -> Any:
        if any("part 3." in text for text in texts):
            raise RuntimeError("the tokeniser stumbles")
        return split(texts)

    monkeypatch.setattr(archive.encoder, "spans", spans)
    ended = worked(archive, begun(archive, lines(10)).id)
    assert counts(ended) == (10, 10, 9, 0, 0, 0, 1)
    assert [(note.place, note.code) for note in notes(archive, ended.id)] == [("some.ndjson:4", "internal_error")]


def test_a_job_belongs_to_one_at_a_time(archive: Archive) -> None:
    job = begun(archive, lines(5))
    with archive.db.exclusive(f"job-{job.id}", wait=0) as alone:
        assert alone
        assert archive.work_on(job.id, lambda _: None) is None
    assert worked(archive, job.id).created == 5


def test_a_job_that_waits_is_canceled_at_once(archive: Archive) -> None:
    job = begun(archive, lines(5))
    assert archive.cancel_job(job.id).state == "canceled"
    assert worked(archive, job.id).state == "canceled"
    assert titles(archive) == []
    assert not archive.spool.path(job.id, "0").exists()
    assert archive.cancel_job(job.id).state == "canceled"


def test_a_job_under_way_leaves_off_after_its_batch(archive: Archive) -> None:
    job = begun(archive, lines(500))
    ended = archive.work_on(job.id, lambda state: archive.cancel_job(job.id) if state.done == 200 else None)
    assert ended is not None
    assert (ended.state, ended.done, ended.total) == ("canceled", 300, 300)
    assert len(titles(archive)) == 200
    assert archive.status().articles == 300


def test_a_list_of_jobs(archive: Archive) -> None:
    ids = [begun(archive, lines(1, number)).id for number in range(5)]
    worked(archive, ids[1])
    page = archive.jobs(JobListRequest(limit=2))
    assert [job.id for job in page.items] == ids[:2:-1]
    page = archive.jobs(JobListRequest(limit=2, cursor=page.next))
    assert [job.id for job in page.items] == [ids[2], ids[1]]
    assert [job.id for job in archive.jobs(JobListRequest(state=["succeeded"])).items] == [ids[1]]
    with pytest.raises(JobNotFound):
        archive.job("j_none")
    with pytest.raises(JobNotFound):
        archive.job_notes("j_none", JobNotesRequest())


def test_nothing_to_read_is_no_job(archive: Archive) -> None:
    with pytest.raises(InvalidRequest):
        archive.import_files(archive.upload(), ImportOptions())
    with pytest.raises(InvalidRequest) as refused:
        archive.import_urls(UrlImport(urls=["https://a.example/", "gopher://a.example/", "http://"]))
    assert [error.pointer for error in refused.value.errors] == ["/urls/1", "/urls/2"]
    assert archive.jobs(JobListRequest()).items == []


def test_files_of_this_machine_are_taken_up_again_by_the_same_words(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.ndjson").write_bytes(lines(60, 60 * number))
    job, cut_off = archive.import_own([tmp_path / "in"], [], ImportOptions())
    assert (cut_off, job.total) == (False, 180)
    cut_off_after(archive, job.id, 1, monkeypatch)
    same, cut_off = archive.import_own([tmp_path / "in"], [], ImportOptions())
    assert (same.id, cut_off, same.done) == (job.id, True, 99)  # and the end of a file
    assert archive.import_own([tmp_path / "in"], [], ImportOptions(source="other"))[0].id != job.id
    (tmp_path / "in" / "2.ndjson").write_bytes(lines(61, 120))
    assert archive.import_own([tmp_path / "in"], [], ImportOptions())[0].id != job.id
    with pytest.raises(FileNotFoundError):
        archive.import_own([tmp_path / "nowhere"], [], ImportOptions())


def test_a_file_that_goes_away_is_an_error_of_its_own(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(lines(2))
    (tmp_path / "b.ndjson").write_bytes(lines(2, 2))
    job, _ = archive.import_own([tmp_path / "a.ndjson", tmp_path / "b.ndjson"], [], ImportOptions())
    (tmp_path / "a.ndjson").unlink()
    ended = worked(archive, job.id)
    assert (ended.state, ended.created, ended.failed) == ("succeeded", 2, 1)
    assert [note.code for note in notes(archive, job.id)] == ["unreadable_file"]


@pytest.fixture
def server(settings: Settings) -> Iterator[Archive]:
    with Archive(settings.model_copy(update={"import_ahead": 50})) as archive:
        archive.start()
        yield archive


def until(happened: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_a_server_works_by_itself_and_reading_stays_near_encoding(server: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead: list[int] = []
    store = job_running.writing.add_together

    def watched(*arguments: Any) -> None:
        ahead.append(server.indexer.behind())
        store(*arguments)

    monkeypatch.setattr(job_running.writing, "add_together", watched)
    job = begun(server, lines(600))
    until(lambda: server.job(job.id).finished_at is not None)
    until(lambda: server.job(job.id).searchable)
    assert server.job(job.id).created == 600
    assert len(ahead) >= 6
    assert max(ahead) <= 50


def test_closing_waits_for_no_job(settings: Settings) -> None:
    with Archive(settings) as archive:
        archive.start()
        job = begun(archive, lines(1200))
        until(lambda: archive.job(job.id).done > 0)
    with Archive(settings) as archive:
        left = archive.job(job.id)
        assert left.state == "processing"
        assert 0 < left.done < 1200
        assert left.done == archive.status().articles
        archive.start()
        until(lambda: archive.job(job.id).finished_at is not None, 60)
        assert counts(archive.job(job.id)) == (1200, 1200, 1200, 0, 0, 0, 0)


def test_two_servers_do_each_item_once(settings: Settings) -> None:
    with Archive(settings) as one, Archive(settings) as other:
        jobs = [begun(one, lines(150, 150 * number)) for number in range(3)]
        one.start()
        other.start()
        for job in jobs:
            until(lambda id=job.id: other.job(id).finished_at is not None, 60)  # type: ignore[misc]
        assert [counts(one.job(job.id)) for job in jobs] == [(150, 150, 150, 0, 0, 0, 0)] * 3
        assert one.moment().seq == 450


def test_uploads_of_requests_that_died_are_cleared_away(settings: Settings) -> None:
    with Archive(settings) as archive:
        kept = begun(archive, lines(1))
        dead, new = archive.upload(), archive.upload()
        for upload in (dead, new):
            with upload.file("a", None) as stream:
                stream.write(b"x")
        archive.spool.clear_forgotten({kept.id})
        assert dead.folder.exists()
        import os

        os.utime(dead.folder, (0, 0))
        os.utime(archive.spool.folder / kept.id, (0, 0))
        archive.spool.clear_forgotten({kept.id})
        assert not dead.folder.exists()
        assert new.folder.exists()
        assert worked(archive, kept.id).created == 1


def test_originals_are_read_again(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    page = b"# A title\n\nThe first paragraph.\n\nThe second one."
    job = begun(archive, page, name="a.md", source="the source")
    worked(archive, job.id)
    worked(archive, begun(archive, b"# Changed by hand\n\nText.", name="b.md").id)
    worked(archive, begun(archive, lines(1)).id)
    by_hand = next(item for item in archive.articles(ArticleListRequest()).items if item.title == "Changed by hand")
    archive.patch(by_hand.id, {"dek": "A dek of our own"})
    seq = archive.moment().seq
    again = worked(archive, archive.reparse(FilterRequest(), own=True).id)
    assert (again.kind, counts(again)) == ("reparse", (3, 3, 0, 0, 1, 2, 0))
    assert archive.moment().seq == seq

    from archive.parsing import documents

    media_type, reader = documents._WRITTEN["markdown"]
    better = (media_type, lambda *given: {**reader(*given), "dek": "What the better reader found"})
    monkeypatch.setitem(documents._WRITTEN, "markdown", better)
    again = worked(archive, archive.reparse(FilterRequest(source=["the source"]), own=True).id)
    assert counts(again) == (1, 1, 0, 1, 0, 0, 0)
    [article] = archive.articles(ArticleListRequest(source=["the source"])).items
    assert (article.title, article.dek, article.source, article.revision) == (
        "A title", "What the better reader found", "the source", 2,
    )  # fmt: skip
    assert archive.original(article.id).content == page


def test_a_stuck_encoder_keeps_nobody_waiting(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the model cannot be loaded, articles come in all the same, and words find them."""
    with Archive(settings.model_copy(update={"import_ahead": 1})) as archive:

        def fails() -> None:
            raise RuntimeError("no model")

        monkeypatch.setattr(archive.encoder, "load", fails)
        archive.start()
        until(lambda: archive.indexer.encoder_fails)
        job = begun(archive, lines(250))
        until(lambda: archive.job(job.id).finished_at is not None)
        assert archive.job(job.id).created == 250


def test_threads_end_with_the_archive(settings: Settings) -> None:
    before = set(threading.enumerate())
    with Archive(settings) as archive:
        archive.start()
    names = {thread.name for thread in set(threading.enumerate()) - before}
    assert not {name for name in names if name.startswith("backfile-")}
