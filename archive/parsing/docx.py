"""DOCX, as Word and others save it: headings, paragraphs, lists, tables, quotes, notes, and the properties of the document."""

import io
import re
import zipfile
from typing import Any, Final

from archive.parsing.blocks import Block, as_fields, without_title
from archive.parsing.characters import one_line, storable
from archive.parsing.citations import reference
from archive.parsing.failures import ParsingFailed
from archive.parsing.html import blocks_of_fragment
from archive.parsing.package import Package, xml_of
from db.records import Reference

UNPACKED: Final = 32 << 20
ELEMENTS: Final = 1_000_000
"""Bytes and elements of XML, as many as a book of a thousand pages has. A million elements take up to 1.3 GiB of memory and two
minutes, 4 MiB of ordinary text 115 MiB and three seconds."""

_STYLES = """
p[style-name='Title'] => h1.title:fresh
p[style-name='Subtitle'] => p.subtitle:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Quotations'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
p[style-name='caption'] => figcaption:fresh
p[style-name='Caption'] => figcaption:fresh
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Preformatted Text'] => pre:separator('\\n')
p[style-name='Code'] => pre:separator('\\n')
"""
_NAMESPACES = {
    "cp": "http://schemas.openxmlformats.org/package/2006/metadata/core-properties",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
}
_PROPERTIES = {
    "dc:title": "title", "dc:creator": "authors", "dc:description": "dek", "dc:subject": "subject", "cp:keywords": "keywords",
    "cp:category": "category", "dc:language": "language", "dcterms:created": "published_at", "dcterms:modified": "modified_at",
}  # fmt: skip
_NOBODY = re.compile(
    r"(?:microsoft office user|administrator|admin|user|owner|author|unknown|python-docx|apache poi)", re.IGNORECASE
)
_NO_TITLE = re.compile(r"(?:untitled|document|title|word document)\s*\d*", re.IGNORECASE)
_NOTE = re.compile(r"(?:foot|end)note-\d")
_DOCTYPE = tuple("<!DOCTYPE".encode(charset) for charset in ("utf-8", "utf-16-le", "utf-16-be"))
_UNREADABLE = (KeyError, ValueError, AttributeError, IndexError, TypeError, OSError)


def fields_of(content: bytes) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The article as named values, and warnings. Footnotes and endnotes are references; pictures, comments and what was deleted
    with changes being tracked are left out. Raises ParsingFailed for a file that is damaged, has no text or is too large."""
    parts = _parts(content)
    properties = _properties(parts.get("docProps/core.xml"))
    body = _body(_html_of(parts))
    references = _take_notes(body)
    title, dek = _taken(body, "h1[@class='title']"), _taken(body, "p[@class='subtitle']")
    title = title or properties.get("title") or _first_heading(body)
    links = [
        {"text": " ".join(link.text_content().split()), "url": link.get("href")}
        for link in body.iter("a")
        if (link.get("href") or "").startswith(("http://", "https://"))
    ]
    blocks = without_title(_blocks(body), title)
    if not blocks and not title:
        raise ParsingFailed("the document has no text", code="no_article")
    named = properties | {name: value for name, value in (("title", title), ("dek", dek), ("links", links)) if value}
    return named | as_fields(blocks, references), ()


def _parts(content: bytes) -> dict[str, bytes]:
    """The XML files of the document, each unpacked. One that defines entities is refused: no writer makes such a file."""
    package = Package(content, UNPACKED)
    parts = {name: package.read(name) for name in package.names if name.endswith((".xml", ".rels"))}
    if not any(name.startswith("word/") for name in parts):
        raise ParsingFailed("the file is no DOCX: it has no document in it")
    if sum(part.count(b"<") - part.count(b"</") for part in parts.values()) > ELEMENTS:
        raise ParsingFailed(f"the document has more than {ELEMENTS:,} elements", code="too_large")
    for name, part in parts.items():
        if any(doctype in part for doctype in _DOCTYPE):
            raise ParsingFailed(f"{name} in the file has a document type, which DOCX does not allow")
    return parts


def _html_of(parts: dict[str, bytes]) -> str:
    """By mammoth, which gets a file with nothing in it but what was unpacked here."""
    from xml.parsers.expat import ExpatError

    import mammoth

    try:
        result = mammoth.convert_to_html(
            _packed(parts),
            style_map=_STYLES,
            include_embedded_style_map=False,
            convert_image=mammoth.images.img_element(lambda _: {}),
        )
    except RecursionError:
        raise ParsingFailed("the document is nested too deeply") from None
    except ExpatError as failure:
        raise ParsingFailed(f"the document is no XML: {failure}") from None
    except _UNREADABLE as failure:
        raise ParsingFailed(f"the document is damaged: {one_line(storable(str(failure)))[:200]}") from None
    return storable(str(result.value))


def _packed(parts: dict[str, bytes]) -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, part in parts.items():
            file.writestr(name, part)
    packed.seek(0)
    return packed


def _body(html: str) -> Any:
    from lxml import html as lxml_html  # type: ignore[import-untyped]

    return lxml_html.fragment_fromstring(html, create_parent="div")


def _take_notes(body: Any) -> list[Reference]:
    """The notes, which mammoth puts into a list at the end. The numbers in the text are theirs."""
    lists = [each for each in body.iterchildren("ol") if _NOTE.match(each[0].get("id") or "")] if len(body) else []
    found = []
    for notes in lists:
        for number, note in enumerate(notes.iterchildren("li"), start=1):
            for back in note.xpath(".//a[starts-with(@href, '#') and text()='↑']"):
                back.drop_tree()
            text = "\n".join(line for part in note.iterchildren() if (line := " ".join(part.text_content().split())))
            found.append(reference(str(number), text))
        notes.drop_tree()
    return found


def _taken(body: Any, path: str) -> str:
    """The text of the first such element, which is there no longer; "" if there is none."""
    for element in body.xpath(f"./{path}"):
        text = " ".join(element.text_content().split())
        element.drop_tree()
        if text:
            return text
    return ""


def _first_heading(body: Any) -> str:
    first = next(body.iterchildren(), None)
    return " ".join(first.text_content().split()) if first is not None and first.tag == "h1" else ""


def _blocks(body: Any) -> list[Block]:
    from lxml import etree

    return blocks_of_fragment(etree.tostring(body, encoding="unicode", method="html"))


def _properties(core: bytes | None) -> dict[str, Any]:
    """What the document says about itself. When it was made counts as when it was published."""
    if core is None:
        return {}
    root = xml_of(core, "docProps/core.xml")
    values = {ours: one_line(storable(root.findtext(theirs, "", _NAMESPACES))) for theirs, ours in _PROPERTIES.items()}
    if _NOBODY.fullmatch(values["authors"]):
        del values["authors"]
    if _NO_TITLE.fullmatch(values["title"]):
        values["title"] = ""
    if values["modified_at"] == values["published_at"]:
        del values["modified_at"]
    return {name: value for name, value in values.items() if value}
