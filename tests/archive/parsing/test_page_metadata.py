"""What a page says about its article, in each of the ways that pages say it."""

import json
from typing import Any

import pytest

from archive.parsing.page_metadata import metadata_of
from archive.parsing.page_tree import tree_of


def said(head: str, body: str = "<p>Text.</p>", url: str | None = None) -> dict[str, Any]:
    return metadata_of(tree_of(f"<html><head>{head}</head><body>{body}</body></html>"), url)


def linked(*values: Any) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(value)}</script>' for value in values)


MICRODATA = """<div itemscope itemtype="https://schema.org/WebPage"><meta itemprop="name" content="A page">
<article itemscope itemtype="http://schema.org/NewsArticle"><meta itemprop="mainEntityOfPage" content="https://example.org/a">
<h1 itemprop="headline name">A ferry, <i>hauled</i></h1><span itemprop="articleSection">News</span>
<div itemprop="author" itemscope itemtype="https://schema.org/Person"><a itemprop="url" href="/p/7">
<b itemprop="name">Anna Lind</b></a>
<span itemprop="description">She writes.</span></div><span itemprop="author">Tom Reed</span>
<time itemprop="datePublished" datetime="2020-01-03T10:00:00Z">yesterday</time><meta itemprop="dateModified" content="2020-01-04">
<meta itemprop="keywords" content="ferry, sea"><meta itemprop="inLanguage" content="en"><p itemprop="description">A dek</p>
<div itemprop="publisher" itemscope itemtype="https://schema.org/Organization"><meta itemprop="name" content="The Tide"></div>
<div itemprop="articleBody"><p>Text.</p></div></article></div>"""
RDFA = """<div vocab="https://schema.org/" typeof="NewsArticle"><h1 property="headline">A ferry, hauled</h1>
<span property="articleSection">News</span><span property="author" typeof="Person"><b property="name">Anna Lind</b></span>
<span property="schema:author">Tom Reed</span><time property="datePublished" datetime="2020-01-03T10:00:00Z">yesterday</time>
<meta property="dateModified" content="2020-01-04"><meta property="keywords" content="ferry, sea">
<meta property="inLanguage" content="en"><p property="description">A dek</p>
<link property="mainEntityOfPage" href="https://example.org/a">
<span property="publisher" typeof="Organization"><b property="name">The Tide</b></span></div>"""
ARTICLE = {
    "title": "A ferry, hauled",
    "dek": "A dek",
    "authors": ["Anna Lind", "Tom Reed"],
    "published_at": "2020-01-03T10:00:00Z",
    "modified_at": "2020-01-04",
    "categories": ["News"],
    "tags": ["ferry", "sea"],
    "source": "The Tide",
    "language": "en",
    "canonical_url": "https://example.org/a",
    "url": "https://example.org/a",
}


@pytest.mark.parametrize("body", [MICRODATA, RDFA])
def test_an_article_in_its_markup(body: str) -> None:
    assert said("", body) == ARTICLE


def test_of_several_articles_in_the_markup_none_is_taken_but_the_one_with_the_body() -> None:
    teaser = '<div itemscope itemtype="https://schema.org/Article"><b itemprop="author">Jo Poe</b></div>'
    assert said("", teaser * 2) == {}
    assert said("", teaser + MICRODATA + teaser)["authors"] == ["Anna Lind", "Tom Reed"]


def test_json_ld_that_refers_to_its_own_things() -> None:
    graph = {
        "@graph": [
            {"@type": "Article", "headline": "A ferry", "author": {"@id": "#anna"}, "publisher": {"@id": "#tide"}},
            {"@type": "Person", "@id": "#anna", "name": "Anna Lind"},
            {"@type": "Organization", "@id": "#tide", "name": "The Tide"},
        ]
    }
    found = said(linked(graph))
    assert (found["authors"], found["source"]) == (["Anna Lind"], "The Tide")
    assert "source" not in said(linked({"@type": "Article", "publisher": {"@id": "#nobody"}}))


@pytest.mark.parametrize(
    "value",
    [
        {"@type": "schema:NewsArticle", "author": "Anna Lind"},
        {"@type": ["WebPage", "https://schema.org/BlogPosting"], "author": ["Anna Lind"]},
        [{"@type": "WebSite"}, [{"@type": "Article", "author": [{"name": ["Anna Lind"]}]}]],
        {"@type": "WebPage", "mainEntity": {"@type": "Report", "author": {"@type": "Person", "name": "Anna Lind"}}},
        {"@type": "VideoObject", "mainEntityOfPage": {"@type": "Article", "author": {"name": "Anna Lind"}}},
    ],
)
def test_the_shapes_of_json_ld(value: Any) -> None:
    assert said(linked(value))["authors"] == ["Anna Lind"]


