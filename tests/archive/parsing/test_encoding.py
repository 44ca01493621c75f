import codecs
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.parsing import ParsingFailed, UnsupportedMediaType, parse, parse_one
from archive.parsing.encoding import Decoded, decode, known

GERMAN = (
    "Die Fähre läuft auf Grund. Äußerst ärgerlich für die Gäste, sagt der Kapitän, und größer könnte der Ärger kaum sein. " * 3
)
RUSSIAN = "Маяк над гаванью снова светит. Жители собрались на набережной, чтобы увидеть его, а мэр молчал. " * 3
JAPANESE = "灯台の光は三十六年ぶりに海を照らした。町の人びとは港に集まり、汽笛を鳴らした。" * 5


@pytest.mark.parametrize(
    ("content", "declared", "charset"),
    [
        (GERMAN.encode(), None, "utf-8"),
        (codecs.BOM_UTF8 + GERMAN.encode(), "latin-1", "utf-8"),
        (GERMAN.encode("utf-16"), None, "utf-16"),
        (GERMAN.encode("utf-32"), None, "utf-32"),
        (GERMAN.encode("utf-16-le"), None, "utf-16-le"),
        (GERMAN.encode("utf-16-be"), None, "utf-16-be"),
        (GERMAN.encode("utf-32-be"), None, "utf-32-be"),
        (GERMAN.encode("latin-1"), "iso-8859-1", "cp1252"),
        (GERMAN.encode("mac_roman"), "x-mac-roman", "mac-roman"),
        (JAPANESE.encode("shift_jis"), "Shift_JIS", "cp932"),
        (JAPANESE.encode("euc_jp"), "euc-jp", "euc_jp"),
        (JAPANESE.encode("iso2022_jp"), None, "iso2022_jp"),
    ],
)
def test_charsets(content: bytes, declared: str | None, charset: str) -> None:
    decoded = decode(content, declared)
    assert decoded.text in (GERMAN, JAPANESE)
    assert (decoded.charset, decoded.warnings) == (charset, ())


def test_detected_without_any_hint() -> None:
    assert decode(GERMAN.encode("cp1252")).text == GERMAN
    assert decode(JAPANESE.encode("euc_jp")).text == JAPANESE


def test_a_page_says_itself() -> None:
    page = f'<html><head><meta charset="windows-1252"></head><body>{GERMAN}'.encode("cp1252")
    assert GERMAN in decode(page, page=True).text
    lying = f'<html><head><meta charset="utf-16"></head><body>{GERMAN}'.encode()
    assert GERMAN in decode(lying, page=True).text


def test_a_wrong_or_unknown_declaration_is_noted() -> None:
    wrong = decode(GERMAN.encode("cp1252"), "utf-8")
    assert wrong.text == GERMAN
    assert wrong.warnings == ("the text is not in utf-8, as declared", "no UTF-8; read as cp1252, which is a guess")
    unknown = decode(GERMAN.encode(), "klingon")
    assert (unknown.text, len(unknown.warnings)) == (GERMAN, 1)


def test_bytes_are_not_what_they_cannot_be() -> None:
    utf8 = decode(GERMAN.encode(), "iso-8859-1")
    assert (utf8.text, utf8.charset) == (GERMAN, "utf-8")
    assert utf8.warnings == ("declared as iso8859-1, which it cannot be; read as utf-8",)
    cyrillic = decode(RUSSIAN.encode("cp1251"), "windows-1252")
    assert (cyrillic.text, cyrillic.charset) == (RUSSIAN, "cp1251")
    assert cyrillic.warnings == ("declared as cp1252, which it cannot be; read as cp1251, which is a guess",)
    page = f'<meta charset="latin1"><p>{JAPANESE}'.encode("euc_jp")
    assert JAPANESE in decode(page, page=True).text


@pytest.mark.parametrize("text", [GERMAN, "«Où?» … “É” – ÀÉÎ ÕÜ", "Zażółć gęślą jaźń. " * 20, "plain", ""])
def test_a_declaration_that_may_be_true_is_followed(text: str) -> None:
    charset = "cp1250" if "ż" in text else "cp1252"
    assert decode(text.encode(charset), charset) == Decoded(text, charset)


def test_a_few_bytes_that_are_no_text_do_not_refute_a_declaration() -> None:
    damaged = decode(JAPANESE.encode("euc_jp") + b"\xff.", "euc-jp")
    assert damaged.text == JAPANESE + "\ufffd."
    assert damaged.warnings == ("1 undecodable bytes were replaced by U+FFFD",)


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_markup_says_itself(charset: str) -> None:
    page = f'<?xml version="1.0" encoding="utf-16"?><title>{JAPANESE * 30}</title>'
    assert decode(page.encode(charset), page=True) == Decoded(page, charset)


@given(
    st.binary(max_size=300), st.sampled_from([None, "utf-8", "latin-1", "big5", "utf-16", "iso2022_jp", "hz", "x"]), st.booleans()
)
@settings(max_examples=40, deadline=None)
def test_any_bytes_are_text_or_not(content: bytes, declared: str | None, page: bool) -> None:
    with suppress(ParsingFailed):
        decoded = decode(content, declared, page=page)
        assert known(decoded.charset)
        decoded.text.encode("utf-8", "surrogatepass")


def test_some_broken_bytes_spoil_nothing_else() -> None:
    decoded = decode(GERMAN.encode().replace(b"Kapit", b"Kapit\xff"))
    assert decoded.text == GERMAN.replace("Kapit", "Kapit\ufffd")
    assert decoded.warnings == ("3 undecodable bytes were replaced by U+FFFD",)


@pytest.mark.parametrize("name", ["base64", "rot13", "idna", "unicode_escape", "undefined", "x" * 9999, "a\0b", "", None])
def test_no_charset(name: str | None) -> None:
    assert known(name) is None


@pytest.mark.parametrize("content", [bytes(range(256)) * 40, b"\0" * 5000])
def test_garbage_is_no_text(content: bytes) -> None:
    with pytest.raises(ParsingFailed, match="no text"):
        decode(content)


def test_the_bytes_and_their_charset_are_kept() -> None:
    content = GERMAN.encode("cp1252")
    draft = parse_one(content, "text/plain; charset=windows-1252", name="a.txt")
    assert draft.original is not None
    assert (draft.original.content, draft.original.charset, draft.original.media_type) == (content, "cp1252", "text/plain")
    assert draft.original.name == "a.txt"


def test_control_characters() -> None:
    draft = parse_one(b"A\0B and C\x08D", "text/plain")
    assert draft.paragraphs[0].text == "AB and CD"
    assert len(draft.warnings) == 1
    with pytest.raises(ParsingFailed, match=r"U\+0000 at position 1"):
        parse_one(b"A\0B", "text/plain", strict=True)


@given(
    st.binary(max_size=300),
    st.sampled_from([None, "text/plain", "text/markdown", "text/html", "application/json", "application/x-ndjson"]),
)
@settings(max_examples=40, deadline=None)
def test_no_bytes_are_too_odd(content: bytes, media_type: str | None) -> None:
    with suppress(UnsupportedMediaType):
        parse(content, media_type)


def test_real_files_in_old_charsets(data: Path) -> None:
    for path in sorted((data / "messy" / "chardet_encodings" / "tests").rglob("*"))[::4]:
        if path.is_file():
            parse(path.read_bytes(), "text/plain")
