import io
import json
import socket
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.parsing import feeds
from archive.parsing.entries import MEDIA_TYPE
from archive.parsing.failures import ParsingFailed, Unreadable
from archive.parsing.feed_portions import portions
from archive.parsing.items import Given, Item, Link, Outcome
from archive.parsing.limits import DEK, LABEL
from db.records import Draft
from evals.inputs_feeds import FEEDS


def items(source: str | bytes, **about: Any) -> list[Item]:
    content = source.encode() if isinstance(source, str) else source
    return list(feeds.items(io.BytesIO(content), Given(**{"place": "feed.xml", **about})))


def outcomes(source: str | bytes, **about: Any) -> list[Outcome]:
    return [item.read() for item in items(source, **about)]


def draft(outcome: Outcome) -> Draft:
    known = outcome.draft if isinstance(outcome, Link) else outcome
    assert isinstance(known, Draft)
    return known


def rss(*entries: str, about: str = "") -> str:
    spaces = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    inside = "".join(f"<item>{entry}</item>" for entry in entries)
    return f'<?xml version="1.0"?>\n<rss version="2.0" {spaces}><channel><title>Feed</title>{about}{inside}</channel></rss>'


def full(html: str) -> str:
    return f"<title>T</title><link>https://a.example/1</link><content:encoded><![CDATA[{html}]]></content:encoded>"


def test_one_item_an_entry_with_its_place() -> None:
    assert [item.place for item in items(rss("<title>A</title>", "<title>B</title>"))] == [
        "feed.xml, entry 1",
        "feed.xml, entry 2",
    ]


def test_nothing_is_read_before_it_is_asked_for() -> None:
    stream = io.BytesIO(rss("<title>A</title>").encode())
    feeds.items(stream, Given())
    assert stream.tell() == 0


def test_paragraphs_keep_their_kinds() -> None:
    entry = draft(outcomes(rss(full("<h2>Head</h2><p>One.</p><blockquote>Said.</blockquote><pre>x = 1</pre><p>Two.</p>")))[0])
    assert [(each.text, each.kind) for each in entry.paragraphs] == [
        ("Head", "heading"), ("One.", "paragraph"), ("Said.", "quote"), ("x = 1", "code"), ("Two.", "paragraph"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("One.\n\nTwo &amp; three.", ["One.", "Two & three."]),
        ('One <a href="x">link</a>.\n\nTwo.', ["One link.", "Two."]),
        ("<h2>Head</h2>\n\nText <b>in bold</b>.", ["Head", "Text in bold."]),
    ],
)
def test_texts_without_paragraphs_have_blank_lines_for_them(content: str, texts: list[str]) -> None:
    assert [each.text for each in draft(outcomes(rss(full(content)))[0]).paragraphs] == texts


PARAGRAPHS = "".join(f"<p>{'The harbour board met again. ' * 10}</p>" for _ in range(3))


@pytest.mark.parametrize(
    ("entry", "is_full"),
    [
        (full("<p>Short, and all of it.</p>"), True),
        (full("<p>It begins well [&#8230;]</p>"), False),
        (full('<p>It begins well.</p><p><a href="x">Continue reading →</a></p>'), False),
        (full("<p>It begins [...]</p><p>The post T appeared first on Feed.</p>"), False),
        (full("<p>He said: Read more books!</p>"), True),
        (full(PARAGRAPHS * 20 + "<p>Read more</p>"), True),
        (f"<title>T</title><link>https://a.example/1</link><description><![CDATA[{PARAGRAPHS}]]></description>", True),
        (
            f"<title>T</title><link>https://a.example/1</link><description><![CDATA[{PARAGRAPHS}<p>And…</p>]]></description>",
            False,
        ),
        (f"<title>T</title><link>https://a.example/1</link><description>{'The harbour board met. ' * 100}</description>", True),
        ("<title>T</title><link>https://a.example/1</link><description>The harbour board met.</description>", False),
        ("<title>T</title><link>https://a.example/1</link>", False),
        ("<title>T</title><description>The harbour board met.</description>", True),
    ],
)
def test_a_summary_is_told_from_a_text(entry: str, is_full: bool) -> None:
    outcome = outcomes(rss(entry))[0]
    assert isinstance(outcome, Link) is not is_full
    assert draft(outcome).partial is not is_full
    assert isinstance(outcome, Draft) or (isinstance(outcome, Link) and outcome.url == "https://a.example/1")


