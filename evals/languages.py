"""Languages: how often one is detected, and how often that is another than it should be.

    python -m evals.languages            # English articles, real texts of other languages, and our own
    python -m evals.languages --quick    # our own headlines and sentences: what the tests run
    python -m evals.languages --list     # also each answer that is not the label's

Real texts of other languages are the files of messy/chardet_encodings whose folder names a language. Some of these labels are
wrong (English posts of a Bulgarian site), so that they are listed, and have no floor.
"""

import argparse
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from html import unescape
from typing import NamedTuple

from archive.language_model import LanguageModel
from archive.parsing.language import detect
from archive.settings import Settings
from db.records import Draft, ParagraphDraft
from evals.collections import data_folder
from evals.inputs_languages import NONE, OWN

WRONG_AT_MOST = 0.0005
"""Of the answers for English articles and for our own texts."""
MODEL = LanguageModel(Settings().cache_folder())
_SAME = {"no": "nb"}
_FOLDERS = {
    "bulgarian": "bg", "croatian": "hr", "czech": "cs", "hungarian": "hu", "polish": "pl", "slovak": "sk", "slovene": "sl",
    "russian": "ru", "arabic": "ar", "greek": "el", "turkish": "tr", "romanian": "ro", "hebrew": "he",
}  # fmt: skip
_ENTRY = re.compile(r"<(item|entry)[\s>].*?</\1>", re.DOTALL)
_FIELD = re.compile(r"<(?:title|description|summary|content)(?:\s[^>]*)?>(.*?)</", re.DOTALL)


class Text(NamedTuple):
    """`language`: None where any answer is wrong."""

    kind: str
    language: str | None
    text: str


def own() -> Iterator[Text]:
    for language, (title, text) in OWN.items():
        yield Text("our headlines", language, title)
        yield Text("our headlines with two sentences", language, f"{title}\n{text}")
    yield from (Text("no language", None, text) for text in NONE[:-1])


def english() -> Iterator[Text]:
    """Titles alone, the first 12 and 40 words, and titles with the text. Raises FileNotFoundError."""
    for name in ("digitalgov/articles.jsonl", "bbc_news/articles.jsonl", "lctt_en/articles.jsonl.gz"):
        path = data_folder() / name
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for article in map(json.loads, lines):
                title, words = article.get("title", ""), article.get("text", "").split()
                yield Text("English titles", "en", title)
                yield Text("English, 12 words", "en", " ".join(words[:12]))
                yield Text("English, 40 words", "en", " ".join(words[:40]))
                yield Text("English articles", "en", f"{title}\n{' '.join(words[:300])}")


def labelled() -> Iterator[Text]:
    """The first four entries of each feed. Raises FileNotFoundError."""
    for path in sorted((data_folder() / "messy" / "chardet_encodings" / "tests").glob("*-*/*.xml")):
        charset, _, language = path.parent.name.rpartition("-")
        if language in _FOLDERS:
            content = path.read_bytes().decode(charset, "replace")
            for entry in list(_ENTRY.finditer(content))[:4]:
                yield Text("feeds with a label", _FOLDERS[language], _plain(" ".join(_FIELD.findall(entry[0]))))


def _plain(markup: str) -> str:
    markup = unescape(re.sub(r"<!\[CDATA\[|\]\]>", " ", markup))
    return " ".join(unescape(re.sub("<[^>]*>", " ", markup)).split())


class Tally:
    """Of the texts of one kind."""

    def __init__(self) -> None:
        self.texts = self.answers = 0
        self.wrong: list[tuple[str, Text]] = []

    def add(self, text: Text) -> None:
        answer = detect(Draft(paragraphs=(ParagraphDraft(text.text),)), MODEL)
        self.texts += 1
        self.answers += answer is not None
        if answer is not None and _SAME.get(answer, answer) != text.language:
            self.wrong.append((answer, text))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.languages", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="our own texts only")
    parser.add_argument("--list", action="store_true", help="each answer that is not the label's, too")
    options = parser.parse_args(arguments)
    tallies: dict[str, Tally] = defaultdict(Tally)
    for source in (own,) if options.quick else (own, english, labelled):
        for text in source():
            tallies[text.kind].add(text)
    return _report(tallies, listed=options.list)


def _report(tallies: dict[str, Tally], *, listed: bool) -> int:
    for kind, tally in tallies.items():
        print(f"{kind}: {tally.texts:,} texts, detected {tally.answers / tally.texts:.1%}, wrong {len(tally.wrong)}")
        for answer, text in tally.wrong if listed else ():
            print(f"    {answer}, not {text.language}: {text.text[:90]}")
    sure = [tally for kind, tally in tallies.items() if kind != "feeds with a label"]
    wrong, answers = sum(len(tally.wrong) for tally in sure), sum(tally.answers for tally in sure)
    print(f"wrong where the labels are right: {wrong} of {answers:,} answers (at most {WRONG_AT_MOST:.2%})")
    return 0 if wrong <= WRONG_AT_MOST * answers else 1


if __name__ == "__main__":
    raise SystemExit(main())
