"""The whole way, from a draft to an answer, on SQLite and on PostgreSQL."""

from pathlib import Path

import pytest

from archive.archive import Archive
from archive.errors import ArticleNotFound
from archive.parsing import paths_under, read_path
from archive.requests import (
    ArticleListRequest,
    ChangesRequest,
    FacetRequest,
    FilterRequest,
    RelatedRequest,
    SearchRequest,
    Seed,
    SuggestRequest,
    TimelineRequest,
)
from archive.settings import Settings

SAMPLES = Path(__file__).parents[2] / "samples"


def test_the_whole_way(url: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=url, model="hashing")
    with Archive(settings) as archive:
        drafts = [draft for path in paths_under(SAMPLES) for draft in read_path(path)]
        added = archive.add_many(drafts)
        assert {getattr(answer, "status", answer) for answer in added} == {"created"}
        archive.catch_up()

        found = archive.search(SearchRequest(q="the ferry and the harbour", facets=["category"], explain=True))
        assert found.items
        assert not found.degraded
        top = found.items[0].article
        assert archive.related(RelatedRequest(seeds=[Seed(ref=top.id)], why=True)).items
        page = archive.articles(ArticleListRequest(limit=5, sort="title"))
        following = archive.articles(ArticleListRequest(limit=5, sort="title", cursor=page.next))
        assert not {item.id for item in page.items} & {item.id for item in following.items}
        assert page.count == len(drafts) == len(list(archive.export(FilterRequest())))

        years = archive.calendar(FilterRequest()).periods
        counted = sum(period.count for period in archive.timeline(TimelineRequest(interval="year")).items)
        assert sum(period.count for period in years) == counted == page.count - archive.timeline(TimelineRequest()).undated
        assert archive.facets(FacetRequest()).facets["author"]
        assert archive.suggest(SuggestRequest(prefix=top.title[:4])).items

        archive.patch(top.id, {"tags": ["fresh"]})
        archive.delete(page.items[0].id)
        with pytest.raises(ArticleNotFound):
            archive.article(page.items[0].id)
        archive.catch_up()
        assert [change.deleted for change in archive.changes(ChangesRequest(since=len(drafts))).items] == [False, True]
        encoded = archive.indexer.encoded
        assert archive.check().clean

    with Archive(settings) as again:
        assert again.check().clean
        assert again.rebuild().encoded == 0
        assert again.check().clean
        assert encoded > len(drafts)
