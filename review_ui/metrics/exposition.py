"""Figures in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.database.figures import BOUNDS_S, Durations
from review_ui.metrics.measure import Figures, Histogram

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(figures: Figures, version: str) -> bytes:
    """The whole answer to a scrape."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(figures, version))
    return generate_latest(registry)


class _Collector(Collector):
    """Hands the figures to the library, which writes them."""

    def __init__(self, figures: Figures, version: str) -> None:
        self._figures = figures
        self._version = version

    def collect(self) -> Iterator[Metric]:
        """Every metric, once."""
        yield GaugeMetricFamily("neurovigie_up", "The desk answers.", value=1)
        build = GaugeMetricFamily("neurovigie_build_info", "The version that runs.", labels=["version"])
        build.add_metric([self._version], 1)
        yield build
        since = self._figures.since.timestamp()
        yield GaugeMetricFamily("neurovigie_counted_since_timestamp_seconds", "When counting began anew.", value=since)
        for wanted, histograms in self._figures.histograms.items():
            yield _family(wanted, histograms)
        for ended, numbers in self._figures.ended.items():
            yield _labelled(CounterMetricFamily(ended.name, ended.says, labels=[ended.label]), numbers)
        for standing, numbers in self._figures.standings.items():
            yield _labelled(GaugeMetricFamily(standing.name, standing.says, labels=[standing.label]), numbers)


def _family(wanted: Durations, histograms: Sequence[Histogram]) -> Metric:
    family = HistogramMetricFamily(wanted.name, wanted.says, labels=[wanted.label])
    for one in histograms:
        family.add_metric([one.label], _buckets(one), one.total_s)
    return family


def _buckets(one: Histogram) -> list[tuple[str, float]]:
    names = [*(str(bound) for bound in BOUNDS_S), "+Inf"]
    return [(name, float(count)) for name, count in zip(names, one.cumulative, strict=True)]


def _labelled(family: CounterMetricFamily | GaugeMetricFamily, numbers: Mapping[str, int]) -> Metric:
    for label, number in numbers.items():
        family.add_metric([label], number)
    return family
