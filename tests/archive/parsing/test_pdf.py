import io
import random
import time
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.parsing import ParsingFailed, draft_from_json, parse_one, pdf
from archive.parsing.printed_lines import Line, joined, paragraphs_of, without_running

Drawn = tuple[float, float, float, str]
"""x, y, size, text"""

STORY = [
    "The harbour was closed on Friday, because nobody had thought of open-",
    "ing it, as the clerk said on the telephone to all who called him that day.",
    "He had a key to the well-known gate, and he was the only one who had it.",
    "The gate is well-known, and the clerk is not, which is how he wants it to be.",
]


def pdf_of(pages: Sequence[Sequence[Drawn]], info: str = "", catalog: str = "", content: bytes | None = None) -> bytes:
    """A small PDF with one font. Text beginning with `*` is bold."""
    kids = " ".join(f"{5 + 2 * place} 0 R" for place in range(len(pages)))
    fonts = "/F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> "
    fonts += "/F2 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>"
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        f"<< {fonts} >>".encode(),
        f"<< {info} >>".encode("cp1252"),
    ]
    for place, page in enumerate(pages):
        box = "/MediaBox [0 0 595 842] /Resources << /Font 3 0 R >>"
        objects.append(f"<< /Type /Page /Parent 2 0 R {box} /Contents {6 + 2 * place} 0 R >>".encode())
        objects.append(stream_of(drawing(page) if content is None else content))
    return file_of(objects)


def drawing(page: Sequence[Drawn]) -> bytes:
    parts = ["BT"]
    for x, y, size, text in page:
        escaped = text.lstrip("*").replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        parts.append(f"/F{2 if text.startswith('*') else 1} {size} Tf 1 0 0 1 {x} {y} Tm ({escaped}) Tj")
    return "\n".join([*parts, "ET"]).encode("cp1252")


def stream_of(content: bytes, packed: bool = False) -> bytes:
    filters = b"/Filter /FlateDecode " if packed else b""
    return b"<< %b/Length %d >>\nstream\n%b\nendstream" % (filters, len(content), content)


def file_of(objects: Sequence[bytes]) -> bytes:
    out, places = bytearray(b"%PDF-1.4\n"), list[int]()
    for number, each in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out) + b"trailer << /Size %d /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def lines_of(texts: Sequence[str], top: float = 780, size: float = 10, x: float = 72) -> list[Drawn]:
    return [(x, top - 12 * place, size, text) for place, text in enumerate(texts)]


def blocks(content: bytes) -> list[tuple[str, str]]:
    return [(each["kind"], each["text"]) for each in pdf.fields_of(content)[0]["paragraphs"]]


def failure(content: bytes) -> ParsingFailed:
    with pytest.raises(ParsingFailed) as failed:
        pdf.fields_of(content)
    return failed.value


def test_paragraphs_are_made_of_lines() -> None:
    page = [*lines_of(STORY), *lines_of(STORY[2:], top=715)]
    first = f"{STORY[0].removesuffix('-')}{STORY[1]} {STORY[2]} {STORY[3]}"
    assert blocks(pdf_of([page])) == [("paragraph", first), ("paragraph", f"{STORY[2]} {STORY[3]}")]


def test_a_first_line_that_is_set_in_begins_a_paragraph() -> None:
    indented = [(72 + 15 * (place in (0, 2)), 780 - 12 * place, 10.0, text) for place, text in enumerate([*STORY, *STORY[1:]])]
    texts = [text for _, text in blocks(pdf_of([indented]))]
    assert [text[:12] for text in texts] == ["The harbour ", "He had a key"]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["open-", "ing it"], "opening it"),
        (["the well-", "known gate"], "the well-known gate"),
        (["open\u00ad", "ing"], "opening"),
        (["Marra-", "Lund"], "Marra- Lund"),
        (["a –", "b"], "a – b"),
        (["漁港は", "閉まった"], "漁港は閉まった"),
    ],
)
def test_lines_are_joined(lines: list[str], text: str) -> None:
    assert joined(lines, Counter({"well-known": 1, "ing": 1})) == text


def test_headings_are_larger_or_bold() -> None:
    page = [
        (72, 800, 18, "What Became of the Harbour?"),
        *lines_of(STORY, 770),
        (72, 700, 10, "*The gate"),
        *lines_of(STORY, 680),
    ]
    fields, _ = pdf.fields_of(pdf_of([page]))
    assert fields["title"] == "What Became of the Harbour?"
    assert [each["kind"] for each in fields["paragraphs"]] == ["paragraph", "heading", "paragraph"]


