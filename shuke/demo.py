"""The whole way once, on real data: what `make demo` runs before it serves."""

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from shuke import show, steps, summary

if TYPE_CHECKING:
    from service.bootstrap import App

Result = TypeVar("Result")

WATCHED = "churn_60d"


def run(households: int | None = None) -> "App":
    """Import, build, train, score, route, list, report; print a summary; return what was wired.

    A second run reuses what did not change.

    Parameters
    ----------
    households
        Take only the first so many; all without it.
    """
    from service.bootstrap import build
    from service.secret_rules import DEMO_KEY

    clock = _Clock()
    app = clock.time("open", build)
    imported = clock.time("import", lambda: steps.import_journey(app, households))
    today = app.lake.today()
    clock.time("features", lambda: steps.build_features(app, [today]))
    clock.time("online store", lambda: steps.materialize(app, today))
    trained = clock.time("training", lambda: steps.train_models(app))
    night = clock.time("night", lambda: steps.run_night(app, today, ensure_staff=True))
    drift = clock.time("drift report", lambda: steps.watch(app, WATCHED))

    show.imports(imported)
    show.night(night)
    summary.at_risk(app, today)
    summary.best_leads(app)
    show.trained(trained)
    show.drifted(drift)
    show.table("Timings", ("step", "seconds"), clock.rows())
    show.line(
        "Staff are not in the data: the demo made a manager and three guides a store, "
        "named by store and number."
    )
    show.line(f"API key (shown once): {steps.create_key(app, (), DEMO_KEY, instead=True)}")
    show.line(
        "This key and this home are for the demo only: `shuke serve` does not start while the key "
        "holds, unless with --demo. Revoke it before real customers come in."
    )
    return app


class _Clock:
    """How long each step took."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    def time(self, name: str, step: Callable[[], Result]) -> Result:
        began = perf_counter()
        result = step()
        self._seconds[name] = perf_counter() - began
        return result

    def rows(self) -> list[tuple[str, str]]:
        total = sum(self._seconds.values())
        return [(name, f"{taken:.1f}") for name, taken in [*self._seconds.items(), ("all", total)]]
