"""Stories: which articles report the same event, and the links between pairs of articles that this is read from."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "stories",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", EXACT, nullable=False),
        sa.Column("merged_into", KEY),
        sa.ForeignKeyConstraint(["merged_into"], ["stories.key"], name=op.f("fk_stories_merged_into"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_stories")),
        sa.UniqueConstraint("id", name=op.f("uq_stories_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_stories_merged_into"), "stories", ["merged_into"])
    op.create_table(
        "story_articles",
        sa.Column("article", KEY, autoincrement=False, nullable=False),
        sa.Column("story", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.key"], name=op.f("fk_story_articles_article"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["story"], ["stories.key"], name=op.f("fk_story_articles_story"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("article", name=op.f("pk_story_articles")),
    )
    op.create_index(op.f("ix_story_articles_story_at_article"), "story_articles", ["story", "at", "article"])
    op.create_table(
        "story_links",
        sa.Column("one", KEY, autoincrement=False, nullable=False),
        sa.Column("other", KEY, autoincrement=False, nullable=False),
        sa.Column("strength", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("one", "other", name=op.f("pk_story_links")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_story_links_other"), "story_links", ["other"])