def test_no_title_is_guessed_where_several_could_be() -> None:
    page = [
        (72, 800, 18, "What Became of the Harbour?"),
        *lines_of(STORY, 770),
        (72, 700, 18, "And of the gate?"),
        *lines_of(STORY, 670),
    ]
    assert "title" not in pdf.fields_of(pdf_of([page]))[0]


def test_a_list_is_one_paragraph() -> None:
    page = [*lines_of(STORY), *lines_of(["• one that is so long that it goes on in the line that", "• two"], top=715)]
    page.insert(-1, (82, 703, 10, "follows it"))
    page[-1] = (72, 691, 10, "• two")
    assert blocks(pdf_of([page]))[-1] == ("list", "one that is so long that it goes on in the line that follows it\ntwo")


def test_running_heads_and_page_numbers_are_left_out() -> None:
    pages = [
        [(72, 820, 8, f"The Harbour Review {number}"), *lines_of(STORY, 780 - number * 9), (290, 30, 8, f"{number}")]
        for number in range(1, 6)
    ]
    text = " ".join(text for _, text in blocks(pdf_of(pages)))
    assert "Harbour Review" not in text
    assert text.count("who called him that day.") == 5
    kept = [text for _, text in blocks(pdf_of(pages[:1]))]
    assert (kept[0], kept[-1]) == ("The Harbour Review 1", "1")  # on a single page nothing shows that it runs


def test_pages_are_kept_and_paragraphs_go_on_over_them() -> None:
    first = lines_of([*STORY, "On the day after, which was a Saturday, the clerk came back to the gate, and there"])
    second = [*lines_of(["he found a letter that somebody had left for him."]), *lines_of(STORY, top=740)]
    fields, _ = pdf.fields_of(pdf_of([first, second, lines_of(STORY)]))
    texts = [each["text"] for each in fields["paragraphs"]]
    assert texts[0].endswith("and there he found a letter that somebody had left for him.")
    assert len(texts) == 3
    assert fields["pages"] == [[0, 1], [1, 2], [2, 3]]
    assert draft_from_json(fields).extra == {"pages": [[0, 1], [1, 2], [2, 3]]}


def test_footnotes_do_not_come_between_the_halves_of_a_paragraph() -> None:
    first = [
        *lines_of([*STORY, "On the day after, which was a Saturday, the clerk came back, and he saw that"]),
        (72, 60, 7, "1 By sea."),
    ]
    texts = [text for _, text in blocks(pdf_of([first, lines_of(["somebody had been there."])]))]
    assert texts[0].endswith("he saw that somebody had been there.")
    assert texts[1:] == ["1 By sea."]


def test_columns_are_read_one_after_the_other() -> None:
    columns = [*lines_of([*STORY, "and so on, and so forth, until the end of the column, where a sentence is"])]
    columns += lines_of(["still open and ends here.", *STORY], x=320)
    assert "where a sentence is still open and ends here." in blocks(pdf_of([columns]))[0][1]


def test_a_stamp_that_is_turned_is_no_text() -> None:
    turned = b"BT /F1 20 Tf 0 1 -1 0 30 300 Tm (STAMP 7) Tj ET\n" + drawing(lines_of(STORY))
    assert all("STAMP" not in text for _, text in blocks(pdf_of([[]], content=turned)))
    whole = b"\n".join(
        b"BT /F1 10 Tf 0 1 -1 0 %d 72 Tm (%b) Tj ET" % (100 + 12 * n, text.encode()) for n, text in enumerate(STORY)
    )
    assert len(blocks(pdf_of([[]], content=whole))) == 1  # a page that is turned as a whole is one


def test_metadata() -> None:
    info = (
        "/Title (A title) /Author (Anna Lind; Tom Reed) /Subject (What it is about) /Keywords (fish, sea) "
        "/CreationDate (D:20200103101500+01'00') /ModDate (D:20200104)"
    )
    draft = parse_one(pdf_of([lines_of(STORY)], info, "/Lang (en-GB)"), "application/pdf", name="a.pdf")
    assert (draft.title, draft.authors, draft.dek, draft.tags) == (
        "A title",
        ("Anna Lind", "Tom Reed"),
        "What it is about",
        ("fish", "sea"),
    )
    assert draft.published_at is not None
    assert draft.modified_at is not None
    assert (draft.published_at.text, draft.modified_at.text, draft.language) == (
        "2020-01-03T10:15:00+01:00",
        "2020-01-04",
        "en-GB",
    )
    assert draft.original is not None
    assert (draft.original.media_type, draft.original.name, draft.warnings) == ("application/pdf", "a.pdf", ())


