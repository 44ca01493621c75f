"""The indexes of one process, each with its cursor, and how it reads the change log."""

import logging
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

import numpy as np
from filelock import FileLock, Timeout

from db import Connection, Database, articles, changes, passages
from db.records import Article, Change, Filters, Keys, Vectors
from embeddings import SnapshotDamaged, VectorIndex, remove_unnamed, settled_name
from lexical import Document, TantivyIndex, WordIndexDamaged

log = logging.getLogger("backfile.indexer")

CHANGES_AT_ONCE = 500
READ_AT_ONCE = 50
"""Articles in memory while changes are applied; 500 long ones are 20 MB."""
MOST_YOUNG = 200_000
"""Vectors that have not settled, 0.3 GB: with more of them, following waits until they have."""
ARTICLE_FIELDS = {"text": 1.0, "title": 0.2, "names": 0.3}
"""Weights of BM25 in each field. The title is part of the text: counted with it, as any other words of an article, and a little
more besides. As a field of its own, added up with the rest, it decides too much (docs/decisions/0012-relevance.md)."""
PARAGRAPH_FIELDS = {"text": 1.0}


class VectorFollower:
    """The vector index. It reads no further than the first article that lacks a vector, so its cursor never lies."""

    settle_from = 32_768
    """So many vectors are searched by lists from then on; fewer are all compared, exactly."""

    def __init__(self, db: Database, model: int, identity: str, dimension: int, folder: Path) -> None:
        self.db = db
        self.model = model
        self.identity = identity
        self.dimension = dimension
        self.path = folder / "vectors.index"
        self._lock = threading.Lock()
        self._saved_at = time.monotonic()
        self._closing = threading.Event()
        self._tidying = threading.Thread()
        self.index: VectorIndex = self._open()
        self._saved_cursor = self.index.cursor
        self._on_disk = settled_name(self.path)

    @property
    def cursor(self) -> int:
        return self.index.cursor

    def _open(self) -> VectorIndex:
        try:
            return self._load()
        except FileNotFoundError:
            pass
        except SnapshotDamaged as error:
            log.warning("vector snapshot unusable (%s), rebuilding it from the stored vectors", error)
        return self.empty()

    def _load(self) -> VectorIndex:
        from embeddings import FaissIndex  # loads FAISS: only where an index is opened

        return FaissIndex.load(self.path, dimension=self.dimension, model=self.identity, settle_from=self.settle_from)

    def empty(self) -> VectorIndex:
        """An index of the same kind with nothing in it."""
        from embeddings import FaissIndex

        return FaissIndex(self.dimension, self.identity, folder=self.path.parent, settle_from=self.settle_from)

    @property
    def crowded(self) -> bool:
        """So much has not settled yet that following waits for it."""
        return len(self.index) - self.index.settled > MOST_YOUNG and self._tidying.is_alive()

    def follow(self) -> int:
        """Apply the next changes; how many. 0 when there is none, or the next one still waits for its vectors."""
        while self.crowded:
            time.sleep(0.05)
        with self._lock:
            with self.db.read() as conn:
                if changes.seq(conn) < self.index.cursor:
                    log.warning("the database is older than the vector index, rebuilding it")
                    self.index = self.empty()
            applied = self.apply_next(self.index)
            if self.index.untidy and not self._tidying.is_alive() and not self._closing.is_set():
                self._tidying = threading.Thread(target=self._tidy, name="backfile-tidy", daemon=True)
                self._tidying.start()
        return applied

    def apply_next(self, index: VectorIndex) -> int:
        """Bring any index further by some changes; how many."""
        if index is not self.index and index.untidy:
            index.tidy(self._between)
        with self.db.read() as conn:
            batch = self._ready(conn, index.cursor)
            vectors = passages.vectors_of(conn, self.model, [change.article for change in batch if not change.deleted])
        apply_vectors(index, batch, vectors)
        return len(batch)

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing is applied meanwhile."""
        with self._lock:
            yield

    def _ready(self, conn: Connection, cursor: int) -> Sequence[Change]:
        batch = changes.after(conn, cursor, READ_AT_ONCE)
        if not batch:
            return batch
        unready = passages.first_unready(conn, self.model)
        return batch if unready is None else [change for change in batch if change.seq < unready]

    def replace(self, index: VectorIndex) -> None:
        """Put a rebuilt index in the place of this one."""
        with self._lock:
            self.index = index
            self._saved_cursor = -1
            self._on_disk = settled_name(self.path)
        self.snapshot()

    def snapshot(self, at_most_every: float = 0) -> None:
        """Write the index to disk if it has moved on; not while another process is writing it."""
        if self._saved_cursor == self.index.cursor or time.monotonic() - self._saved_at < at_most_every:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path.with_suffix(".lock"), timeout=0), self._lock:
                if not self._taken_over():
                    self.index.save(self.path)
                self._saved_cursor = self.index.cursor
                self._on_disk = settled_name(self.path)
        except Timeout:
            return
        self._saved_at = time.monotonic()

    def _taken_over(self) -> bool:
        """If another process has let rows settle meanwhile, its snapshot is used here too, instead of writing all rows again."""
        if settled_name(self.path) in (None, self._on_disk):
            return False
        try:
            theirs = self._load()
        except (FileNotFoundError, SnapshotDamaged):
            return False
        while theirs.cursor < self.index.cursor and self.apply_next(theirs):
            pass
        if theirs.cursor >= self.index.cursor:
            self.index = theirs
        return self.index is theirs

    def _tidy(self) -> None:
        """In a thread of its own that has low priority; in one process at a time."""
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        index = self.index
        try:
            with FileLock(self.path.with_suffix(".tidy.lock"), timeout=0):
                remove_unnamed(self.path)
                index.tidy(self._between)
                if index is self.index:
                    self._saved_cursor = -1
                    self.snapshot()
        except (Timeout, InterruptedError):
            pass
        except Exception:
            log.exception("rows of the vector index could not settle; trying again after the next change")

    def _between(self) -> None:
        if self._closing.is_set():
            raise InterruptedError

    def close(self) -> None:
        """Stop what runs in the background, and write the snapshot."""
        self._closing.set()
        if self._tidying.is_alive():
            self._tidying.join()
        self.snapshot()


def apply_vectors(index: VectorIndex, batch: Sequence[Change], vectors: Mapping[int, tuple[Keys, Vectors] | None]) -> None:
    """Drop what is gone, replace what is there. Stops before an article whose vectors are not stored yet."""
    for change in batch:
        if change.deleted:
            index.drop(change.article)
        else:
            entries = vectors.get(change.article)
            if entries is None:
                return
            index.replace(change.article, change.seq, *entries)
        index.cursor = change.seq


class WordFollower:
    """The two word indexes, of articles and of paragraphs. They lie on disk and are shared by the processes of a machine."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db = db
        folder.mkdir(parents=True, exist_ok=True)
        self._writing = FileLock(folder / "words.lock", timeout=0)
        self._lock = threading.Lock()
        with FileLock(folder / "words.opening.lock"):
            self.articles = _open_words(folder / "words-articles", ARTICLE_FIELDS)
            self.paragraphs = _open_words(folder / "words-paragraphs", PARAGRAPH_FIELDS)

    @property
    def cursor(self) -> int:
        return min(self.articles.cursor, self.paragraphs.cursor)

    def follow(self) -> int:
        """Apply the next changes; how many. 0 when there is none, or another process is just applying them."""
        with self._lock, self.db.read() as conn:
            if self.cursor == changes.seq(conn):
                return 0
            before = self.cursor
            self._refresh()
            try:
                with self._writing:
                    self._apply_next(conn)
            except Timeout:
                pass
            return max(0, self.cursor - before)

    @contextmanager
    def still(self) -> Iterator[None]:
        """This process applies nothing meanwhile, nor looks at what another has applied."""
        with self._lock:
            yield

    def look(self) -> None:
        """At what other processes have applied; applies nothing."""
        with self._lock:
            self._refresh()

    def _refresh(self) -> None:
        self.articles.refresh()
        self.paragraphs.refresh()

    def _apply_next(self, conn: Connection) -> None:
        self._refresh()
        latest = changes.seq(conn)
        start = 0 if self.cursor > latest else self.cursor  # a database put back from a backup is read again
        batch = changes.after(conn, start, CHANGES_AT_ONCE)
        if batch or start < self.cursor:
            self._apply(conn, batch, batch[-1].seq if batch else latest)

    def _apply(self, conn: Connection, batch: Sequence[Change], cursor: int) -> None:
        for change in batch:
            if change.deleted:
                self.articles.drop(change.article)
                self.paragraphs.drop(change.article)
        for article, paragraph_keys in stored(conn, [change.article for change in batch if not change.deleted]):
            self.articles.replace(article.key, article.seq, [article_document(article)])
            self.paragraphs.replace(article.key, article.seq, paragraph_documents(article, paragraph_keys))
        self.articles.commit(cursor)
        self.paragraphs.commit(cursor)

    def rebuild(self) -> int:
        """Write all documents anew, in one commit: until then readers see the old ones. How many articles."""
        with self._lock, self._writing.acquire(timeout=60), self.db.read() as conn:
            cursor = changes.seq(conn)
            present = articles.keys(conn, Filters())
            for index in (self.articles, self.paragraphs):
                for gone in np.setdiff1d(np.array(sorted(index.versions()), np.int64), present):
                    index.drop(int(gone))
            for article, paragraph_keys in stored(conn, present.tolist()):
                self.articles.replace(article.key, article.seq, [article_document(article)])
                self.paragraphs.replace(article.key, article.seq, paragraph_documents(article, paragraph_keys))
            self.articles.commit(cursor)
            self.paragraphs.commit(cursor)
        return len(present)


