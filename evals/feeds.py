"""Feeds: whether each entry is read, as what it says, and whether one that is not ever goes by without a warning.

    python -m evals.feeds            # messy/feedparser_feeds: 2,104 small feeds, and the lists of messy/opml_feeds
    python -m evals.feeds --quick    # our own feeds, lists and dates, with what is in them: what the tests run
    python -m evals.feeds --list     # also what is not right

The oracle for the real feeds is feedparser: as many items as it sees entries (of a JSON Feed, which it does not read, as many as
it has), the titles, the instants of its dates, the addresses, and all the words of its texts. Right: all of that. Flagged: not,
and a warning or a failure says so. Refused: there is neither title nor text nor address. Silently wrong is what must not be.
"""

import argparse
import html
import io
import json
import re
import warnings
from calendar import timegm
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from archive.parsing import dates, feeds, opml
from archive.parsing.failures import ParsingFailed, Unreadable
from archive.parsing.items import Given, Item, Link, Outcome
from db.records import Draft, Moment
from evals.collections import data_folder
from evals.inputs_feeds import DATES, FEEDS, LISTS

Verdict: TypeAlias = Literal["right", "flagged", "refused", "silently wrong"]
Judged: TypeAlias = tuple[str, Verdict]

_TAG = re.compile(r"<(?:[a-zA-Z!?/][^>]*)?>")
_HIDDEN = re.compile(r"<(svg|math|button|select|textarea|title)\b.*?</\1>|<option\b.*", re.IGNORECASE | re.DOTALL)
_WORD = re.compile(r"\w+")


def items(content: bytes, url: str | None = None) -> list[Item]:
    """Raises ParsingFailed."""
    return list(feeds.items(io.BytesIO(content), Given(url=url)))


def draft_of(outcome: Outcome) -> Draft | None:
    return outcome.draft if isinstance(outcome, Link) else outcome if isinstance(outcome, Draft) else None


def own() -> Iterator[Judged]:
    """Our feeds, lists and dates, against what is written beside them."""
    for feed in FEEDS:
        found = [item.read() for item in items(feed.source.encode())]
        told = [_told(outcome, expected) for outcome, expected in zip(found, feed.entries, strict=False)]
        if len(found) != len(feed.entries):
            yield f"{feed.name}: {len(found)} entries", "silently wrong"
        for number, (got, expected) in enumerate(zip(told, feed.entries, strict=False), start=1):
            yield f"{feed.name}, entry {number}: {got}", "right" if got == expected else "silently wrong"
    for source, addresses in LISTS:
        yield f"list of {addresses}", "right" if _feeds_of(source.encode()) == addresses else "silently wrong"
    for written, meant in DATES.items():
        yield f"date {written}", _date(written, meant)


def _told(outcome: Outcome, expected: Mapping[str, Any]) -> dict[str, Any]:
    """Of an outcome, the fields that are expected."""
    draft = draft_of(outcome)
    told: dict[str, Any] = {"link": outcome.url} if isinstance(outcome, Link) else {}
    for name in expected.keys() - {"link"}:
        value = [each.text for each in draft.paragraphs] if draft and name == "text" else getattr(draft, name, None)
        told[name] = value.text if isinstance(value, Moment) else value
    return told


def _date(written: str, meant: str | None) -> Verdict:
    try:
        reading = dates.read(written)
    except ValueError:
        return "right" if meant is None else "refused"
    if reading.moment.text == meant:
        return "right"
    return "flagged" if reading.warning else "silently wrong"


def _feeds_of(content: bytes) -> list[str]:
    outcomes = (item.read() for item in opml.items(io.BytesIO(content), Given()))
    return [outcome.url for outcome in outcomes if isinstance(outcome, Link)]


def real() -> Iterator[Judged]:
    """The files of the data folder. Raises FileNotFoundError."""
    folder = data_folder() / "messy"
    for path in sorted((folder / "feedparser_feeds" / "tests").rglob("*.*")):
        if path.is_file():
            yield from _file(f"{path.parent.name}/{path.name}", path.read_bytes())
    yield from _lists(folder / "opml_feeds")


