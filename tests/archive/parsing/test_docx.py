import io
import random
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.parsing import ParsingFailed, docx, draft_from_json
from db.records import Draft

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/></Types>"""
STYLES = "".join(
    f'<w:style w:type="paragraph" w:styleId="{id}"><w:name w:val="{name}"/></w:style>'
    for id, name in {
        "T": "Title",
        "S": "Subtitle",
        "berschrift1": "heading 1",
        "H2": "heading 2",
        "Q": "Quote",
        "C": "caption",
    }.items()
)
NUMBERING = (
    '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
)
CORE = """<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">
<dc:title>The title of the file</dc:title><dc:creator>Anna Lind; Tom Reed</dc:creator>
<dc:description>A description</dc:description>
<dc:subject>A subject</dc:subject><cp:keywords>fish, sea</cp:keywords><cp:category>News</cp:category>
<dc:language>en-GB</dc:language><dcterms:created>2020-01-03T10:00:00Z</dcterms:created><dcterms:modified>2020-01-04T10:00:00Z</dcterms:modified>
</cp:coreProperties>"""


def para(text: str, style: str = "", listed: bool = False) -> str:
    numbered = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>' if listed else ""
    properties = f'<w:pPr>{f"""<w:pStyle w:val="{style}"/>""" if style else ""}{numbered}</w:pPr>'
    return f"<w:p>{properties}{text if text.startswith('<') else run(text)}</w:p>"


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def table(*rows: tuple[str, ...]) -> str:
    return (
        f"<w:tbl>{''.join('<w:tr>' + ''.join(f'<w:tc>{para(cell)}</w:tc>' for cell in row) + '</w:tr>' for row in rows)}</w:tbl>"
    )


def docx_of(body: str, core: str | None = None, notes: str = "", parts: dict[str, str | bytes] | None = None) -> bytes:
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="link" Type="{OFFICE}/hyperlink" Target="https://example.org/x" TargetMode="External"/>'
        f'<Relationship Id="picture" Type="{OFFICE}/image" Target="media/a.png"/></Relationships>',
        "word/document.xml": f"<w:document {W} {R}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {W}>{STYLES}</w:styles>",
        "word/numbering.xml": f"<w:numbering {W}>{NUMBERING}</w:numbering>",
    }
    if notes:
        files["word/footnotes.xml"] = f"<w:footnotes {W} {R}>{notes}</w:footnotes>"
    if core:
        files["docProps/core.xml"] = core
    return zipped(files | (parts or {}))


def zipped(files: dict[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return packed.getvalue()


def read(content: bytes) -> Draft:
    fields, warnings = docx.fields_of(content)
    assert warnings == ()
    return draft_from_json(fields)


def body(draft: Draft) -> list[tuple[str, str]]:
    return [(paragraph.kind, paragraph.text) for paragraph in draft.paragraphs]


def failure(content: bytes) -> ParsingFailed:
    with pytest.raises(ParsingFailed) as failed:
        docx.fields_of(content)
    return failed.value


def test_blocks_and_their_kinds() -> None:
    link = f'<w:hyperlink r:id="link">{run("a link")}</w:hyperlink>'
    deleted = "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
    parts = [
        para("The Harbour", "T"),
        para("A clerk explains", "S"),
        para(f"{run('It was closed, says ')}{link}{deleted}<w:r><w:br/></w:r>{run('and more.')}"),
        para("The gate", "berschrift1"),
        para("one", listed=True),
        para("two", listed=True),
        para("Quoted.", "Q"),
        para("What is seen", "C"),
        table(("a", "b"), ("1", "2")),
        para(""),
    ]
    draft = read(docx_of("".join(parts), CORE))
    assert (draft.title, draft.dek) == ("The Harbour", "A clerk explains")
    assert body(draft) == [
        ("paragraph", "It was closed, says a link\nand more."),
        ("heading", "The gate"),
        ("list", "one\ntwo"),
        ("quote", "Quoted."),
        ("caption", "What is seen"),
        ("paragraph", "a | b\n1 | 2"),
    ]
    assert draft.extra == {"subject": "A subject", "links": [{"text": "a link", "url": "https://example.org/x"}]}


def test_properties() -> None:
    draft = read(docx_of(para("Text."), CORE))
    assert (draft.title, draft.authors, draft.dek) == ("The title of the file", ("Anna Lind", "Tom Reed"), "A description")
    assert (draft.tags, draft.categories, draft.language) == (("fish", "sea"), ("News",), "en-GB")
    assert draft.published_at is not None
    assert draft.modified_at is not None
    assert (draft.published_at.text, draft.modified_at.text) == ("2020-01-03T10:00:00Z", "2020-01-04T10:00:00Z")


def test_what_programs_write_where_nobody_did_is_nothing() -> None:
    core = CORE.replace("The title of the file", "Document1").replace("Anna Lind; Tom Reed", "Microsoft Office User")
    draft = read(docx_of(para("The Harbour", "berschrift1") + para("Text."), core))
    assert (draft.title, draft.authors, body(draft)) == ("The Harbour", (), [("paragraph", "Text.")])


def test_notes_are_references() -> None:
    noted = f'{run("Said.")}<w:r><w:footnoteReference w:id="2"/></w:r>{run(" Again.")}<w:r><w:footnoteReference w:id="3"/></w:r>'
    notes = f'<w:footnote w:id="2">{para("The clerk")}</w:footnote>'
    notes += f'<w:footnote w:id="3">{para("His wife, https://example.org/w")}{para("by letter")}</w:footnote>'
    draft = read(docx_of(para(noted), notes=notes))
    assert [(each.text, each.citations) for each in draft.paragraphs] == [("Said.[1] Again.[2]", ("1", "2"))]
    assert [(each.label, each.text, each.url) for each in draft.references] == [
        ("1", "The clerk", None),
        ("2", "His wife, https://example.org/w\nby letter", "https://example.org/w"),
    ]


def test_pictures_are_not_opened() -> None:
    drawn = (
        '<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
        '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData>'
        '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill>'
        '<a:blip r:embed="picture"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>'
    )
    bomb: dict[str, str | bytes] = {"word/media/a.png": b"\0" * (200 << 20)}
    started = time.monotonic()
    assert body(read(docx_of(para(run("Text.") + drawn), parts=bomb))) == [("paragraph", "Text.")]
    assert time.monotonic() - started < 10


def test_what_is_no_document() -> None:
    assert failure(zipped({"a.txt": "x"})).reason == "the file is no DOCX: it has no document in it"
    assert failure(b"PK\x03\x04" + b"x" * 100).code == "truncated"
    assert failure(b"nothing").code == "malformed"
    assert failure(docx_of("")).code == "no_article"
    whole = docx_of(para("Text."))
    assert failure(whole[: len(whole) // 2]).code == "truncated"
    assert failure(docx_of("<w:p>")).code == "malformed"
    assert failure(docx_of(para("Text."), core="<cp:coreProperties")).code == "malformed"


def test_entities_are_refused() -> None:
    laughs = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    document = f"{laughs}<w:document {W}><w:body>{para('&b;')}</w:body></w:document>"
    for charset in ("utf-8", "utf-16"):
        bomb = docx_of("", parts={"word/document.xml": document.encode(charset)})
        assert "document type" in failure(bomb).reason


def test_what_unpacks_to_more_than_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = failure(docx_of("", parts={"word/document.xml": b" " * (docx.UNPACKED + 1)}))
    assert (failed.code, failed.reason) == ("too_large", "the text in the file is more than 33,554,432 bytes")
    many = failure(docx_of("<w:p/>" * (docx.ELEMENTS + 1)))
    assert (many.code, many.reason) == ("too_large", "the document has more than 1,000,000 elements")
    monkeypatch.setattr("archive.parsing.package.MEMBERS", 3)
    assert failure(docx_of(para("Text."))).code == "too_large"


def test_nested_without_end() -> None:
    assert failure(docx_of("<w:p><w:r>" + "<w:ins>" * 5_000 + "</w:ins>" * 5_000 + "</w:r></w:p>")).code == "malformed"


def test_a_password() -> None:
    locked = bytearray(docx_of(para("Text.")))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = 0
        while (place := locked.find(mark, place)) >= 0:
            locked[place + offset] |= 1
            place += 4
    assert failure(bytes(locked)).code == "encrypted"


WHOLE = docx_of(para("The Harbour", "T") + para("Text.") + table(("a", "b")), CORE)


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
def test_damaged_documents_give_fields_or_a_reason(seed: int, count: int) -> None:
    """The ZIP is whole, and what is in it is not."""
    chance = random.Random(seed)
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as file:
        files: dict[str, str | bytes] = {name: file.read(name) for name in file.namelist()}
    for _ in range(count):
        name = chance.choice(sorted(files))
        part = bytearray(files[name])  # type: ignore[arg-type]
        place = chance.randrange(max(1, len(part)))
        part[place : place + chance.randrange(3)] = chance.choice([b"", b"<", b'"', b"9", b"w:p", b"r1", b"&amp;", b"\xff"])
        files[name] = bytes(part)
    check(zipped(files))


@given(st.binary(max_size=200))
@settings(max_examples=40, deadline=None)
def test_any_bytes_give_a_reason(content: bytes) -> None:
    check(b"PK\x03\x04" + content)


def check(content: bytes) -> None:
    try:
        fields, _ = docx.fields_of(content)
    except ParsingFailed:
        return
    str(draft_from_json(fields)).encode()
