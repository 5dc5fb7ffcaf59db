"""What a running service tells machines: figures for Prometheus, and traces where a collector is.

Requests are counted, timed and traced by FastAPI itself. Traces leave by OTLP where the standard
variable OTEL_EXPORTER_OTLP_ENDPOINT names a collector, and nowhere else.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from models_registry.score import Score

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
TENTHS = tuple(part / 10 for part in range(1, 10))  # what a band or an alarm is cut from

Newest = Callable[[], datetime | None]


class Telemetry:
    """The figures of one process, apart from those of any other in it.

    Attributes
    ----------
    meters
        Where requests are counted.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        reader = PrometheusMetricReader(scope_info_enabled=False, registry=self._registry)
        self.meters = MeterProvider([reader], shutdown_on_exit=False)
        meter = self.meters.get_meter("shuke")
        self._meter = meter
        # Of scores there are thousands a call: here one costs a tenth of what a meter takes.
        self._given = Counter(
            "shuke_scores", "Scores given.", ["model", "status"], registry=self._registry
        )
        self._risk = Histogram(
            "shuke_score_probability",
            "Probabilities given: their distribution.",
            ["model"],
            buckets=TENTHS,
            registry=self._registry,
        )

    def given(self, scores: Sequence[Score]) -> None:
        """Count scores given to a request, by model and status, and where they lie."""
        for score in scores:
            self._given.labels(score.model, score.status.value).inc()
            if score.band is not None and score.value is not None:
                self._risk.labels(score.model).observe(score.value)

    def watch_features(self, newest: Newest, clock: Callable[[], datetime]) -> None:
        """Tell the age of the newest features online, in seconds, whenever asked."""

        def age(_: CallbackOptions) -> Iterable[Observation]:
            at = newest()
            # A clock that has gone back makes nothing older, and nothing younger than new.
            return [] if at is None else [Observation(max(0.0, (clock() - at).total_seconds()))]

        self._meter.create_observable_gauge(
            "shuke.features.age", [age], unit="s", description="Age of the newest features online."
        )

    def watch(self, name: str, description: str, figure: Callable[[], float]) -> None:
        """Tell a figure whenever asked."""

        def told(_: CallbackOptions) -> Iterable[Observation]:
            return [Observation(figure())]

        self._meter.create_observable_gauge(name, [told], description=description)

    def page(self) -> bytes:
        """Return all figures as Prometheus reads them."""
        return generate_latest(self._registry)
