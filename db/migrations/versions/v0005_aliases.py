"""Aliases: the names that articles had, or were met under. Language tags with one separator, and which of them were detected."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "article_aliases",
        sa.Column("kind", EXACT, nullable=False),
        sa.Column("key", EXACT, nullable=False),
        sa.Column("article", KEY, nullable=False),
        sa.Column("value", EXACT, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.key"], name=op.f("fk_article_aliases_article"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("kind", "key", "article", name=op.f("pk_article_aliases")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_article_aliases_article"), "article_aliases", ["article"])
    folded = "replace(language_folded, '_', '-')"
    op.execute(f"UPDATE articles SET language_folded = {folded} WHERE language_folded <> {folded}")
    op.add_column("articles", sa.Column("language_detected", sa.Boolean(), nullable=False, server_default=sa.false()))
