"""How fast the first steps are: ratios measured side by side in one run, medians of five.

Run it with `make bench`, after `make demo` filled SHUKE_HOME.
"""

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median
from time import perf_counter

from features.transforms.customer import customer_features
from service.bootstrap import App, build
from shuke.show import line, table

ROUNDS = 5
CUTOFFS = 8
WEEK = timedelta(days=7)


def main() -> None:
    """Measure and print one table a question."""
    app = build()
    features_in_one_pass(app)
    scores_online(app)
    start_of_the_command_line()


def features_in_one_pass(app: App) -> None:
    """Compare one pass over several cutoffs with a loop over them, and with one cutoff."""
    today = app.lake.today()
    moments = [today - place * WEEK for place in range(CUTOFFS)]

    def run(some: list[datetime]) -> None:
        app.lake.con.to_pyarrow(customer_features(app.lake, some))

    _compare(
        f"Customer features of {CUTOFFS} weekly cutoffs, whole data set",
        {
            "one cutoff": lambda: run(moments[:1]),
            f"{CUTOFFS} cutoffs, one pass": lambda: run(moments),
            f"{CUTOFFS} cutoffs, a loop": lambda: [run([moment]) for moment in moments],
        },
    )


def scores_online(app: App) -> None:
    """Compare a stored customer's score with its parts: the feature read, and the reasons."""
    ids = app.store.customers(app.lake.today())
    service = app.champions.get("churn_60d").meta.feature_service
    _compare(
        "One churn_60d score, and 100 in one call",
        {
            "features as a frame, 1 customer": lambda: app.store.online(service, ids[:1]),
            "score, 1 customer": lambda: app.scorer.one("churn_60d", ids[0]),
            "score with 3 reasons, 1 customer": lambda: app.scorer.one(
                "churn_60d", ids[0], top_k=3
            ),
            "score with 3 reasons, 100 customers": lambda: app.scorer.many(
                "churn_60d", ids[:100], top_k=3
            ),
        },
    )


def start_of_the_command_line() -> None:
    """Compare `shuke --help` with a Python that does nothing."""
    _compare(
        "Start of the command line",
        {
            "python -c pass": lambda: _run("-c", "pass"),
            "shuke --help": lambda: _run("-m", "shuke.cli", "--help"),
        },
    )


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def _compare(title: str, contenders: dict[str, Callable[[], object]]) -> None:
    """Time the contenders in turn, so that noise meets all of them alike."""
    for contender in contenders.values():
        contender()
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, contender in contenders.items():
            began = perf_counter()
            contender()
            taken[name].append(perf_counter() - began)
    medians = {name: median(seconds) for name, seconds in taken.items()}
    floor = next(iter(medians.values()))
    rows = [(name, f"{1000 * m:,.1f}", f"{m / floor:.2f}") for name, m in medians.items()]
    table(title, ("", "median ms", "times the first"), rows)


if __name__ == "__main__":
    main()
    line(f"Medians of {ROUNDS}, contenders in turn within each round.")
