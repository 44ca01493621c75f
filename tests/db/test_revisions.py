"""Every state an article has had can be read again."""

from dataclasses import replace

from db import articles, revisions
from db.records import Draft, Moment, ParagraphDraft, Reference

FIRST = Draft(
    title="One",
    paragraphs=(ParagraphDraft("A [1].", citations=("1",)), ParagraphDraft("B"), ParagraphDraft("B")),
    tags=("x",),
    published_at=Moment("2020-01-03T09:00:00+03:30", 1_578_031_200_000_000),
    references=(Reference("1", "A source"),),
    extra={"k": [1, None]},
)


def test_states_are_kept_with_what_changed(database, save):
    second = replace(FIRST, paragraphs=(FIRST.paragraphs[0], ParagraphDraft("B"), ParagraphDraft("C")), tags=(), dek="new")
    third = replace(second, paragraphs=(second.paragraphs[0], ParagraphDraft("B", "quote"), ParagraphDraft("C")), title="Two")
    with database.write() as conn:
        key = save(conn, FIRST, micros=1_000_000).key
        before = articles.get(conn, key)
        save(conn, second, key=key, micros=2_000_000)
        save(conn, second, key=key, micros=3_000_000)
        save(conn, third, key=key, micros=4_000_000)
    with database.read() as conn:
        told = [
            (state.number, state.at.micros, state.changed, state.paragraphs_added, state.paragraphs_removed)
            for state in revisions.history(conn, key)
        ]
        assert told == [
            (3, 4_000_000, ("title", "paragraphs"), 0, 0),
            (2, 2_000_000, ("dek", "tags", "paragraphs"), 1, 1),
            (1, 1_000_000, (), 3, 0),
        ]
        assert all(state.document is None for state in revisions.history(conn, key))
        first = revisions.revision(conn, key, 1)
        assert first.document == revisions.document(before)
        assert (first.sha256, first.document["sha256"]) == (before.sha256, before.sha256)
        assert first.document["published_at"] == "2020-01-03T09:00:00+03:30"
        assert first.document["references"] == [{"label": "1", "text": "A source", "url": None}]
        assert first.document["extra"] == {"k": [1, None]}
        assert first.document["paragraphs"][0]["citations"] == ["1"]
        present = revisions.revision(conn, key, 3)
        assert present.document == revisions.document(articles.get(conn, key))
        assert revisions.revision(conn, key, 4) is None
        assert revisions.history(conn, 999) == []
