"""Feeds, lists of feeds and dates, written for this, with what is in them."""

from typing import Any, NamedTuple


class Feed(NamedTuple):
    """`entries` are what has to come of it, in order: some fields of each. `text`: the paragraphs. `link`: only a summary."""

    name: str
    source: str
    entries: list[dict[str, Any]]


FEEDS = [
    Feed(
        "RSS 2.0 with full texts",
        """<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>Harbour &amp; Sea</title><link>https://harbour.example/</link><language>en-gb</language>
<item><title>The light is &lt;em&gt;back&lt;/em&gt;</title><link>/2020/light</link>
<guid isPermaLink="false">light-1</guid>
<pubDate>Fri, 03 Jan 2020 10:15:00 +0200</pubDate><dc:creator>Jane Roe</dc:creator>
<category>Sea</category><category>Light</category>
<description>After thirty-six years the lamp burns.</description>
<content:encoded><![CDATA[<h2>At dusk</h2><p>The lamp was lit.</p>
<blockquote>At last!</blockquote><ul><li>one</li><li>two</li></ul>]]></content:encoded>
</item></channel></rss>""",
        [
            {
                "title": "The light is back",
                "text": ["At dusk", "The lamp was lit.", "At last!", "one\ntwo"],
                "dek": "After thirty-six years the lamp burns.",
                "authors": ("Jane Roe",),
                "tags": ("Sea", "Light"),
                "language": "en-gb",
                "source": "Harbour & Sea",
                "url": "https://harbour.example/2020/light",
                "external_id": "light-1",
                "published_at": "2020-01-03T10:15:00+02:00",
            }
        ],
    ),
    Feed(
        "RSS 2.0 with summaries",
        """<rss version="2.0"><channel><title>Short</title>
<item><title>One</title><link>https://short.example/1</link>
<description>The board met on Monday. [&amp;#8230;]</description></item>
<item><title>Two</title><description>No page for this one.</description></item>
<item><link>https://short.example/3</link></item>
</channel></rss>""",
        [
            {"title": "One", "text": ["The board met on Monday. […]"], "link": "https://short.example/1"},
            {"title": "Two", "text": ["No page for this one."]},
            {"link": "https://short.example/3"},
        ],
    ),
    Feed(
        "Atom 1.0",
        """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de" xml:base="https://atom.example/blog/">
<title>Hafen</title>
<author><name>Max Muster</name></author>
<entry><id>urn:uuid:1</id><title type="html">Wind &amp;amp; Wetter</title><link href="wind"/>
<published>2021-05-05T08:00:00-04:00</published>
<updated>2021-05-06T08:00:00Z</updated><category term="wind" label="Wind"/>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Sturm im Hafen.</p>
<p>Alle Boote sind da.</p></div></content></entry>
<entry><id>urn:uuid:2</id><title>Ebbe</title><updated>2021-05-07T08:00:00Z</updated><author><name>Ida Beispiel</name></author>
<author><name>Udo Muster</name></author><content type="text">Das Wasser geht.</content></entry></feed>""",
        [
            {
                "title": "Wind & Wetter",
                "text": ["Sturm im Hafen.", "Alle Boote sind da."],
                "authors": ("Max Muster",),
                "tags": ("Wind",),
                "language": "de",
                "url": "https://atom.example/blog/wind",
                "published_at": "2021-05-05T08:00:00-04:00",
                "modified_at": "2021-05-06T08:00:00Z",
            },
            {
                "title": "Ebbe",
                "text": ["Das Wasser geht."],
                "authors": ("Ida Beispiel", "Udo Muster"),
                "external_id": "urn:uuid:2",
            },
        ],
    ),
    Feed(
        "Atom 0.3",
        """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Old</title><entry><title>Still read</title>
<link rel="alternate" type="text/html" href="https://old.example/a"/><issued>2004-05-25T11:23:17+01:00</issued>
<content type="text/html" mode="escaped">&lt;p&gt;An old format.&lt;/p&gt;</content></entry></feed>""",
        [{"title": "Still read", "text": ["An old format."], "published_at": "2004-05-25T11:23:17+01:00"}],
    ),
    Feed(
        "RSS 1.0",
        """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://rdf.example/"><title>RDF</title></channel>
<item rdf:about="https://rdf.example/1"><title>A triple</title><link>https://rdf.example/1</link><dc:date>2003-12-31</dc:date>
<dc:subject>graphs</dc:subject><description>Subject, predicate, object.</description></item></rdf:RDF>""",
        [
            {
                "title": "A triple",
                "link": "https://rdf.example/1",
                "text": ["Subject, predicate, object."],
                "tags": ("graphs",),
                "published_at": "2003-12-31",
            }
        ],
    ),
    Feed(
        "CDF",
        """<CHANNEL HREF="https://cdf.example/"><TITLE>Channel</TITLE><ITEM HREF="https://cdf.example/1"><TITLE>An item</TITLE>
<ABSTRACT>From 1997.</ABSTRACT></ITEM></CHANNEL>""",
        [{"title": "An item", "link": "https://cdf.example/1", "text": ["From 1997."]}],
    ),
    Feed(
        "JSON Feed 1.1",
        """{"version": "https://jsonfeed.org/version/1.1", "title": "JSON", "language": "en", "authors": [{"name": "Ann Other"}],
"items": [{"id": "1", "url": "https://json.example/1", "title": "Braces", "content_html": "<p>One.</p><p>Two.</p>",
"summary": "Of braces.", "date_published": "2022-02-02T02:02:02+09:00", "tags": ["json", "feeds"]},
{"id": 2, "content_text": "No title here.\\n\\nTwo paragraphs.", "authors": [{"name": "Ben Else"}]}]}""",
        [
            {
                "title": "Braces",
                "text": ["One.", "Two."],
                "dek": "Of braces.",
                "authors": ("Ann Other",),
                "tags": ("json", "feeds"),
                "published_at": "2022-02-02T02:02:02+09:00",
            },
            {"title": "", "text": ["No title here.", "Two paragraphs."], "authors": ("Ben Else",), "external_id": "2"},
        ],
    ),
    Feed(
        "JSON Feed 1.0",
        """{"version": "https://jsonfeed.org/version/1", "title": "JSON", "author": {"name": "Ann Other"},
"items": [{"id": "1", "content_text": "One author."}]}""",
        [{"title": "", "text": ["One author."], "authors": ("Ann Other",)}],
    ),
    Feed(
        "broken XML",
        """<rss version="2.0"><channel><title>Broken</title><item><title>Fish & chips</title>
<description>Not closed<br>at all</description>
<item><title>The next</title><guid>https://broken.example/2</guid></item>""",
        [{"title": "Fish & chips", "text": ["Not closed\nat all"]}, {"title": "The next", "link": "https://broken.example/2"}],
    ),
    Feed("a feed without entries", """<rss version="2.0"><channel><title>Nothing yet</title></channel></rss>""", []),
]