def _open_words(path: Path, fields: dict[str, float]) -> TantivyIndex:
    try:
        return TantivyIndex(path, fields)
    except WordIndexDamaged as error:
        log.warning("word index unusable (%s), building it anew", error)
        rmtree(path, ignore_errors=True)
        return TantivyIndex(path, fields)


def stored(conn: Connection, keys: Sequence[int]) -> Iterator[tuple[Article, list[int]]]:
    """The articles with their paragraphs, and the keys of those; a few of them in memory at a time."""
    for start in range(0, len(keys), READ_AT_ONCE):
        part = keys[start : start + READ_AT_ONCE]
        found = articles.many(conn, part, paragraphs=True)
        paragraph_keys = articles.paragraph_keys(conn, part)
        yield from ((article, paragraph_keys.get(key, [])) for key, article in found.items())


def article_document(article: Article) -> Document:
    names = " \n ".join((*article.authors, *article.categories, *article.tags, article.series or ""))
    text = "\n\n".join((article.title, article.dek or "", *(paragraph.text for paragraph in article.paragraphs)))
    return Document(article.key, {"text": text, "title": article.title, "names": names})


def paragraph_documents(article: Article, keys: Sequence[int]) -> list[Document]:
    pairs = zip(keys, article.paragraphs, strict=True)
    return [Document(key, {"text": paragraph.text}) for key, paragraph in pairs]
