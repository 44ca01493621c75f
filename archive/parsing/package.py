"""Packages: documents that are a ZIP of XML files, such as DOCX and EPUB."""

import io
import zipfile
import zlib
from typing import Any, Final

from archive.parsing.failures import ParsingFailed

MEMBERS: Final = 20_000
UNPACKED: Final = 64 << 20
"""Files in a package, and bytes of text in them: more than ten times the longest text that is stored."""

_ENTRY = b"PK\x01\x02"
_PIECE = 1 << 20
_IS_ENCRYPTED = 1


class Package:
    """The files in it, by name, unpacked when they are asked for and no further than allowed: what their heads say about their
    size is not believed. Raises ParsingFailed for what is no ZIP or is damaged."""

    def __init__(self, content: bytes, unpacked: int | None = None) -> None:
        # An index of millions of files would fill the memory before any of them could be counted.
        if content.count(_ENTRY) > MEMBERS:
            raise ParsingFailed(f"the file has more than {MEMBERS:,} files in it", code="too_large")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as failure:
            cut_off = content.startswith(b"PK\x03\x04") and b"PK\x05\x06" not in content
            reason = "the end of the file is missing" if cut_off else f"the file is damaged: {failure}"
            raise ParsingFailed(reason, code="truncated" if cut_off else "malformed") from None
        self.names = {name: None for name in self._zip.namelist() if not name.endswith("/")}
        self._total = self._left = unpacked or UNPACKED

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def read(self, name: str) -> bytes:
        """Raises ParsingFailed also where it is not there."""
        if name not in self.names:
            raise ParsingFailed(f"the file has no {name} in it")
        if self._zip.getinfo(name).flag_bits & _IS_ENCRYPTED:
            raise ParsingFailed("the file needs a password", code="encrypted")
        try:
            with self._zip.open(name) as member:
                return self._counted(member)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError, RuntimeError) as failure:
            raise ParsingFailed(f"{name} in the file is damaged: {failure}") from None

    def _counted(self, member: Any) -> bytes:
        pieces = list[bytes]()
        while piece := member.read(_PIECE):
            self._left -= len(piece)
            if self._left < 0:
                raise ParsingFailed(f"the text in the file is more than {self._total:,} bytes", code="too_large")
            pieces.append(piece)
        return b"".join(pieces)


def xml_of(content: bytes, name: str) -> Any:
    """The root of an XML file; nothing outside it is read and no entity of its own is unfolded. Raises ParsingFailed."""
    from lxml import etree  # type: ignore[import-untyped]

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as failure:
        raise ParsingFailed(f"{name} in the file is no XML: {failure}") from None
