"""The pooled rung in numbers: one small set of trees for everybody, drawn towards the mean."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Pooled(BaseModel):
    """How a model is shrunk where a shop has too little data for the full one.

    Attributes
    ----------
    features
        The inputs that are left; one that the rows do not have is passed over.
    rounds, learning_rate, num_leaves, lambda_l2
        LightGBM's, as in `Boosting`. `lambda_l2` draws every leaf towards the mean of all.
    leaf_share
        No leaf speaks for a smaller share of the rows.
    monotone
        Directions in which an input may move the score, beside those of the full model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: tuple[str, ...] = ()
    rounds: int = Field(default=60, gt=0)
    learning_rate: float = Field(default=0.05, gt=0)
    num_leaves: int = Field(default=4, ge=2)
    lambda_l2: float = Field(default=50.0, ge=0)
    leaf_share: float = Field(default=0.05, gt=0, lt=1)
    monotone: dict[str, Literal[-1, 1]] = {}
