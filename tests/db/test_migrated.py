"""What migrations make of data that is there already."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from db import articles, migrations
from db.records import Filters
from db.session import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    url = f"sqlite:///{tmp_path}/old.db" if request.param == "sqlite" else request.getfixturevalue("new_postgresql")()
    database = Database(url)
    yield database
    database.dispose()


def upgrade(database, version):
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with create_engine(database.url).begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, version)


def test_0005_languages(database):
    upgrade(database, "0004")
    row = {"title": "", "ingested_micros": 1, "updated_micros": 1, "revision": 1, "word_count": 0, "extra": "{}"}
    columns = [*row, "id", "seq", "title_sort", "title_words", "sha256", "text_sha256", "language", "language_folded"]
    insert = text(f"INSERT INTO articles ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})")
    with database.write() as conn:
        for seq, tag in enumerate(("en_US", "en-GB", "de", None), 1):
            texts = dict.fromkeys(("id", "title_sort", "title_words", "sha256", "text_sha256"), str(seq))
            conn.execute(insert, row | texts | {"seq": seq, "language": tag, "language_folded": tag and tag.lower()})
    upgrade(database, "head")
    with database.read() as conn:
        assert articles.count(conn, Filters(language=("en",))) == 2
        assert articles.count(conn, Filters(language=("en-us",))) == 1
        found = articles.many(conn, articles.keys(conn, Filters()))
        assert [(article.language, article.language_detected) for article in found.values()] == [
            (tag, False) for tag in ("en_US", "en-GB", "de", None)
        ]