def test_of_several_texts_the_fullest_is_taken() -> None:
    longer = f"<description><![CDATA[{PARAGRAPHS}]]></description>"
    entry = draft(outcomes(rss(longer + full("<p>A line.</p>")))[0])
    assert len(entry.paragraphs) == 3
    both = '{"id": "1", "content_text": "A", "content_html": "<p>A b.</p>"}'
    assert (
        draft(outcomes(f'{{"version": "https://jsonfeed.org/version/1.1", "items": [{both}]}}')[0]).paragraphs[0].text == "A b."
    )


def test_a_summary_is_a_dek_unless_the_text_begins_with_it() -> None:
    text = full("<p>The lamp was lit at dusk, after years.</p>")
    assert draft(outcomes(rss("<description>A light returns.</description>" + text))[0]).dek == "A light returns."
    assert draft(outcomes(rss("<description>The lamp was lit at dusk [...]</description>" + text))[0]).dek is None


def test_entries_without_anything() -> None:
    found = outcomes(
        rss("<guid isPermaLink='false'>x</guid>", "<link>https://a.example/2</link>", "<link>mailto:a@a.example</link>")
    )
    assert [type(each) for each in found] == [Unreadable, Link, Unreadable]
    assert isinstance(found[0], Unreadable)
    assert (found[0].code, found[0].index) == ("no_article", 0)
    assert found[1] == Link("https://a.example/2")


