"""What an article is to another: by rule, and as an archive says it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.archive import Archive
from archive.names import names
from archive.parsing.dates import moment
from archive.relations import RELATIONS, Relation, Signals, relation, same_story
from archive.requests import RelatedRequest, Seed
from archive.settings import Settings
from db.records import Draft, ParagraphDraft

EVENT = Signals(alike=0.8, named=0.5, led=0.6)
VERSION = Signals(alike=0.9, containment=0.8, resemblance=0.5, titled=0.9)


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        (Signals(alike=0.9, resemblance=1.0, days=400), "duplicate"),
        (Signals(alike=0.9, resemblance=0.85, titled=1.0), "duplicate"),
        (Signals(alike=0.9, resemblance=0.85, containment=0.9, titled=1.0, days=2), "update"),
        (VERSION, "update"),
        (replace(VERSION, days=-3), "update"),
        (replace(VERSION, days=300), "same_topic"),
        (replace(VERSION, days=300, same_address=True), "update"),
        (replace(VERSION, numbered_apart=True), "same_topic"),
        (EVENT, "same_story"),
        (replace(EVENT, days=-2), "same_story"),
        (replace(EVENT, days=12), "follow_up"),
        (replace(EVENT, days=-12), "background"),
        (replace(EVENT, days=12, resemblance=0.3), "same_topic"),
        (replace(EVENT, days=90), "same_topic"),
        (replace(EVENT, led=0.1), "same_topic"),
        (replace(EVENT, numbered_apart=True), "same_topic"),
        (Signals(alike=0.3, days=-90, cites=True), "background"),
        (Signals(alike=0.3, days=90, cites=True), None),
        (Signals(alike=0.3, days=90, cited_by=True), "follow_up"),
        (Signals(alike=0.3), None),
    ],
)
def test_the_closest_that_can_be_said(signals: Signals, expected: Relation | None) -> None:
    assert relation(signals) == expected


SHARE = st.floats(0, 1)
ANY = st.builds(
    Signals,
    alike=st.floats(-1, 1),
    named=SHARE,
    led=SHARE,
    resemblance=SHARE,
    containment=SHARE,
    titled=SHARE,
    numbered_apart=st.booleans(),
    days=st.none() | st.floats(-5000, 5000),
    cites=st.booleans(),
    cited_by=st.booleans(),
)


@settings(deadline=None)
@given(signals=ANY)
def test_a_relation_seen_from_the_other_side(signals: Signals) -> None:
    days = None if signals.days is None else -signals.days
    back = relation(replace(signals, days=days, cites=signals.cited_by, cited_by=signals.cites))
    turned = {"follow_up": "background", "background": "follow_up"}
    if signals.days is not None:
        said = relation(signals)
        assert back == (turned.get(said, said) if said else None)
    assert same_story(signals) == (relation(signals) in ("duplicate", "update", "same_story"))


def test_names_are_what_is_written_large_within_a_sentence() -> None:
    assert names("Later the mayor, Ada Holm, met 83 people in Marra.") == {"Ada", "Holm", "83", "Marra"}
    assert names("Every Longer Word Is Large Here: Ada Holm of Marra") == set()
    assert names("- see the report of Ada Holm\n* more from Marra") == set()


NOTE = "The paper thanks everyone who has kept this archive in print through all the years and hopes to hear from you."
WORDS = ("wind", "tide", "crew", "rope", "engine", "signal", "chart", "pilot", "cargo", "lamp", "hull", "anchor", "mast", "sail")


def report(subject: str, words: str = "") -> str:
    return " ".join(f"The {word} of the {subject} {number}" for number, word in enumerate(words.split() or WORDS))


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    def draft(name: str, title: str, day: str, *paragraphs: str, **more: Any) -> Draft:
        return Draft(
            title=title,
            external_id=name,
            published_at=moment(day),
            paragraphs=tuple(ParagraphDraft(text) for text in paragraphs),
            **more,
        )

    wreck = (report("ferry"), report("harbour", "quay crane shed rail bell dock gate pier"))
    others = [
        draft(f"other{n}", f"The {word} alone", "2020-01-01", report(word * 2, f"{word}a {word}b"), NOTE)
        for n, word in enumerate(WORDS)
    ]
    with Archive(Settings(data_dir=tmp_path_factory.mktemp("papers"), model="hashing")) as archive:
        archive.add_many(
            [
                draft("first", "Ferry aground off the ledge", "2024-03-01", *wreck, NOTE),
                draft("again", "Ferry aground off the ledge", "2024-03-09", *wreck, NOTE),
                draft("later", "Ferry aground off the ledge", "2024-03-02", *wreck, report("inquiry", "judge clerk oath")),
                *others,
            ]
        )
        archive.catch_up()
        archive.sketch()
        yield archive


def related(archive: Archive, **options: Any) -> Any:
    return archive.related(RelatedRequest(seeds=[Seed(ref="ext::first")], limit=50, **options))


def test_each_related_article_and_each_copy_has_a_relation(papers: Archive) -> None:
    answer = related(papers)
    said = {copy.external_id: copy.relation for copy in answer.also_in}
    said |= {item.article.external_id: item.relation for item in answer.items}
    assert said["again"] == "duplicate"
    assert said["later"] == "update"
    assert {said[name] for name in said if name.startswith("other")} <= {None, "same_topic"}


@pytest.mark.parametrize("wanted", [[name] for name in get_args(Relation)] + [["same_topic", "follow_up"]])
def test_a_list_is_narrowed_to_relations(papers: Archive, wanted: list[Relation]) -> None:
    everything = related(papers).items
    narrowed = related(papers, relation=wanted).items
    assert [item.article.id for item in narrowed] == [item.article.id for item in everything if item.relation in wanted]


def test_what_many_articles_repeat_is_not_shown_first(papers: Archive) -> None:
    for item in related(papers, why=True).items:
        assert item.why is not None
        assert NOTE not in item.why.pairs[0].seed_text


def test_the_closest_comes_first() -> None:
    assert RELATIONS[0] == "duplicate"
    assert set(RELATIONS) == set(get_args(Relation))