@pytest.mark.parametrize("title", ["untitled", "Microsoft Word - draft.docx", "report_final.indd", "Document1", "a.tex"])
def test_names_of_files_are_no_titles(title: str) -> None:
    assert "title" not in pdf.fields_of(pdf_of([lines_of(STORY)], f"/Title ({title})"))[0]


def test_a_title_in_the_metadata_is_not_repeated_in_the_text() -> None:
    page = [(72, 800, 18, "The Harbour"), *lines_of(STORY, 770)]
    fields, _ = pdf.fields_of(pdf_of([page, lines_of(STORY)], "/Title (The harbour)"))
    assert (fields["title"], len(fields["paragraphs"]), fields["pages"]) == ("The harbour", 2, [[0, 1], [1, 2]])


def test_references() -> None:
    page = [
        *lines_of(["Said [1], and said again in a line that is long enough to be one [2]."]),
        *lines_of(["[1] The clerk"], 750),
    ]
    fields, _ = pdf.fields_of(pdf_of([[*page, *lines_of(["[2] His wife, https://example.org/w"], 730)]]))
    assert [each["label"] for each in fields["references"]] == ["1", "2"]
    assert fields["references"][1]["url"] == "https://example.org/w"


def test_pages_without_text() -> None:
    assert (failure(pdf_of([[], []])).code, failure(pdf_of([[], []])).reason) == (
        "no_article",
        "the PDF has no text: 2 pages that are pictures, of which the text has to be recognised (OCR) first",
    )
    stamped = [[(72, 20, 8, "Scanned by a scanner")] for _ in range(3)]
    assert failure(pdf_of(stamped)).code == "no_article"


def test_a_password() -> None:
    from pypdf import PdfReader, PdfWriter

    def encrypted(user: str) -> bytes:
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf_of([lines_of(STORY)]))))
        writer.encrypt(user_password=user, owner_password="owner", algorithm="RC4-128")
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue()

    assert failure(encrypted("secret")).code == "encrypted"
    assert len(blocks(encrypted(""))) == 1


def test_damaged_files() -> None:
    whole = pdf_of([lines_of(STORY) for _ in range(20)])
    assert failure(b"%PDF-1.4\n").code == "truncated"
    assert failure(b"%PDF-1.4\nnothing\n%%EOF\n").code == "malformed"
    cut, warnings = pdf.fields_of(whole[: len(whole) - 300])
    assert len(cut["paragraphs"]) == 20
    assert warnings == ("the file has no end mark: it may be cut off",)


def test_a_page_that_is_damaged_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pdf_of([lines_of(STORY) for _ in range(3)])
    place = whole.index(b"BT", whole.index(b"BT") + 2)
    broken = whole[:place] + b"]]" + whole[place + 2 :]
    fields, warnings = pdf.fields_of(broken)
    assert len(fields["paragraphs"]) + len(warnings) >= 3


def test_too_many_pages() -> None:
    failed = failure(pdf_of([[]] * (pdf.PAGES + 1)))
    assert (failed.code, failed.reason) == ("too_large", "the PDF has 5,001 pages; at most 5,000 are read")


def test_pages_that_are_their_own_children() -> None:
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 >>", b"<< >>", b"<< >>"]
    assert failure(file_of(objects)).code in ("no_article", "too_large", "malformed")


def test_one_page_that_is_listed_without_end() -> None:
    kids = b"3 0 R " * 90_000
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%b] /Count 90000 >>" % kids,
        b"<< /Type /Page /Parent 2 0 R >>",
        b"<< >>",
    ]
    started = time.monotonic()
    assert failure(file_of(objects)).code == "too_large"
    assert time.monotonic() - started < 30


