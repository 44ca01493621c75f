import json
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.parsing import ParsingFailed, parse_one
from archive.parsing.html import fields_of
from archive.parsing.page_tree import CHARACTERS, DEPTH, TAGS, tree_of
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


def test_the_heading_that_readers_see_is_the_title() -> None:
    headline = json.dumps({"@type": "NewsArticle", "headline": "Harbour clerk closes harbour: everything to know"})
    head = f'<script type="application/ld+json">{headline}</script><meta property="og:site_name" content="The Site">'
    shown = BODY.replace("A &amp; B", "Clerk closes the harbour for everything")
    assert read(page(head, shown)).title == "Clerk closes the harbour for everything"
    assert read(page(head, "<h1>The Site</h1>" + BODY)).title == "Harbour clerk closes harbour: everything to know"


@pytest.mark.parametrize(
    ("title", "url", "expected"),
    [
        ("The ferry - The Site", "https://www.the-site.example/a", "The ferry"),
        ("The ferry — thesite.example", "https://thesite.example/a", "The ferry"),
        ("The ferry - and the crane", "https://thesite.example/a", "The ferry - and the crane"),
        ("The ferry", None, "The ferry"),
    ],
)
def test_the_name_of_the_site_is_no_part_of_the_title(title: str, url: str | None, expected: str) -> None:
    body = BODY.replace("<h1>A &amp; B</h1>", "")
    assert read(f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode(), url).title == expected


def test_a_page_without_body_tags() -> None:
    draft = read(f"<!DOCTYPE html><title>A &amp; B</title><meta name=author content='Anna Lind'>{BODY}".encode())
    assert (draft.title, draft.authors, draft.paragraphs[1].kind) == ("A & B", ("Anna Lind",), "heading")


def test_what_a_browser_hides_is_left_out() -> None:
    hidden = f'<div style="display: none"><p>{LINE}</p></div><p hidden>Not shown to anybody, and so it is left out.</p>'
    texts = [paragraph.text for paragraph in read(page("", BODY.replace("<h2>", hidden + "<h2>"))).paragraphs]
    assert texts == [paragraph.text for paragraph in read(page("")).paragraphs]


def test_a_page_that_shows_itself_by_script_is_read() -> None:
    everything = f'<div style="display:none">{BODY}</div>'
    assert len(read(page("", everything)).paragraphs) == len(read(page("")).paragraphs)


def test_two_line_breaks_are_a_paragraph_and_one_is_a_line() -> None:
    body = f"<article><h1>A &amp; B</h1><div>{LINE}<br><br>{LINE}<br>{LINE}<br> <br>{LINE * 6}</div></article>"
    texts = [paragraph.text for paragraph in read(page("", body)).paragraphs]
    assert texts == [LINE.strip(), f"{LINE.strip()}\n{LINE.strip()}", (LINE * 6).strip()]


def test_a_table_that_places_the_page_is_no_table() -> None:
    body = f"<table><tr><td><h1>A &amp; B</h1>{f'<p>{LINE}</p>' * 1}<p>{LINE * 3}</p><p>{LINE * 4}</p></td></tr></table>"
    assert [len(paragraph.text) for paragraph in read(page("", body)).paragraphs] == [
        len(LINE) * times - 1 for times in (1, 3, 4)
    ]
    cells = "<table><tr><th>Port</th><th>Depth</th></tr><tr><td>Marra</td><td>7 m</td></tr></table>"
    draft = read(page("", BODY.replace("<h2>", cells + "<h2>")))
    assert "Port | Depth\nMarra | 7 m" in [paragraph.text for paragraph in draft.paragraphs]


def test_an_article_in_columns_is_read_to_its_end() -> None:
    rows = [
        f'<div class="row"><div class="article-body column">'
        f"{''.join(f'<p>Part {n}.{m}: {LINE}</p>' for m in range(4))}</div></div>"
        f'<aside class="offer"><p>Subscribe to everything that we have to offer this summer.</p></aside>'
        for n in range(3)
    ]
    draft = read(page("", f"<article><h1>A &amp; B</h1><div class=chunks>{''.join(rows)}</div></article>"))
    told = [paragraph.text[:8] for paragraph in draft.paragraphs]
    assert told == [f"Part {n}.{m}" for n in range(3) for m in range(4)]


