"""Simulated contacts whose true effect is known: randomised, without effect, or chosen by habit."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tests.synthetic import DAY, Shop
from training.uplift.contacts import ContactRows

FEATURES = ("lapsed", "frequency", "noise")


@dataclass(frozen=True)
class ContactsConfig:
    """Contacts of one campaign.

    Attributes
    ----------
    gain, loss
        What a contact adds to the chance to buy of the lapsed, and takes from that of the most
        frequent.
    by_habit
        Frequent customers are contacted more often: no randomisation.
    """

    customers: int = 2000
    share: float = 0.8
    gain: float = 0.35
    loss: float = 0.1
    by_habit: bool = False
    seed: int = 3


def contacts(config: ContactsConfig) -> ContactRows:
    """Simulate contacts, held-out customers, and who bought; `truth` is the true uplift."""
    rng = np.random.default_rng(config.seed)
    n = config.customers
    lapsed, frequency = rng.uniform(size=n), rng.exponential(size=n)
    chance = np.full(n, config.share)
    if config.by_habit:
        chance = np.clip(config.share * frequency, 0.05, 0.95)
    treated = (rng.uniform(size=n) < chance).astype(np.float64)
    truth = config.gain * (lapsed > 0.7) - config.loss * (frequency > 1.5)
    bought = rng.uniform(size=n) < 0.3 + 0.05 * np.minimum(frequency, 3) + treated * truth
    frame = pd.DataFrame(
        {
            "customer_id": [f"C{number:05d}" for number in range(n)],
            "as_of": pd.Timestamp("2017-10-01", tz="UTC"),
            "campaign": "winter",
            "treated": treated,
            "share": treated.mean(),
            "lapsed": np.where(rng.uniform(size=n) < 0.05, np.nan, lapsed),
            "frequency": frequency,
            "noise": rng.normal(size=n),
            "bought": bought.astype(np.float64),
            "spend": bought * 20.0 * (1 + frequency),
            "truth": truth,
        }
    )
    return ContactRows(frame, FEATURES)


def persuaded(shop: Shop, *, silent_days: int = 30, chance: float = 0.7, seed: int = 5) -> Shop:
    """Return the shop with a purchase more for most of those contacted after a long silence.

    Whoever bought lately is not moved by a contact, and nobody by being held out.
    """
    rng = np.random.default_rng(seed)
    lines, contacts = shop.tables["order_lines"], shop.tables["campaign_contacts"]
    sent = contacts[~contacts["is_holdout"]].reset_index(drop=True)
    bought = sent.reset_index().merge(lines[["customer_id", "ordered_at"]], on="customer_id")
    before = bought[bought["ordered_at"] < bought["contacted_at"]]
    last = before.groupby("index")["ordered_at"].max().reindex(sent.index)
    silent = sent["contacted_at"] - last > silent_days * DAY
    moved = sent[silent & (rng.uniform(size=len(sent)) < chance)]
    added = pd.DataFrame(
        {
            "order_id": [f"moved {place}" for place in moved.index],
            "line_no": 1,
            "customer_id": moved["customer_id"].to_numpy(),
            "ordered_at": (moved["contacted_at"] + 10 * DAY).to_numpy(),
            "quantity": 1.0,
            "net_amount": 20.0,
        }
    )
    whole = pd.concat([lines, added[added["ordered_at"] < shop.end]], ignore_index=True)
    return replace(shop, tables={**shop.tables, "order_lines": whole})
