"""Which articles are the same text, and which paragraphs several of them have."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from time import sleep
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from archive.archive import Archive
from archive.copies import ALIKE, CLOSE_IN_TIME, are_copies, are_parts, elsewhere, stand_out
from archive.parsing import moment
from archive.requests import ArticleDuplicatesRequest, DuplicatesRequest, ReuseRequest
from archive.settings import Settings
from archive.shingles import containment, resemblance, shingles
from archive.sketching import KEPT, bands, mark, sketch_some
from db import sketches
from db.records import Draft, ParagraphDraft

RNG = np.random.default_rng(11)
WORDS = [f"word{number}" for number in range(3000)]


def prose(count: int) -> str:
    return " ".join(RNG.choice(WORDS, count))


LONG, OTHER, SHARED = prose(120), prose(120), prose(30)
EDITED = LONG.replace(LONG.split()[60], "edited", 1)


def draft(name: str, *paragraphs: str, title: str = "", at: str | None = None, source: str | None = None) -> Draft:
    return Draft(
        title=title or name,
        paragraphs=tuple(map(ParagraphDraft, paragraphs)),
        external_id=name,
        published_at=moment(at) if at else None,
        source=source,
    )


Opened = Callable[..., Archive]


@pytest.fixture
def opened(url: str, tmp_path: Path) -> Iterator[Opened]:
    """Makes an archive of those articles, all of it sketched, on either database."""
    archives: list[Archive] = []

    def make(*drafts: Draft, looked_up: bool = True) -> Archive:
        archives.append(Archive(Settings(data_dir=tmp_path, database_url=url, model="hashing")))
        archives[-1].add_many(drafts)
        if looked_up:
            look_up(archives[-1])
        return archives[-1]

    yield make
    for archive in archives:
        archive.close()


def look_up(archive: Archive) -> None:
    archive.catch_up()
    archive.sketch()


def groups(archive: Archive, **asked: object) -> list[list[str | None]]:
    page = archive.duplicates(DuplicatesRequest.model_validate(asked))
    return [[item.article.external_id for item in group.items] for group in page.items]


def test_groups_say_who_was_first_and_how_the_others_stand_to_it(opened: Opened) -> None:
    archive = opened(
        draft("late", LONG, at="2024-05-03"),
        draft("alone", OTHER),
        draft("first", LONG, at="2024-05-01", title="The same under another title"),
        draft("near", EDITED, at="2024-05-02"),
    )
    page = archive.duplicates(DuplicatesRequest())
    [group] = page.items
    assert (page.count, page.pending, page.next) == (1, 0, None)
    assert (group.kind, group.count, group.first) == ("near", 3, group.items[0].article.id)
    shown = {item.article.external_id: item for item in group.items}
    assert list(shown) == ["first", "near", "late"]
    assert (shown["first"].relation, shown["first"].of) == (None, None)
    assert (shown["late"].relation, shown["late"].of, shown["late"].resemblance) == ("exact", group.first, 1)
    assert (shown["near"].relation, shown["near"].of) == ("near", group.first)
    said = [shingles("\n".join(pair)) for pair in (("The same under another title", LONG), ("near", EDITED))]
    assert shown["near"].resemblance == pytest.approx(resemblance(*said), abs=1e-4)
    assert groups(archive, kind="near") == [["first", "near", "late"]]
    assert groups(archive, kind="exact") == [["first", "late"]]


def test_exact_ones_are_known_at_once_and_the_others_pending(opened: Opened) -> None:
    archive = opened(draft("a", LONG), draft("b", LONG), draft("c", EDITED), looked_up=False)
    page = archive.duplicates(DuplicatesRequest())
    assert (page.pending, groups(archive)) == (3, [["a", "b"]])
    assert archive.duplicates_of("ext::c", ArticleDuplicatesRequest()).pending == 3
    look_up(archive)
    assert groups(archive) == [["a", "b", "c"]]


def test_what_has_changed_or_gone_is_in_no_group(opened: Opened) -> None:
    archive = opened(draft("a", LONG), draft("b", EDITED), draft("c", OTHER), draft("d", OTHER))
    assert groups(archive) == [["c", "d"], ["a", "b"]]
    archive.delete("ext::d")
    archive.replace("ext::b", draft("b", prose(100)))
    assert groups(archive) == []
    assert archive.duplicates(DuplicatesRequest()).pending == 1
    archive.replace("ext::b", draft("b", OTHER.replace(OTHER.split()[5], "edited")))
    look_up(archive)
    assert groups(archive) == [["b", "c"]]
    assert archive.check().clean


def test_filters_say_which_articles_are_looked_at(opened: Opened) -> None:
    archive = opened(
        *(draft(f"{source}{number}", LONG, source=source) for source in ("east", "west") for number in range(2)),
        draft("edited", EDITED, source="west"),
        draft("once", OTHER, source="east"),
    )
    assert groups(archive, source=["east"]) == [["east0", "east1"]]
    assert groups(archive, source=["west"]) == [["west0", "west1", "edited"]]
    assert groups(archive, source=["north"]) == []
    assert groups(archive, members=2) == [["east0", "east1"]]
    assert archive.duplicates(DuplicatesRequest(members=2)).items[0].count == 5


def test_pages_together_are_the_whole(opened: Opened) -> None:
    texts = [prose(90) for _ in range(7)]
    archive = opened(*(draft(f"{number}{copy}", said) for copy in "ab" for number, said in enumerate(texts)))
    seen, cursor = [], None
    while True:
        page = archive.duplicates(DuplicatesRequest(limit=3, cursor=cursor))
        seen += [group.items[0].article.external_id for group in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert (page.count, seen) == (7, [f"{number}a" for number in range(6, -1, -1)])


def test_the_duplicates_of_one_article(opened: Opened) -> None:
    archive = opened(
        draft("a", LONG, at="2024-05-02"),
        draft("b", LONG, at="2024-05-01"),
        draft("c", EDITED, at="2024-05-03"),
        draft("d", OTHER),
    )
    found = archive.duplicates_of("ext::a", ArticleDuplicatesRequest())
    assert [(item.article.external_id, item.relation) for item in found.items] == [("b", "exact"), ("c", "near")]
    assert (found.count, found.first, {item.of for item in found.items}) == (2, found.items[0].article.id, {found.article.id})
    only = [archive.duplicates_of("ext::a", ArticleDuplicatesRequest(kind=kind)).items for kind in ("exact", "near")]
    assert [[item.article.external_id for item in items] for items in only] == [["b"], ["c"]]
    alone = archive.duplicates_of("ext::d", ArticleDuplicatesRequest())
    assert (alone.items, alone.first) == ([], alone.article.id)


def test_paragraphs_are_found_again_word_for_word_or_nearly(opened: Opened) -> None:
    nearly = SHARED.replace(SHARED.split()[15], "otherwise")
    archive = opened(
        draft("own", prose(40), SHARED, "Only a few words", prose(40), at="2024-05-02"),
        draft("verbatim", prose(60), SHARED.upper() + ".", "Only a few words", at="2024-05-01"),
        draft("nearly", prose(60), nearly, at="2024-05-03"),
        draft("within", prose(60), f"{SHARED} {prose(60)}", at="2024-05-04"),
        draft("strange", prose(60), prose(30)),
    )
    answer = archive.reuse("ext::own", ReuseRequest())
    assert (answer.paragraphs, answer.reused, answer.pending) == (3, 1, 0)
    [found] = answer.items
    assert (found.ordinal, found.text, found.articles, found.first.external_id) == (1, SHARED, 3, "verbatim")
    uses = [(use.article.external_id, use.kind, use.containment) for use in found.items]
    assert uses[0] == ("verbatim", "verbatim", 1)
    assert ("within", "near", 1) in uses
    [near] = [use for use in found.items if use.article.external_id == "nearly"]
    assert near.resemblance == pytest.approx(resemblance(shingles(SHARED), shingles(nearly)), abs=1e-4)
    assert near.containment == pytest.approx(containment(shingles(SHARED), shingles(nearly)), abs=1e-4)
    assert near.text == archive.paragraph(near.paragraph_id).paragraph.text == nearly
    assert len(archive.reuse("ext::own", ReuseRequest(limit=1)).items[0].items) == 1


def test_boilerplate_is_counted_in_full(opened: Opened) -> None:
    archive = opened(*(draft(str(number), prose(30), SHARED, at=f"2024-05-{number + 1:02}") for number in range(12)))
    [found] = archive.reuse("ext::7", ReuseRequest(limit=2)).items
    assert (found.articles, found.first.external_id) == (11, "0")
    assert [use.article.external_id for use in found.items] == ["0", "1"]
    archive.delete("ext::0")
    archive.replace("ext::1", draft("1", prose(50), at="2024-05-02"))
    [found] = archive.reuse("ext::7", ReuseRequest(limit=2)).items
    assert (found.articles, found.first.external_id) == (9, "2")


def test_all_that_resemble_each_other_are_found(tmp_path: Path) -> None:
    """Against comparing all with all; the bands overlook one pair in two hundred at a resemblance of 0.5."""
    texts = []
    for _ in range(20):
        words = prose(100).split()
        for changed in (0, 3, 8, 12):
            texts.append(" ".join("new" if number in RNG.choice(100, changed) else word for number, word in enumerate(words)))
    with Archive(Settings(data_dir=tmp_path, model="hashing")) as archive:
        archive.add_many([draft(str(number), said) for number, said in enumerate(texts)])
        archive.catch_up()
        archive.sketch()
        with archive.db.read() as conn:
            found = sketches.every_resemblance(conn)
        said = [shingles(f"{number}\n{text}") for number, text in enumerate(texts)]
    all_pairs = {(one, other): resemblance(said[one], said[other]) for other in range(len(said)) for one in range(other)}
    stored = dict(zip(zip((found.one - 1).tolist(), (found.other - 1).tolist(), strict=True), found.resemblance, strict=True))
    assert all(all_pairs[pair] == pytest.approx(alike) and alike >= KEPT for pair, alike in stored.items())
    assert {pair for pair, alike in all_pairs.items() if alike >= 0.6} <= stored.keys()


def test_several_may_sketch_at_once(opened: Opened, tmp_path: Path) -> None:
    archive = opened(*(draft(str(number), prose(50)) for number in range(60)), looked_up=False)
    archive.catch_up()
    model = archive.indexer.model
    done: list[int] = []

    def work() -> None:
        while archive.sketcher.pending():
            done.append(sketch_some(archive.db, model, archive.courtesy, 7))

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 60
    assert archive.check().clean


def test_a_started_archive_looks_them_up_by_itself(tmp_path: Path) -> None:
    with Archive(Settings(data_dir=tmp_path, model="hashing", follow_interval_s=0.05)) as archive:
        archive.start()
        archive.add_many([draft("a", LONG), draft("b", EDITED)])
        while archive.sketcher.pending():  # as long as the test may take
            sleep(0.02)
        assert groups(archive) == [["a", "b"]]


def test_a_sketch_that_is_not_of_the_text_is_found_by_the_check(opened: Opened) -> None:
    archive = opened(draft("a", LONG), draft("b", OTHER))
    assert archive.check().clean
    with archive.db.write() as conn:
        first = conn.scalar(text("SELECT min(article) FROM sketches"))
        lowest = "(SELECT min(band) FROM sketch_bands WHERE article = :first)"
        conn.execute(text(f"UPDATE sketch_bands SET band = 1 WHERE article = :first AND band = {lowest}"), {"first": first})
        conn.execute(text("DELETE FROM sketches WHERE article <> :first"), {"first": first})
    report = archive.check()
    assert (report.wrong, report.missing) == (1, 1)
    assert any("its sketch" in example for example in report.examples)


@pytest.mark.parametrize(
    ("one", "other", "parts"),
    [
        ("Foundations of Agile, Part I", "Foundations of Agile, Part II", True),
        ("Monthly call - June 2020", "Monthly call - October 2021", True),
        ("The week of 3 May", "The week of 10 May", True),
        ("Ferry sinks off the mole", "Ferry sinks off the mole", False),
        ("Part I of the inquiry", "The inquiry, Part II", False),
        ("Woman killed, driver charged", "Woman killed in accident, driver charged", False),
    ],
)
def test_parts_of_a_series_are_told_by_their_titles(one: str, other: str, parts: bool) -> None:
    assert are_parts(one, other) is parts
    assert are_parts(other, one) is parts


def test_a_form_filled_in_again_is_no_copy() -> None:
    def at(published: int | None, title: str = "A title") -> SimpleNamespace:
        return SimpleNamespace(title=title, published=published)

    assert are_copies(0.5, 0.95, at(0), at(CLOSE_IN_TIME))
    assert not are_copies(0.5, 0.95, at(0), at(CLOSE_IN_TIME + 1))
    assert are_copies(0.95, 0.95, at(0), at(10 * CLOSE_IN_TIME))
    assert are_copies(0.5, 0.95, at(None), at(0))
    assert not are_copies(0.49, 0.99, at(0), at(0))
    assert not are_copies(0.95, 0.99, at(0, "Part 1"), at(0, "Part 2"))


def test_the_fewer_words_are_shared_the_more_alike_the_meaning_has_to_be() -> None:
    title = SimpleNamespace(title="A title", published=None)
    assert are_copies(1.0, 0.86, title, title)
    assert not are_copies(0.6, 0.86, title, title)
    assert are_copies(0.6, 0.9, title, title)


def test_what_is_shared_with_an_article_on_something_else_is_a_form() -> None:
    found = sketches.Resemblances(
        one=np.array([1, 1, 4]),
        other=np.array([2, 3, 5]),
        resemblance=np.array([0.8, 0.77, 0.6]),
        similarity=np.array([0.95, ALIKE - 0.05, 0.99]),
    )
    assert elsewhere(found) == {1: 0.77, 3: 0.77}
    assert not stand_out(0.8, 0.77)
    assert stand_out(0.9, 0.77)


@given(st.text(max_size=300))
def test_a_mark_is_of_the_words_alone(said: str) -> None:
    assert mark(said) == mark(f"  {said.casefold()}  ")
    assert bands(shingles(said)) == bands(shingles(said.casefold()))


def test_paragraphs_without_spaces_between_words_count_too() -> None:
    assert mark("渡り鳥が港の上を南へ飛んでいった") is not None
    assert mark("渡り鳥") is None
    assert mark("one two three four five six seven") is None
