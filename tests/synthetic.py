"""Simulated customers with a known truth: BG/NBD buyers, mailed campaigns, leads that convert."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from features.lake.lake import Lake, frame_fingerprint
from features.lake.ledger import ImportReport

DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class ShopConfig:
    """A simulated chain; rates per day, money in units of currency."""

    customers: int = 300
    stores: int = 5
    categories: int = 8
    products: int = 10  # per category
    start: datetime = datetime(2017, 1, 1, tzinfo=UTC)
    days: int = 364
    joining_days: int = 90
    rate: tuple[float, float] = (2.0, 20.0)  # gamma shape and 1/scale: ten days between visits
    dropout: tuple[float, float] = (1.0, 25.0)  # beta: leaves after about every 26th visit
    most_visits: int = 200
    loyalty: float = 0.85  # share of visits in the home store
    campaign_every: int = 45
    campaign_length: int = 30
    contacted: float = 0.5
    holdout: float = 0.2
    seed: int = 7


@dataclass(frozen=True)
class Shop:
    """What a lake would know, and what only the simulation knows.

    `customers` has customer_id, rate (visits a day while alive), dropout (chance to leave after
    a visit), died_at (aware UTC; NaT: alive at `end`), home_store_id, favourite (category) and
    spend (median price).
    `leads` has lead_id and probability.
    """

    tables: dict[str, pd.DataFrame]
    customers: pd.DataFrame
    leads: pd.DataFrame
    end: datetime


def simulate(config: ShopConfig | None = None) -> Shop:
    """Simulate a shop; the same configuration gives the same shop."""
    config = config or ShopConfig()
    rng = np.random.default_rng(config.seed)
    start = pd.Timestamp(config.start)
    end = start + timedelta(days=config.days)
    truth, taste = _people(config, rng)
    visits, truth = _visits(config, rng, truth, start, end)
    lines = _lines(config, rng, visits, truth, taste)
    products = lines[["product_id", "category"]].drop_duplicates().assign(brand="house")
    customers = truth[["customer_id", "home_store_id"]].assign(
        registered_at=visits.groupby("customer", sort=True)["ordered_at"].min().to_numpy(),
        source="synthetic",
    )
    contacts, leads, outcomes, interactions, chances = _campaigns(
        config, rng, customers, truth, end
    )
    tables = {
        "customers": customers,
        "products": products,
        "order_lines": lines,
        "campaign_contacts": contacts,
        "leads": leads,
        "lead_outcomes": outcomes,
        "interactions": interactions,
    }
    return Shop(tables, truth, chances, end.to_pydatetime())


def fill(lake: Lake, shop: Shop) -> list[ImportReport]:
    """Import a simulated shop."""
    return [
        lake.append(name, [frame], source="synthetic", fingerprint=frame_fingerprint(frame))
        for name, frame in shop.tables.items()
    ]


def _people(config: ShopConfig, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    n = config.customers
    shape, inverse_scale = config.rate
    taste = rng.dirichlet(np.full(config.categories, 0.5), n)
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:05d}" for i in range(n)],
            "rate": rng.gamma(shape, 1 / inverse_scale, n),
            "dropout": rng.beta(*config.dropout, n),
            "home_store_id": rng.integers(1, config.stores + 1, n).astype(str),
            "favourite": [f"category {c}" for c in taste.argmax(axis=1)],
            "spend": rng.lognormal(1.0, 0.5, n),
        }
    ), taste


def _visits(
    config: ShopConfig,
    rng: np.random.Generator,
    truth: pd.DataFrame,
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """First visit at a uniform moment, then exponential gaps until the geometric last one."""
    n, most = config.customers, config.most_visits
    gaps = rng.exponential(1 / truth["rate"].to_numpy()[:, None], (n, most))
    gaps[:, 0] = rng.uniform(0, config.joining_days, n)
    days = gaps.cumsum(axis=1)
    last = np.minimum(rng.geometric(truth["dropout"]), most)
    died = days[np.arange(n), last - 1]
    customer, visit = np.nonzero((np.arange(most) < last[:, None]) & (days < config.days))
    moments = start + pd.to_timedelta((days[customer, visit] * 86_400).round(), unit="s")
    away = rng.uniform(size=len(customer)) > config.loyalty
    home = truth["home_store_id"].to_numpy()[customer]
    elsewhere = rng.integers(1, config.stores + 1, len(customer)).astype(str)
    visits = pd.DataFrame(
        {
            "customer": customer,
            "order_id": [f"O{i:07d}" for i in range(len(customer))],
            "ordered_at": moments,
            "store_id": np.where(away, elsewhere, home),
        }
    )
    died_at = (start + pd.to_timedelta(died, unit="D")).to_series(index=truth.index)
    return visits, truth.assign(died_at=died_at.where(died_at < end))


def _lines(
    config: ShopConfig,
    rng: np.random.Generator,
    visits: pd.DataFrame,
    truth: pd.DataFrame,
    taste: np.ndarray,
) -> pd.DataFrame:
    size = 1 + rng.poisson(2.0, len(visits))
    lines = visits.loc[visits.index.repeat(size)].reset_index(drop=True)
    customer = lines.pop("customer").to_numpy()
    reach = taste.cumsum(axis=1)[customer]
    category = (rng.uniform(size=(len(lines), 1)) > reach[:, :-1]).sum(axis=1)
    product = rng.integers(0, config.products, len(lines))
    quantity = 1.0 + rng.poisson(0.3, len(lines))
    spend = truth["spend"].to_numpy()[customer]
    amount = (quantity * spend * rng.lognormal(0.0, 0.4, len(lines))).round(2)
    return lines.assign(
        line_no=lines.groupby("order_id").cumcount() + 1,
        customer_id=truth["customer_id"].to_numpy()[customer],
        channel="store",
        product_id=[f"P{c}-{p}" for c, p in zip(category, product, strict=True)],
        category=[f"category {c}" for c in category],
        quantity=quantity,
        net_amount=amount,
        discount_amount=(amount * rng.choice([0.0, 0.1], len(lines))).round(2),
        coupon_amount=0.0,
    )


def _campaigns(
    config: ShopConfig,
    rng: np.random.Generator,
    customers: pd.DataFrame,
    truth: pd.DataFrame,
    end: pd.Timestamp,
) -> tuple[pd.DataFrame, ...]:
    """Contacts, leads, outcomes, redemptions and each lead's true chance to convert."""
    starts = pd.date_range(
        pd.Timestamp(config.start) + config.joining_days * DAY,
        end,
        freq=f"{config.campaign_every}D",
    )
    pairs = pd.DataFrame({"campaign_id": [f"K{k}" for k in range(len(starts))], "at": starts})
    people = truth.merge(customers[["customer_id", "registered_at"]], on="customer_id")
    rows = pairs.merge(people, how="cross")
    rows = rows[
        (rows["registered_at"] < rows["at"]) & (rng.uniform(size=len(rows)) < config.contacted)
    ]
    rows = rows.assign(is_holdout=rng.uniform(size=len(rows)) < config.holdout)
    alive = rows["died_at"].isna() | (rows["died_at"] > rows["at"])
    rows["probability"] = np.where(alive, 0.6 * (1 - np.exp(-10 * rows["rate"])), 0.01)
    contacts = rows[["campaign_id", "customer_id", "is_holdout"]].assign(
        contacted_at=rows["at"], channel="mail", offer="coupon", cost_amount=0.5
    )
    rows = rows[~rows["is_holdout"]].assign(
        lead_id=lambda d: d["campaign_id"] + ":" + d["customer_id"],
        expires_at=lambda d: d["at"] + config.campaign_length * DAY,
        attributes='{"campaign_type": "mailing"}',
    )
    won = rng.uniform(size=len(rows)) < rows["probability"]
    day = pd.to_timedelta(rng.integers(1, config.campaign_length, len(rows)), unit="D")
    decided = (rows["at"] + day).where(won, rows["expires_at"])
    outcomes = rows[["lead_id"]].assign(
        decided_at=decided, outcome=np.where(won, "converted", "lost")
    )[decided <= end]
    redeemed = rows.assign(decided_at=decided)[won & (decided <= end)]
    interactions = redeemed[["customer_id", "lead_id", "campaign_id"]].assign(
        event_id="redeemed:" + redeemed["lead_id"],
        occurred_at=redeemed["decided_at"],
        type="coupon_redeemed",
        channel="store",
    )
    leads = rows[["lead_id", "campaign_id", "customer_id", "expires_at", "attributes"]].assign(
        created_at=rows["at"], store_id=rows["home_store_id"], source="campaign", medium="mail"
    )
    return contacts, leads, outcomes, interactions, rows[["lead_id", "probability"]]
