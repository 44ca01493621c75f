"""Several threads and several processes with the same archive open."""

import subprocess
import sys
import threading
from pathlib import Path

from archive.archive import Archive
from archive.requests import SearchRequest
from archive.settings import Settings
from db.records import Draft, ParagraphDraft
from evals.server import server
from tests.waiting import until


def draft(name: str, text: str) -> Draft:
    return Draft(external_id=name, title=name, paragraphs=(ParagraphDraft(text),))


def found(archive: Archive, q: str) -> list[str | None]:
    return [item.article.external_id for item in archive.search(SearchRequest(q=q, mode="lexical")).items]


def test_two_open_archives_see_each_others_writes(settings: Settings) -> None:
    with Archive(settings) as one, Archive(settings) as other:
        one.start()
        other.start()
        one.add(draft("a", "word alpha"))
        other.add(draft("b", "word beta"))
        assert until(lambda: found(one, "beta") == ["b"] and found(other, "alpha") == ["a"])
        one.delete("ext::b")
        assert found(other, "beta") == []
        assert until(lambda: not one.check().pending and not other.check().pending)
        assert one.check().clean
        assert other.check().clean


def test_what_two_encode_is_encoded_once(settings: Settings) -> None:
    with Archive(settings) as one, Archive(settings) as other:
        one.add_many([draft(str(n), f"text number {n} of its own") for n in range(300)])
        threads = [threading.Thread(target=archive.catch_up) for archive in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert one.indexer.encoded + other.indexer.encoded == 300
        assert one.check().clean
        assert other.check().clean


def test_searching_and_writing_at_once(settings: Settings) -> None:
    """Readers never fail, and see each article whole or not at all."""
    problems: list[BaseException] = []
    with Archive(settings) as archive:
        archive.start()
        stop = threading.Event()

        def search() -> None:
            while not stop.is_set():
                try:
                    for item in archive.search(SearchRequest(q="round number", limit=50)).items:
                        texts = {match.text.split()[1] for match in item.matches}
                        assert texts <= {item.article.title.split()[-1]}
                except BaseException as problem:
                    problems.append(problem)

        def write(name: str) -> None:
            for number in range(15):
                paragraphs = tuple(ParagraphDraft(f"round {number} of {name} {part} " * 5) for part in range(3))
                archive.add(Draft(external_id=name, title=f"round number {number}", paragraphs=paragraphs))

        readers = [threading.Thread(target=search) for _ in range(2)]
        writers = [threading.Thread(target=write, args=(name,)) for name in "abc"]
        for thread in (*readers, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        stop.set()
        for thread in readers:
            thread.join()
        assert not problems
        assert until(lambda: not archive.check().pending)
        assert archive.check().clean
        assert archive.status().articles == 3


def test_an_import_from_the_shell_shows_in_the_servers_answers(tmp_path: Path) -> None:
    from client import Backfile

    data, pieces = tmp_path / "data", tmp_path / "pieces.ndjson"
    pieces.write_text('{"title": "Imported", "text": "An unmistakable zyzzyva."}\n')
    with server(data, {"BACKFILE_MODEL": "hashing"}) as running, Backfile(running.url) as backfile:
        command = [sys.executable, "-m", "shell.main", "import", str(pieces), "--data", str(data)]
        done = subprocess.run(
            command,
            env={"BACKFILE_MODEL": "hashing", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr

        def shown() -> bool:
            items = backfile.search("zyzzyva")["items"]
            return [(item["article"]["title"], item["signals"]["semantic"] is not None) for item in items] == [("Imported", True)]

        assert until(shown)
        assert backfile.check_index()["clean"]
