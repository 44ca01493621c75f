"""What Prometheus is told. Each application has its own registry, so that several may live in one process.

Workers of one server (`api.workers`) count in files of one folder, PROMETHEUS_MULTIPROC_DIR; whichever is asked adds them up."""

import os
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from archive.archive import Archive

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """Counters and durations of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("route", "method", "status")
        self.requests = Counter("backfile_requests", "Requests answered.", labels, registry=self.registry)
        self.seconds = Histogram(
            "backfile_request_seconds", "Time until the last byte.", ("route", "method"), buckets=_SECONDS, registry=self.registry
        )
        self.searches = Histogram(
            "backfile_search_seconds", "Time of a search.", ("mode",), buckets=_SECONDS, registry=self.registry
        )
        self.repeated = Counter("backfile_repeated_answers", "Answers given again as they were made.", registry=self.registry)
        self.degraded = Counter("backfile_degraded_answers", "Answers made without the encoder.", registry=self.registry)
        self.encoded = Counter("backfile_encoded_passages", "Passages encoded by this server.", registry=self.registry)
        self.states = CollectorRegistry()

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        self.requests.labels(route, method, str(status)).inc()
        self.seconds.labels(route, method).observe(seconds)

    def searched(self, mode: str, milliseconds: float, degraded: bool) -> None:
        self.searches.labels(mode).observe(milliseconds / 1000)
        if degraded:
            self.degraded.inc()

    def watch(self, archive: Archive) -> None:
        """Report `archive`'s own state at each scrape."""
        self.states.register(ArchiveState(archive))
        archive.indexer.count(self.encoded.inc)

    def page(self) -> bytes:
        """The text format of Prometheus."""
        return generate_latest(self._counted()) + generate_latest(self.states)

    def _counted(self) -> CollectorRegistry:
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return self.registry
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return together


class ArchiveState(Collector):
    """The archive's counts, read at the moment of the scrape."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        status = self.archive.status()
        for name, help, value in (
            ("articles", "Articles in the archive.", status.articles),
            ("paragraphs", "Paragraphs in the archive.", status.paragraphs),
            ("passages", "Passages in the archive.", status.passages),
            ("pending_articles", "Articles that are stored and not wholly searchable yet.", status.pending),
            ("index_lag_seconds", "Age of the oldest write that the indexes lack.", status.lag_s),
            ("seq", "Latest write of the database.", status.seq),
            ("vector_index_seq", "How far the vector index has read.", status.vector_seq),
            ("word_index_seq", "How far the word index has read.", status.word_seq),
            ("encoder_ready", "Whether the model is loaded.", float(status.encoder_ready)),
        ):
            yield GaugeMetricFamily(f"backfile_{name}", help, value=value)
