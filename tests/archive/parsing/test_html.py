import json
from contextlib import suppress

import pytest

from archive.parsing import ParsingFailed, parse_one
from db.records import Draft

LINE = "The harbour was closed on Friday, because nobody had thought of opening it, as the clerk said on the telephone to us. "
BODY = f"""<nav><ul><li><a href="/">Home</a><li><a href="/news">All the news</a></ul></nav>
<article><h1>A &amp; B</h1><p>{LINE * 2}<b>Bold</b><br>next line [1].</p><h2>Sub</h2><p>{LINE}</p>
<blockquote><p>“{LINE}”</p></blockquote><ul><li>one<ul><li>nested</li></ul></li><li>two <i>it</i></li></ul>
<pre><code>x = 1
  y = 2</code></pre><p>{LINE * 2}</p><p>[1] The clerk, https://example.org/c</p></article>
<footer>All rights reserved, 1999</footer>"""
LINKED = {
    "@context": "https://schema.org",
    "@graph": [
        {"@type": "WebSite", "name": "The Site"},
        {
            "@type": ["NewsArticle"],
            "headline": "A &amp; B",
            "description": "A dek",
            "datePublished": "2020-01-03T10:00:00+01:00",
            "dateModified": "2020-01-04T10:00:00+01:00",
            "author": [{"name": "Anna Lind"}, {"name": "Tom Reed"}],
            "articleSection": ["News", "Harbour"],
            "keywords": "fish, sea",
            "inLanguage": "en-GB",
            "publisher": {"name": "The Site"},
            "isPartOf": [{"@type": "CreativeWorkSeries", "name": "The series"}, {"@type": "WebPage", "name": "x"}],
            "mainEntityOfPage": {"@id": "https://example.org/a"},
        },
    ],
}
META = """<meta property="og:title" content="A &amp; B | The Site"><meta property="og:site_name" content="The Site">
<meta property="og:description" content="A dek"><meta name="author" content="Anna Lind and Tom Reed">
<meta property="article:author" content="https://example.org/people/7">
<meta property="article:published_time" content="2020-01-03T10:00:00+01:00">
<meta property="article:modified_time" content="2020-01-04T10:00:00+01:00"><meta property="article:section" content="News">
<meta property="article:section" content="Harbour"><meta property="article:tag" content="fish">
<meta property="article:tag" content="sea">
<meta property="og:locale" content="en_GB"><meta property="og:url" content="https://example.org/a">"""


def page(head: str, body: str = BODY) -> bytes:
    return f"<!DOCTYPE html><html><head><title>A &amp; B | The Site</title>{head}</head><body>{body}</body></html>".encode()


def read(content: bytes, url: str | None = None) -> Draft:
    return parse_one(content, "text/html; charset=utf-8", url=url)


@pytest.mark.parametrize("head", [f'<script type="application/ld+json">{json.dumps(LINKED)}</script>', META])
def test_what_the_page_says_about_itself(head: str) -> None:
    draft = read(page(head))
    assert (draft.title, draft.dek, draft.source, draft.language) == ("A & B", "A dek", "The Site", "en-GB")
    assert (draft.authors, draft.categories, draft.tags) == (("Anna Lind", "Tom Reed"), ("News", "Harbour"), ("fish", "sea"))
    assert draft.published_at is not None
    assert draft.modified_at is not None
    assert (draft.published_at.text, draft.modified_at.text) == ("2020-01-03T10:00:00+01:00", "2020-01-04T10:00:00+01:00")
    assert (draft.url, draft.canonical_url) == ("https://example.org/a", "https://example.org/a")
    assert draft.series == ("The series" if "ld+json" in head else None)


def test_blocks_in_their_order() -> None:
    draft = read(page(""))
    assert [paragraph.kind for paragraph in draft.paragraphs] == [
        "paragraph",
        "heading",
        "paragraph",
        "quote",
        "list",
        "code",
        "paragraph",
    ]
    texts = [paragraph.text for paragraph in draft.paragraphs]
    assert texts[0] == f"{LINE * 2}Bold\nnext line [1]."
    assert texts[4:6] == ["one\nnested\ntwo it", "x = 1\n  y = 2"]
    assert [(entry.label, entry.url) for entry in draft.references] == [("1", "https://example.org/c")]
    assert not any("Home" in text or "rights" in text for text in texts)


