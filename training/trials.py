"""What a search of settings tried, and what it chose."""

import json
from dataclasses import asdict, dataclass

import numpy as np

from training.config import ModelConfig
from training.space import Search


@dataclass(frozen=True)
class Attempt:
    """One trial.

    Attributes
    ----------
    errors
        On each inner test, the newest first, then on each again with the next seed; fewer where
        it was given up.
    """

    settings: dict[str, float]
    errors: tuple[float, ...]
    finished: bool

    @property
    def error(self) -> float:
        """Mean over inner tests and seeds."""
        return float(np.mean(self.errors)) if self.errors else np.inf


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    Attributes
    ----------
    config
        With the settings chosen: those it had where no trial was clearly better.
    search
        Its budget, its seed and its bounds.
    metric
        The error that was to fall.
    tests
        The inner tests, in words.
    attempts
        In the order they were made; the first has the settings as they were.
    """

    config: ModelConfig
    search: Search
    metric: str
    tests: tuple[str, ...]
    attempts: tuple[Attempt, ...]
    chosen: Attempt

    @property
    def before(self) -> Attempt:
        """The settings as they were."""
        return self.attempts[0]

    @property
    def kept(self) -> bool:
        """Whether the settings stayed as they were."""
        return self.chosen is self.before

    def said(self) -> str:
        """Return the result as one sentence."""
        made = f"{len(self.attempts)} trials"
        if self.kept:
            return f"{self.config.model}: settings kept after {made}, none was clearly better"
        return (
            f"{self.config.model}: {self.metric} {self.chosen.error:.4f} instead of "
            f"{self.before.error:.4f} on {len(self.tests)} inner tests, after {made}"
        )

    def text(self) -> str:
        """Return the search as Markdown: the choice as TOML, and every trial."""
        chosen = "\n".join(f"{name} = {_short(x)}" for name, x in self.chosen.settings.items())
        names = list(self.before.settings)
        head = ["trial", *names, f"{self.metric} on each inner test, seed by seed", self.metric, ""]
        rows = [
            [
                str(number),
                *(_short(one.settings[name]) for name in names),
                ", ".join(f"{error:.4f}" for error in one.errors),
                f"{one.error:.4f}" if one.finished else "given up",
                "chosen" if one is self.chosen else "",
            ]
            for number, one in enumerate(self.attempts)
        ]
        table = "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])
        tests = "\n".join(f"- {test}" for test in self.tests)
        return (
            f"# Search of settings\n\n{self.said()}.\n\nInner tests:\n\n{tests}\n\n"
            f"```toml\n[boosting]\n{chosen}\n```\n\n{table}\n"
        )

    def json(self) -> str:
        """Return the search and every trial for a machine."""
        trials = [asdict(one) for one in self.attempts]
        said = {"metric": self.metric, "tests": self.tests, "trials": trials}
        return json.dumps({**said, "search": self.search.model_dump()})

    def texts(self) -> dict[str, str]:
        """Return what is kept beside the model version: file name -> content."""
        return {"tuning.md": self.text(), "tuning.json": self.json()}


def _short(value: float) -> str:
    return f"{value:.4g}"
