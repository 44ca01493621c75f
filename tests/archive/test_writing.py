import random
from pathlib import Path

import pytest

from archive.answers import Added
from archive.archive import Archive, OnConflict
from archive.errors import (
    AmbiguousRef,
    ArchiveError,
    ArticleExists,
    ArticleNotFound,
    MalformedRef,
    PreconditionFailed,
    UnreadableArticle,
)
from archive.parsing import Unreadable, parse
from archive.reading import version
from archive.requests import ArticleListRequest, ChangesRequest
from archive.settings import Settings
from db import passages
from db.records import Draft, ParagraphDraft


def draft(title: str = "The old bridge", *paragraphs: str, **fields: object) -> Draft:
    return Draft(title=title, paragraphs=tuple(map(ParagraphDraft, paragraphs or ("It closes.", "It opens."))), **fields)  # type: ignore[arg-type]


def test_the_same_again_changes_nothing(archive: Archive) -> None:
    first = archive.add(draft(external_id="1"))
    again = archive.add(draft(external_id="1"))
    assert (first.status, again.status) == ("created", "unchanged")
    assert (again.id, again.seq, again.revision) == (first.id, first.seq, 1)


@pytest.mark.parametrize(
    ("known", "new"),
    [
        ({"source": "S", "external_id": "7"}, {"source": "S", "external_id": "7", "url": "https://example.org/moved"}),
        ({"url": "https://example.org/a?utm_source=x"}, {"url": "http://EXAMPLE.org/a#top"}),
        ({"url": "https://example.org/amp/a", "canonical_url": "https://example.org/a"}, {"url": "https://example.org/a"}),
    ],
)
def test_an_article_is_known_by_its_ids_and_addresses(archive: Archive, known: dict[str, str], new: dict[str, str]) -> None:
    first = archive.add(draft(**known))
    second = archive.add(draft("The old bridge, again", **new))
    assert (second.id, second.status, second.revision) == (first.id, "updated", 2)


def test_other_ids_make_other_articles(archive: Archive) -> None:
    one, other = archive.add(draft(external_id="1")), archive.add(draft(external_id="2"))
    assert one.id != other.id


def test_on_conflict(archive: Archive) -> None:
    first = archive.add(draft(external_id="1"))
    changed = draft("New title", external_id="1")
    assert archive.add(changed, on_conflict="skip").status == "skipped"
    with pytest.raises(ArticleExists, match=first.id):
        archive.add(changed, on_conflict="error")
    assert archive.article(first.id).title == "The old bridge"
    assert archive.add(draft(external_id="1"), on_conflict="error").status == "unchanged"


def test_every_kind_of_ref_finds_it(archive: Archive) -> None:
    (read,) = parse(b"# A title\n\nSome text.\n", "text/markdown", name="a.md", url="https://example.org/a")
    assert isinstance(read, Draft)
    id = archive.add(read).id
    ext = archive.add(draft(source="The: Paper", external_id="x1")).id
    article = archive.article(id)
    assert archive.article("url:http://www.example.org/a/?utm_medium=mail").id == id
    assert archive.article(f"sha256:{article.sha256}").id == id
    assert archive.article("ext:The: Paper:x1").id == ext


@pytest.mark.parametrize("ref", ["", "7", "a_", "url:", "url:ftp://example.org", "ext:nothing", "sha256:12", "doi:10.1/2"])
def test_what_is_no_ref_is_told(archive: Archive, ref: str) -> None:
    with pytest.raises(MalformedRef):
        archive.article(ref)


def test_unknown_and_ambiguous_refs(archive: Archive) -> None:
    with pytest.raises(ArticleNotFound):
        archive.article("a_00000000000000000000")
    archive.add(draft(external_id="1", url="https://example.org/same"))
    archive.add(draft(external_id="2", url="https://example.org/same"))
    with pytest.raises(AmbiguousRef):
        archive.article("url:https://example.org/same")