def _file(name: str, content: bytes) -> Iterator[Judged]:
    entries, has_version = _entries(content)
    try:
        found = items(content)
    except ParsingFailed as failure:
        yield (
            f"{name}: {failure.reason}",
            "silently wrong" if entries or (has_version and "damaged" not in failure.reason) else "flagged",
        )
        return
    if len(found) != len(entries):
        yield f"{name}: {len(found)} items, {len(entries)} entries", "silently wrong"
    for item, entry in zip(found, entries, strict=False):
        outcome = item.read()
        wrong = _differences(outcome, entry)
        yield f"{name}: {wrong or 'nothing in it'}", _verdict(outcome, wrong)


def _entries(content: bytes) -> tuple[list[Any], bool]:
    """As feedparser sees them, and whether it takes the file for a feed at all."""
    import feedparser

    if content.lstrip().startswith(b"{"):
        return [{"title": item.get("title"), "link": item.get("url")} for item in json.loads(content)["items"]], True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        parsed = feedparser.parse(io.BytesIO(content))
    return parsed.entries, bool(parsed.get("version"))


def _verdict(outcome: Outcome, wrong: Sequence[str]) -> Verdict:
    if isinstance(outcome, Unreadable):
        return "silently wrong" if wrong else "refused"
    if not wrong:
        return "right"
    draft = draft_of(outcome)
    return "flagged" if draft and draft.warnings else "silently wrong"


def _differences(outcome: Outcome, entry: Any) -> list[str]:
    """What the entry says and the outcome does not."""
    draft = draft_of(outcome)
    text = _words(draft) if draft else Counter()
    said = [str(dict.get(entry, "title") or ""), _text_of(entry)]
    lost = Counter(word for words in said for word in _WORD.findall(_visible(words))).keys() - text.keys()
    link = str(dict.get(entry, "link") or "")
    if link.startswith(("http://", "https://")) and link not in (draft.url if draft else "", getattr(outcome, "url", "")):
        lost |= {f"link {link}"}
    return sorted(lost) + (_dates_lost(draft, entry) if draft else [])


def _words(draft: Draft) -> Counter[str]:
    texts = [draft.title, draft.dek or "", *(each.text for each in draft.paragraphs), *(each.text for each in draft.references)]
    return Counter(word for text in texts for word in _WORD.findall(text))


def _text_of(entry: Any) -> str:
    """The longest of its texts: one is enough."""
    details = [*(dict.get(entry, "content") or []), dict.get(entry, "summary_detail") or {}]
    texts = (each.get("value") or "" for each in details if "/" not in each.get("type", "") or _is_text(each["type"]))
    return max((_visible(text) for text in texts), key=len, default="")


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or kind.endswith("xml")


def _visible(text: str) -> str:
    return html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", text)))


def _dates_lost(draft: Draft, entry: Any) -> list[str]:
    """The instants that feedparser reads and no date of ours names, unless a warning names the field."""
    ours = {moment.micros // 1_000_000 for moment in (draft.published_at, draft.modified_at) if moment}
    names = ("published", "updated") if dict.get(entry, "published") else ("created", "updated")
    theirs = {name: parsed for name in names if (parsed := dict.get(entry, f"{name}_parsed"))}
    return [f"{name} {dict.get(entry, name)}" for name, parsed in theirs.items() if timegm(parsed) not in ours]


def _lists(folder: Path) -> Iterator[Judged]:
    """Each list of feeds in folders beside the same list without."""
    for path in sorted(folder.rglob("with_category/*.opml")):
        other = path.parents[1] / "without_category" / path.name
        found, again = _feeds_of(path.read_bytes()), _feeds_of(other.read_bytes())
        yield f"{path.name}: {set(found) ^ set(again)}", "right" if found and set(found) == set(again) else "silently wrong"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.feeds", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="our own feeds only")
    parser.add_argument("--list", action="store_true", help="what is not right, too")
    options = parser.parse_args(arguments)
    counts: Counter[Verdict] = Counter()
    for name, verdict in own() if options.quick else real():
        counts[verdict] += 1
        if verdict == "silently wrong" or (options.list and verdict != "right"):
            print(f"{verdict}: {name}")
    print(f"right {counts['right']}, flagged {counts['flagged']}, refused {counts['refused']}", end=", ")
    print(f"silently wrong {counts['silently wrong']} (at most 0)")
    return 1 if counts["silently wrong"] or not counts["right"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