def test_no_date_is_guessed() -> None:
    dated = BODY.replace("Bold", "Published on 3 January 2020")
    assert read(page("", dated), "https://example.org/2020/01/03/a").published_at is None


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace("<h2>", '<time datetime="2020-01-03">yesterday</time><h2>'),
        BODY.replace(
            "<h2>", '<time datetime="2019-01-01">x</time><time itemprop="datePublished" datetime="2020-01-03">y</time><h2>'
        ),
        '<aside><time datetime="2011-01-01">An old story</time></aside>'
        + BODY.replace("<h2>", '<time datetime="2020-01-03">x</time><h2>'),
    ],
)
def test_the_time_element(body: str) -> None:
    published = read(page("", body)).published_at
    assert published is not None
    assert published.text == "2020-01-03"


def test_the_first_date_that_can_be_read() -> None:
    draft = read(page('<meta name="date" content="2020-01-03"><meta property="article:published_time" content="soon">'))
    assert draft.published_at is not None
    assert draft.published_at.text == "2020-01-03"
    assert read(page('<meta name="date" content="soon">')).extra == {"published_at": "soon"}


def test_addresses() -> None:
    head = '<base href="https://example.org/b/"><link rel="canonical" href="../a?x=1">'
    draft = read(page(head), "https://www.example.org/a?utm_source=y")
    assert (draft.url, draft.canonical_url) == ("https://www.example.org/a?utm_source=y", "https://example.org/a?x=1")
    assert read(page('<link rel="canonical" href="/a">')).canonical_url is None


@pytest.mark.parametrize(
    "script",
    [
        "{",
        "[" * 50_000,
        "null",
        '[{"@type": 7}, "x"]',
        '{"@type": "Article", "author": {"name": {"a": 1}}, "keywords": 7, "headline": []}',
        "//<![CDATA[\n{}\n//]]>",
    ],
)
def test_broken_json_ld_does_no_harm(script: str) -> None:
    assert read(page(f'<script type="application/ld+json">{script}</script>' + META)).title == "A & B"


def test_json_ld_in_a_comment() -> None:
    script = f'<script type="application/ld+json">//<![CDATA[\n{json.dumps(LINKED)}\n//]]></script>'
    assert read(page(script)).series == "The series"


def test_a_short_page_as_it_stands() -> None:
    draft = read(
        b"<header>Site</header><h1>Title</h1><p>One <b>two</b><!-- c --> three.<p>Four"
        b"<ul><li>a<li>b</ul>loose <i>text</i><pre> x</pre>"
    )
    assert draft.title == "Title"
    assert [(paragraph.kind, paragraph.text) for paragraph in draft.paragraphs] == [
        ("paragraph", "One two three."),
        ("paragraph", "Four"),
        ("list", "a\nb"),
        ("paragraph", "loose text"),
        ("code", " x"),
    ]


@pytest.mark.parametrize(
    "content", [b"", b"<html></html>", b"<title>T</title>", b"<nav>Home</nav>", b"<!-- -->", b"<script>x</script>"]
)
def test_no_body(content: bytes) -> None:
    with pytest.raises(ParsingFailed, match=r"empty|navigation"):
        read(content)


@pytest.mark.parametrize(
    "broken",
    ["<p>", "<div>", "<ul><li>", "<blockquote>", "<table><tr><td>", "</p>", "<a href='", "&#0;&#55296;&bogus;", "<b><i>"],
)
def test_broken_pages_do_not_crash(broken: str) -> None:
    text = " ".join(paragraph.text for paragraph in read(page(META, broken * 50 + BODY)).paragraphs)
    assert text.count(LINE.strip()) >= 5
    with suppress(ParsingFailed):
        read(page(META, broken * 2_000 + BODY))
