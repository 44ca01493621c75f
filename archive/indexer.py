"""Keeps the indexes in step with the database: encodes what lacks a vector, applies what lies after each index's cursor.

The database is the truth. Every step here may be cut off at any instruction and done again: vectors are stored before an index
applies them, a cursor is saved together with what it counts, applying a change twice is harmless.
"""

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from typing import Final, NamedTuple

from archive import heaps, witness
from archive.errors import EncoderNotReady, ModelMismatch
from archive.followers import VectorFollower, WordFollower
from archive.pace import Pace
from archive.passages import context, encoded
from archive.queries import QueryEncoder
from archive.settings import Settings
from archive.standing import Moment
from archive.yardstick import Yardstick
from db import Connection, Database, changes, meta, passages, totals
from embeddings import Encoder, EncoderUnavailable

log = logging.getLogger("backfile.indexer")

BATCH: Final = 256
"""Passages encoded and stored in one go: what a crash can cost."""
OVERLOOKED_S: Final = 0.1
"""Who encodes may just have seen that nothing is left, before this process stored something: a moment later its turn is over."""
RETRY_S: Final = 5.0
COUNTS_APART: Final = 20
"""How many times as long as it takes to count what lacks a vector, before it is counted again."""
SNAPSHOTS_APART: Final = 20
"""How many times as long as a snapshot has taken, at least, before the next one: those of a large archive take seconds."""

Progress = Callable[[int, int], None]
"""Called with the passages encoded and their total."""


class Opened(NamedTuple):
    """What is followed, and the database's key of the model."""

    model: int
    vectors: VectorFollower
    words: WordFollower
    pace: Pace