@pytest.mark.parametrize(
    ("source", "code", "reason"),
    [
        ("<html><body><p>A page.</p></body></html>", "no_article", "nothing that says it is one"),
        ("just text", "no_article", "nothing that says it is one"),
        ('<rss version="2.0"><channel><title>Cut', "malformed", "damaged"),
        ('{"items": []}', "no_article", "version"),
        ('{"version": "https://jsonfeed.org/version/1.1"}', "malformed", "without a list of items"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": [', "malformed", "no JSON"),
        ("", "empty", "empty"),
        ("<!--" * 3_000, "malformed", "never end"),
    ],
)
def test_what_is_no_feed_says_so(source: str, code: str, reason: str) -> None:
    with pytest.raises(ParsingFailed, match=reason) as failure:
        items(source)
    assert failure.value.code == code


@pytest.mark.parametrize(
    "source", [rss(), '<feed xmlns="http://www.w3.org/2005/Atom"/>', '{"version": "https://jsonfeed.org/version/1", "items": []}']
)
def test_a_feed_may_have_no_entries(source: str) -> None:
    assert items(source) == []


def test_items_of_a_json_feed_fail_one_by_one() -> None:
    source = '{"version": "https://jsonfeed.org/version/1.1", "items": [3, {"id": "1", "title": "A", "_ours": {"x": 1}}]}'
    first, second = outcomes(source)
    assert isinstance(first, Unreadable)
    assert draft(second).extra == {"_ours": {"x": 1}}


def test_damage_is_noted_with_each_entry() -> None:
    found = outcomes('<rss version="2.0"><channel><item><title>A & B</title></item><item><title>C</title>')
    assert [draft(each).title for each in found] == ["A & B", "C"]
    assert all("no well-formed XML" in draft(each).warnings[0] for each in found)
    assert draft(outcomes(rss("<title>A</title>"))[0]).warnings == ()


def test_an_entry_that_breaks_feedparser_breaks_no_other() -> None:
    broken = "<title>B</title><image><width>1</width></image><media:license xmlns:media='http://search.yahoo.com/mrss/'/>"
    found = outcomes(rss("<title>A</title>", broken, "<title>C</title>"))
    assert [draft(each).title for each in (found[0], found[-1])] == ["A", "C"]
    assert len(found) == 3


def test_charsets() -> None:
    cyrillic = rss("<title>Маяк снова светит над гаванью</title>")
    declared = cyrillic.replace("<?xml version", "<?xml encoding='windows-1251' version").encode("cp1251")
    assert draft(outcomes(declared)[0]).title == "Маяк снова светит над гаванью"
    guessed = draft(outcomes(cyrillic.encode("cp1251"))[0])
    assert (guessed.title, guessed.warnings) == ("Маяк снова светит над гаванью", ("no UTF-8; read as cp1251, which is a guess",))
    assert draft(outcomes(cyrillic.encode("koi8-r"), media_type="application/rss+xml; charset=koi8-r")[0]).warnings == ()


def test_addresses_are_made_absolute() -> None:
    entry = "<title>A</title><link>two?a=1&amp;b=2</link>"
    assert draft(outcomes(rss(entry, about="<link>https://a.example/one/</link>"))[0]).url == "https://a.example/one/two?a=1&b=2"
    assert draft(outcomes(rss(entry), url="https://b.example/feed")[0]).url == "https://b.example/two?a=1&b=2"
    assert draft(outcomes(rss("<title>A</title><guid>https://a.example/9</guid>"))[0]).url == "https://a.example/9"
    bare = draft(outcomes(rss(entry))[0])
    assert bare.url is None
    assert bare.warnings == ("/url has to be an absolute http or https address",)


def test_dates_are_what_the_feed_calls_them() -> None:
    dated = "<title>A</title><dc:date>2020-01-03T10:00:00+02:00</dc:date>"
    assert draft(outcomes(rss(dated))[0]).published_at == draft(outcomes(rss(dated))[0]).published_at
    published = draft(outcomes(rss(dated))[0]).published_at
    assert published is not None
    assert published.text == "2020-01-03T10:00:00+02:00"
    odd = draft(outcomes(rss("<title>A</title><pubDate>around Easter</pubDate>"))[0])
    assert odd.published_at is None
    assert odd.extra == {"published_at": "around Easter"}
    assert len(odd.warnings) == 1


def test_months_of_other_languages_are_feedparsers_to_know() -> None:
    entry = draft(outcomes(rss("<title>A</title><pubDate>Κυρ, 11 Ιούλ 2004 12:00:00 EST</pubDate>"))[0])
    assert entry.published_at is not None
    assert entry.published_at.text == "2004-07-11T17:00:00Z"
    assert entry.warnings == ("/published_at Κυρ, 11 Ιούλ 2004 12:00:00 EST was read as 2004-07-11T17:00:00Z",)


def test_authors_of_an_atom_feed_are_those_of_entries_without_any() -> None:
    atom = '<feed xmlns="http://www.w3.org/2005/Atom"><author><name>F</name></author><entry><title>A</title>%s</entry></feed>'
    assert draft(outcomes(atom % "")[0]).authors == ("F",)
    two = "<author><name>E One</name></author><author><name>E Two</name></author>"
    assert draft(outcomes(atom % two)[0]).authors == ("E One", "E Two")
    assert draft(outcomes(rss("<title>A</title>", about="<managingEditor>f@a.example (F)</managingEditor>"))[0]).authors == ()


@pytest.mark.parametrize(
    ("written", "authors"),
    [
        ("a@a.example (Jane Roe)", ("Jane Roe",)),
        ("Jane Roe &lt;a@a.example&gt;", ("Jane Roe",)),
        ("a@a.org (Jane Roe)", ("Jane Roe",)),
        ("Jane Roe and John Doe", ("Jane Roe", "John Doe")),
        ("a@a.org", ("a@a.org",)),
    ],
)
def test_names_of_authors(written: str, authors: tuple[str, ...]) -> None:
    assert draft(outcomes(rss(f"<title>A</title><author>{written}</author>"))[0]).authors == authors


def test_an_entry_taken_over_names_its_source() -> None:
    entry = '<title>A</title><source url="https://other.example/feed">The Other</source>'
    assert draft(outcomes(rss(entry))[0]).source == "The Other"


def test_what_is_too_long_spoils_no_good_text() -> None:
    entry = f"<description>{'x ' * DEK}</description><category>{'y' * (LABEL + 1)}</category><category>z</category>"
    text = full("<p>" + "All of it. " * 4_000 + "</p>")
    found = draft(outcomes(rss(entry + text))[0])
    assert (found.dek, found.tags, len(found.warnings)) == (None, ("z",), 2)


@pytest.mark.parametrize("feed", FEEDS, ids=[feed.name for feed in FEEDS])
def test_an_original_is_read_again_as_it_was(feed: Any) -> None:
    for outcome in outcomes(feed.source, name="a.xml"):
        if isinstance(outcome, Link) and outcome.draft is None:
            continue
        known = draft(outcome)
        assert known.original is not None
        assert (known.original.media_type, known.original.name) == (MEDIA_TYPE, "a.xml")
        assert feeds.draft_of_entry(known.original.content, Given(name="a.xml")) == known
        assert [item.read() for item in feeds.entry(io.BytesIO(known.original.content), Given(name="a.xml"))] == [outcome]


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"version": 1, "base": 2, "feed": {}, "entry": {}, "warnings": []}'])
def test_what_is_no_original_of_an_entry(content: bytes) -> None:
    with pytest.raises(ParsingFailed, match="no entry of a feed"):
        feeds.draft_of_entry(content, Given())


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
ITEM = '<rss version="2.0"><channel><item><title>%s</title></item></channel></rss>'


