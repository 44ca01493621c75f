"""What only an index on disk can do: be shared, be killed, be damaged."""

import os
import random
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from lexical import Document, TantivyIndex, WordIndexDamaged, Words, WriterBusy

FIELDS = {"title": 2.0, "body": 1.0}

WRITER = """
import sys
from pathlib import Path
from lexical import Document, TantivyIndex
index = TantivyIndex(Path(sys.argv[1]), {"title": 2.0, "body": 1.0})
for cursor in range(index.cursor + 1, 100_000):
    for group in range(5):
        body = f"word{cursor} " * 50
        index.replace(group, cursor, [Document(10 * group + place, {"title": "war", "body": body}) for place in range(5)])
        print("replaced", flush=True)
    index.commit(cursor)
    print(f"committed {cursor}", flush=True)
"""


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "words"


def filled(path: Path, cursor: int = 1) -> TantivyIndex:
    index = TantivyIndex(path, FIELDS)
    for group in range(4):
        index.replace(group, cursor, [Document(10 * group + place, {"body": f"war number {group}"}) for place in range(3)])
    index.commit(cursor)
    return index


def test_another_handle_sees_commits_after_refresh(path):
    ours = filled(path, cursor=1)
    theirs = TantivyIndex(path, FIELDS)
    assert (len(theirs), theirs.cursor) == (12, 1)
    ours.drop(2)
    ours.commit(2)
    assert (len(theirs), theirs.cursor) == (12, 1)
    theirs.refresh()
    assert (len(theirs), theirs.cursor, theirs.versions()) == (9, 2, {0: 1, 1: 1, 3: 1})
    assert TantivyIndex(path, FIELDS).search(Words("war"), 20).total == 9


def test_one_writer_at_a_time_and_readers_go_on(path):
    ours = filled(path)
    theirs = TantivyIndex(path, FIELDS)
    ours.replace(9, 1, [Document(90, {"body": "war"})])
    with pytest.raises(WriterBusy):
        theirs.replace(8, 1, [])
    with pytest.raises(WriterBusy):
        theirs.commit(7)
    assert theirs.search(Words("war"), 20).total == 12
    ours.commit(2)
    theirs.drop(9)
    theirs.commit(3)
    ours.refresh()
    assert (len(ours), ours.cursor) == (12, 3)


def test_killed_while_writing_the_last_commit_is_whole(path):
    """`kill -9` at a random line of the writer's output, a few times over; the next writer goes on at once."""
    chance = random.Random(4)
    reached = 0
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        for _ in range(chance.randrange(8, 40)):
            line = writer.stdout.readline()
            reached = int(line.split()[1]) if line.startswith("committed") else reached
        os.kill(writer.pid, signal.SIGKILL)
        for line in writer.stdout:
            reached = int(line.split()[1]) if line.startswith("committed ") else reached
        writer.wait()
        writer.stdout.close()
        index = TantivyIndex(path, FIELDS)
        assert index.cursor in (reached, reached + 1)
        assert set(index.versions().values()) == {index.cursor}
        assert index.search(Words(f"word{index.cursor}"), 50).total == len(index) == 25
        index.commit(index.cursor)


def died_in_a_commit(path: Path, cursor: int) -> None:
    """What a process leaves that is killed just before a commit is the latest: all its files, and the meta.json of before."""
    before = (path / "meta.json").read_bytes()
    index = TantivyIndex(path, FIELDS)
    index.drop(2)
    index.commit(cursor)
    (path / "meta.json").write_bytes(before)


def test_after_a_death_in_a_commit_the_same_commit_comes_to_its_end(path):
    filled(path)
    died_in_a_commit(path, 2)
    index = TantivyIndex(path, FIELDS)
    assert index.cursor == 1
    index.drop(2)
    index.commit(2)
    assert (index.cursor, index.versions()) == (2, {0: 1, 1: 1, 3: 1})


def test_after_the_death_of_another_process_in_a_commit_the_second_try_succeeds(path):
    index = filled(path)
    died_in_a_commit(path, 2)
    for _ in range(2):
        with suppress(ValueError):
            index.refresh()
            index.drop(2)
            index.commit(2)
            break
    assert (index.cursor, index.versions()) == (2, {0: 1, 1: 1, 3: 1})


def test_every_altered_or_torn_or_missing_file_is_noticed(path, tmp_path):
    """Each in a copy of the folder: an index that is open has its files mapped, and must not have them cut."""
    filled(path).drop(1)
    files = [file.name for file in path.iterdir() if file.suffix in (".idx", ".term", ".fast", ".pos", ".store", ".fieldnorm")]
    assert len(files) >= 6
    for number, name in enumerate(files):
        whole = (path / name).read_bytes()
        for kind, damaged in enumerate((whole[: len(whole) // 2], b"", bytes([whole[0] ^ 4]) + whole[1:], None)):
            copy = shutil.copytree(path, tmp_path / f"{number}-{kind}")
            (copy / name).unlink()
            if damaged is not None:
                (copy / name).write_bytes(damaged)
            with pytest.raises(WordIndexDamaged):
                TantivyIndex(copy, FIELDS)
    assert len(TantivyIndex(shutil.copytree(path, tmp_path / "whole"), FIELDS)) == 12


@pytest.mark.parametrize("name", ["meta.json", "backfile.json"])
def test_altered_descriptions_are_noticed(path, name):
    filled(path)
    (path / name).write_text('{"something": "else"}')
    with pytest.raises(WordIndexDamaged):
        TantivyIndex(path, FIELDS)
    (path / name).write_text("{")
    with pytest.raises(WordIndexDamaged):
        TantivyIndex(path, FIELDS)


def test_an_index_of_other_fields_is_refused_and_other_weights_are_not(path):
    filled(path)
    with pytest.raises(WordIndexDamaged, match="another format"):
        TantivyIndex(path, {"title": 2.0, "text": 1.0})
    assert len(TantivyIndex(path, {"title": 9.0, "body": 1.0})) == 12


def test_without_its_files_it_starts_empty_at_the_beginning(path):
    filled(path)
    (path / "meta.json").unlink()
    index = TantivyIndex(path, FIELDS)
    assert (len(index), index.cursor) == (0, 0)


def test_many_small_commits_leave_few_segments_and_nothing_of_what_was_replaced():
    index = TantivyIndex(None, FIELDS)
    for cursor in range(1, 71):
        index.replace(cursor % 20, cursor, [Document(cursor % 20, {"body": f"war number {cursor}"})])
        index.commit(cursor)
    searcher = index._view.searcher
    assert searcher.num_segments <= 10
    assert len(index) == 20
    assert searcher.doc_freq("text_body", "war") < 40


def test_what_was_worked_out_of_a_query_is_of_the_latest_commit(path):
    index = filled(path)
    before = index.ceiling(Words("war")), index.weights(["war"])
    assert (index.ceiling(Words("war")), index.weights(["war"])) == before
    index.replace(7, 2, [Document(70, {"body": "peace"})])
    index.commit(2)
    assert index.ceiling(Words("war")) > before[0]
    assert index.weights(["war"])[0]["war"] > before[1][0]["war"]