def test_a_stream_that_unpacks_to_gigabytes() -> None:
    bomb = zlib.compress(zlib.compress(b" " * (200 << 20), 9), 9)
    filters = b"<< /Filter [/FlateDecode /FlateDecode] /Length %d >>\nstream\n%b\nendstream" % (len(bomb), bomb)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << >> >> /Contents 6 0 R >>"
    content = file_of(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [5 0 R] /Count 1 >>", b"<< >>", b"<< >>", page, filters]
    )
    assert failure(content).code in ("too_large", "malformed")


def test_forms_within_forms_take_no_longer_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "SECONDS", 1)
    form = b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X %d 0 R >> /Font 3 0 R >> /Length %d >>"
    draws = b"/X Do " * 50 + b"BT /F1 9 Tf (x) Tj ET " * 2_000
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [5 0 R] /Count 1 >>"]
    objects += [b"<< /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>", b"<< >>"]
    objects.append(b"<< /Type /Page /Parent 2 0 R /Resources << /XObject << /X 7 0 R >> /Font 3 0 R >> /Contents 6 0 R >>")
    objects.append(stream_of(draws))
    for number in range(7, 20):
        objects.append(form % (number + 1, len(draws)) + b"\nstream\n" + draws + b"\nendstream")
    started = time.monotonic()
    assert failure(file_of(objects)).reason == "the PDF takes more than 1 seconds to read"
    assert time.monotonic() - started < 20


def test_text_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "TEXT", 1_000)
    assert failure(pdf_of([lines_of(STORY) for _ in range(5)])).code == "too_large"


def test_letters_that_no_font_explains() -> None:
    page = b"BT /F9 10 Tf 72 700 Td (" + bytes(range(1, 9)) * 20 + b"\x81\x8d\x8f" * 9 + b") Tj ET"
    assert failure(pdf_of([[]], content=page)).code == "no_article"


def test_nested_without_end() -> None:
    deep = b"[" * 50_000
    assert failure(file_of([b"<< /Type /Catalog /Pages 2 0 R >>", deep])).code in ("malformed", "too_large", "truncated")


WHOLE = pdf_of([[(72, 800, 18, "A title"), *lines_of(STORY, 770)], lines_of(STORY)], "/Title (T) /CreationDate (D:2020)")


@given(st.binary(max_size=300))
@settings(max_examples=40, deadline=None)
def test_any_bytes_give_fields_or_a_reason(content: bytes) -> None:
    check(b"%PDF-1.7\n" + content)


@given(st.integers(0, 1 << 32), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_damaged_files_give_fields_or_a_reason(seed: int, count: int) -> None:
    check(damaged(WHOLE, random.Random(seed), count))


def damaged(content: bytes, chance: random.Random, count: int) -> bytes:
    """Some bytes changed, left out or repeated, or the end cut off."""
    whole = bytearray(content)
    for _ in range(count):
        place, length = chance.randrange(len(whole)), chance.randrange(1, 40)
        match chance.randrange(4):
            case 0:
                whole[place] = chance.randrange(256)
            case 1:
                del whole[place : place + length]
            case 2:
                whole[place:place] = whole[place : place + length]
            case 3:
                whole[place : place + 1] = chance.choice([b"9999999999", b"-1", b"<<", b">>", b"[", b"endobj", b" 0 R", b"\x00"])
    return bytes(whole[: chance.randrange(1, len(whole))] if chance.random() < 0.2 else whole)


def check(content: bytes) -> None:
    try:
        fields, _ = pdf.fields_of(content)
    except ParsingFailed:
        return
    draft: Any = draft_from_json(fields)
    assert draft.paragraphs
    str(draft).encode()


@given(
    st.lists(
        st.builds(
            Line,
            st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=12),
            st.integers(1, 6),
            st.floats(0, 600),
            st.floats(0, 800),
            st.sampled_from([8.0, 10.0, 10.2, 18.0]),
            st.booleans(),
        ),
        max_size=40,
    )
)
@settings(max_examples=40, deadline=None)
def test_no_letter_is_lost_between_lines_and_paragraphs(lines: list[Line]) -> None:
    """But for hyphens, bullets and what runs over pages."""
    lines.sort(key=lambda line: line.page)

    def letters(texts: Sequence[str]) -> str:
        return "".join(character for text in texts for character in text if character.isalnum())

    printed = paragraphs_of(lines)
    assert sorted(letters([each.text for each in printed])) == sorted(letters([line.text for line in without_running(lines)]))
    assert [each.page for each in printed] == sorted(each.page for each in printed)