@pytest.mark.parametrize("start", ['<?xml version="1.0"?>', '<?xml version="1.0"?>\n'])
def test_entities_do_not_multiply(start: str) -> None:
    source = f'{start}<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>{ITEM % "&l11;"}'
    entry = draft(outcomes(source)[0])
    assert len(entry.title) < 100
    assert any("entities" in warning for warning in entry.warnings)
    long = f'{start}<!DOCTYPE rss [<!ENTITY a "{"x" * 5_000}">]>{ITEM % ("&a;" * 500)}'
    assert draft(outcomes(long)[0]).title == "&a;" * 500


LONG = f'\n<!ENTITY big "{"x" * 5_000}">\n'


@pytest.mark.parametrize(
    "prolog",
    [
        f"<!DOCTYPE r [{LONG}]>",
        f"\n<!DOCTYPE r [{LONG}]>\n",
        f"junk\n<!DOCTYPE r [{LONG}]>\n",
        f"\n<!--{LONG}-->\n<!DOCTYPE r>\n",
        f"\n<!DOCTYPE r> <!DOCTYPE s [{LONG}]>\n",
        f'<!DOCTYPE r [<!ENTITY z "<a>">{LONG}]>',
        f'\n<!DOCTYPE r [ "{LONG}]>',
        f"<!DOCTYPE r [<!-- it's -->{LONG}]>",
    ],
)
def test_long_entities_hide_nowhere(prolog: str) -> None:
    entry = draft(outcomes(f'<?xml version="1.0"?>{prolog}{ITEM % ("&big;" * 100)}')[0])
    assert "x" not in entry.title
    assert entry.warnings


def test_short_entities_stand_for_their_text() -> None:
    source = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY c "(C)"><!ENTITY e "&#233;">]>{ITEM % "&c; caf&e;"}'
    entry = draft(outcomes(source)[0])
    assert (entry.title, entry.warnings) == ("(C) café", ())


def test_files_are_not_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the password")
    for kind in ("SYSTEM", "PUBLIC 'x'"):
        source = f"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY f {kind} "{secret.as_uri()}">]>
