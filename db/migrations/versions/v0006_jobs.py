"""Jobs, with what they read and what they have to say about it, and the sources that are watched."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _sources()
    _jobs()


def _sources() -> None:
    op.create_table(
        "sources",
        sa.Column("key", KEY, nullable=False),
        *(sa.Column(name, EXACT, nullable=False) for name in ("id", "url", "url_key", "kind")),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("created_micros", "due_micros")),
        *(sa.Column(name, sa.BigInteger()) for name in ("checked_micros", "changed_micros")),
        *(sa.Column(name, EXACT) for name in ("etag", "last_modified")),
        sa.Column("failures", sa.Integer(), nullable=False),
        *(sa.Column(name, EXACT) for name in ("code", "detail")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("created", "updated", "unchanged", "skipped", "failed")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sources")),
        sa.UniqueConstraint("id", name=op.f("uq_sources_id")),
        sa.UniqueConstraint("url_key", name=op.f("uq_sources_url_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sources_paused_due_micros"), "sources", ["paused", "due_micros"])
    op.create_table(
        "source_entries",
        sa.Column("source", KEY, nullable=False),
        sa.Column("entry", EXACT, nullable=False),
        sa.Column("version", EXACT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["sources.key"], name=op.f("fk_source_entries_source"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source", "entry", name=op.f("pk_source_entries")),
        sqlite_with_rowid=False,
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("key", KEY, nullable=False),
        *(sa.Column(name, EXACT, nullable=False) for name in ("id", "kind", "runner", "fingerprint")),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("source", KEY),
        sa.Column("state", EXACT, nullable=False),
        sa.Column("canceling", sa.Boolean(), nullable=False),
        sa.Column("detail", EXACT),
        sa.Column("created_micros", sa.BigInteger(), nullable=False),
        sa.Column("started_micros", sa.BigInteger()),
        sa.Column("updated_micros", sa.BigInteger(), nullable=False),
        sa.Column("finished_micros", sa.BigInteger()),
        sa.Column("worked_micros", sa.BigInteger(), nullable=False),
        sa.Column("input", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("item", "ahead", "created", "updated", "unchanged", "skipped", "failed", "warnings", "seq")
        ),
        sa.ForeignKeyConstraint(["source"], ["sources.key"], name=op.f("fk_jobs_source"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_jobs")),
        sa.UniqueConstraint("id", name=op.f("uq_jobs_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_jobs_fingerprint"), "jobs", ["fingerprint"])
    op.create_index(op.f("ix_jobs_source"), "jobs", ["source"])
    op.create_index(op.f("ix_jobs_state_key"), "jobs", ["state", "key"])
    op.create_table(
        "job_inputs",
        sa.Column("job", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *(sa.Column(name, EXACT, nullable=False) for name in ("kind", "location", "place")),
        *(sa.Column(name, EXACT) for name in ("media_type", "url", "version")),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.key"], name=op.f("fk_job_inputs_job"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job", "position", name=op.f("pk_job_inputs")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "job_notes",
        sa.Column("key", KEY, nullable=False),
        sa.Column("job", KEY, nullable=False),
        *(sa.Column(name, EXACT, nullable=False) for name in ("kind", "place", "code", "detail")),
        sa.Column("errors", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.key"], name=op.f("fk_job_notes_job"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_job_notes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_job_notes_job_kind_key"), "job_notes", ["job", "kind", "key"])
