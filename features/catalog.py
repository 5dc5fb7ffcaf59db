"""The catalogue: every customer feature by name."""

from features.transforms.customer import FEATURES as _ALL
from features.transforms.feature import Feature

__all__ = ["FEATURES", "Feature"]

FEATURES: dict[str, Feature] = {feature.name: feature for feature in _ALL}
