"""Jobs: what is to be read, how far that is, and what was found wrong on the way."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from db.records import Moment
from db.tables import job_inputs, job_notes, jobs, sources

State: TypeAlias = Literal["enqueued", "processing", "succeeded", "failed", "canceled"]
Runner: TypeAlias = Literal["server", "shell"]
InputKind: TypeAlias = Literal["file", "upload", "url"]
NoteKind: TypeAlias = Literal["error", "warning"]

UNFINISHED: Final = ("enqueued", "processing")
AT_ONCE: Final = 500


class Cursor(NamedTuple):
    """Where a job goes on: `item` items of the input at position `input` are behind it."""

    input: int = 0
    item: int = 0


class Counts(NamedTuple):
    """What became of items."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0

    def plus(self, other: "Counts") -> "Counts":
        return Counts(*(one + another for one, another in zip(self, other, strict=True)))


@dataclass(frozen=True, slots=True)
class Input:
    """Something that a job reads. `location`: a path, or a URL. `place` names it for people. `url` and `media_type`: of what was
    found there. `version`: what its source says of it. `expected`: how many items it is thought to have."""

    kind: InputKind
    location: str
    place: str
    media_type: str | None = None
    url: str | None = None
    version: str | None = None
    expected: int = 1


@dataclass(frozen=True, slots=True)
class Note:
    """What is wrong with an item. `errors`: JSON pointers with what is wrong there."""

    kind: NoteKind
    place: str
    code: str
    detail: str
    errors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    kind: str
    runner: Runner
    fingerprint: str
    options: Mapping[str, Any] = field(default_factory=dict)
    source: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`ahead`: how many items are still expected. `seq`: the latest place in the change log that it wrote to."""

    key: int
    id: str
    kind: str
    runner: Runner
    options: Mapping[str, Any]
    source: int | None
    source_id: str | None
    state: State
    canceling: bool
    detail: str | None
    created_at: Moment
    started_at: Moment | None
    updated_at: Moment
    finished_at: Moment | None
    worked_micros: int
    cursor: Cursor
    ahead: int
    counts: Counts
    warnings: int
    seq: int

    @property
    def done(self) -> int:
        return sum(self.counts)

    @property
    def total(self) -> int:
        return self.done + self.ahead


_JOB = (jobs, sources.c.id.label("source_id"), job_inputs.c.expected)
_FOUND = (
    select(*_JOB)
    .select_from(jobs)
    .outerjoin(sources, sources.c.key == jobs.c.source)
    .outerjoin(job_inputs, (job_inputs.c.job == jobs.c.key) & (job_inputs.c.position == jobs.c.input))
)
_INPUT = tuple(job_inputs.c[name] for name in ("kind", "location", "place", "media_type", "url", "version", "expected"))


def new_id() -> str:
    return f"j_{secrets.token_hex(8)}"


def create(conn: Connection, id: str, job: NewJob, inputs: Iterable[Input], now: Moment) -> int:
    """A job that waits for somebody to work on it; its key."""
    row = {
        "id": id,
        "kind": job.kind,
        "runner": job.runner,
        "fingerprint": job.fingerprint,
        "options": dict(job.options),
        "source": job.source,
        "state": "enqueued",
        "canceling": False,
        "created_micros": now.micros,
        "updated_micros": now.micros,
        **dict.fromkeys(("worked_micros", "input", "item", "ahead", *Counts._fields, "warnings", "seq"), 0),
    }
    key: int = conn.execute(insert(jobs).returning(jobs.c.key), row).scalar_one()
    add_inputs(conn, key, inputs)
    return key


def add_inputs(conn: Connection, key: int, inputs: Iterable[Input]) -> None:
    """Put more behind the job's last input."""
    last = conn.execute(select(func.max(job_inputs.c.position)).where(job_inputs.c.job == key)).scalar_one()
    start = 0 if last is None else last + 1
    rows = [
        {"job": key, "position": position, **{name: getattr(each, name) for name in Input.__slots__}}
        for position, each in enumerate(inputs, start=start)
    ]
    if rows:
        conn.execute(insert(job_inputs), rows)
        more = sum(row["expected"] for row in rows if row["position"] > 0)
        conn.execute(update(jobs).where(jobs.c.key == key).values(ahead=jobs.c.ahead + more))


def expect(conn: Connection, key: int, items: int) -> None:
    """Say how many items there will be, for a job without inputs."""
    conn.execute(update(jobs).where(jobs.c.key == key).values(ahead=items))


def get(conn: Connection, id: str) -> Job | None:
    row = conn.execute(_FOUND.where(jobs.c.id == id)).one_or_none()
    return None if row is None else _job(row)


def by_key(conn: Connection, key: int) -> Job:
    return _job(conn.execute(_FOUND.where(jobs.c.key == key)).one())


def page(conn: Connection, states: Collection[str], source: str | None, before: int | None, limit: int) -> list[Job]:
    """Newest first: those whose key is less than `before`."""
    query = _FOUND.order_by(jobs.c.key.desc()).limit(limit)
    if states:
        query = query.where(jobs.c.state.in_(states))
    if source is not None:
        query = query.where(sources.c.id == source)
    if before is not None:
        query = query.where(jobs.c.key < before)
    return [_job(row) for row in conn.execute(query)]


def unfinished(conn: Connection, runner: Runner) -> list[int]:
    """The keys of those that are to be worked on, oldest first."""
    waiting = jobs.c.state.in_(UNFINISHED) & (jobs.c.runner == runner)
    return list(conn.execute(select(jobs.c.key).where(waiting).order_by(jobs.c.key)).scalars())


def unfinished_ids(conn: Connection) -> set[str]:
    return set(conn.execute(select(jobs.c.id).where(jobs.c.state.in_(UNFINISHED))).scalars())