def test_other_articles_below_are_not_added() -> None:
    posts = [
        f'<div class="post"><h1>Post {n}</h1><div class="entry">'
        f"{''.join(f'<p>Part {n}.{m}: {LINE}</p>' for m in range(4))}</div></div>"
        for n in range(3)
    ]
    draft = read(page("", f"<div class=main>{''.join(posts)}</div>"))
    assert {paragraph.text[:6] for paragraph in draft.paragraphs if paragraph.text.startswith("Part")} in (
        {"Part 0"},
        {"Part 0", "Part 1", "Part 2"},
    )


PROSE = "".join(f"<p>The tide of day {n} came, and went: {LINE}</p>" for n in range(12))
LINKED_TWICE = '<script type="application/ld+json">{"@type": "Article"}</script>'
MANY = TAGS // 6
NASTY = {
    "ten megabytes of a tag": "<div>" * 2_000_000,
    "elements and elements": "<div>harbour</div>" * MANY,
    "five megabytes of text": "Nobody had thought of opening it. " * 150_000,
    "five megabytes of a word": "x" * 5_000_000,
    "links and links": "<a href='/x'>a ferry</a> " * MANY,
    "a list of links": "<ul>" + "<li><a href='/x'>a ferry of many" * MANY,
    "tables in tables": "<table><tr><td>" * 20_000 + PROSE,
    "lists in lists": "<ul><li>a" * 20_000 + PROSE,
    "fifteen hundred levels": "<div>a" * 1_500 + PROSE,
    "quotes in quotes": "<blockquote>x" * 5_000 + PROSE,
    "line breaks": "text<br>" * MANY,
    "pictures": "<img src=x>" * MANY + PROSE,
    "headings": "<h1>a</h1>" * MANY,
    "rows": "<table>" + "<tr><td>x<td>y" * (MANY // 2),
    "spans of cells": "<table>" + ("<tr>" + "<td rowspan=9999 colspan=9999>x" * 300) * 300 + "</table>" + PROSE,
    "forms": "<form>x" * 1_900 + PROSE,
    "links and divs": ("<div>" + "<a href=x>link text</a>" * 40) * 200 + PROSE,
    "meta elements": "<meta name=author content='Anna Lind'><meta name=date content='soon'>" * 50_000 + PROSE,
    "things in things": "<div itemscope itemtype=x/Article itemprop=author>" * 1_500 + PROSE,
    "things beside things": "<div itemscope itemtype=x/Article><b itemprop=name>y</b></div>" * 30_000 + PROSE,
    "authors of everything": "<div class=author itemprop=author>x" * 1_500 + PROSE,
    "brackets in JSON-LD": f"<script type='application/ld+json'>{'[' * 1_000_000}</script>" + PROSE,
    "JSON-LD of commas": f"<script type='application/ld+json'>[{',' * 1_000_000}</script>" + PROSE,
    "JSON-LD of white space": f"<script type='application/ld+json'>/{'/ ' * 1_000_000}</script>" + PROSE,
    "many JSON-LD": LINKED_TWICE * 50_000 + PROSE,
    "a title without end": "<title>" + "x - " * 1_000_000,
    "attributes of one": "<a " + "".join(f"b{n}='c' " for n in range(100_000)) + ">" + PROSE,
    "attributes of each": ("<b " + "".join(f"b{n} " for n in range(290)) + ">") * 1_000 + PROSE,
    "styles": "<p style='display:none'>x</p>" * MANY + PROSE,
    "pictures inside": f"<img src='data:image/png;base64,{'A' * 30_000_000}'>" + PROSE,
    "control characters": "\0\x0b\x1f" * 100_000 + PROSE,
    "halves of characters": "\ud800\udfff" * 100_000 + PROSE,
    "references to nothing": "&#0;&#xD800;&#xFFFE;&#99999999;&#1;&bogus;" * 50_000 + PROSE,
    "ampersands": "&" * 2_000_000,
    "angle brackets": "<" * 2_000_000,
    "comments": "<!--" * 500_000 + PROSE,
    "spaces": "<p>" + "\u00a0 \t" * 1_000_000 + PROSE,
}


def seconds_for(source: str) -> float:
    started = time.process_time()
    with suppress(ParsingFailed):
        assert fields_of(source, "https://example.org/a")["paragraphs"]
    return time.process_time() - started


QUICK = ("spaces", "pictures", "spans of cells", "many JSON-LD")
"""Of different kinds; all of them take half a minute."""


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in NASTY])
def test_any_page_is_read_or_refused_in_bounded_time(name: str) -> None:
    assert seconds_for(NASTY[name]) < 10


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["text<br>", "<img src=x>", "<a href='/x'>a ferry</a> ", "<p style='display:none'>x</p>"])
def test_the_longest_pages_too(piece: str) -> None:
    assert seconds_for(piece * (TAGS // piece.count("<") - 200) + PROSE) < 20


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("x" * (CHARACTERS + 1), "10,000,000 characters"),
        ("<p>" * (TAGS + 1), "300,000 tags"),
        ("<div>x" * 2_100, "nested too deeply"),
        ("<a " + " ".join(f"b{n}='c'" for n in range(400)) + ">" + PROSE, "300 attributes"),
        ("<a " + " ".join(f"b{n}='>'" for n in range(400)) + ">" + PROSE, "300 attributes"),
        ("<a/" + "/".join(f"b{n}<" for n in range(400)) + ">" + PROSE, "300 attributes"),
    ],
)
def test_a_page_beyond_the_limits_is_refused(content: str, reason: str) -> None:
    with pytest.raises(ParsingFailed, match=reason) as refused:
        fields_of(content, None)
    assert refused.value.code == "too_large"