LISTS = [
    (
        """<opml version="2.0"><body><outline text="News"><outline text="A" type="rss" xmlUrl="https://a.example/feed?x=1&y=2"/>
<outline xmlUrl="http://b.example/rss"/></outline><outline text="A again" xmlUrl="https://a.example/feed?x=1&amp;y=2"/></body></opml>""",
        ["https://a.example/feed?x=1&y=2", "http://b.example/rss"],
    ),
    ("""<opml version="1.0"><head/><body><outline text="C" xmlurl="feed://c.example/"/></body></opml>""", ["http://c.example/"]),
]

DATES = {
    "Fri, 03 Jan 2020 10:15:00 +0200": "2020-01-03T10:15:00+02:00",
    "Fri, 3 Jan 20 10:15 GMT": "2020-01-03T10:15:00Z",
    "03 Jan 2020 10:15:00 EST": "2020-01-03T10:15:00-05:00",
    "Fri, 03 Jan, 2020 10:15:00 UT": "2020-01-03T10:15:00Z",
    "Fri, 03 Jan 2020 10:15:00 Etc/GMT": "2020-01-03T10:15:00Z",
    "Fri, 03 Jan 2020 10:15:00 GMT+02:00": "2020-01-03T10:15:00+02:00",
    "Fri Jan 03 2020 10:15:00 GMT+0200 (CEST)": "2020-01-03T10:15:00+02:00",
    "Fri, 03 January 2020 10:15:00 MET": "2020-01-03T10:15:00+01:00",
    "Fri, 03 Jan 2020 10:15:00 ET": "2020-01-03T10:15:00-05:00",
    "Fri, 03 Jul 2020 10:15:00 PT": "2020-07-03T10:15:00-07:00",
    "Fri, 03 Jan 2020": "2020-01-03",
    "Fri Jan  3 10:15:00 +0000 2020": "2020-01-03T10:15:00Z",
    "2020-01-03T10:15:00.5+05:30": "2020-01-03T10:15:00.500000+05:30",
    "2020-01-03 10:15:00 -0330": "2020-01-03T10:15:00-03:30",
    "2020/01/03 10:15:00 CEST": "2020-01-03T10:15:00+02:00",
    "20200103T101500Z": "2020-01-03T10:15:00Z",
    "2020年1月3日": "2020-01-03",
    "2020년 01월 03일": "2020-01-03",
    "2020": None,
    "2020-01": None,
    "20-01-03": None,
    "2020-01-03-04": None,
    "01/02/2020": None,
    "Fri, 31 Feb 2020 10:15:00 GMT": None,
    "Fri, 03 Jan 2020 10:15:00 IST": None,
    "Fri, 03 Jan 2020 10:15:00 GMT+3": None,
    "Sun, 01 Nov 2020 01:30:00 ET": None,
    "2020-01-03T25:15:00Z": None,
    "2020-01-03T10:15:00+00:xx": None,
    "last Friday": None,
}
"""What is written, and what is meant; None where that cannot be told."""
