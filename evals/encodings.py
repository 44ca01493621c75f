"""Old charsets: how many files are read as what they say, and whether one that is not ever goes by without a warning.

    python -m evals.encodings            # messy/chardet_encodings: 425 real files, their folders name the charset
    python -m evals.encodings --quick    # our own sentences of many languages in their old charsets: what the tests run
    python -m evals.encodings --list     # also each file that is not read right

Right: the text is the one that the file's charset gives, as Python or as browsers read its name: to browsers `gb2312` is
gb18030, `shift_jis` cp932, `iso-8859-1` cp1252, which is the same text but for a few signs. Flagged: another text, and a warning
says that it is a guess. Refused: no text. Silently wrong is what must not be. Files are read as pages: a charset in their head
counts.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from archive.parsing.encoding import AS_BROWSERS, decode, known
from archive.parsing.failures import ParsingFailed
from evals.collections import data_folder
from evals.inputs_encodings import OWN

Verdict: TypeAlias = Literal["right", "called a guess", "flagged", "refused", "silently wrong"]

FLOOR = 0.97
QUICK_FLOOR = 0.97


class File(NamedTuple):
    name: str
    content: bytes
    charset: str


def own() -> Iterator[File]:
    """Each of our texts in each of its charsets, with nothing that says which."""
    for language, (charsets, text) in OWN.items():
        for charset in charsets:
            yield File(f"{language} in {charset}", text.encode(charset), charset)


def real() -> Iterator[File]:
    """The files of the data folder. Raises FileNotFoundError."""
    folder = data_folder() / "messy" / "chardet_encodings" / "tests"
    for path in sorted(folder.glob("*/*")):
        yield File(f"{path.parent.name}/{path.name}", path.read_bytes(), _charset(path.parent.name))


def _charset(folder: str) -> str:
    """`iso-8859-2-polish` is a charset and a language."""
    return folder if known(folder) else folder.rpartition("-")[0]


def judged(file: File) -> Verdict:
    try:
        decoded = decode(file.content, page=True)
    except ParsingFailed:
        return "refused"
    if decoded.text in _readings(file):
        return "called a guess" if decoded.warnings else "right"
    return "flagged" if decoded.warnings else "silently wrong"


def _readings(file: File) -> set[str]:
    """The texts that the charset's name may stand for. None where Python does not know it: only a warning will do then."""
    name = known(file.charset) or ""
    return set(filter(None, (_text(file.content, charset) for charset in (name, AS_BROWSERS.get(name, "")))))


def _text(content: bytes, charset: str) -> str | None:
    try:
        return content.decode(charset).removeprefix("\ufeff") if charset else None
    except UnicodeDecodeError:
        return None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.encodings", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="our own sentences only")
    parser.add_argument("--list", action="store_true", help="each file that is not read right, too")
    options = parser.parse_args(arguments)
    verdicts = {file.name: judged(file) for file in (own() if options.quick else real())}
    for name, verdict in verdicts.items():
        if options.list and verdict not in ("right", "called a guess"):
            print(f"{verdict}: {name}")
    return _report(Counter(verdicts.values()), QUICK_FLOOR if options.quick else FLOOR)


def _report(counts: Counter[Verdict], floor: float) -> int:
    total, guessed = counts.total(), counts["called a guess"]
    right = counts["right"] + guessed
    print(f"{total} files: right {right} ({right / total:.1%}, at least {floor:.0%}; {guessed} of them called a guess)")
    print(f"flagged {counts['flagged']}, refused {counts['refused']}, silently wrong {counts['silently wrong']} (at most 0)")
    return 0 if right >= floor * total and not counts["silently wrong"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
