"""Feast's view of the features: entity, sources, views and one service per model version."""

from typing import Any

from feast import Entity, FeatureService, FeatureView, Field, ValueType
from feast.types import Array, Float64, String

from features.feature_sets import MAX_AGE, SERVICES, SETS, FeatureSet
from features.online.packing import Kind

_TYPES: dict[Kind, Any] = {"number": Float64, "numbers": Array(Float64), "texts": Array(String)}


def definitions(sources: dict[str, Any], fingerprint: str) -> list[Any]:
    """Return everything Feast has to know.

    Parameters
    ----------
    sources
        Feature set name to the Feast source of its rows.
    fingerprint
        Of the feature definitions; tags each service.
    """
    customer = Entity(name="customer", join_keys=["customer_id"], value_type=ValueType.STRING)
    views = {each.name: _view(each, customer, sources[each.name]) for each in SETS}
    services = [
        FeatureService(
            name=name,
            features=[views[each.name] for each in sets],
            tags={"definitions": fingerprint},
        )
        for name, sets in SERVICES.items()
    ]
    return [customer, *views.values(), *services]


def _view(each: FeatureSet, customer: Entity, source: Any) -> FeatureView:
    fields = [Field(name=name, dtype=_TYPES[kind]) for name, kind in each.columns.items()]
    return FeatureView(
        name=each.name,
        entities=[customer],
        schema=[Field(name="customer_id", dtype=String), *fields],
        source=source,
        ttl=MAX_AGE,
    )