@pytest.mark.parametrize(
    "script",
    [
        '{"@type": "Article", "author": "Anna Lind",}',
        '{"@type": "Article", "author": ["Anna Lind", ],\n}',
        '{"@type": "Article", "description": "two\nlines", "author": "Anna Lind"}',
        "{&quot;@type&quot;: &quot;Article&quot;, &quot;author&quot;: &quot;Anna Lind&quot;}",
        '<!--\n{"@type": "Article", "author": "Anna Lind"}\n-->',
        '/*<![CDATA[*/ {"@type": "Article", "author": "Anna Lind"} /*]]>*/',
        '{"@type": "WebSite"}\n{"@type": "Article", "author": "Anna Lind"}',
        '{"@type": "WebSite"};{"@type": "Article", "author": "Anna Lind"};',
        '{"@type": "Article", "author": "Anna Lind"} and more',
    ],
)
def test_json_ld_that_is_broken_a_little(script: str) -> None:
    assert said(f'<script type="application/ld+json">{script}</script>')["authors"] == ["Anna Lind"]


def test_json_ld_that_is_broken_is_no_reason_to_lose_the_next() -> None:
    broken = '<script type="application/ld+json">{"@type": "Article", "author": "A</script>'
    assert said(broken + linked({"@type": "Article", "author": "Anna Lind"}))["authors"] == ["Anna Lind"]


def test_of_several_articles_in_json_ld_the_one_that_the_page_is_called_like() -> None:
    others = [{"@type": "NewsArticle", "headline": f"Another story, number {n}", "author": f"Jo Poe {n}"} for n in range(3)]
    mine = {"@type": "NewsArticle", "headline": "A ferry is hauled off", "author": "Anna Lind"}
    found = said(linked(*others, mine), "<h1>A ferry is hauled off the ledge</h1>")
    assert (found["title"], found["authors"]) == ("A ferry is hauled off the ledge", ["Anna Lind"])


@pytest.mark.parametrize(
    ("head", "field", "expected"),
    [
        ('<meta http-equiv="Content-Language" content="de-AT">', "language", "de-AT"),
        ('<meta property="og:locale" content="pt_BR">', "language", "pt-BR"),
        ('<meta name="DC.creator" content="Anna Lind">', "authors", ["Anna Lind"]),
        ('<meta name="citation_author" content="Lind, Anna">' * 2, "authors", ["Lind, Anna"]),
        ('<meta name="parsely-section" content="News">', "categories", ["News"]),
        ('<meta name="news_keywords" content="ferry; sea">', "tags", ["ferry", "sea"]),
        ('<meta name="twitter:title" content="A ferry">', "title", "A ferry"),
        ('<meta name="application-name" content="The Tide">', "source", "The Tide"),
        ('<meta name="twitter:description" content="A dek">', "dek", "A dek"),
        ('<link rel="canonical alternate" href="https://example.org/a">', "canonical_url", "https://example.org/a"),
        ('<meta name="date" content="soon"><meta name="dcterms.date" content="2020-01-03">', "published_at", "2020-01-03"),
    ],
)  # fmt: skip
def test_what_meta_elements_say(head: str, field: str, expected: Any) -> None:
    assert said(head)[field] == expected


@pytest.mark.parametrize(
    ("body", "field", "expected"),
    [
        ('<article><a rel="category tag" href="/n">News</a> <a rel="tag" href="/f">Ferry</a></article>', "tags", ["Ferry"]),
        ('<article><a rel="category tag" href="/n">News</a> <a rel="tag" href="/f">Ferry</a></article>', "categories", ["News"]),
        ('<p class="byline">By Anna Lind and Tom Reed</p>', "authors", ["Anna Lind", "Tom Reed"]),
        ('<span class="post-author">Anna Lind</span>', "authors", ["Anna Lind"]),
        ('<a rel="author" href="/p/7">Anna Lind</a>', "authors", ["Anna Lind"]),
        ('<time class="dt-published" datetime="2020-01-03">x</time>', "published_at", "2020-01-03"),
    ],
)
def test_what_the_markup_says(body: str, field: str, expected: Any) -> None:
    assert said("", body)[field] == expected


@pytest.mark.parametrize(
    "body",
    [
        '<p class="byline">Our own correspondent</p>',
        '<div class="comments"><b class="author">Jo Poe</b></div>',
        '<div class="author-bio">Anna Lind writes about ferries.</div>',
        "<p>By Anna Lind</p><p>Published on 3 January 2020 in News</p>",
        '<aside><span class="author">Jo Poe</span></aside>',
        '<p class="tags">Ferry, sea</p>',
    ],
)
def test_nothing_is_guessed(body: str) -> None:
    assert said("", body, "https://example.org/2020/01/03/news/a") == {"url": "https://example.org/2020/01/03/news/a"}
