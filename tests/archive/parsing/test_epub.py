import io
import random
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.parsing import ParsingFailed, draft_from_json, epub
from db.records import Draft

CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>
<rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
METADATA = """<dc:title>The Harbour</dc:title><dc:creator id="a">Anna Lind</dc:creator><dc:creator id="b">Tom Reed</dc:creator>
<meta refines="#b" property="role">trl</meta><dc:date>2020-01-03</dc:date><dc:publisher>The Harbour Press</dc:publisher>
<dc:language>en</dc:language><dc:identifier>isbn-1</dc:identifier><dc:identifier id="own">urn:uuid:7</dc:identifier>
<dc:subject>Fish</dc:subject><dc:subject>Sea</dc:subject>
<dc:description>&lt;p&gt;What it is &lt;i&gt;about&lt;/i&gt;&lt;/p&gt;</dc:description>
<meta property="dcterms:modified">2020-01-04T10:00:00Z</meta><meta name="calibre:series" content="Harbours"/>"""
PAGES = {
    "cover.xhtml": '<body epub:type="cover"><p>The cover</p></body>',
    "nav.xhtml": '<body><nav epub:type="toc"><ol><li><a href="one.xhtml">One</a></li><li><a href="two%20b.xhtml#x">Two</a></li>'
    "</ol></nav></body>",
    "one.xhtml": "<body><h1>One</h1><p>First paragraph.</p><blockquote><p>Quoted.</p></blockquote></body>",
    "two b.xhtml": "<body><p>Second paragraph.</p><ul><li>a</li><li>b</li></ul><img src='x.png'/></body>",
}
ORDER = ("cover.xhtml", "nav.xhtml", "one.xhtml", "two b.xhtml")


def epub_of(
    pages: dict[str, str] | None = None,
    order: tuple[str, ...] = ORDER,
    metadata: str = METADATA,
    more: dict[str, str | bytes] | None = None,
    items: str = "",
    guide: str = "",
) -> bytes:
    pages = PAGES if pages is None else pages
    manifest = "".join(
        f'<item id="i{place}" href="{name.replace(" ", "%20")}" media-type="application/xhtml+xml"'
        f"""{' properties="nav"' if name == "nav.xhtml" else ""}/>"""
        for place, name in enumerate(pages)
    )
    spine = "".join(f'<itemref idref="i{list(pages).index(name)}"/>' for name in order)
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="own">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>'
        f"<manifest>{manifest}{items}</manifest><spine>{spine}</spine>{guide}</package>"
    )
    files: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OPS/book.opf": package,
        **{f"OPS/{name}": page_of(page) for name, page in pages.items()},
        **(more or {}),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return packed.getvalue()


def page_of(body: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title>x</title></head>{body}</html>'
    )


def read(content: bytes) -> Draft:
    fields, warnings = epub.fields_of(content)
    assert warnings == ()
    return draft_from_json(fields)


def body(draft: Draft) -> list[tuple[str, str]]:
    return [(paragraph.kind, paragraph.text) for paragraph in draft.paragraphs]


def failure(content: bytes) -> ParsingFailed:
    with pytest.raises(ParsingFailed) as failed:
        epub.fields_of(content)
    return failed.value


def test_chapters_follow_one_another_under_their_headings() -> None:
    assert body(read(epub_of())) == [
        ("heading", "One"),
        ("paragraph", "First paragraph."),
        ("quote", "Quoted."),
        ("heading", "Two"),  # which only the table of contents says
        ("paragraph", "Second paragraph."),
        ("list", "a\nb"),
    ]


def test_the_order_is_that_of_the_spine() -> None:
    texts = [text for _, text in body(read(epub_of(order=("two b.xhtml", "one.xhtml"))))]
    assert texts.index("Second paragraph.") < texts.index("First paragraph.")


def test_metadata() -> None:
    draft = read(epub_of())
    assert (draft.title, draft.authors, draft.source, draft.language) == (
        "The Harbour",
        ("Anna Lind",),
        "The Harbour Press",
        "en",
    )
    assert (draft.external_id, draft.tags, draft.dek) == ("urn:uuid:7", ("Fish", "Sea"), "What it is about")
    assert draft.published_at is not None
    assert draft.modified_at is not None
    assert (draft.published_at.text, draft.modified_at.text, draft.series) == ("2020-01-03", "2020-01-04T10:00:00Z", "Harbours")


def test_an_older_book() -> None:
    ncx = (
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>The beginning</text></navLabel>'
        '<content src="a.xhtml"/></navPoint></navMap></ncx>'
    )
    metadata = (
        '<dc:title>Old</dc:title><dc:creator xmlns:opf="http://www.idpf.org/2007/opf" opf:role="ill">Tom Reed</dc:creator>'
        '<dc:date xmlns:opf="http://www.idpf.org/2007/opf" opf:event="conversion">2011-01-01</dc:date>'
        '<dc:date xmlns:opf="http://www.idpf.org/2007/opf" opf:event="publication">1911-01-01</dc:date>'
    )
    pages = {"contents.xhtml": "<body><p>One 1</p></body>", "a.xhtml": "<body><p>Text.</p></body>"}
    draft = read(
        epub_of(
            pages,
            tuple(pages),
            metadata,
            {"OPS/toc.ncx": ncx},
            '<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>',
            '<guide><reference type="toc" href="contents.xhtml"/></guide>',
        )
    )
    assert (draft.title, draft.authors, draft.published_at and draft.published_at.text) == ("Old", (), "1911-01-01")
    assert body(draft) == [("heading", "The beginning"), ("paragraph", "Text.")]


