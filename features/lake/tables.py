"""The contracts of the lake as data: what a row of each table is and what it may hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from features.errors import ContractError
from features.lake.columns import (
    LIMITS,
    NOT_NEGATIVE,
    Column,
    Kind,
    Rule,
    between,
    id_,
    json_object,
    moment,
    number,
    one_of,
    order,
    price_sign,
    text,
)

INGESTED = "ingested_at"


@dataclass(frozen=True)
class Table:
    """The contract of one table.

    Attributes
    ----------
    columns
        By name, in the order they are stored in.
    rules
        What every row has to keep.
    key
        Columns that name a row; a second row with the same key (gaps are equal) is a duplicate.
    time
        The column that says when what the row tells of happened, if it has one.
    changed
        The column that, where it is filled, says when the row's state came about after `time`.
    """

    name: str
    key: tuple[str, ...]
    time: str | None
    columns: Mapping[str, Column] = field(repr=False)
    rules: tuple[Rule, ...] = field(default=(), repr=False)
    changed: str | None = None

    @property
    def kinds(self) -> dict[str, Kind]:
        """Kind of every column, in the contract's order."""
        return {name: column.kind for name, column in self.columns.items()}

    @property
    def required(self) -> tuple[str, ...]:
        """Columns a source has to bring and fill."""
        return tuple(name for name, column in self.columns.items() if column.required)

    @property
    def told(self) -> tuple[str, ...]:
        """Columns that say something of the row itself: neither its key nor when it was known."""
        return tuple(n for n in self.columns if n not in self.key and n != INGESTED)


_ALL = (
    Table(
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
    Table(
        "order_lines",
        ("order_id", "line_no"),
        "ordered_at",
        {
            "order_id": id_(required=True),
            "line_no": Column(Kind.WHOLE, required=True),
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
            INGESTED: moment(),
        },
        (price_sign("net_amount"),),
    ),
    Table(
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
    Table(
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
            INGESTED: moment(),
        },
    ),
    Table(
        "campaign_contacts",
        ("campaign_id", "customer_id"),
        "contacted_at",
        {
            "campaign_id": id_(required=True),
            "customer_id": id_(required=True),
            "contacted_at": moment(required=True),
            "channel": text(),
            "offer": text(),
            "is_holdout": Column(Kind.FLAG, default=False),
            "cost_amount": number(NOT_NEGATIVE),
            INGESTED: moment(),
        },
    ),
    Table(
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
            INGESTED: moment(),
        },
    ),
    Table(
        "lead_outcomes",
        ("lead_id",),
        "decided_at",
        {
            "lead_id": id_(required=True),
            "decided_at": moment(required=True),
            "outcome": one_of("converted", "lost"),
            "amount": number(NOT_NEGATIVE),
            INGESTED: moment(),
        },
    ),
    Table(
        "tickets",
        # A case is told again when it is closed or rated, so a row is one state of a case.
        ("ticket_id", "closed_at", "satisfaction", "nps"),
        "opened_at",
        {
            "ticket_id": id_(required=True),
            "customer_id": id_(required=True),
            "opened_at": moment(required=True),
            "closed_at": moment(),
            "type": text(),
            "satisfaction": number(between(1, 5)),
            "nps": number(between(0, 10)),
            INGESTED: moment(),
        },
        (order("opened_at", "closed_at"),),
        changed="closed_at",
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
