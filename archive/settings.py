"""All options of Backfile. Environment variables `BACKFILE_…`; `docs/configuration.md` is generated from this file."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

if TYPE_CHECKING:
    from embeddings import Encoder


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="BACKFILE_", extra="ignore")

    data_dir: Path = Field(Path("backfile-data"), description="Folder of the archive: database, indexes, caches.")
    database_url: str | None = Field(
        None,
        description="A PostgreSQL URL (`postgresql://…`) to keep the articles there instead of in SQLite in the data folder.",
    )
    model: str = Field("all-MiniLM-L6-v2", description="Sentence encoder: a name, a folder, or a name on the model hub.")
    encoder_backend: Literal["auto", "openvino", "sentence-transformers"] = Field(
        "auto",
        description="What runs the model; `auto` takes OpenVINO on a CPU where it works, and sentence-transformers otherwise.",
    )
    device: str = Field("auto", description="Where the model runs: `auto`, `cpu`, `cuda`.")
    encoder_precision: Literal["auto", "f32", "int8"] = Field(
        "auto",
        description="What the model computes in: `auto` takes bf16 where the processor has it, `f32` never; their vectors are "
        "the same. `int8` is faster and a little less exact, a model of its own: an archive begun with it stays with it. Its "
        "conversion, once, needs `pip install 'backfile[int8]'`.",
    )
    max_waiting_queries: int = Field(
        64, ge=1, description="How many queries may wait for the model at once; further ones get 503 with `Retry-After`."
    )
    cache_dir: Path | None = Field(
        None,
        description="Folder for converted and unpacked models; `backfile` in `$XDG_CACHE_HOME` or `~/.cache` if unset.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on. Other than loopback needs at least one API key.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(
        1,
        ge=1,
        le=256,
        description="How many processes answer. One runs Python on one core at a time; each takes memory of its own, and has its "
        "own limits of what may wait.",
    )
    require_keys: bool = Field(False, description="Ask for API keys on loopback too.")
    max_requests: int = Field(
        512, ge=1, description="How many requests may be under way or waiting at once; further ones get 503 with `Retry-After`."
    )
    max_body_bytes: int = Field(32 * 1024 * 1024, ge=1024, description="Largest request body, in bytes.")
    max_import_bytes: int = Field(4 << 30, ge=1024, description="Largest upload to `/v1/imports`, in bytes.")
    import_ahead: int = Field(
        2000, ge=1, description="How many articles an import may be ahead of the model; then it waits until they are encoded."
    )
    fetch_delay_s: float = Field(
        1, ge=0, description="Seconds between two requests to the same host, more where its robots.txt asks for it."
    )
    fetch_timeout_s: float = Field(30, gt=0, description="How long, in seconds, fetching a page may take.")
    fetch_max_bytes: int = Field(32 * 1024 * 1024, ge=1024, description="Largest page that is fetched, in bytes.")
    fetch_respect_robots: bool = Field(True, description="Fetch only what the `robots.txt` of a host allows.")
    fetch_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hosts that may be fetched from although they are in a private network, separated by commas, with a port or "
        "without: `intranet.example,127.0.0.1:8080`. Other private addresses are never connected to.",
    )
    watch_sources: bool = Field(True, description="Look at the watched sources when they are due (a server does).")
    search_depth: int = Field(1000, ge=100, description="How many articles each of the two searches contributes to a ranking.")
    follow_interval_s: float = Field(0.5, gt=0, description="How often, in seconds, other processes' writes are looked for.")
    snapshot_interval_s: float = Field(
        30, gt=0, description="At most this often, in seconds, the vector index is written to disk."
    )
    map_quiet_s: float = Field(
        15, ge=0, description="How long, in seconds, nothing may have been written before the map of meaning is drawn anew."
    )
    write_wait_s: float = Field(
        5, ge=0, description="How long a write waits until it is searchable, unless `Prefer` says otherwise."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="How much is logged, as JSON lines on stderr."
    )

    @field_validator("fetch_allowed_hosts", mode="before")
    @classmethod
    def _between_commas(cls, hosts: Any) -> Any:
        return tuple(host.strip() for host in hosts.split(",") if host.strip()) if isinstance(hosts, str) else hosts

    @field_validator("data_dir")
    @classmethod
    def _is_a_folder(cls, folder: Path) -> Path:
        if re.match(r"\w+:/", str(folder)):
            raise ValueError("is a folder; the URL of a database goes to BACKFILE_DATABASE_URL")
        return folder

    def encoder(self) -> "Encoder":
        """The encoder that these name; its weights are not loaded yet. Raises EncoderUnavailable."""
        from embeddings import load_encoder

        return load_encoder(
            self.model,
            device=self.device,
            cache=self.cache_folder(),
            backend=self.encoder_backend,
            precision=self.encoder_precision,
            waiting=self.max_waiting_queries,
            processes=self.workers,
        )

    def cache_folder(self) -> Path:
        """Where converted models are kept."""
        return self.cache_dir or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "backfile"
