import re
from pathlib import Path

import pytest

from archive.parsing import citations_without_entry, paths_under, read_path
from db.records import Draft


@pytest.fixture(scope="module")
def articles(samples: Path) -> dict[str, list[Draft]]:
    return {path.name: [item for item in read_path(path) if isinstance(item, Draft)] for path in paths_under(samples)}


def all_of(articles: dict[str, list[Draft]]) -> list[Draft]:
    return [draft for drafts in articles.values() for draft in drafts]


def words(draft: Draft) -> set[str]:
    text = " ".join(paragraph.text for paragraph in draft.paragraphs).lower()
    letters = re.findall(r"\w+", text)
    return {" ".join(letters[place : place + 3]) for place in range(len(letters) - 2)}


def test_all_can_be_read(articles: dict[str, list[Draft]]) -> None:
    formats: dict[str, int] = {}
    for draft in all_of(articles):
        assert draft.original is not None
        formats[draft.original.media_type] = formats.get(draft.original.media_type, 0) + 1
        assert draft.title
        assert 3 <= len(draft.paragraphs) <= 8
        assert draft.warnings == ()
    assert formats == {"text/markdown": 15, "text/html": 8, "text/plain": 5, "application/json": 10}


def test_what_is_known_of_them(articles: dict[str, list[Draft]]) -> None:
    drafts = all_of(articles)
    years = {draft.published_at.day[:4] for draft in drafts if draft.published_at}
    assert years == {"2018", "2019", "2020", "2021", "2022", "2023", "2024", "2025"}
    assert {draft.language for draft in drafts} == {"en-GB", "fr", None}
    assert len({author for draft in drafts for author in draft.authors}) == 9
    assert {draft.source for draft in drafts} == {"The Harbour Review", "Holmsay Courier", "Northern Coast Agency", None}
    dates = [draft.published_at.text for draft in drafts if draft.published_at]
    assert sum(len(date) == 10 for date in dates) == 8
    assert {date[19:] for date in dates} == {"", "Z", "+01:00", "+02:00", "-04:00"}


def test_one_developing_story(articles: dict[str, list[Draft]]) -> None:
    story = [draft for draft in all_of(articles) if draft.series == "The Marra ferry"]
    assert sorted(draft.published_at.day for draft in story if draft.published_at) == ["2023-11-04", "2023-11-06", "2023-11-10"]


def test_near_duplicates(articles: dict[str, list[Draft]]) -> None:
    [agency] = articles["agency-seal-pups-rescued.md"]
    courier = articles["briefs.ndjson"][0]
    assert agency.source != courier.source
    assert len(words(agency) & words(courier)) > 0.5 * len(words(agency) | words(courier))
    others = [draft for draft in all_of(articles) if draft not in (agency, courier)]
    assert all(len(words(agency) & words(other)) < 0.05 * len(words(agency)) for other in others)


def test_the_long_read(articles: dict[str, list[Draft]]) -> None:
    [draft] = articles["the-night-the-sea-came-in.md"]
    assert max(len(paragraph.text.split()) for paragraph in draft.paragraphs) > 400


def test_the_messy_one(articles: dict[str, list[Draft]]) -> None:
    [draft] = articles["whose-harbour-is-it.txt"]
    assert draft.title == "SKERROW’S QUAYS: Who Owns the Water’s Edge?"
    assert draft.categories == ("Analysis", "Harbour", "Town Politics")
    assert draft.authors == ("Jonah Pettigrew",)
    assert [paragraph.citations for paragraph in draft.paragraphs] == [("1",), ("2",), ("3",), ("5",), ("4",)]
    assert [entry.label for entry in draft.references] == ["1", "3", "5"]
    assert citations_without_entry((paragraph.citations for paragraph in draft.paragraphs), draft.references) == ("2", "4")


def test_what_is_missing(articles: dict[str, list[Draft]]) -> None:
    assert articles["the-baker-who-answers-letters.txt"][0].published_at is None
    assert articles["agnes-mowbrays-letter.md"][0].authors == ()
    assert articles["le-phare-et-la-bretonne.md"][0].language == "fr"