@pytest.mark.parametrize("name", ["fifteen hundred levels", "references to nothing", "pictures", "pictures inside"])
def test_the_paragraphs_are_found_all_the_same(name: str) -> None:
    told = "\n".join(paragraph["text"] for paragraph in fields_of(NASTY[name], None)["paragraphs"]).split("\n")
    assert [f"The tide of day {n} " for n in range(12)] == [text[: text.index("came")] for text in told if "came" in text]


@pytest.mark.parametrize("deep", ["div", "section", "font", "h1", "p"])
def test_what_is_deep_is_lifted(deep: str) -> None:
    tree = tree_of(f"<body>{f'<div><{deep}>' * 700}<p>One.</p><p>Two.</p>")
    assert tree.xpath(f"boolean({'/*' * (DEPTH + 12)})") is False
    assert " ".join(tree.itertext()).split() == ["One.", "Two."]
    assert "One." in fields_of(f"<body>{f'<div><{deep}>' * 700}<p>One.</p><p>Two.</p>", None)["paragraphs"][0]["text"]


TAG = st.sampled_from(
    [
        "p",
        "div",
        "h1",
        "h2",
        "ul",
        "li",
        "table",
        "tr",
        "td",
        "blockquote",
        "pre",
        "br",
        "a",
        "b",
        "article",
        "nav",
        "form",
        "script",
        "title",
        "head",
        "body",
        "html",
    ]
)
PIECE = st.one_of(
    TAG.map("<{}>".format),
    TAG.map("</{}>".format),
    st.sampled_from([LINE, " ", "&#0;", "&#xFFFE;", "<!--", "-->", "<![CDATA[", "<script type=application/ld+json>{", "\ud800"]),
    st.sampled_from(
        ["<div itemscope itemtype=x/Article>", "<b itemprop=author>", "<i property=headline typeof=y>", "<meta name="]
    ),
    st.text(max_size=20),
)


@settings(max_examples=40)
@given(st.lists(PIECE, max_size=60).map("".join))
def test_any_markup_is_an_article_or_a_failure(source: str) -> None:
    with suppress(ParsingFailed):
        fields = fields_of(source, "https://example.org/a")
        assert all(paragraph["text"] and not set(paragraph["text"]) & {"\0", "\ud800"} for paragraph in fields["paragraphs"])


def test_names_that_cannot_be_written_back_are_left_as_they_are() -> None:
    draft = read(b"<article><p>a<vit;<b>c</b> and more</p><x:y;z>d</x:y;z></article>")
    assert "and more" in draft.paragraphs[0].text
