"""The contracts of the lake as data: what a row of each table is and what it may hold."""

from dataclasses import dataclass, field

import pandera.pandas as pa

from features.errors import ContractError
from features.lake.columns import (
    LIMITS,
    NOT_NEGATIVE,
    Kind,
    column,
    id_,
    json_object,
    moment,
    number,
    one_of,
    price_check,
    text,
)


@dataclass(frozen=True)
class Table:
    """The contract of one table.

    Attributes
    ----------
    schema
        Pandera schema; each column's metadata holds its `Kind`.
    key
        Columns that name a row; a second row with the same key is a duplicate.
    time
        The column that says when the row became known, if it has one.
    """

    name: str
    schema: pa.DataFrameSchema = field(repr=False)
    key: tuple[str, ...]
    time: str | None

    @property
    def kinds(self) -> dict[str, Kind]:
        """Kind of every column, in the contract's order."""
        return {name: column.metadata["kind"] for name, column in self.schema.columns.items()}

    @property
    def required(self) -> tuple[str, ...]:
        """Columns a source has to bring: neither nullable nor filled with a default."""
        columns = self.schema.columns.items()
        return tuple(name for name, c in columns if not c.nullable and c.default is None)


def _table(
    name: str,
    key: tuple[str, ...],
    time: str | None,
    columns: dict[str, pa.Column],
    *checks: pa.Check,
) -> Table:
    return Table(name, pa.DataFrameSchema(columns, checks=list(checks), name=name), key, time)


_ALL = (
    _table(
        "customers",
        ("customer_id",),
        "registered_at",
        {
            "customer_id": id_(required=True),
            "registered_at": moment(),
            "home_store_id": id_(),
            "member_level": text(),
            "birthday": moment(earliest=LIMITS.earliest_birth),
            "gender": text(),
            "city": text(),
            "tags": text(),
            "referrer_id": id_(),
            "channel_consents": text(),
            "source": text(),
        },
    ),
    _table(
        "order_lines",
        ("order_id", "line_no"),
        "ordered_at",
        {
            "order_id": id_(required=True),
            "line_no": column(Kind.WHOLE, required=True),
            "customer_id": id_(required=True),
            "ordered_at": moment(required=True),
            "store_id": id_(),
            "channel": text(),
            "product_id": id_(),
            "category": text(),
            "quantity": number(required=True),
            "net_amount": number(required=True),
            "discount_amount": number(default=0.0),
            "coupon_amount": number(default=0.0),
        },
        price_check("net_amount"),
    ),
    _table(
        "products",
        ("product_id",),
        None,
        {
            "product_id": id_(required=True),
            "name": text(),
            "category": text(),
            "department": text(),
            "brand": text(),
        },
    ),
    _table(
        "interactions",
        ("event_id",),
        "occurred_at",
        {
            "event_id": id_(required=True),
            "customer_id": id_(),
            "lead_id": id_(),
            "occurred_at": moment(required=True),
            "type": text(required=True),
            "channel": text(),
            "campaign_id": id_(),
            "properties": json_object(),
        },
    ),
    _table(
        "campaign_contacts",
        ("campaign_id", "customer_id"),
        "contacted_at",
        {
            "campaign_id": id_(required=True),
            "customer_id": id_(required=True),
            "contacted_at": moment(required=True),
            "channel": text(),
            "offer": text(),
            "is_holdout": column(Kind.FLAG, default=False),
            "cost_amount": number(NOT_NEGATIVE),
        },
    ),
    _table(
        "leads",
        ("lead_id",),
        "created_at",
        {
            "lead_id": id_(required=True),
            "created_at": moment(required=True),
            "source": text(),
            "medium": text(),
            "campaign_id": id_(),
            "ad_group": text(),
            "creative": text(),
            "store_id": id_(),
            "region": text(),
            "customer_id": id_(),
            "expires_at": moment(past=False),
            "attributes": json_object(),
        },
    ),
    _table(
        "lead_outcomes",
        ("lead_id",),
        "decided_at",
        {
            "lead_id": id_(required=True),
            "decided_at": moment(required=True),
            "outcome": one_of("converted", "lost"),
            "amount": number(NOT_NEGATIVE),
        },
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _ALL}


def contract(name: str) -> Table:
    """Return the contract of a table.

    Raises
    ------
    ContractError
        The lake has no such table.
    """
    if name not in TABLES:
        raise ContractError(
            f"The lake has no table {name}", todo=f"Choose one of {', '.join(TABLES)}."
        )
    return TABLES[name]
