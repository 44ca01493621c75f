"""The tables. Migrations make them (db/migrations); a test holds the two equal.

Text that is compared without regard to case has a folded copy (db.identity.fold); times are microseconds since 1970.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    false,
)

from db.dialects import EXACT

KEY = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only in a column that is an INTEGER to the letter."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _of_article() -> Column[int]:
    return Column("article", KEY, ForeignKey("articles.key", ondelete="CASCADE"), nullable=False)


articles = Table(
    "articles",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("id", EXACT, nullable=False, unique=True),
    Column("title", EXACT, nullable=False),
    Column("title_sort", EXACT, nullable=False),
    Column("title_words", EXACT, nullable=False),
    Column("dek", EXACT),
    Column("language", EXACT),
    Column("language_folded", EXACT, index=True),
    # Whether it is what the text looks like, and not what the source says.
    Column("language_detected", Boolean, nullable=False, server_default=false()),
    Column("source", EXACT),
    Column("source_folded", EXACT, index=True),
    Column("series", EXACT),
    Column("series_folded", EXACT, index=True),
    Column("url", EXACT),
    Column("url_key", EXACT, index=True),
    Column("canonical_url", EXACT),
    Column("canonical_key", EXACT, index=True),
    Column("external_id", EXACT),
    Column("ext_key", EXACT, unique=True),
    Column("published_text", EXACT),
    Column("published_micros", BigInteger),
    Column("published_day", EXACT, index=True),
    Column("modified_text", EXACT),
    Column("modified_micros", BigInteger),
    Column("ingested_micros", BigInteger, nullable=False),
    Column("updated_micros", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("sha256", EXACT, nullable=False, index=True),
    Column("text_sha256", EXACT, nullable=False, index=True),
    Column("word_count", Integer, nullable=False),
    Column("extra", JSON, nullable=False),
    Index(None, "published_micros", "key"),
    Index(None, "modified_micros", "key"),
    Index(None, "ingested_micros", "key"),
    Index(None, "updated_micros", "key"),
    Index(None, "title_sort", "key"),
    sqlite_autoincrement=True,
)

article_labels = Table(
    "article_labels",
    metadata,
    _of_article(),
    Column("field", EXACT, nullable=False),
    Column("position", Integer, nullable=False),
    Column("value", EXACT, nullable=False),
    Column("folded", EXACT, nullable=False),
    PrimaryKeyConstraint("article", "field", "position"),
    Index(None, "field", "folded", "article"),
    sqlite_with_rowid=False,
)

# Names that an article had or was met under, and that are none of its present ones. Several articles may share one, as they may
# share an address.
article_aliases = Table(
    "article_aliases",
    metadata,
    Column("kind", EXACT, nullable=False),
    Column("key", EXACT, nullable=False),
    _of_article(),
    Column("value", EXACT, nullable=False),
    PrimaryKeyConstraint("kind", "key", "article"),
    Index(None, "article"),
    sqlite_with_rowid=False,
)

article_references = Table(
    "article_references",
    metadata,
    _of_article(),
    Column("position", Integer, nullable=False),
    Column("label", EXACT),
    Column("text", EXACT, nullable=False),
    Column("url", EXACT),
    PrimaryKeyConstraint("article", "position"),
)

paragraphs = Table(
    "paragraphs",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("id", EXACT, nullable=False, unique=True),
    _of_article(),
    Column("ordinal", Integer, nullable=False),
    Column("kind", EXACT, nullable=False),
    Column("text", EXACT, nullable=False),
    Column("starts", Integer, nullable=False),
    Column("ends", Integer, nullable=False),
    Column("citations", JSON, nullable=False),
    UniqueConstraint("article", "ordinal"),
    sqlite_autoincrement=True,
)

passages = Table(
    "passages",
    metadata,
    Column("key", KEY, primary_key=True),
    _of_article(),
    Column("ordinal", Integer, nullable=False),
    Column("paragraph", Integer, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("starts", Integer, nullable=False),
    Column("ends", Integer, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("digest", EXACT, nullable=False, index=True),
    UniqueConstraint("article", "ordinal"),
    sqlite_autoincrement=True,
)

models = Table(
    "models",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("digest", EXACT, nullable=False, unique=True),
    Column("name", EXACT, nullable=False),
    Column("dimension", Integer, nullable=False),
    Column("window", Integer, nullable=False),
    # Every article with a seq up to this one has all its vectors, so that what is pending is looked for only after it.
    Column("complete", BigInteger, nullable=False),
)

vectors = Table(
    "vectors",
    metadata,
    Column("digest", EXACT, nullable=False),
    Column("model", KEY, ForeignKey("models.key", ondelete="CASCADE"), nullable=False),
    Column("vector", LargeBinary, nullable=False),
    PrimaryKeyConstraint("digest", "model"),
)

sketches = Table(
    "sketches",
    metadata,
    Column("article", KEY, ForeignKey("articles.key", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    # The state of the article that it was made of: where it is not the latest, the sketch says nothing.
    Column("seq", BigInteger, nullable=False),
)


def _of_sketch(name: str) -> Column[int]:
    return Column(name, KEY, ForeignKey("sketches.article", ondelete="CASCADE"), nullable=False)


sketch_bands = Table(
    "sketch_bands",
    metadata,
    Column("band", BigInteger, nullable=False, autoincrement=False),
    _of_sketch("article"),
    PrimaryKeyConstraint("band", "article"),
    Index(None, "article"),
    sqlite_with_rowid=False,
)

resemblances = Table(
    "resemblances",
    metadata,
    _of_sketch("one"),
    _of_sketch("other"),
    Column("resemblance", Float, nullable=False),
    Column("similarity", Float, nullable=False),
    PrimaryKeyConstraint("one", "other"),
    Index(None, "other"),
    sqlite_with_rowid=False,
)

paragraph_marks = Table(
    "paragraph_marks",
    metadata,
    Column("mark", BigInteger, nullable=False, autoincrement=False),
    Column("paragraph", KEY, ForeignKey("paragraphs.key", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("mark", "paragraph"),
    Index(None, "paragraph"),
    sqlite_with_rowid=False,
)

originals = Table(
    "originals",
    metadata,
    _of_article(),
    Column("revision", Integer, nullable=False),
    Column("sha256", EXACT, nullable=False, index=True),
    Column("media_type", EXACT, nullable=False),
    Column("charset", EXACT),
    Column("name", EXACT),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("article", "revision"),
)

revisions = Table(
    "revisions",
    metadata,
    _of_article(),
    Column("number", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("sha256", EXACT, nullable=False),
    Column("changed", JSON, nullable=False),
    Column("paragraphs_added", Integer, nullable=False),
    Column("paragraphs_removed", Integer, nullable=False),
    Column("document", JSON(none_as_null=True)),
    PrimaryKeyConstraint("article", "number"),
)

changes = Table(
    "changes",
    metadata,
    Column("article_key", KEY, primary_key=True, autoincrement=False),
    Column("id", EXACT, nullable=False),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("deleted", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
)

stories = Table(
    "stories",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("id", EXACT, nullable=False, unique=True),
    # The story that took this one in: whoever knows the old id is led there.
    Column("merged_into", KEY, ForeignKey("stories.key", ondelete="CASCADE"), index=True),
    sqlite_autoincrement=True,
)

story_articles = Table(
    "story_articles",
    metadata,
    Column("article", KEY, ForeignKey("articles.key", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("story", KEY, ForeignKey("stories.key", ondelete="CASCADE"), nullable=False),
    # When it was published, or else ingested.
    Column("at", BigInteger, nullable=False),
    # How much the others of the story have in common with it: the most is the one that stands for all.
    Column("weight", Float, nullable=False),
    Index(None, "story", "at", "article"),
)

# Of a deleted article they stay until its story has been judged anew: they say whose that was.
story_links = Table(
    "story_links",
    metadata,
    Column("one", KEY, nullable=False, autoincrement=False),
    Column("other", KEY, nullable=False, autoincrement=False, index=True),
    Column("strength", Float, nullable=False),
    PrimaryKeyConstraint("one", "other"),
    sqlite_with_rowid=False,
)

clock = Table(
    "clock",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    # How many rows those tables have (db.totals).
    Column("articles", BigInteger, nullable=False, server_default="0"),
    Column("paragraphs", BigInteger, nullable=False, server_default="0"),
    Column("passages", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("one = 1", name="single"),
)

meta = Table(
    "meta",
    metadata,
    Column("name", EXACT, primary_key=True),
    Column("value", EXACT, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", EXACT, primary_key=True),
    Column("name", EXACT, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("secret_sha256", EXACT, nullable=False, unique=True),
    Column("prefix", EXACT, nullable=False),
    Column("created_micros", BigInteger, nullable=False),
    Column("expires_micros", BigInteger),
    Column("revoked_micros", BigInteger),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("owner", EXACT, nullable=False),
    Column("key", EXACT, nullable=False),
    Column("fingerprint", EXACT, nullable=False),
    Column("claimed_micros", BigInteger, nullable=False, index=True),
    Column("status", Integer),
    Column("headers", JSON(none_as_null=True)),
    Column("body", LargeBinary),
    PrimaryKeyConstraint("owner", "key"),
)

sources = Table(
    "sources",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("id", EXACT, nullable=False, unique=True),
    Column("url", EXACT, nullable=False),
    Column("url_key", EXACT, nullable=False, unique=True),
    Column("kind", EXACT, nullable=False),
    Column("options", JSON, nullable=False),
    Column("interval_s", Integer, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("created_micros", BigInteger, nullable=False),
    Column("due_micros", BigInteger, nullable=False),
    # When it was last asked, and when it last had something new.
    Column("checked_micros", BigInteger),
    Column("changed_micros", BigInteger),
    Column("etag", EXACT),
    Column("last_modified", EXACT),
    # How often in a row it could not be read, and why the last time.
    Column("failures", Integer, nullable=False),
    Column("code", EXACT),
    Column("detail", EXACT),
    *(Column(name, BigInteger, nullable=False) for name in ("created", "updated", "unchanged", "skipped", "failed")),
    Index(None, "paused", "due_micros"),
    sqlite_autoincrement=True,
)

# What a source has listed: for as long as it is said to be the same, it is not read again.
source_entries = Table(
    "source_entries",
    metadata,
    Column("source", KEY, ForeignKey("sources.key", ondelete="CASCADE"), nullable=False),
    Column("entry", EXACT, nullable=False),
    Column("version", EXACT, nullable=False),
    # How often it could not be read for a reason that may pass.
    Column("failures", Integer, nullable=False),
    PrimaryKeyConstraint("source", "entry"),
    sqlite_with_rowid=False,
)

jobs = Table(
    "jobs",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("id", EXACT, nullable=False, unique=True),
    Column("kind", EXACT, nullable=False),
    # Who works on it: a server, any of them, or the command that began it.
    Column("runner", EXACT, nullable=False),
    # Of what was asked for: who asks for the same again goes on with it.
    Column("fingerprint", EXACT, nullable=False, index=True),
    Column("options", JSON, nullable=False),
    Column("source", KEY, ForeignKey("sources.key", ondelete="SET NULL"), index=True),
    Column("state", EXACT, nullable=False),
    Column("canceling", Boolean, nullable=False),
    Column("detail", EXACT),
    Column("created_micros", BigInteger, nullable=False),
    Column("started_micros", BigInteger),
    Column("updated_micros", BigInteger, nullable=False),
    Column("finished_micros", BigInteger),
    Column("worked_micros", BigInteger, nullable=False),
    # Where it goes on: so many items of this input are behind it, and so many are expected of the inputs after it.
    Column("input", Integer, nullable=False),
    Column("item", BigInteger, nullable=False),
    Column("ahead", BigInteger, nullable=False),
    *(
        Column(name, BigInteger, nullable=False)
        for name in ("created", "updated", "unchanged", "skipped", "failed", "warnings", "seq")
    ),
    Index(None, "state", "key"),
    sqlite_autoincrement=True,
)


def _of_job() -> Column[int]:
    return Column("job", KEY, ForeignKey("jobs.key", ondelete="CASCADE"), nullable=False)


# They go when the job has ended.
job_inputs = Table(
    "job_inputs",
    metadata,
    _of_job(),
    Column("position", Integer, nullable=False),
    Column("kind", EXACT, nullable=False),
    Column("location", EXACT, nullable=False),
    Column("place", EXACT, nullable=False),
    Column("media_type", EXACT),
    # Where a fetched page was in the end.
    Column("url", EXACT),
    # What its source says of it, where it comes from one.
    Column("version", EXACT),
    Column("expected", BigInteger, nullable=False),
    PrimaryKeyConstraint("job", "position"),
    sqlite_with_rowid=False,
)

job_notes = Table(
    "job_notes",
    metadata,
    Column("key", KEY, primary_key=True),
    _of_job(),
    Column("kind", EXACT, nullable=False),
    Column("place", EXACT, nullable=False),
    Column("code", EXACT, nullable=False),
    Column("detail", EXACT, nullable=False),
    Column("errors", JSON, nullable=False),
    Index(None, "job", "kind", "key"),
    sqlite_autoincrement=True,
)
