from pathlib import Path

import pytest

from archive.archive import Archive
from archive.languages import LanguageWarnings, warnings
from archive.settings import Settings
from db import changes
from db.records import Draft, ParagraphDraft
from embeddings.hashing import HashingEncoder
from evals.inputs_languages import OWN


class English(HashingEncoder):
    name = "a model"
    languages = frozenset({"en"})


def warned(counts: dict[str, int], articles: int, *made_for: str) -> str:
    return " ".join(warnings(counts, articles, "M", frozenset(made_for)))


def test_what_the_model_was_not_made_for_is_named() -> None:
    said = warned({"en": 7797, "de": 1000, "fr": 203}, 9000, "en")
    assert said.startswith("1,203 of 9,000 articles are in de or fr, which M was not made for: words find them, meaning hardly.")
    assert "1 of 5 articles is in it, which" in warned({"it": 1}, 5, "en")
    assert "in de, fr, it or nl, which" in warned({"nl": 1, "it": 2, "fr": 3, "de": 4}, 10, "en")
    assert "in de, fr, it or 2 more languages, which" in warned({"da": 1, "nl": 1, "it": 2, "fr": 3, "de": 4}, 11, "en")


@pytest.mark.parametrize(
    ("counts", "articles"),
    [({}, 0), ({"en": 5}, 5), ({"de": 9, "en": 991}, 1000), ({"nb": 5, "nn": 5, "yue": 5}, 15), ({"de": 999}, 1_000_000)],
)
def test_nothing_is_said_of_what_is_right_or_little(counts: dict[str, int], articles: int) -> None:
    assert warned(counts, articles, "en", "no", "zh") == ""
    assert warnings({"de": 5}, 5, "M", None) == []


def test_many_are_worth_a_warning_whatever_their_share() -> None:
    assert warned({"de": 1000}, 1_000_000, "en") != ""


def test_articles_get_a_language_and_the_archive_a_warning(url: str, tmp_path: Path) -> None:
    with Archive(Settings(data_dir=tmp_path / "data", database_url=url, model="hashing")) as archive:
        told = LanguageWarnings(English())

        def said() -> list[str]:
            with archive.db.read() as conn:
                return told.at(conn, changes.seq(conn))

        assert said() == []
        drafts = [Draft(title=title, paragraphs=(ParagraphDraft(text),)) for title, text in (OWN["en"], OWN["de"], OWN["fr"])]
        ids = [answer.id for answer in archive.add_many(drafts)]  # type: ignore[union-attr]
        assert [archive.article(id).language for id in ids] == ["en", "de", "fr"]
        [warning] = said()
        assert warning.startswith("2 of 3 articles are in de or fr, which a model was not made for")
        assert said() == [warning]
        archive.delete(ids[1])
        archive.patch(ids[2], {"language": "en-GB"})
        assert said() == []
        with archive.db.read() as conn:
            assert LanguageWarnings(HashingEncoder()).at(conn, changes.seq(conn)) == []


def test_a_detected_language_is_no_content(url: str, tmp_path: Path) -> None:
    with Archive(Settings(data_dir=tmp_path / "data", database_url=url, model="hashing")) as archive:
        title, text = OWN["de"]
        draft = Draft(title=title, paragraphs=(ParagraphDraft(text),), external_id="1")
        first = archive.add(draft)
        assert archive.add(draft).status == "unchanged"
        assert archive.patch(first.id, {"title": title}).status == "unchanged"
        changed = archive.patch(first.id, {"title": f"{title}!"})
        assert changed.status == "updated"
        assert archive.article(first.id).language == "de"
        assert archive.revisions(first.id).items[0].changed == ["title"]
        stated = archive.patch(first.id, {"language": "de"})
        assert (stated.status, stated.revision) == ("updated", 3), "now somebody says so"
        assert archive.revisions(first.id).items[0].changed == ["language_detected"]
        archive.patch(first.id, {"language": "de-AT"})
        archive.patch(first.id, {"language": None})
        assert archive.article(first.id).language == "de"