class Indexer:
    """The indexes of one process, and the threads that feed them."""

    def __init__(self, db: Database, encoder: Encoder, settings: Settings) -> None:
        self.db = db
        self.encoder = encoder
        self.settings = settings
        self.encoded = 0
        self._counting = threading.Lock()
        self._count: Callable[[int], object] = int
        self.failure: str | None = None
        self.encoder_fails = False
        self.queries = QueryEncoder(encoder)
        self._opening = threading.RLock()
        self._opened: Opened | None = None
        self._yardstick: Yardstick | None = None
        self._moved = threading.Condition()
        self._stop = threading.Event()
        self._encoder_ready = threading.Event()
        self._turns: dict[str, tuple[threading.Thread, threading.Event]] = {}
        self._nothing_to_encode_at = -1
        self._covered = (0, 0.0)
        self._snapshot_s = 0.0

    # What is followed

    @property
    def model(self) -> int:
        """The database's key of the encoder. Raises ModelMismatch if the archive was made with another model."""
        return self._open().model

    @property
    def vectors(self) -> VectorFollower:
        return self._open().vectors

    @property
    def words(self) -> WordFollower:
        return self._open().words

    def _open(self) -> Opened:
        with self._opening:
            if self._opened is None:
                model, archive_id = register(self.db, self.encoder)
                folder = self.settings.data_dir / "indexes" / archive_id
                _start_anew_after_another_past(self.db, folder)
                vectors = VectorFollower(self.db, model, self.encoder.digest, self.encoder.dimension, folder)
                self._opened = Opened(model, vectors, WordFollower(self.db, folder), Pace(folder))
            return self._opened

    @property
    def reached(self) -> int:
        """Up to where both indexes have read. Whoever is told finds no less in another process: it is noted."""
        _, vectors, words, pace = self._open()
        reached = min(vectors.cursor, words.cursor)
        pace.note(reached)
        return reached

    def moment(self, seq: int) -> Moment:
        """Now, when the database is at `seq`."""
        _, vectors, words, pace = self._open()
        at = vectors.cursor, words.cursor
        pace.note(min(at))
        return Moment(seq, *at, pace.seq, self.encoder_ready)

    def keep_pace(self) -> None:
        """Read what another process has read already, so that nobody is told less here than there; unless that would take so long
        that an answer had better say that it is behind."""
        _, vectors, words, pace = self._open()
        farthest = pace.seq
        if words.cursor < farthest:
            words.look()
        while vectors.cursor < farthest and not vectors.crowded and vectors.follow():
            pass

    @property
    def folder(self) -> Path:
        return self.vectors.path.parent

    def yardstick(self) -> Yardstick:
        """Of the model; measured once for an archive, and kept in its database. Raises EncoderNotReady if it is not measured
        yet, and the model is not there."""
        if self._yardstick is None and not self._look_up_yardstick():
            self.require_encoder()  # with which it is measured
            self._look_up_yardstick()
        assert self._yardstick is not None
        return self._yardstick

    def _look_up_yardstick(self) -> bool:
        """Whether the database has it."""
        with self.db.read() as conn:
            known = meta.get(conn, f"yardstick:{self.encoder.digest}")
        if known is not None:
            self._yardstick = Yardstick(*json.loads(known))
        return known is not None

    def _measure_yardstick(self) -> None:
        found = Yardstick.of(self.encoder)
        with self.db.write() as conn:
            meta.set(conn, f"yardstick:{self.encoder.digest}", json.dumps([found.strangers, found.answers]))

    # One step at a time

    def encode_some(self, limit: int = BATCH) -> int:
        """Encode and store up to `limit` passages; 0 when none lacks a vector, or another process is encoding."""
        with self.db.exclusive("encode", wait=0) as alone:
            return self._encode_next(limit) if alone else 0

    def _encode_next(self, limit: int) -> int:
        with self.db.read() as conn:
            waiting = passages.pending(conn, self.model, limit)
        if not waiting:
            with self.db.write() as conn:
                passages.settle(conn, self.model)
            return 0
        vectors = self.encoder.encode([encoded(context(item.title, self.encoder), item.text) for item in waiting], bulk=True)
        with self.db.write() as conn:
            passages.store(conn, self.model, [item.digest for item in waiting], vectors)
        with self._counting:
            self.encoded += len(waiting)
            self._count(len(waiting))
        return len(waiting)

    def count(self, count: Callable[[int], object]) -> None:
        """Have `count` called with how many passages are encoded, each time; now with those so far."""
        with self._counting:
            self._count = count
            count(self.encoded)

    def pending(self) -> int:
        """Passages without a vector, counted: with a million of them it takes seconds."""
        with self.db.read() as conn:
            return passages.pending_count(conn, self.model)

    def behind(self) -> int:
        """Changes that the vector index has not applied: articles that wait to be encoded, for the most part."""
        with self.db.read() as conn:
            return changes.count_after(conn, self.vectors.cursor)

    def lacks_vectors(self) -> bool:
        with self.db.read() as conn:
            return passages.first_unready(conn, self.model) is not None

    def covered(self, conn: Connection) -> int:
        """How many of the stored passages have their vector. Where it takes long to count what has none, at least so many: it is
        counted again after twenty times as long."""
        stored = totals.read(conn).passages
        if passages.all_encoded(conn, self.model):
            return stored
        known, until = self._covered
        started = time.monotonic()
        if started >= until:
            known = passages.coverage(conn, self.model).encoded
            self._covered = known, time.monotonic() + (time.monotonic() - started) * COUNTS_APART
        return min(known, stored)

    def follow(self) -> int:
        """Apply what lies after each index's cursor; how many changes that were."""
        applied = self.words.follow() + self.vectors.follow()
        if applied:
            with self.db.read() as conn:
                witness.remember(conn, self.folder, self.reached)
            with self._moved:
                self._moved.notify_all()
        return applied

    def catch_up(self, progress: Progress | None = None) -> None:
        """Encode and apply everything stored so far, and write the snapshot."""
        total = left = self.pending()
        if progress and left:
            progress(0, total)  # the model may take a while to load
        while self.lacks_vectors():
            if count := self.encode_some():
                total, left = max(total, total - left + count), max(0, left - count)
            else:
                time.sleep(0.05)  # another process is encoding
                left = min(total, self.pending())
            if progress:
                progress(total - left, total)
        while self.follow():
            pass
        self.vectors.snapshot()

    # In the background

    @property
    def started(self) -> bool:
        return bool(self._turns)

    def start(self) -> None:
        """Raises ModelMismatch; everything else that fails is retried, and told by `unready`."""
        self._open()
        for name, step in {"encode": self._encode_turn, "follow": self._follow_turn}.items():
            woken = threading.Event()
            thread = threading.Thread(target=self._run, args=(step, woken), name=f"backfile-{name}", daemon=True)
            self._turns[name] = thread, woken
        for thread, _ in self._turns.values():  # only now: each wakes the other
            thread.start()

    def wake(self) -> None:
        """Something was written."""
        for _, woken in self._turns.values():
            woken.set()

    def close(self) -> None:
        self._stop.set()
        self.wake()
        for thread, _ in self._turns.values():
            thread.join()
        if self._opened:
            self.vectors.close()

    def wait(self, seq: int, seconds: float) -> bool:
        """Whether both indexes have read up to `seq`, after waiting for it so long at most. Without threads: after doing it."""
        self.keep_pace()
        if not self.started and self.reached < seq:
            self.catch_up()
        with self._moved:
            self._moved.wait_for(lambda: self.reached >= seq or self._stop.is_set(), seconds)
            return self.reached >= seq

    def _run(self, step: Callable[[], int], woken: threading.Event) -> None:
        """A thread that feeds the indexes never dies: it says what failed, waits, and tries again."""
        while not self._stop.is_set():
            try:
                worked = step()
                self.failure = None
            except Exception as error:
                self.failure = f"{type(error).__name__}: {error}"
                log.exception("indexing failed, trying again in %s s", RETRY_S)
                self._stop.wait(RETRY_S)
                continue
            if worked:
                heaps.give_back()
            else:
                woken.wait(self.settings.follow_interval_s)
                woken.clear()

    def _follow_turn(self) -> int:
        applied = self.follow()
        started = time.monotonic()
        self.vectors.snapshot(at_most_every=max(self.settings.snapshot_interval_s, SNAPSHOTS_APART * self._snapshot_s))
        self._snapshot_s = max(self._snapshot_s, time.monotonic() - started)
        return applied

    def _encode_turn(self) -> int:
        """Looks for passages to encode only if something was written since the last look that found none."""
        self._load()
        with self.db.read() as conn:
            seq = changes.seq(conn)
        if seq == self._nothing_to_encode_at:
            return 0
        if self._encode_all():
            self._nothing_to_encode_at = seq
        self._turns["follow"][1].set()
        return 0

    def _encode_all(self) -> bool:
        """Until nothing lacks a vector; False if another process is at it, or this one stops. Who has begun goes on: if they took
        turns, each would have the model for bulk work in memory."""
        with self.db.exclusive("encode", wait=OVERLOOKED_S) as alone:
            while alone and not self._stop.is_set():
                if not self._encode_next(BATCH):
                    return True
                self._turns["follow"][1].set()
                heaps.give_back()
            return False

    def _load(self) -> None:
        if not self._encoder_ready.is_set():
            try:
                self.encoder.load()
            except Exception:
                self.encoder_fails = True
                raise
            self.encoder_fails = False
            if not self._look_up_yardstick():
                self._measure_yardstick()
            self._encoder_ready.set()

    # State

    def require_encoder(self) -> None:
        """Raises EncoderNotReady while the model is being loaded, or cannot be. Without threads it is loaded here."""
        if self._encoder_ready.is_set():
            return
        if self.started:
            raise EncoderNotReady(self.failure or "The model is being loaded; try again in a few seconds.")
        try:
            self._load()
        except EncoderUnavailable as error:
            raise EncoderNotReady(str(error)) from error

    @property
    def encoder_ready(self) -> bool:
        return self._encoder_ready.is_set()

    @property
    def loading(self) -> bool:
        """The model, and nothing has gone wrong with that yet."""
        return not self.encoder_ready and self.failure is None

    def unready(self) -> list[str]:
        loading = [] if self.encoder_ready else ["The model is being loaded."]
        return loading + ([self.failure] if self.failure else [])