def resumable(conn: Connection, fingerprint: str) -> int | None:
    """The key of the latest unfinished job that was asked for in these words."""
    same = (jobs.c.fingerprint == fingerprint) & jobs.c.state.in_(UNFINISHED)
    key: int | None = conn.execute(select(func.max(jobs.c.key)).where(same)).scalar_one()
    return key


def of_source(conn: Connection, source: int) -> int | None:
    """The key of the unfinished job of a source."""
    own = (jobs.c.source == source) & jobs.c.state.in_(UNFINISHED)
    key: int | None = conn.execute(select(func.max(jobs.c.key)).where(own)).scalar_one()
    return key


def inputs(conn: Connection, key: int, start: int, limit: int = AT_ONCE) -> list[tuple[int, Input]]:
    """The job's inputs from a position on, with their positions."""
    query = select(job_inputs.c.position, *_INPUT).where(job_inputs.c.job == key, job_inputs.c.position >= start)
    return [(position, Input(*rest)) for position, *rest in conn.execute(query.order_by(job_inputs.c.position).limit(limit))]


def begin(conn: Connection, key: int, now: Moment) -> None:
    started = func.coalesce(jobs.c.started_micros, now.micros)
    values = {"state": "processing", "started_micros": started, "updated_micros": now.micros}
    conn.execute(update(jobs).where(jobs.c.key == key).values(values))


def found(conn: Connection, key: int, position: int, url: str, media_type: str | None) -> None:
    """What an address has led to."""
    one = (job_inputs.c.job == key) & (job_inputs.c.position == position)
    conn.execute(update(job_inputs).where(one).values(url=url, media_type=media_type))


def proceed(
    conn: Connection,
    key: int,
    cursor: Cursor,
    counts: Counts,
    notes: Sequence[Note],
    *,
    behind: int,
    worked_micros: int,
    seq: int,
    now: Moment,
) -> bool:
    """Move the job on, in the transaction that stores what lies before its new place. `behind`: how many items that were expected
    beside those of its inputs are behind it now. Whether it is to go on after that."""
    was = conn.execute(select(jobs.c.input, jobs.c.canceling).where(jobs.c.key == key)).one()
    passed = select(func.coalesce(func.sum(job_inputs.c.expected), 0)).where(
        job_inputs.c.job == key, job_inputs.c.position > was.input, job_inputs.c.position <= cursor.input
    )
    more = {name: jobs.c[name] + count for name, count in counts._asdict().items()}
    values = {
        **more,
        "warnings": jobs.c.warnings + sum(note.kind == "warning" for note in notes),
        "worked_micros": jobs.c.worked_micros + worked_micros,
        "ahead": jobs.c.ahead - conn.execute(passed).scalar_one() - behind,
        "input": cursor.input,
        "item": cursor.item,
        "updated_micros": now.micros,
    }
    if seq:
        values["seq"] = seq
    conn.execute(update(jobs).where(jobs.c.key == key).values(values))
    if notes:
        conn.execute(insert(job_notes), [{"job": key, **_note_row(note)} for note in notes])
    return not was.canceling


def _note_row(note: Note) -> dict[str, Any]:
    return {name: getattr(note, name) for name in ("kind", "place", "code", "detail")} | {"errors": [*map(list, note.errors)]}


def finish(conn: Connection, key: int, state: State, detail: str | None, now: Moment) -> None:
    """End the job. What it was to read is forgotten; what it has found stays."""
    values = {"state": state, "detail": detail, "ahead": 0, "finished_micros": now.micros, "updated_micros": now.micros}
    conn.execute(update(jobs).where(jobs.c.key == key).values(values))
    conn.execute(delete(job_inputs).where(job_inputs.c.job == key))


def ask_to_cancel(conn: Connection, key: int) -> None:
    conn.execute(update(jobs).where(jobs.c.key == key).values(canceling=True))


def notes(
    conn: Connection, key: int, kinds: Collection[NoteKind], after: int = 0, limit: int = AT_ONCE
) -> list[tuple[int, Note]]:
    """What was found wrong, in order, each with its number; those after the number `after`."""
    column = job_notes.c
    query = (
        select(column.key, column.kind, column.place, column.code, column.detail, column.errors)
        .where(column.job == key, column.kind.in_(kinds), column.key > after)
        .order_by(column.key)
        .limit(limit)
    )
    return [
        (number, Note(kind, place, code, detail, tuple((pointer, said) for pointer, said in errors)))
        for number, kind, place, code, detail, errors in conn.execute(query)
    ]


def prune(conn: Connection, older_than: Moment) -> int:
    """Forget the jobs that ended before that, and say how many they were."""
    return conn.execute(delete(jobs).where(jobs.c.finished_micros < older_than.micros)).rowcount


def _job(row: Row[*tuple[Any, ...]]) -> Job:
    waiting = row.state in UNFINISHED
    return Job(
        key=row.key,
        id=row.id,
        kind=row.kind,
        runner=row.runner,
        options=row.options,
        source=row.source,
        source_id=row.source_id,
        state=row.state,
        canceling=row.canceling,
        detail=row.detail,
        created_at=Moment.at(row.created_micros),
        started_at=_moment(row.started_micros),
        updated_at=Moment.at(row.updated_micros),
        finished_at=_moment(row.finished_micros),
        worked_micros=row.worked_micros,
        cursor=Cursor(row.input, row.item),
        ahead=row.ahead + max(0, (row.expected or 0) - row.item) if waiting else 0,
        counts=Counts(*(getattr(row, name) for name in Counts._fields)),
        warnings=row.warnings,
        seq=row.seq,
    )


def _moment(micros: int | None) -> Moment | None:
    return None if micros is None else Moment.at(micros)