<rss version="2.0"><channel><item><title>A &f;</title><description>&f;</description></item></channel></rss>"""
        assert all("password" not in str(outcome) for outcome in outcomes(source))
    assert len(items(f"<rss><channel><item><title>{secret}</title></item></channel></rss>")) == 1


def test_nothing_is_fetched() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        called = threading.Event()

        def accept() -> None:
            try:
                server.accept()
                called.set()
            except OSError:
                return

        threading.Thread(target=accept, daemon=True).start()
        entities = f'<!DOCTYPE rss SYSTEM "{address}" [<!ENTITY % p SYSTEM "{address}"> %p; <!ENTITY e SYSTEM "{address}">]>'
        for source in (
            f"<?xml version='1.0'?>{entities}<rss><channel><item><title>&e;</title><link>{address}</link></item></channel></rss>",
            f'<?xml-stylesheet href="{address}"?>{rss(f"<title>A</title><link>{address}</link>")[21:]}',
            address,
        ):
            try:
                outcomes(source, url=address)
            except ParsingFailed:
                continue
        assert not called.wait(0.3)
        server.shutdown(socket.SHUT_RDWR)


def test_large_feeds_are_read_in_portions() -> None:
    count = 600
    source = rss(*(full(f"<p>{n} {'The harbour board met. ' * 200}</p><!-- <item> -->") for n in range(count)))
    assert len(list(portions(source))) > 1
    texts = [draft(outcome).paragraphs[0].text.split()[0] for outcome in outcomes(source)]
    assert texts == [str(n) for n in range(count)]
    cut = [draft(outcome) for outcome in outcomes(source[:-9_000])]
    assert len({entry.paragraphs[0].text.split()[0] for entry in cut if entry.paragraphs}) >= count - 4
    assert len(cut) <= count
    assert ("no well-formed XML" in cut[-1].warnings[0], cut[0].warnings) == (True, ())


WHOLE = [
    "<item><title>a</title></item>", "<item><title>b</title><description><![CDATA[<item>]]></description></item>", "<item/>",
    "<!-- <item> </item> -->", "<title>t</title>", "<entry><title>d</title></entry>", "<![CDATA[x]]>", "<items/>",
    "<image><title>i</title></image>", "<item><item><title>e</title></item></item>",
]  # fmt: skip
DAMAGED = ["<item><title>c</title>", "</item>", "<!--", "&"]


@given(st.lists(st.sampled_from(WHOLE + DAMAGED), max_size=25) | st.lists(st.sampled_from(WHOLE), max_size=25), st.booleans())
@settings(max_examples=40, deadline=None)
def test_portions_have_the_entries_of_the_whole(inside: list[str], is_closed: bool) -> None:
    import feedparser

    before, source = "<rss><channel><title>F</title>", "".join(inside)
    whole = f"{before}{source}{'</channel></rss>' if is_closed else ''}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = [feedparser.parse(io.BytesIO(part.encode())) for part in (whole, *portions(whole, 30))]
    titles = [[entry.get("title") for entry in parsed.entries] for parsed in read]
    assert read[0].bozo or [title for part in titles[1:] for title in part] == titles[0]
    assert set(inside) & set(DAMAGED) or all(not parsed.bozo for parsed in read[1:-1])


@given(st.binary(max_size=300))
@settings(max_examples=40, deadline=None)
def test_no_bytes_are_too_odd(content: bytes) -> None:
    _readable(content)


@given(
    st.integers(0, len(FEEDS) - 1),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from("<>&;\"'[]!-{}x\0\ud800"), st.integers(0, 9)), max_size=8),
)
@settings(max_examples=40, deadline=None)
def test_no_damage_is_too_odd(which: int, damage: list[tuple[float, str, int]]) -> None:
    source = FEEDS[which].source
    for where, character, lost in damage:
        place = int(where * len(source))
        source = source[:place] + character + source[place + lost :]
    _readable(source.encode("utf-8", "surrogatepass"))


def _readable(content: bytes) -> None:
    try:
        found = outcomes(content)
    except ParsingFailed:
        return
    assert all(isinstance(outcome, Draft | Link | Unreadable) for outcome in found)


def test_records_are_json() -> None:
    known = draft(outcomes(rss("<title>Ä</title><pubDate>Fri, 03 Jan 2020 10:15:00 GMT</pubDate>"))[0])
    assert known.original is not None
    record = json.loads(known.original.content)
    assert set(record) == {"version", "base", "feed", "entry", "warnings"}
    assert (record["version"], record["entry"]["title"], record["entry"]["published_parsed"]) == (
        "rss20",
        "Ä",
        "2020-01-03T10:15:00Z",
    )
