"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", EXACT, nullable=False),
        sa.Column("name", EXACT, nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("secret_sha256", EXACT, nullable=False),
        sa.Column("prefix", EXACT, nullable=False),
        sa.Column("created_micros", sa.BigInteger(), nullable=False),
        sa.Column("expires_micros", sa.BigInteger()),
        sa.Column("revoked_micros", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_api_keys_secret_sha256")),
    )
    op.create_table(
        "articles",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", EXACT, nullable=False),
        sa.Column("title", EXACT, nullable=False),
        sa.Column("title_sort", EXACT, nullable=False),
        sa.Column("title_words", EXACT, nullable=False),
        sa.Column("dek", EXACT),
        sa.Column("language", EXACT),
        sa.Column("language_folded", EXACT),
        sa.Column("source", EXACT),
        sa.Column("source_folded", EXACT),
        sa.Column("series", EXACT),
        sa.Column("series_folded", EXACT),
        sa.Column("url", EXACT),
        sa.Column("url_key", EXACT),
        sa.Column("canonical_url", EXACT),
        sa.Column("canonical_key", EXACT),
        sa.Column("external_id", EXACT),
        sa.Column("ext_key", EXACT),
        sa.Column("published_text", EXACT),
        sa.Column("published_micros", sa.BigInteger()),
        sa.Column("published_day", EXACT),
        sa.Column("modified_text", EXACT),
        sa.Column("modified_micros", sa.BigInteger()),
        sa.Column("ingested_micros", sa.BigInteger(), nullable=False),
        sa.Column("updated_micros", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("sha256", EXACT, nullable=False),
        sa.Column("text_sha256", EXACT, nullable=False),
        sa.Column("word_count", sa.Integer(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_articles")),
        sa.UniqueConstraint("ext_key", name=op.f("uq_articles_ext_key")),
        sa.UniqueConstraint("id", name=op.f("uq_articles_id")),
        sa.UniqueConstraint("seq", name=op.f("uq_articles_seq")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_articles_canonical_key"), "articles", ["canonical_key"])
    op.create_index(op.f("ix_articles_ingested_micros_key"), "articles", ["ingested_micros", "key"])
    op.create_index(op.f("ix_articles_language_folded"), "articles", ["language_folded"])
    op.create_index(op.f("ix_articles_modified_micros_key"), "articles", ["modified_micros", "key"])
    op.create_index(op.f("ix_articles_published_day"), "articles", ["published_day"])
    op.create_index(op.f("ix_articles_published_micros_key"), "articles", ["published_micros", "key"])
    op.create_index(op.f("ix_articles_series_folded"), "articles", ["series_folded"])
    op.create_index(op.f("ix_articles_sha256"), "articles", ["sha256"])
    op.create_index(op.f("ix_articles_source_folded"), "articles", ["source_folded"])
    op.create_index(op.f("ix_articles_text_sha256"), "articles", ["text_sha256"])
    op.create_index(op.f("ix_articles_title_sort_key"), "articles", ["title_sort", "key"])
    op.create_index(op.f("ix_articles_updated_micros_key"), "articles", ["updated_micros", "key"])
    op.create_index(op.f("ix_articles_url_key"), "articles", ["url_key"])
    op.create_table(
        "changes",
        sa.Column("article_key", KEY, autoincrement=False, nullable=False),
        sa.Column("id", EXACT, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("article_key", name=op.f("pk_changes")),
        sa.UniqueConstraint("seq", name=op.f("uq_changes_seq")),
    )
    op.create_table(
        "clock",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("ck_clock_single")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_clock")),
    )
    op.create_table(
        "idempotency",
        sa.Column("owner", EXACT, nullable=False),
        sa.Column("key", EXACT, nullable=False),
        sa.Column("fingerprint", EXACT, nullable=False),
        sa.Column("claimed_micros", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("headers", sa.JSON(none_as_null=True)),
        sa.Column("body", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("owner", "key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_claimed_micros"), "idempotency", ["claimed_micros"])
    op.create_table(
        "meta",
        sa.Column("name", EXACT, nullable=False),
        sa.Column("value", EXACT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")),
    )
    op.create_table(
        "models",
        sa.Column("key", KEY, nullable=False),
        sa.Column("digest", EXACT, nullable=False),
        sa.Column("name", EXACT, nullable=False),
        sa.Column("dimension", sa.Integer(), nullable=False),
        sa.Column("window", sa.Integer(), nullable=False),
        sa.Column("complete", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_models")),
        sa.UniqueConstraint("digest", name=op.f("uq_models_digest")),
    )
    op.create_table(
        "article_labels",
        sa.Column("article", KEY, nullable=False),
        sa.Column("field", EXACT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", EXACT, nullable=False),
        sa.Column("folded", EXACT, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.key"], name=op.f("fk_article_labels_article"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("article", "field", "position", name=op.f("pk_article_labels")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_article_labels_field_folded_article"), "article_labels", ["field", "folded", "article"])
    op.create_table(
        "article_references",
        sa.Column("article", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", EXACT),
        sa.Column("text", EXACT, nullable=False),
        sa.Column("url", EXACT),
        sa.ForeignKeyConstraint(["article"], ["articles.key"], name=op.f("fk_article_references_article"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("article", "position", name=op.f("pk_article_references")),
    )
    op.create_table(
        "originals",
        sa.Column("article", KEY, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sha256", EXACT, nullable=False),
        sa.Column("media_type", EXACT, nullable=False),
        sa.Column("charset", EXACT),
        sa.Column("name", EXACT),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.key"], name=op.f("fk_originals_article"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("article", "revision", name=op.f("pk_originals")),
    )
    op.create_index(op.f("ix_originals_sha256"), "originals", ["sha256"])
    op.create_table(
        "paragraphs",
        sa.Column("key", KEY, nullable=False),
        sa.Column("id", EXACT, nullable=False),
        sa.Column("article", KEY, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", EXACT, nullable=False),
        sa.Column("text", EXACT, nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("citations", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.key"], name=op.f("fk_paragraphs_article"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_paragraphs")),
        sa.UniqueConstraint("article", "ordinal", name=op.f("uq_paragraphs_article_ordinal")),
        sa.UniqueConstraint("id", name=op.f("uq_paragraphs_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "passages",
        sa.Column("key", KEY, nullable=False),
        sa.Column("article", KEY, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("paragraph", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("digest", EXACT, nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.key"], name=op.f("fk_passages_article"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_passages")),
        sa.UniqueConstraint("article", "ordinal", name=op.f("uq_passages_article_ordinal")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_passages_digest"), "passages", ["digest"])
    op.create_table(
        "revisions",
        sa.Column("article", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sha256", EXACT, nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.Column("paragraphs_added", sa.Integer(), nullable=False),
        sa.Column("paragraphs_removed", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(none_as_null=True)),
        sa.ForeignKeyConstraint(["article"], ["articles.key"], name=op.f("fk_revisions_article"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("article", "number", name=op.f("pk_revisions")),
    )
    op.create_table(
        "vectors",
        sa.Column("digest", EXACT, nullable=False),
        sa.Column("model", KEY, nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["model"], ["models.key"], name=op.f("fk_vectors_model"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", "model", name=op.f("pk_vectors")),
    )
    op.execute("INSERT INTO clock (one, seq) VALUES (1, 0)")
