"""From where on the data of a shop are worth a warning."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataCheckPolicy:
    """Thresholds of the data check; shares are 0 to 1.

    Attributes
    ----------
    regular_days
        Purchase days from which a customer has a habit that a model can learn from.
    least_regulars
        With fewer such customers what is measured moves by chance.
    one_customer_share, one_customer_times
        An id with at least this share of all purchases, and this many times the average
        customer's, is no person: walk-ins under one number.
    least_of_each
        Rows of either outcome that each part of the labels should have.
    missing_share
        An optional column of `order_lines` empty in this share of the lines is named.
    mostly_missing
        A feature missing in this share of the rows is named.
    tail_quantile, tail_times
        A size more than so many times this quantile of all sizes but 0 is odd.
    zero_share, return_share, negative_share
        Shares of the lines from which it is odd that a quantity or an amount is 0, that a
        quantity is negative, that a discount is negative.
    gap_days
        Days in a row without a purchase that are odd in a shop that otherwise sells.
    around_days, steady_share
        The shop otherwise sells: there is a purchase on this share of the days of such a span
        before, and of one after the gap.
    leak_auc
        A feature that alone tells the outcome this well (AUC, either way round) looks as if it
        was written down afterwards.
    leak_least_of_each
        Rows of either outcome below which nothing is said about leaks.
    leak_level_rows
        A text seen in fewer rows counts as unknown.
    max_rows, seed
        More rows than that are sampled down before features are looked at, always to the same.
    shown
        How many names a finding lists before it counts the others.
    """

    version: str = "1"
    regular_days: int = 3
    least_regulars: int = 200
    one_customer_share: float = 0.05
    one_customer_times: float = 20.0
    least_of_each: int = 50
    missing_share: float = 0.5
    mostly_missing: float = 0.95
    tail_quantile: float = 0.99
    tail_times: float = 100.0
    zero_share: float = 0.05
    return_share: float = 0.2
    negative_share: float = 0.01
    gap_days: int = 3
    around_days: int = 28
    steady_share: float = 0.8
    leak_auc: float = 0.95
    leak_least_of_each: int = 20
    leak_level_rows: int = 20
    max_rows: int = 50_000
    seed: int = 7
    shown: int = 6


POLICY = DataCheckPolicy()
