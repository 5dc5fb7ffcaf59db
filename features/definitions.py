"""Feast's view of the features: entity, sources, views and one service per model version."""

from typing import Any

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.data_format import ParquetFormat
from feast.types import Array, Float64, String

from features.feature_sets import MAX_AGE, SERVICES, SETS, FeatureSet, Kind

_TYPES: dict[Kind, Any] = {"number": Float64, "numbers": Array(Float64), "texts": Array(String)}


def definitions(patterns: dict[str, str], fingerprint: str) -> list[Any]:
    """Return everything Feast has to know.

    Parameters
    ----------
    patterns
        Feature set name to the glob of its Parquet files.
    fingerprint
        Of the feature definitions; tags each service.
    """
    customer = Entity(name="customer", join_keys=["customer_id"], value_type=ValueType.STRING)
    views = {each.name: _view(each, customer, patterns[each.name]) for each in SETS}
    services = [
        FeatureService(
            name=name,
            features=[views[each.name] for each in sets],
            tags={"definitions": fingerprint},
        )
        for name, sets in SERVICES.items()
    ]
    return [customer, *views.values(), *services]


def _view(each: FeatureSet, customer: Entity, pattern: str) -> FeatureView:
    source = FileSource(
        name=f"{each.name}_files",
        path=pattern,
        file_format=ParquetFormat(),
        timestamp_field="as_of",
    )
    fields = [Field(name=name, dtype=_TYPES[kind]) for name, kind in each.columns.items()]
    return FeatureView(
        name=each.name,
        entities=[customer],
        schema=[Field(name="customer_id", dtype=String), *fields],
        source=source,
        ttl=MAX_AGE,
    )
