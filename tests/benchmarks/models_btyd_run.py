"""What buy-till-you-die models expect; run by a Python that has `lifetimes`, not by ours.

Reads a CSV of customer, frequency, recency, T (days), monetary and horizon (days), a row for each
horizon asked of a customer, and writes the same rows with what each model expects. The models are
fitted on all customers of the file; one that does not converge, or answers with something that is
no number, is tried again with a coarser tolerance, at last under a penalty.
"""

import sys
import warnings

import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter
from lifetimes.utils import ConvergenceError

# Tolerance of the gradient and penalty; the library's own are the first.
TRIES = ((1e-7, 0.0), (1e-6, 0.0), (1e-5, 0.0), (1e-4, 0.0), (1e-4, 0.001), (1e-4, 0.01))
HISTORY = ["frequency", "recency", "T"]


def main() -> None:
    """Answer the file of the first argument in the file of the second."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    asked = pd.read_csv(sys.argv[1], dtype={"customer": str})
    people = asked.drop_duplicates("customer")
    models = {"bg": BetaGeoFitter, "mbg": ModifiedBetaGeoFitter}
    told = {}
    for name, model in models.items():
        told |= {f"{name}_{key}": said for key, said in _bought(model, people, asked).items()}
    told["monetary"] = _spent(people, asked)
    pd.DataFrame(told).to_csv(sys.argv[2], index=False)


def _bought(model, people, asked):
    for tolerance, penalty in TRIES:
        try:
            fitted = model(penalizer_coef=penalty).fit(
                *(people[name] for name in HISTORY), tol=tolerance
            )
        except (ConvergenceError, np.linalg.LinAlgError):
            continue
        history = [asked[name].to_numpy() for name in HISTORY]
        told = {
            "purchases": fitted.conditional_expected_number_of_purchases_up_to_time(
                asked["horizon"].to_numpy(), *history
            ),
            "alive": fitted.conditional_probability_alive(*history),
        }
        if all(np.isfinite(said).all() for said in told.values()):
            return {**told, "penalty": penalty}
    raise SystemExit(f"{model.__name__} does not fit these customers")


def _spent(people, asked):
    repeated = people[(people["frequency"] > 0) & (people["monetary"] > 0)]
    for tolerance, penalty in TRIES:
        try:
            fitted = GammaGammaFitter(penalizer_coef=penalty).fit(
                repeated["frequency"], repeated["monetary"], tol=tolerance
            )
        except (ConvergenceError, np.linalg.LinAlgError):
            continue
        told = fitted.conditional_expected_average_profit(asked["frequency"], asked["monetary"])
        if np.isfinite(told).all() and (told >= 0).all():
            return told
    raise SystemExit("The Gamma-Gamma model does not fit these customers")


if __name__ == "__main__":
    main()
