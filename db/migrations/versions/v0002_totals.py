"""How many articles, paragraphs and passages there are, kept in step by those who write, so that nobody needs to count them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("articles", "paragraphs", "passages"):
        op.add_column("clock", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
        op.execute(f"UPDATE clock SET {name} = (SELECT count(*) FROM {name})")
