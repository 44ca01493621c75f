"""Sketches of texts, and what they have found: articles that resemble each other, paragraphs that several have."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sketches",
        sa.Column("article", KEY, autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.key"], name=op.f("fk_sketches_article"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("article", name=op.f("pk_sketches")),
    )
    op.create_table(
        "sketch_bands",
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("article", KEY, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["sketches.article"], name=op.f("fk_sketch_bands_article"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("band", "article", name=op.f("pk_sketch_bands")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_sketch_bands_article"), "sketch_bands", ["article"])
    op.create_table(
        "resemblances",
        sa.Column("one", KEY, nullable=False),
        sa.Column("other", KEY, nullable=False),
        sa.Column("resemblance", sa.Float(), nullable=False),
        sa.Column("similarity", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["one"], ["sketches.article"], name=op.f("fk_resemblances_one"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["other"], ["sketches.article"], name=op.f("fk_resemblances_other"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("one", "other", name=op.f("pk_resemblances")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_resemblances_other"), "resemblances", ["other"])
    op.create_table(
        "paragraph_marks",
        sa.Column("mark", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("paragraph", KEY, nullable=False),
        sa.ForeignKeyConstraint(["paragraph"], ["paragraphs.key"], name=op.f("fk_paragraph_marks_paragraph"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mark", "paragraph", name=op.f("pk_paragraph_marks")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_paragraph_marks_paragraph"), "paragraph_marks", ["paragraph"])
