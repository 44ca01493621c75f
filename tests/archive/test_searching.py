"""Search and related articles over the samples, and over a handful of articles made for the case."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.answers import SearchAnswer
from archive.archive import Archive
from archive.errors import CursorExpired, CursorMismatch, InvalidRequest, MalformedCursor
from archive.parsing import paths_under, read_path
from archive.requests import FilterRequest, RelatedRequest, SearchRequest, Seed
from archive.settings import Settings
from db.records import Draft, ParagraphDraft

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture(scope="module")
def drafts() -> list[Draft]:
    return [draft for path in paths_under(SAMPLES) for draft in read_path(path) if isinstance(draft, Draft)]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory, drafts: list[Draft]) -> Iterator[Archive]:
    with Archive(Settings(data_dir=tmp_path_factory.mktemp("samples"), model="hashing")) as archive:
        archive.add_many(drafts)
        archive.catch_up()
        yield archive


def small(archive: Archive, **texts: str) -> dict[str, str]:
    """Articles by external id, each with this text; their ids."""
    added = {
        name: archive.add(Draft(external_id=name, title=name, paragraphs=tuple(map(ParagraphDraft, text.split("\n\n"))))).id
        for name, text in texts.items()
    }
    archive.catch_up()
    return added


def names(answer: SearchAnswer) -> list[str | None]:
    return [item.article.external_id for item in answer.items]


# Filters: an oracle in plain Python


def passes(draft: Draft, request: FilterRequest) -> bool:
    filters = request.filters()
    labels = {"author": draft.authors, "category": draft.categories, "tag": draft.tags}
    single = {"source": draft.source, "series": draft.series, "language": draft.language}
    values = labels | {name: (value,) if value else () for name, value in single.items()}
    present = values | {
        name: (value,) if (value := getattr(draft, name)) else ()
        for name in ("title", "dek", "url", "canonical_url", "external_id", "published_at", "modified_at", "references")
    }
    for name, held in values.items():
        wanted = {value.casefold() for value in getattr(filters, name)}
        if wanted and not wanted & {value.casefold() for value in held}:
            return False
    for name, moment in (("published", draft.published_at), ("modified", draft.modified_at)):
        after, before = getattr(filters, f"{name}_after"), getattr(filters, f"{name}_before")
        if after is not None and (moment is None or moment.micros < after):
            return False
        if before is not None and (moment is None or moment.micros >= before):
            return False
    return all(present[name] for name in filters.has) and not any(present[name] for name in filters.missing)


FIELDS = ("title", "dek", "author", "category", "tag", "series", "language", "source", "url", "canonical_url", "external_id",
          "published_at", "modified_at", "references")  # fmt: skip


@st.composite
def filters(draw: st.DrawFn, drafts: list[Draft]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    many = {"author": [d.authors for d in drafts], "category": [d.categories for d in drafts], "tag": [d.tags for d in drafts]}
    single = {name: [(getattr(d, name),) for d in drafts] for name in ("source", "series", "language")}
    for name, held in (many | single).items():
        values = [*sorted({value for group in held for value in group if value}), "no such value"]
        if draw(st.booleans()) and draw(st.booleans()):
            chosen[name] = [
                v.upper() if draw(st.booleans()) else v for v in draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))
            ]
    dates = sorted({d.published_at.text for d in drafts if d.published_at})
    for name in ("published_after", "published_before", "modified_after", "modified_before"):
        if draw(st.integers(0, 4)) == 0:
            chosen[name] = draw(st.sampled_from(dates))
    for name in ("has", "missing"):
        if draw(st.integers(0, 3)) == 0:
            chosen[name] = draw(st.lists(st.sampled_from(FIELDS), min_size=1, max_size=2))
    return chosen


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_filters_let_through_exactly_what_plain_python_does(samples: Archive, drafts: list[Draft], data: st.DataObject) -> None:
    chosen = data.draw(filters(drafts))
    request = SearchRequest(q="the harbour", limit=200, collapse=False, mode="semantic", min_relevance=0, **chosen)
    expected = sorted(draft.title for draft in drafts if passes(draft, request))
    found = samples.search(request)
    assert sorted(item.article.title for item in found.items) == expected
    assert (found.count.value, found.count.relation) == (len(expected), "eq")
    assert samples.articles(_list(chosen)).count == len(expected)


def _list(chosen: dict[str, Any]) -> Any:
    from archive.requests import ArticleListRequest

    return ArticleListRequest(limit=200, **chosen)


# Paging


@pytest.mark.parametrize("mode", ["hybrid", "semantic", "lexical"])
@pytest.mark.parametrize("level", ["article", "paragraph"])
def test_pages_together_are_the_whole_once(samples: Archive, mode: str, level: str) -> None:
    asked: dict[str, Any] = {"q": "the harbour and the town", "mode": mode, "level": level, "matches": 0}
    whole = samples.search(SearchRequest(limit=200, **asked))
    seen, cursor, ranks = [], None, []
    for _ in itertools.count():
        page = samples.search(SearchRequest(limit=7, cursor=cursor, **asked))
        seen += [(item.article.id, item.matches[0].paragraph_id if level == "paragraph" else None) for item in page.items]
        ranks += [item.rank for item in page.items]
        assert page.count == whole.count
        cursor = page.next
        if cursor is None:
            break
        assert len(page.items) == 7
    assert len(seen) == len(set(seen)) == whole.count.value
    assert ranks == list(range(1, len(seen) + 1))


def test_a_cursor_goes_on_where_it_was_while_the_archive_grows(archive: Archive) -> None:
    small(archive, **{f"a{n}": f"harbour news number {n}" for n in range(6)})
    first = archive.search(SearchRequest(q="harbour news", limit=3))
    small(archive, b="harbour news harbour news")
    second = archive.search(SearchRequest(q="harbour news", limit=3, cursor=first.next))
    assert not set(names(first)) & set(names(second))
    assert set(names(first)) | set(names(second)) == {f"a{n}" for n in range(6)}
    archive.rankings = type(archive.rankings)(1)
    with pytest.raises(CursorExpired):
        archive.search(SearchRequest(q="harbour news", limit=3, cursor=first.next))


def test_a_cursor_of_another_query_is_refused(samples: Archive) -> None:
    cursor = samples.search(SearchRequest(q="harbour", limit=2)).next
    with pytest.raises(CursorMismatch):
        samples.search(SearchRequest(q="bridge", limit=2, cursor=cursor))
    with pytest.raises(MalformedCursor):
        samples.search(SearchRequest(q="bridge", limit=2, cursor="nonsense"))


# Truth


def test_a_deleted_article_is_gone_at_once_and_the_page_stays_full(archive: Archive) -> None:
    ids = small(archive, **{f"a{n}": "harbour news of the day" for n in range(5)})
    archive.delete(ids["a0"])
    found = archive.search(SearchRequest(q="harbour news", limit=3, collapse=False))
    assert "a0" not in names(found)
    assert len(found.items) == 3
    assert (found.count.value, found.index.pending) == (4, 1)


def test_a_changed_article_is_not_shown_for_what_it_was(archive: Archive) -> None:
    small(archive, a="all about the harbour", b="all about the castle")
    archive.add(Draft(external_id="a", title="a", paragraphs=(ParagraphDraft("all about the castle"),)))
    assert names(archive.search(SearchRequest(q="harbour", mode="lexical"))) == []
    archive.catch_up()
    found = archive.search(SearchRequest(q="castle", mode="lexical", collapse=False))
    assert sorted(filter(None, names(found))) == ["a", "b"]


def test_equal_texts_stand_once_with_the_others_beside(archive: Archive) -> None:
    for source in ("One", "Two"):
        archive.add(Draft(title="Same", source=source, external_id="1", paragraphs=(ParagraphDraft("the same harbour text"),)))
    archive.catch_up()
    (item,) = archive.search(SearchRequest(q="harbour")).items
    assert {item.article.source, *(copy.source for copy in item.also_in)} == {"One", "Two"}
    assert archive.search(SearchRequest(q="harbour", collapse=False)).count.value == 2


# What a query means


def test_quoted_words_must_occur_in_that_order(archive: Archive) -> None:
    small(archive, a="the swing bridge closes", b="a bridge and a swing", c="the harbour")
    for mode in ("hybrid", "lexical", "semantic"):
        assert names(archive.search(SearchRequest(q='"swing bridge" closes', mode=mode))) == ["a"]
    only_quotes = archive.search(SearchRequest(q='"swing bridge"'))
    assert (only_quotes.mode_used, names(only_quotes)) == ("lexical", ["a"])


def test_one_text_under_two_titles_is_one_find(archive: Archive) -> None:
    text = "the council has closed the swing bridge, and nobody knows for how long. " * 6
    for title in ("Bridge closed", "No way across"):
        archive.add(Draft(title=title, external_id=title, paragraphs=(ParagraphDraft(text.strip()),)))
    archive.add(Draft(title="Another short one", external_id="short", paragraphs=(ParagraphDraft("See the bridge."),)))
    archive.add(Draft(title="A short one", external_id="other short", paragraphs=(ParagraphDraft("See the bridge."),)))
    archive.catch_up()
    found = archive.search(SearchRequest(q="swing bridge"))
    assert len(found.items) == 3
    assert len(found.items[0].also_in) == 1


def test_highlights_are_offsets_of_the_querys_words(archive: Archive) -> None:
    small(archive, a="Ferries sail; the café closes. Nothing else.")
    (item,) = archive.search(SearchRequest(q="ferry CAFE")).items
    (match,) = item.matches
    assert [match.text[start:end] for start, end in match.highlights] == ["Ferries", "café"]


def test_words_that_nearly_all_have_are_not_highlighted(archive: Archive) -> None:
    small(archive, a="the boat and the quay", b="the mast and the sail", c="the rope and the knot")
    (match,) = archive.search(SearchRequest(q="the rope", limit=1)).items[0].matches
    assert [match.text[start:end] for start, end in match.highlights] == ["rope"]
    assert archive.search(SearchRequest(q="the", limit=1)).items[0].matches[0].highlights


def test_like_and_unlike(archive: Archive) -> None:
    ids = small(
        archive, boats="boats sails masts harbour", sails="sails masts rope", bread="flour oven bread", cake="oven cake flour"
    )
    liked = archive.search(SearchRequest(like=[ids["boats"]]))
    assert names(liked)[0] == "sails"
    assert "boats" not in names(liked)
    plain = names(archive.search(SearchRequest(q="sails oven", mode="semantic", min_relevance=0)))
    away = names(archive.search(SearchRequest(q="sails oven", unlike=["sails masts rope"], mode="semantic", min_relevance=0)))
    assert away.index("sails") > plain.index("sails")


def test_nothing_asked_is_an_error_that_names_the_field(archive: Archive) -> None:
    with pytest.raises(InvalidRequest) as failure:
        archive.search(SearchRequest(q="  "))
    assert failure.value.errors[0].pointer == "/q"


def test_min_relevance_can_empty_the_answer(archive: Archive) -> None:
    small(archive, a="flour oven bread")
    assert archive.search(SearchRequest(q="quantum chromodynamics", min_relevance=0.9)).items == []


def test_what_the_archive_does_not_have_is_not_found(archive: Archive) -> None:
    small(archive, a="flour oven bread")
    nothing = archive.search(SearchRequest(q="quantum chromodynamics", explain=True))
    assert (nothing.items, nothing.count.value, nothing.degraded) == ([], 0, False)
    assert "Nothing here seems to be about this" in nothing.warnings[0]
    assert [rejected.article.title for rejected in nothing.rejected] == ["a"]
    everything = archive.search(SearchRequest(q="quantum chromodynamics", min_relevance=0))
    assert (names(everything), everything.warnings, everything.rejected) == (["a"], [], [])
    assert everything.items[0].relevance == nothing.rejected[0].relevance < 0.02


def test_the_count_is_exact_if_nothing_beyond_the_depth_can_be_relevant_enough(tmp_path: Path) -> None:
    with Archive(Settings(data_dir=tmp_path, model="hashing", search_depth=100)) as archive:
        small(archive, **{f"b{n}": f"flour oven bread number {n}" for n in range(110)})
        nothing = archive.search(SearchRequest(q="quantum chromodynamics", min_relevance=0.5)).count
        assert (nothing.value, nothing.relation) == (0, "eq")
        everything = archive.search(SearchRequest(q="quantum chromodynamics", min_relevance=0)).count
        assert (everything.value, everything.relation) == (100, "gte")


def test_an_article_with_every_word_is_found_however_little_the_archive_has_of_the_subject(archive: Archive) -> None:
    small(archive, **{f"b{n}": f"flour oven bread number {n}" for n in range(12)}, a="the quartermaster wrote of flour")
    assert names(archive.search(SearchRequest(q="quartermaster")))[0] == "a"


def test_relevance_is_the_same_whatever_the_filters(samples: Archive) -> None:
    wide = samples.search(SearchRequest(q="the harbour", min_relevance=0, limit=200))
    item = next(item for item in wide.items if item.article.source)
    narrow = samples.search(SearchRequest(q="the harbour", min_relevance=0, limit=200, source=[item.article.source or ""]))
    again = {other.article.id: other.relevance for other in narrow.items}
    assert again[item.article.id] == pytest.approx(item.relevance, abs=2e-4)


def test_sorting_by_date_puts_the_undated_last(samples: Archive) -> None:
    dates = [
        item.article.published_at for item in samples.search(SearchRequest(q="the town", sort="-published_at", limit=200)).items
    ]
    dated = [date for date in dates if date]
    assert dates[: len(dated)] == dated
    assert len(dated) < len(dates)


def test_recency_changes_the_order_and_not_the_relevance(samples: Archive) -> None:
    plain = {i.article.id: i.relevance for i in samples.search(SearchRequest(q="the town harbour", limit=200)).items}
    aged = samples.search(SearchRequest(q="the town harbour", limit=200, recency=700)).items
    assert {item.article.id: item.relevance for item in aged} == plain
    assert [item.article.id for item in aged] != list(plain)


def test_diversity_puts_unlike_things_side_by_side(archive: Archive) -> None:
    small(archive, a="harbour boats sails", b="harbour boats sails too", c="harbour castle museum")
    plain = names(archive.search(SearchRequest(q="harbour boats sails")))
    diverse = names(archive.search(SearchRequest(q="harbour boats sails", diversity=0.7)))
    assert plain.index("c") == 2
    assert diverse.index("c") == 1


def test_facets_count_what_was_found(samples: Archive) -> None:
    answer = samples.search(SearchRequest(q="harbour", mode="lexical", facets=["category", "year"], limit=200, collapse=False))
    counted = {value.value: value.count for value in answer.facets["category"]}
    for name, count in counted.items():
        assert count == sum(name in item.article.categories for item in answer.items)


def test_paragraphs_can_be_what_is_found(archive: Archive) -> None:
    small(
        archive, a="first about the ferry and its many passengers of the day\n\nthen about the castle", b="the castle on the hill"
    )
    found = archive.search(SearchRequest(q="castle", level="paragraph", mode="lexical"))
    assert {(item.article.external_id, item.matches[0].ordinal) for item in found.items} == {("a", 1), ("b", 0)}


# Related


def related(archive: Archive, *refs: str, **more: Any) -> Any:
    return archive.related(RelatedRequest(seeds=[Seed(ref=ref) for ref in refs], **more))


def test_related_never_has_the_article_itself_nor_its_copies(archive: Archive) -> None:
    text = "the ferry ran aground on the sand bank in the fog on friday night with forty people on board"
    ids = small(
        archive, a=text, copy=text + " again", b="the ferry company explained the sand bank and the fog", c="bread and cakes"
    )
    answer = related(archive, ids["a"])
    found = [item.article.external_id for item in answer.items]
    assert found[0] == "b"
    assert not {"a", "copy"} & set(found)
    assert [copy.id for copy in answer.also_in] == [ids["copy"]]


def test_an_agencys_piece_and_its_rewrite_share_much_and_are_no_copies(drafts: list[Draft]) -> None:
    from archive.copies import RESEMBLANCE
    from archive.shingles import resemblance, shingles

    pups = [shingles("\n".join((d.title, *(p.text for p in d.paragraphs)))) for d in drafts if "seal pups" in d.title]
    assert len(pups) == 2
    assert RESEMBLANCE / 2 < resemblance(*pups) < RESEMBLANCE


def test_copies_of_one_another_take_one_place(archive: Archive) -> None:
    report = "the council decided on monday evening to close the swing bridge for repairs until the end of spring"
    ids = small(
        archive, a="the swing bridge of the town and its repairs", b=report, c=report + " says the mayor", d="bread and cakes"
    )
    items = related(archive, ids["a"]).items
    (both,) = [item for item in items if item.article.external_id in ("b", "c")]
    assert len(both.also_in) == 1


def test_why_names_paragraphs_words_tags_and_days(samples: Archive) -> None:
    from archive.requests import ArticleListRequest

    seed = samples.articles(ArticleListRequest(has=["tag", "published_at"], limit=1)).items[0]
    paragraphs = {p.id: p.text for p in samples.paragraphs(seed.id).items}
    for item in related(samples, seed.id, why=True, limit=5).items:
        assert item.why is not None
        assert item.why.pairs
        for pair in item.why.pairs:
            assert pair.seed_paragraph_id in paragraphs
            assert samples.paragraph(pair.paragraph_id).article.id == item.article.id
        whole = " ".join(p.text for p in samples.paragraphs(item.article.id).items) + item.article.title
        assert all(term in whole for term in item.why.shared_terms)
        assert set(item.why.shared_tags) <= set(item.article.tags)


def test_a_text_from_outside_and_several_seeds(archive: Archive) -> None:
    ids = small(archive, boats="boats sails masts", bread="flour oven bread", cake="oven cake flour", rope="sails rope masts")
    outside = archive.related(RelatedRequest(seeds=[Seed(text="A loaf\n\nflour and an oven make bread")]))
    assert outside.items[0].article.external_id == "bread"
    heavy = archive.related(RelatedRequest(seeds=[Seed(ref=ids["boats"], weight=9), Seed(ref=ids["bread"])]))
    light = archive.related(RelatedRequest(seeds=[Seed(ref=ids["boats"]), Seed(ref=ids["bread"], weight=9)]))
    assert heavy.items[0].article.external_id == "rope"
    assert light.items[0].article.external_id == "cake"
    avoiding = archive.related(RelatedRequest(seeds=[Seed(text="oven sails flour masts")], avoid=[ids["bread"]]))
    assert avoiding.items[0].article.external_id in {"rope", "boats"}


def test_a_series_takes_no_more_than_its_share(archive: Archive) -> None:
    for n in range(5):
        text = f"weekly harbour notes number {n} with tides, boats and weather for day {n * 7}"
        archive.add(Draft(external_id=str(n), title=f"Notes {n}", series="Notes", paragraphs=(ParagraphDraft(text),)))
    archive.add(Draft(external_id="x", title="Harbour", paragraphs=(ParagraphDraft("the harbour and its weather"),)))
    archive.catch_up()
    found = [item.article.series for item in related(archive, "ext::0").items]
    assert found.count("Notes") == 2
    assert len(related(archive, "ext::0", per_series=None).items) == 5


def test_before_and_after_narrow_the_dates(samples: Archive, drafts: list[Draft]) -> None:
    seed = next(draft for draft in drafts if draft.published_at and draft.url)
    found = related(samples, f"url:{seed.url}", before="2022-01-01", published_after="2020-01-01", limit=200).items
    assert all(item.article.published_at and "2020" <= item.article.published_at[:4] < "2022" for item in found)
