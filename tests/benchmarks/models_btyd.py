"""Buy-till-you-die models, asked of another Python: what they need, and what they make of it."""

import hashlib
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.clock import naive

SCRIPT = Path(__file__).with_name("models_btyd_run.py")
PYTHON = Path(".venv-btyd/bin/python")
CDNOW = "lib/python*/site-packages/lifetimes/datasets/CDNOW_master.txt"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Btyd:
    """The models in an environment of their own.

    Attributes
    ----------
    kept
        Folder of answers, one file for each question ever asked.
    seconds
        A question that takes longer fails.
    """

    kept: Path
    python: Path = PYTHON
    seconds: float = 300.0

    def ask(self, histories: pd.DataFrame, horizons: Sequence[float]) -> pd.DataFrame:
        """Return what the models expect of each customer within each horizon.

        Parameters
        ----------
        histories
            As `histories` returns them; the models are fitted on all of them.

        Returns
        -------
        pandas.DataFrame
            customer, horizon, bg_purchases, bg_alive, bg_penalty, the same for mbg, and monetary
            (expected money of a purchase day); horizon by horizon, in the order of `histories`.
        """
        asked = pd.concat([histories.assign(horizon=float(days)) for days in horizons])
        text = asked.to_csv(index=False)
        question = hashlib.sha256(SCRIPT.read_bytes() + text.encode()).hexdigest()[:16]
        answer = self.kept / f"btyd-{question}.csv"
        if not answer.exists():
            self.kept.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.kept) as folder:
                source, target = Path(folder) / "asked.csv", Path(folder) / "answer.csv"
                source.write_text(text, "utf-8")
                run = [str(self.python), str(SCRIPT), str(source), str(target)]
                # The library prints every fit that it gives up.
                subprocess.run(run, check=True, timeout=self.seconds, stdout=subprocess.DEVNULL)
                target.rename(answer)
        told = pd.read_csv(answer)
        return told.assign(
            customer=asked["customer"].to_numpy(), horizon=asked["horizon"].to_numpy()
        )

    def cdnow(self) -> Path:
        """Return the file of the CDNOW data set, which comes with the models."""
        return next(self.python.parents[1].glob(CDNOW))


def histories(days: pd.DataFrame, cutoff: datetime) -> pd.DataFrame:
    """Return what the models read of every customer seen before `cutoff`.

    Parameters
    ----------
    days
        customer_id, day (naive midnight) and spend, one row per customer and purchase day.

    Returns
    -------
    pandas.DataFrame
        customer; frequency, the purchase days after the first; recency, days from the first to
        the last; T, days from the first to the cutoff; monetary, mean spend of a purchase day
        after the first, 0 without one (Fader, Hardie and Lee, Counting Your Customers the Easy
        Way, 2005; RFM and CLV, 2005).
    """
    known = days[days["day"] < naive(cutoff)].sort_values(["customer_id", "day"])
    customer = known.groupby("customer_id")
    first = customer["day"].transform("min")
    again = known[known["day"] > first].groupby("customer_id")["spend"].mean()
    seen = customer["day"].agg(["min", "max", "size"])
    return pd.DataFrame(
        {
            "customer": seen.index,
            "frequency": seen["size"].to_numpy() - 1,
            "recency": (seen["max"] - seen["min"]).dt.days.to_numpy(),
            "T": (naive(cutoff) - seen["min"]).dt.days.to_numpy(),
            "monetary": again.reindex(seen.index).fillna(0.0).to_numpy(),
        }
    )


def median_days(horizons: Floats, expected: Floats) -> Floats:
    """Return the day by which a purchase is as likely as not, at most the last horizon.

    The models of the library expect a number of purchases by a day. A count that is Poisson with
    mean log 2 is zero in half of the cases, so the day by which that many are expected is the
    median of the waiting time.

    Parameters
    ----------
    horizons
        Ascending days, shape (k,).
    expected
        Purchases expected by each of them, shape (n, k), rising along each row.
    """
    start = np.zeros((len(expected), 1))
    days, sums = np.concatenate([[0.0], horizons]), np.hstack([start, expected])
    return np.array([np.interp(log(2), row, days) for row in sums])