def test_in_a_batch_each_stands_by_itself(archive: Archive) -> None:
    archive.add(draft(external_id="1"))
    answers = archive.add_many(
        [
            draft("A", external_id="2"),
            Unreadable(1, 7, "no text", "/text", (("/text", "no text"),)),
            draft("B", external_id="1"),
            draft("C", external_id="3"),
        ],
        on_conflict="error",
    )
    kinds = [type(answer) if isinstance(answer, ArchiveError) else answer.status for answer in answers]
    assert kinds == ["created", UnreadableArticle, ArticleExists, "created"]
    assert {item.title for item in archive.articles(ArticleListRequest()).items} == {"The old bridge", "A", "C"}


@pytest.mark.parametrize("on_conflict", ["update", "skip", "error"])
def test_a_batch_becomes_what_its_articles_become_one_by_one(archive: Archive, tmp_path: Path, on_conflict: OnConflict) -> None:
    chance = random.Random(5)

    def some() -> Draft:
        fields = {"external_id": "123", "url": ["https://e.org/1", "https://e.org/2#x"], "canonical_url": ["https://e.org/2"]}
        known = {name: chance.choice([None, None, *values]) for name, values in fields.items()}
        return draft(chance.choice("ABC"), chance.choice(["One.", "Two."]), **known)

    drafts = [some() for _ in range(45)]
    together = [answer for at in range(0, 45, 15) for answer in archive.add_many(drafts[at : at + 15], on_conflict=on_conflict)]
    with Archive(Settings(data_dir=tmp_path / "singly", model="hashing")) as other:
        singly = [other.add_many([draft], on_conflict=on_conflict)[0] for draft in drafts]
        assert _outcomes(together) == _outcomes(singly)
        assert _stored(archive) == _stored(other)


def _outcomes(answers: list[Added | ArchiveError]) -> list[tuple[str, int]]:
    """What became of each, and of which article: its number in the order of first mention."""
    ids: dict[str, int] = {}
    named = [(answer.status, answer.id) if isinstance(answer, Added) else ("error", answer.id) for answer in answers]  # type: ignore[attr-defined]
    return [(status, ids.setdefault(id, len(ids))) for status, id in named]


def _stored(archive: Archive) -> list[tuple[str | None, ...]]:
    """What is stored, without ids and numbers."""
    found = archive.articles(ArticleListRequest(limit=200)).items
    return sorted(
        (str(article.revision), article.title, str(article.url), str(article.external_id), article.sha256) for article in found
    )


def test_paragraph_ids_stay_while_their_text_does(archive: Archive) -> None:
    id = archive.add(draft("T", "one", "two", "two", external_id="1")).id
    before = {p.text: p.id for p in archive.paragraphs(id).items}
    archive.replace(id, draft("T", "new", "two", "one", external_id="1"))
    after = {p.text: p.id for p in archive.paragraphs(id).items}
    assert after["one"] == before["one"]
    assert after["new"] not in before.values()


def test_a_patch_merges_and_can_be_tied_to_a_version(archive: Archive) -> None:
    id = archive.add(draft("T", "one", tags=("a", "b"), dek="short", external_id="1", extra={"kept": 1})).id
    state = version(archive.article(id))
    archive.patch(id, {"tags": ["c"], "dek": None, "extra": {"more": 2}}, if_match={state})
    article = archive.article(id)
    assert (article.tags, article.dek, article.extra, article.revision) == (["c"], None, {"kept": 1, "more": 2}, 2)
    assert [p.text for p in article.paragraphs or ()] == ["one"]
    with pytest.raises(PreconditionFailed):
        archive.patch(id, {"tags": []}, if_match={state})
    with pytest.raises(PreconditionFailed):
        archive.delete(id, if_match={state})


def test_a_patch_with_a_wrong_value_names_the_field_and_changes_nothing(archive: Archive) -> None:
    id = archive.add(draft(external_id="1")).id
    with pytest.raises(UnreadableArticle) as failure:
        archive.patch(id, {"published_at": "not a date", "tags": "x" * 400})
    assert "/published_at" in {error.pointer for error in failure.value.errors}
    assert archive.article(id).revision == 1