def test_what_is_no_book() -> None:
    assert failure(epub_of(order=("cover.xhtml",))).code == "no_article"
    assert failure(epub_of(more={"META-INF/container.xml": "<container/>"})).code == "malformed"
    assert failure(epub_of(more={"OPS/book.opf": "<package"})).code == "malformed"
    assert failure(b"nothing").code == "malformed"
    whole = epub_of()
    assert failure(whole[: len(whole) // 2]).code == "truncated"


def test_pages_that_are_missing_are_told() -> None:
    missing = '<item id="gone" href="gone.xhtml" media-type="application/xhtml+xml"/>'
    content = epub_of(items=missing, more={})
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        package = file.read("OPS/book.opf").decode().replace("<spine>", '<spine><itemref idref="gone"/>')
    fields, warnings = epub.fields_of(epub_of(more={"OPS/book.opf": package}))
    assert (warnings, len(fields["paragraphs"])) == (("OPS/gone.xhtml is not in the file",), 6)


@pytest.mark.parametrize(
    ("algorithm", "name", "code"),
    [
        ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "OPS/one.xhtml", "encrypted"),
        ("http://www.idpf.org/2008/embedding", "OPS/font.otf", None),
        ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "OPS/x.png", None),
    ],
)
def test_protected_books(algorithm: str, name: str, code: str | None) -> None:
    encryption = (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:enc="http://www.w3.org/2001/04/xmlenc#">'
        f'<enc:EncryptedData><enc:EncryptionMethod Algorithm="{algorithm}"/><enc:CipherData><enc:CipherReference URI="{name}"/>'
        "</enc:CipherData></enc:EncryptedData></encryption>"
    )
    content = epub_of(more={"META-INF/encryption.xml": encryption})
    if code:
        assert failure(content).code == code
    else:
        assert len(body(read(content))) == 6


def test_books_that_are_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epub, "TEXT", 30)
    assert failure(epub_of()).code == "too_large"
    monkeypatch.setattr(epub, "TEXT", 1_000)
    monkeypatch.setattr("archive.parsing.package.UNPACKED", 1_000)
    assert failure(epub_of({**PAGES, "one.xhtml": f"<body><p>{'x' * 2_000}</p></body>"})).code == "too_large"


def test_entities_are_not_unfolded() -> None:
    laughs = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + CONTAINER.replace("</rootfiles>", "&b;</rootfiles>")
    assert len(body(read(epub_of(more={"META-INF/container.xml": laughs})))) == 6
    secret = '<!DOCTYPE d [<!ENTITY s SYSTEM "file:///etc/hostname">]>'
    told = read(epub_of(more={"OPS/one.xhtml": secret + page_of("<body><p>a&s;b</p></body>")}))
    assert body(told)[:2] == [("heading", "One"), ("paragraph", "a&s;b")]


def test_empty_elements_end_where_they_stand() -> None:
    page = page_of("<body><script src='x'/><p>One<a id='x'/></p><div/><p>Two</p></body>").replace("<title>x</title>", "<title/>")
    assert body(read(epub_of(more={"OPS/one.xhtml": page})))[1:3] == [("paragraph", "One"), ("paragraph", "Two")]


WHOLE = epub_of()


@given(st.integers(0, 1 << 32), st.integers(1, 8))
@settings(max_examples=40, deadline=None)
def test_damaged_files_give_fields_or_a_reason(seed: int, count: int) -> None:
    chance = random.Random(seed)
    whole = bytearray(WHOLE)
    for _ in range(count):
        whole[chance.randrange(len(whole))] = chance.randrange(256)
    check(bytes(whole[: chance.randrange(1, len(whole))] if chance.random() < 0.2 else whole))


@given(st.integers(0, 1 << 32), st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_damaged_books_give_fields_or_a_reason(seed: int, count: int) -> None:
    """The ZIP is whole, and what is in it is not."""
    chance = random.Random(seed)
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as file:
        files: dict[str, str | bytes] = {name: file.read(name) for name in file.namelist()}
    for _ in range(count):
        name = chance.choice(sorted(files))
        part = bytearray(files[name])  # type: ignore[arg-type]
        place = chance.randrange(max(1, len(part)))
        part[place : place + chance.randrange(3)] = chance.choice([b"", b"<", b'"', b"i0", b"../", b"%", b"&amp;", b"\xff"])
        files[name] = bytes(part)
    check(epub_of(more=files))


@given(st.binary(max_size=200))
@settings(max_examples=40, deadline=None)
def test_any_bytes_give_a_reason(content: bytes) -> None:
    check(b"PK\x03\x04" + content)


def check(content: bytes) -> None:
    try:
        fields, _ = epub.fields_of(content)
    except ParsingFailed:
        return
    str(draft_from_json(fields)).encode()