def register(db: Database, encoder: Encoder) -> tuple[int, str]:
    """The database's key of the model, and the archive's own id. Raises ModelMismatch."""
    with db.write() as conn:
        known = meta.get(conn, "model_digest")
        if known is None:
            meta.set(conn, "model_digest", encoder.digest)
            meta.set(conn, "model_name", encoder.name)
        elif known != encoder.digest:
            name = meta.get(conn, "model_name")
            raise ModelMismatch(
                f"The passages of this archive are of the model {name!r}, and {encoder.name!r} is configured "
                f"(or the files of the model have changed). Start with BACKFILE_MODEL={name}."
            )
        model = passages.model_key(conn, encoder.digest, encoder.name, encoder.dimension, encoder.window)
        return model, _archive_id(conn)


def _start_anew_after_another_past(db: Database, folder: Path) -> None:
    with db.read() as conn:
        agreed = witness.agrees(conn, folder)
    if not agreed:
        log.warning("the database does not have what the indexes have read, building them anew from the stored vectors")
        rmtree(folder, ignore_errors=True)


def _archive_id(conn: Connection) -> str:
    """Tells this archive's indexes from those of another that a folder was used for before."""
    known = meta.get(conn, "archive_id")
    if known is None:
        known = secrets.token_hex(8)
        meta.set(conn, "archive_id", known)
    return known
