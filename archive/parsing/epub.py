"""EPUB: a book, which is one article; its chapters follow one another under their headings."""

import posixpath
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from archive.parsing.blocks import Block, as_fields, without_title
from archive.parsing.characters import one_line, storable, unix_lines
from archive.parsing.encoding import decode
from archive.parsing.failures import ParsingFailed
from archive.parsing.html import blocks_of_fragment
from archive.parsing.limits import PARAGRAPHS, TEXT
from archive.parsing.package import Package, xml_of

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = ("application/xhtml+xml", "text/html", "application/xml", "text/x-oeb1-document")
_OF_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_NO_CHAPTER = ("cover", "toc", "landmarks", "page-list", "loi", "lot", "index")
_TYPE_OF_BODY = re.compile(rb"<(?:body|section|nav)\b[^>]*?epub:type\s*=\s*[\"']([^\"']+)")
_DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]*(?:\[[^\]]*\]\s*)?>", re.IGNORECASE)
_EMPTY = re.compile(
    r"<((?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b)[A-Za-z][\w:-]*)((?:\s[^<>]*)?)/>"
)
_TEXT_IN = re.compile(rb"<p[\s>]", re.IGNORECASE)


def fields_of(content: bytes) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The article as named values, and warnings. Cover, table of contents and lists of pages are left out, and so are pictures.
    Raises ParsingFailed for a file that is damaged, protected against copying, without text, or longer than an article may be."""
    package = Package(content)
    root = _package_document(package)
    book = _Book(package, root)
    fields = _metadata(book)
    warnings: list[str] = []
    blocks = list(_limited(_chapters(book, warnings)))
    if not blocks:
        raise ParsingFailed("the book has no text", code="no_article")
    return fields | as_fields(without_title(blocks, str(fields.get("title", "")))), tuple(warnings)


class _Book:
    """The package document: metadata, the files by their ids, and their order. Names of files are those in the ZIP."""

    def __init__(self, package: Package, name: str) -> None:
        self.package = package
        self._folder = posixpath.dirname(name)
        self.root = xml_of(package.read(name), name)
        self.metadata = [each for part in self.root.iterfind("{*}metadata") for each in part.iter("*")]
        items = [each for each in self.root.iterfind("{*}manifest/{*}item") if each.get("href")]
        self.items = {each.get("id"): each for each in items}
        self.spine = [
            self.items[ref] for each in self.root.iterfind("{*}spine/{*}itemref") if (ref := each.get("idref")) in self.items
        ]

    def path(self, href: str, beside: str | None = None) -> str:
        folder = self._folder if beside is None else posixpath.dirname(beside)
        return posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0])))


def _package_document(package: Package) -> str:
    """The name of the file that lists all others."""
    if _CONTAINER not in package:
        raise ParsingFailed("the file is no EPUB: it has no container.xml")
    for each in xml_of(package.read(_CONTAINER), _CONTAINER).iterfind(".//{*}rootfile"):
        if each.get("full-path"):
            return str(each.get("full-path"))
    raise ParsingFailed("the file is no EPUB: its container.xml names no book")


def _chapters(book: _Book, warnings: list[str]) -> Iterator[Block]:
    """The blocks of the pages in reading order. A page without a heading has that of the table of contents."""
    names = _names(book)
    encrypted = _encrypted(book.package)
    for item in book.spine:
        name = book.path(item.get("href"))
        if item.get("media-type") not in _PAGES or "nav" in (item.get("properties") or "").split() or name in _left_out(book):
            continue
        if name in encrypted:
            raise ParsingFailed("the book is protected against copying (DRM)", code="encrypted")
        if name not in book.package:
            warnings.append(f"{name} is not in the file")
            continue
        yield from _chapter(book.package.read(name), name, names.get(name), warnings)


def _chapter(content: bytes, name: str, heading: str | None, warnings: list[str]) -> Iterator[Block]:
    types = _TYPE_OF_BODY.search(content[:4096])
    if types and set(types[1].decode("ascii", "replace").split()) & set(_NO_CHAPTER):
        return
    blocks = _blocks(unix_lines(storable(decode(content, page=True).text)))
    if not blocks and _TEXT_IN.search(content):
        warnings.append(f"{name} cannot be read")
    if blocks and heading and not any(block.kind == "heading" for block in blocks[:3]):
        yield Block(heading, "heading")
    yield from blocks


def _blocks(page: str) -> list[Block]:
    """The page is XML, which is read as HTML: in that, an empty element such as `<script/>` would not end."""
    try:
        return blocks_of_fragment(_EMPTY.sub(r"<\1\2></\1>", _DOCTYPE.sub("", page, count=1)))
    except ValueError:  # for names of elements that no page has
        return []


def _limited(blocks: Iterator[Block]) -> Iterator[Block]:
    letters = 0
    for count, block in enumerate(blocks, start=1):
        letters += len(block.text)
        if letters > TEXT or count > PARAGRAPHS:
            most = f"{TEXT:,} characters or {PARAGRAPHS:,} paragraphs"
            raise ParsingFailed(f"the book has more than {most}, which is the most that is stored as one", code="too_large")
        yield block


def _left_out(book: _Book) -> set[str]:
    """The pages that are cover or contents, as the guide of EPUB 2 says it."""
    guide = book.root.iterfind("{*}guide/{*}reference")
    return {book.path(each.get("href")) for each in guide if each.get("href") and (each.get("type") or "").lower() in _NO_CHAPTER}


def _encrypted(package: Package) -> set[str]:
    """Names of encrypted files; fonts that are only scrambled do not matter."""
    if _ENCRYPTION not in package:
        return set()
    found = set()
    for data in xml_of(package.read(_ENCRYPTION), _ENCRYPTION).iterfind(".//{*}EncryptedData"):
        method = data.find("{*}EncryptionMethod")
        if method is None or method.get("Algorithm") not in _OF_FONTS:
            found |= {unquote(each.get("URI") or "") for each in data.iterfind(".//{*}CipherReference")}
    return found


def _names(book: _Book) -> dict[str, str]:
    """What the table of contents calls each page: the first of its entries."""
    names: dict[str, str] = {}
    for name, label in _entries(book):
        names.setdefault(name, label)
    return names


def _entries(book: _Book) -> Iterator[tuple[str, str]]:
    for item in book.items.values():
        name = book.path(item.get("href"))
        is_nav = "nav" in (item.get("properties") or "").split()
        if name not in book.package or not (is_nav or item.get("media-type") == "application/x-dtbncx+xml"):
            continue
        try:
            root = xml_of(book.package.read(name), name)
        except ParsingFailed as failure:
            if failure.code != "malformed":
                raise
            continue  # a book is read without its table of contents as well
        yield from _of_nav(book, root, name) if is_nav else _of_ncx(book, root, name)


def _of_nav(book: _Book, root: Any, name: str) -> Iterator[tuple[str, str]]:
    for nav in root.iterfind(".//{*}nav"):
        if "toc" in (nav.get("{http://www.idpf.org/2007/ops}type") or "toc").split():
            for link in nav.iterfind(".//{*}a[@href]"):
                yield book.path(link.get("href"), name), _text(link)


def _of_ncx(book: _Book, root: Any, name: str) -> Iterator[tuple[str, str]]:
    for point in root.iterfind(".//{*}navPoint"):
        label, target = point.find("{*}navLabel"), point.find("{*}content")
        if label is not None and target is not None and target.get("src"):
            yield book.path(target.get("src"), name), _text(label)


def _metadata(book: _Book) -> dict[str, Any]:
    """Dublin Core, and the series."""
    fields = {
        "title": next(_values(book, "title"), ""),
        "authors": [name for name in _creators(book) if name],
        "dek": next((text for source in _values(book, "description") if (text := _plain(source))), ""),
        "source": next(_values(book, "publisher"), ""),
        "language": next(_values(book, "language"), ""),
        "tags": list(_values(book, "subject")),
        "external_id": _identifier(book),
        "published_at": _published(book),
        "modified_at": next(_properties(book, "dcterms:modified"), ""),
        "series": next(_properties(book, "belongs-to-collection"), "") or next(_properties(book, "calibre:series"), ""),
    }
    return {name: value for name, value in fields.items() if value}


def _named(book: _Book, name: str) -> Iterator[Any]:
    return (each for each in book.metadata if isinstance(each.tag, str) and each.tag.rpartition("}")[2] == name)


def _values(book: _Book, name: str) -> Iterator[str]:
    return (text for each in _named(book, name) if (text := _text(each)))


def _properties(book: _Book, name: str) -> Iterator[str]:
    """The values of `<meta property="…">value</meta>` and of `<meta name="…" content="value"/>`."""
    for each in _named(book, "meta"):
        if name in (each.get("property"), each.get("name")):
            yield one_line(storable(each.get("content") or "")) or _text(each)


def _creators(book: _Book) -> Iterator[str]:
    """Those who wrote it: translators and illustrators are named as creators too, with their part."""
    roles = {
        (each.get("refines") or "").lstrip("#"): _text(each) for each in _named(book, "meta") if each.get("property") == "role"
    }
    for each in _named(book, "creator"):
        role = each.get("{http://www.idpf.org/2007/opf}role") or roles.get(each.get("id") or "", "")
        if role in ("", "aut"):
            yield _text(each)


def _identifier(book: _Book) -> str:
    """The one that the book calls its own, else the first."""
    own = book.root.get("unique-identifier")
    found = list(_named(book, "identifier"))
    return next((_text(each) for each in [*(each for each in found if own and each.get("id") == own), *found] if _text(each)), "")


def _published(book: _Book) -> str:
    dates = [(each.get("{http://www.idpf.org/2007/opf}event") or "publication", _text(each)) for each in _named(book, "date")]
    return next((text for event, text in dates if event == "publication" and text), "")


def _plain(source: str) -> str:
    """A description may be markup in markup."""
    return " ".join(block.text for block in blocks_of_fragment(source)) if "<" in source else source


def _text(element: Any) -> str:
    return " ".join(storable("".join(element.itertext())).split())