def test_a_patch_cannot_set_what_is_the_archives_own(archive: Archive) -> None:
    id = archive.add(draft(external_id="1")).id
    with pytest.raises(UnreadableArticle) as failure:
        archive.patch(id, {"id": "a_other", "revision": 7, "tags": ["x"]})
    assert {error.pointer for error in failure.value.errors} == {"/id", "/revision"}
    article = archive.article(id)
    assert archive.patch(id, {"id": id, "revision": 1, "sha256": article.sha256}).status == "unchanged"


def test_revisions_tell_what_changed(archive: Archive) -> None:
    id = archive.add(draft("T", "one", "two", external_id="1")).id
    archive.replace(id, draft("T2", "one", "three", "four", external_id="1"))
    newest, oldest = archive.revisions(id).items
    assert (newest.number, newest.paragraphs_added, newest.paragraphs_removed) == (2, 2, 1)
    assert {"title", "paragraphs"} <= set(newest.changed)
    assert (archive.revision(id, 1).document or {})["title"] == "T"
    assert oldest.number == 1


def test_what_is_deleted_is_gone_and_remembered(archive: Archive) -> None:
    id = archive.add(draft(external_id="1")).id
    gone = archive.delete(id)
    with pytest.raises(ArticleNotFound):
        archive.article(id)
    (change,) = archive.changes(ChangesRequest()).items
    assert (change.id, change.deleted, change.seq) == (id, True, gone.seq)
    again = archive.add(draft(external_id="1"))
    assert again.status == "created"
    assert again.id != id


def test_nothing_is_encoded_twice(archive: Archive) -> None:
    id = archive.add(draft("T", *(f"Paragraph {n} of some length." * 10 for n in range(6)), external_id="1")).id
    archive.catch_up()
    first = archive.indexer.encoded
    assert first > 3
    archive.patch(id, {"tags": ["new"]})
    archive.catch_up()
    assert archive.indexer.encoded == first
    texts = [p.text for p in archive.paragraphs(id).items]
    archive.patch(id, {"paragraphs": [*texts[:-1], "A new end." * 20]})
    archive.catch_up()
    assert archive.indexer.encoded == first + 1
    archive.rebuild()
    assert archive.indexer.encoded == first + 1
    assert archive.check().clean


def test_a_write_says_when_it_is_searchable(archive: Archive) -> None:
    added = archive.add(draft(external_id="1"))
    before = archive.article(added.id).indexing
    assert archive.wait(added.seq, 5)
    after = archive.article(added.id).indexing
    assert before is not None
    assert after is not None
    assert (before.state, after.state) == ("pending", "searchable")
    assert after.coverage == 1


def test_another_model_is_refused_with_the_cure(archive: Archive, settings: Settings, tmp_path: Path) -> None:
    archive.add(draft(external_id="1"))
    archive.catch_up()
    with archive.db.write() as conn:
        from db import meta

        meta.set(conn, "model_digest", "of another model")
    with Archive(settings) as other, pytest.raises(ArchiveError, match="BACKFILE_MODEL=hashing"):
        other.catch_up()


def test_an_article_that_is_only_a_title_is_found(archive: Archive) -> None:
    archive.add(Draft(title="Only a headline", external_id="1"))
    archive.catch_up()
    with archive.db.read() as conn:
        assert passages.pending_count(conn, archive.indexer.model) == 0
    assert archive.check().clean


def test_a_title_that_does_not_fit_is_told(archive: Archive) -> None:
    title = "word " * (archive.encoder.window // 2 + 5)
    added = archive.add(Draft(title=title.strip(), paragraphs=(ParagraphDraft("Text."),)))
    assert any("title" in warning for warning in added.warnings)
    assert archive.add(draft()).warnings == []
