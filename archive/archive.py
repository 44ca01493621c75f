"""The table of contents: everything the program can do is a method of `Archive`."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from archive import (
    browsing,
    checking,
    duplicates,
    idempotency,
    imports,
    job_running,
    jobs,
    keys,
    maps,
    reading,
    related,
    rereading,
    reuse,
    searching,
    sources,
    stories,
    writing,
)
from archive.answers import (
    Added,
    ArticleDuplicates,
    ArticleOut,
    ArticlePage,
    ArticleParagraphs,
    CalendarPage,
    Changes,
    CheckReport,
    ChoreReport,
    Deleted,
    DuplicatesPage,
    FacetCounts,
    IndexStatus,
    JobNote,
    JobOut,
    JobPage,
    KeyOut,
    Keys,
    MapOut,
    NewKey,
    OnThisDay,
    ParagraphInContext,
    Preview,
    RebuildReport,
    RelatedAnswer,
    ReuseAnswer,
    RevisionOut,
    Revisions,
    SearchAnswer,
    SourceOut,
    SourcePage,
    StoryPage,
    StoryTimeline,
    Suggestions,
    Timeline,
)
from archive.aside import Aside
from archive.chores import Chore, Chores
from archive.copies import Resemblances
from archive.courtesy import Courtesy
from archive.errors import ArchiveError
from archive.indexer import Indexer, Progress
from archive.language_model import LanguageModel
from archive.languages import LanguageWarnings
from archive.memory import Memory
from archive.parsing import Unreadable
from archive.profiles import Profiles
from archive.rankings import REMEMBERED, Rankings
from archive.rekeying import rekey
from archive.requests import (
    ArticleDuplicatesRequest,
    ArticleListRequest,
    ChangesRequest,
    DuplicatesRequest,
    FacetRequest,
    FilterRequest,
    ImportOptions,
    Include,
    JobListRequest,
    JobNotesRequest,
    MapRequest,
    OnConflict,
    Paged,
    RelatedRequest,
    ReuseRequest,
    SearchRequest,
    SourceChange,
    SourceRequest,
    StoryListRequest,
    StoryRequest,
    SuggestRequest,
    TimelineRequest,
    UrlImport,
)
from archive.settings import Settings
from archive.shelf import Shelf
from archive.sketching import Sketcher
from archive.spool import Spool, Upload
from archive.standing import Moment, Standings
from archive.story_follower import StoryFollower
from archive.watching import Watcher
from db import Database, changes
from db import jobs as stored_jobs
from db.jobs import Job
from db.records import Draft, Original
from embeddings import Encoder

if TYPE_CHECKING:
    from fetching import Fetcher


class Archive:
    """An open archive. Safe to use from several threads; several processes may have the same archive open."""

    def __init__(self, settings: Settings, encoder: Encoder | None = None) -> None:
        """Open the archive at `settings.data_dir`, making it if it is not there. Loads no model and starts no thread.

        `encoder`: the one of the settings, where it is there already."""
        self.settings = settings
        self.db = Database.at(settings.database_url or settings.data_dir)
        self.db.migrate()
        rekey(self.db)
        self.encoder = settings.encoder() if encoder is None else encoder
        self.indexer = Indexer(self.db, self.encoder, settings)
        self.standings = Standings()
        self.language_model = LanguageModel(settings.cache_folder())
        self.language_warnings = LanguageWarnings(self.encoder)
        self.shelf = Shelf()
        self.resemblances = Resemblances()
        self.profiles = Profiles(self.shelf)
        self.rankings = Rankings(REMEMBERED)
        self.duplicate_groups: Memory[tuple[str, int, int], list[duplicates.Group]] = Memory(duplicates.REMEMBERED)
        self.courtesy = Courtesy()
        self.sketcher = Sketcher(self.db, self.indexer, self.courtesy)
        self.story_follower = StoryFollower(self)
        self._sketching = self._aside("sketch", self.sketcher.step)
        self.cartographer = maps.Cartographer(self)
        self._mapping = self._aside("map", self.cartographer.step)
        self._storying = self._aside("stories", self.story_follower.follow)
        self.chores = Chores(settings.data_dir / "indexes" / "reports.json")
        self.spool = Spool(settings.data_dir / "imports")
        self.worker = job_running.Worker(self)
        self.watcher = Watcher(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Load the model and follow the database in background threads (a server does; a script need not)."""
        self.indexer.start()
        self._storying.start()
        self._sketching.start()
        self._mapping.start()
        self.worker.start()
        if self.settings.watch_sources:
            self.watcher.start()

    def close(self) -> None:
        """Stop the threads, write what the indexes have learnt, let the database go."""
        if "fetcher" in self.__dict__:
            self.fetcher.close()
        self.watcher.close()
        self.worker.close()
        self.cartographer.close()
        self._mapping.close()
        self._storying.close()
        self._sketching.close()
        self.indexer.close()
        self.db.dispose()

    def _aside(self, name: str, step: Callable[[], int]) -> Aside:
        indexer, every = self.indexer, self.settings.follow_interval_s

        def urgent() -> bool:
            return self.worker.working or indexer.lacks_vectors()

        return Aside(name, step, urgent=urgent, loading=lambda: indexer.loading, every=every)

    @cached_property
    def fetcher(self) -> "Fetcher":
        """Gets what is elsewhere: one request at a time of each host, and nothing in private networks."""
        from fetching import Fetcher

        return Fetcher(
            f"Backfile/{version('backfile')}",
            timeout_s=self.settings.fetch_timeout_s,
            max_bytes=self.settings.fetch_max_bytes,
            delay_s=self.settings.fetch_delay_s,
            allowed_hosts=self.settings.fetch_allowed_hosts,
            respect_robots=self.settings.fetch_respect_robots,
        )

    def unready(self) -> list[str]:
        """Why the archive cannot answer everything yet; empty when it can."""
        return self.indexer.unready()

    # Writing: each returns after the database has it; `wait` tells when it is searchable

    def add(self, draft: Draft, *, on_conflict: OnConflict = "update") -> Added:
        """Raises ArticleExists with on_conflict="error"."""
        return writing.add(self, draft, on_conflict)

    def add_many(self, drafts: Iterable[Draft | Unreadable], *, on_conflict: OnConflict = "update") -> list[Added | ArchiveError]:
        """One answer per draft, in order; each stands by itself, whatever becomes of the others."""
        return writing.add_many(self, list(drafts), on_conflict)

    def replace(self, ref: str, draft: Draft, *, if_match: Collection[str] | None = None) -> Added:
        """Put `draft` in the place of the article. `if_match` has acceptable `version`s of it (see `version`).

        Raises ArticleNotFound, AmbiguousRef, MalformedRef, PreconditionFailed."""
        return writing.replace(self, ref, draft, if_match)

    def patch(self, ref: str, changes: Mapping[str, Any], *, if_match: Collection[str] | None = None) -> Added:
        """Apply a JSON merge patch (RFC 7396) in the field names of ArticleOut. Raises as `replace`, and UnreadableArticle."""
        return writing.patch(self, ref, changes, if_match)

    def delete(self, ref: str, *, if_match: Collection[str] | None = None) -> Deleted:
        """The article, its paragraphs, revisions and original bytes are gone for good; the change log remembers its id."""
        return writing.delete(self, ref, if_match)

    def wait(self, seq: int, seconds: float) -> bool:
        """Whether everything up to `seq` is searchable, after waiting for it up to so many seconds."""
        return self.indexer.wait(seq, seconds)

    def catch_up(self, progress: Progress | None = None) -> None:
        """Encode and index all that is stored, in this thread (scripts; a started archive does it by itself)."""
        self.indexer.catch_up(progress)

    def find_stories(self, progress: Progress | None = None) -> None:
        """Find the stories of all that is indexed, in this thread; a started archive does it by itself."""
        self.story_follower.catch_up(progress)

    def sketch(self, progress: Progress | None = None) -> None:
        """Sketch all that is encoded, for `duplicates` and `reuse`, in this thread; a started archive does it by itself."""
        self.sketcher.catch_up(progress)

    # Importing: what is to be read becomes a job, which a server works on by itself

    def upload(self) -> Upload:
        """Where files go that are to be imported; then call `import_files`, or `discard` it."""
        return self.spool.upload(stored_jobs.new_id())

    def import_files(self, upload: Upload, options: ImportOptions) -> JobOut:
        """Raises InvalidRequest where there is no file."""
        return imports.of_upload(self, upload, options)

    def import_urls(self, request: UrlImport) -> JobOut:
        """Raises InvalidRequest for addresses that cannot be fetched; what cannot be told yet is among the job's errors."""
        return imports.of_urls(self, request)

    def import_own(self, paths: Sequence[Path], urls: Sequence[str], options: ImportOptions) -> tuple[JobOut, bool]:
        """Files and folders of this machine, and addresses, for the caller to work on with `work_on`; whether it is a job that
        was cut off. Raises FileNotFoundError."""
        return imports.of_own(self, paths, urls, options)

    def work_on(self, id: str, progress: Callable[[JobOut], None], catch_up: Callable[[], None] | None = None) -> JobOut | None:
        """Work on a job in this thread until it has ended; None if another process is working on it. `progress` is told after
        each batch; `catch_up` is called, in the place of this archive's, when more waits to be encoded than should."""

        def tell(job: Job) -> None:
            progress(jobs.shown(self, job))

        with self.db.read() as conn:
            key = jobs.find(conn, id).key
        ended = job_running.work(self, key, lambda: False, tell, catch_up or self.catch_up)
        return None if ended is None else jobs.shown(self, ended)

    def kept_upload(self, id: str) -> Upload:
        """An upload that was kept (`Upload.keep`), for an hour. Raises UploadNotFound."""
        return imports.kept_upload(self, id)

    def draft_of(self, upload: Upload, options: ImportOptions) -> Draft:
        """The first article of an upload, before it is stored. Raises UnreadableArticle."""
        return imports.draft_of(self, upload, options)

    def preview_upload(self, upload: Upload, options: ImportOptions) -> Preview:
        """What an import of the files would begin with."""
        return imports.preview_of_upload(self, upload, options)

    def preview_urls(self, request: UrlImport) -> Preview:
        """What an import of the addresses would begin with; some of them are fetched for that."""
        return imports.preview_of_urls(self, request)

    def preview_paths(self, paths: Sequence[Path], options: ImportOptions) -> Preview:
        """What an import of the files and folders would begin with. Raises FileNotFoundError."""
        return imports.preview_of_paths(options, paths)

    def reparse(self, request: FilterRequest, *, own: bool = False) -> JobOut:
        """A job that reads the original bytes of matching articles again; with `own` for the caller to work on with `work_on`.
        What was changed by hand since stays as it is, and so do records."""
        return rereading.begin(self, request, "shell" if own else "server")

    def job(self, id: str) -> JobOut:
        """Raises JobNotFound."""
        return jobs.show(self, id)

    def jobs(self, request: JobListRequest) -> JobPage:
        """Newest first. Raises the errors of cursors."""
        return jobs.listed(self, request)

    def job_notes(self, id: str, request: JobNotesRequest) -> Iterator[JobNote]:
        """What was not stored, and why. Raises JobNotFound."""
        return jobs.notes(self, id, request)

    def cancel_job(self, id: str) -> JobOut:
        """What it has stored stays. Raises JobNotFound."""
        return jobs.cancel(self, id)

    # Watching

    def watch(self, request: SourceRequest) -> tuple[SourceOut, bool]:
        """Look at a feed, a sitemap or a list of addresses from now on; whether that is new. Raises InvalidRequest."""
        return sources.watch(self, request)

    def sources(self, request: Paged) -> SourcePage:
        """Oldest first. Raises the errors of cursors."""
        return sources.listed(self, request)

    def source(self, id: str) -> SourceOut:
        """Raises SourceNotFound."""
        return sources.show(self, id)

    def change_source(self, id: str, request: SourceChange) -> SourceOut:
        """Raises SourceNotFound."""
        return sources.change(self, id, request)

    def check_source(self, id: str) -> SourceOut:
        """Have it looked at now. Raises SourceNotFound."""
        return sources.check(self, id)

    def forget_source(self, id: str) -> None:
        """What came from it stays. Raises SourceNotFound."""
        sources.forget(self, id)

    # Reading

    def article(self, ref: str, include: Collection[Include] = ("paragraphs", "references", "extra")) -> ArticleOut:
        """Raises ArticleNotFound, AmbiguousRef, MalformedRef, as all that take a ref."""
        return reading.article(self, ref, include)

    def articles(self, request: ArticleListRequest) -> ArticlePage:
        return reading.articles_page(self, request)

    def original(self, ref: str, revision: int | None = None) -> Original:
        """The bytes the article came from. Raises OriginalNotFound too."""
        return reading.original(self, ref, revision)

    def paragraphs(self, ref: str) -> ArticleParagraphs:
        return reading.paragraphs(self, ref)

    def paragraph(self, id: str, around: int = 2) -> ParagraphInContext:
        """Raises ParagraphNotFound."""
        return reading.paragraph(self, id, around)

    def revisions(self, ref: str) -> Revisions:
        """Newest first, the current one included."""
        return reading.revisions(self, ref)

    def revision(self, ref: str, number: int) -> RevisionOut:
        """With the whole document. Raises RevisionNotFound."""
        return reading.revision(self, ref, number)

    def export(self, request: FilterRequest) -> Iterator[ArticleOut]:
        """Every matching article with paragraphs, references and extra fields, as of the moment of the call."""
        return reading.export(self, request)

    def changes(self, request: ChangesRequest) -> Changes:
        """What changed after `since`, deletes included; waits up to `wait` seconds for a first change. Raises UnknownChange."""
        return reading.changes(self, request)

    # Asking

    def moment(self, seq: int | None = None) -> Moment:
        """Now; the same question asked in the same moment has the same answer. `seq`: the database's clock, if it is known."""
        if seq is None:
            with self.db.read() as conn:
                seq = changes.seq(conn)
        return self.indexer.moment(seq)

    def search(self, request: SearchRequest) -> SearchAnswer:
        """Raises EncoderNotReady (mode=semantic only), TooManyQueries, IndexBehind, InvalidRequest, and the errors of cursors."""
        with self.courtesy:
            return searching.search(self, request)

    def expecting(self, request: SearchRequest) -> AbstractContextManager[None]:
        """For as long as a search waits for its turn: what the model has to do for it is begun. Does not wait for anything."""
        return searching.expecting(self, request)

    def related(self, request: RelatedRequest) -> RelatedAnswer:
        """Raises as `search`, and for unknown refs."""
        with self.courtesy:
            return related.related(self, request)

    # Stories

    def stories(self, request: StoryListRequest) -> StoryPage:
        """Articles that report the same event, story by story, without their text. Raises the errors of cursors."""
        return stories.listed(self, request)

    def story(self, id: str, request: StoryRequest) -> StoryTimeline:
        """With its articles in order of time. An id of a story that another has taken in leads to that one. Raises
        StoryNotFound, and the errors of cursors."""
        return stories.timeline(self, id, request)

    def story_of(self, ref: str, request: StoryRequest) -> StoryTimeline:
        """The story that an article is in. Raises StoryNotFound where it is in none, and the errors of refs and cursors."""
        return stories.of_article(self, ref, request)

    # Duplicates

    def duplicates(self, request: DuplicatesRequest) -> DuplicatesPage:
        """Groups of articles that are the same text, or nearly so. Raises the errors of cursors."""
        return duplicates.duplicates(self, request)

    def duplicates_of(self, ref: str, request: ArticleDuplicatesRequest) -> ArticleDuplicates:
        """The articles that are the same text as one, or nearly so."""
        return duplicates.duplicates_of(self, ref, request)

    def reuse(self, ref: str, request: ReuseRequest) -> ReuseAnswer:
        """Which of its paragraphs other articles have too, or nearly so, and who had them first."""
        return reuse.reuse(self, ref, request)

    # Browsing

    def calendar(self, request: FilterRequest, *, year: int | None = None, month: int | None = None, day: int | None = None,
                 limit: int = 20, cursor: str | None = None) -> CalendarPage:  # fmt: skip
        """Counts by year, by month of a year, by day of a month; the articles of a day. Raises InvalidRequest on no such date."""
        return browsing.calendar(self, request, year, month, day, limit, cursor)

    def on_this_day(self, request: FilterRequest, month: int, day: int, limit: int = 20) -> OnThisDay:
        """Articles of this day in all years, newest first."""
        return browsing.on_this_day(self, request, month, day, limit)

    def facets(self, request: FacetRequest) -> FacetCounts:
        return browsing.facets(self, request)

    def timeline(self, request: TimelineRequest) -> Timeline:
        return browsing.timeline(self, request)

    def suggest(self, request: SuggestRequest) -> Suggestions:
        return browsing.suggest(self, request)

    def map(self, request: MapRequest) -> MapOut:
        """Where articles lie on the map of meaning, as it was drawn last."""
        return maps.shown(self, request)

    # The index

    def status(self) -> IndexStatus:
        return checking.status(self)

    def check(self) -> CheckReport:
        """Compare every vector and every document with the database."""
        report = checking.check(self)
        self.chores.keep("check", report.model_dump())
        return report

    def rebuild(self) -> RebuildReport:
        """Build both indexes anew from what is stored, and put them in place of the old ones at once."""
        report = checking.rebuild(self)
        self.chores.keep("rebuild", report.model_dump())
        return report

    def begin_chore(self, chore: Chore) -> bool:
        """Check or rebuild without being waited for; False while one is under way. See `chores.running` and `last_chores`."""
        return self.chores.begin(self, chore)

    def last_chores(self) -> list[ChoreReport]:
        """What the last checks and rebuilds found, the latest first."""
        return self.chores.last()

    # Keys and retries

    def create_key(self, name: str, scopes: Sequence[str], expires_at: datetime | None = None) -> NewKey:
        """Scopes: `read`, `write`, `admin`; each includes those before it. Raises InvalidRequest."""
        return keys.create(self, name, scopes, expires_at)

    def keys(self) -> Keys:
        return keys.every(self)

    def revoke_key(self, id: str) -> KeyOut:
        """Raises KeyNotFound."""
        return keys.revoke(self, id)

    def authorize(self, secret: str | None, scope: str) -> str:
        """The id of the key. Raises KeyRequired, KeyExpired, ScopeMissing."""
        return keys.authorize(self, secret, scope)

    def has_keys(self) -> bool:
        """Whether any usable key exists."""
        return keys.exist(self)

    def claim(self, owner: str, key: str, fingerprint: str) -> idempotency.Stored | None:
        """First answer of a request with this Idempotency-Key, or None: then answer it and call `keep` or `release`.

        Raises IdempotencyMismatch, IdempotencyInProgress."""
        return idempotency.claim(self, owner, key, fingerprint)

    def keep(self, owner: str, key: str, answer: idempotency.Stored) -> None:
        """Keep the answer for 24 hours."""
        idempotency.keep(self, owner, key, answer)

    def release(self, owner: str, key: str) -> None:
        """Forget the claim: the request failed in a way that may be tried again."""
        idempotency.release(self, owner, key)
