"""A lake of leads whose source, behaviour and store tell how they end."""

import numpy as np
import pandas as pd
import pytest

from features.lake.lake import Lake

START = pd.Timestamp("2017-01-01", tz="UTC")
LEADS = 900
CHANCE = {"web": 0.15, "fair": 0.5, "friend": 0.7}
KINDS = ("form_sent", "call")


def fill_leads(lake: Lake, count: int = LEADS, seed: int = 3) -> None:
    """Put leads of about a year, what they did and what became of them into a lake."""
    rng = np.random.default_rng(seed)
    created = START + pd.to_timedelta(np.sort(rng.uniform(0, 300 * 24, count)), unit="h")
    leads = pd.DataFrame(
        {
            "lead_id": [f"L{i:05d}" for i in range(count)],
            "created_at": created.floor("s"),
            "source": rng.choice(list(CHANCE), count),
            "medium": "form",
            "store_id": rng.choice(["1", "2", None], count),
            "expires_at": created.floor("s") + pd.Timedelta(days=14),
            "attributes": [f'{{"pages": {pages}}}' for pages in rng.integers(1, 9, count)],
        }
    )
    calls = rng.integers(0, 4, count)
    chance = leads["source"].map(CHANCE).to_numpy() * np.array([0.6, 0.9, 1.1, 1.3])[calls]
    won = rng.uniform(size=count) < chance
    decided = leads["created_at"] + pd.to_timedelta(rng.integers(1, 13 * 24, count), unit="h")
    outcomes = pd.DataFrame(
        {
            "lead_id": leads["lead_id"],
            "decided_at": decided,
            "outcome": np.where(won, "converted", "lost"),
            "ingested_at": decided + pd.to_timedelta(rng.integers(0, 72, count), unit="h"),
        }
    )[rng.uniform(size=count) < 0.9]
    lake.append("leads", [leads], source="test", fingerprint=f"leads-{seed}")
    lake.append("lead_outcomes", [outcomes], source="test", fingerprint=f"outcomes-{seed}")
    lake.append("interactions", [_did(leads, calls, rng)], source="test", fingerprint=f"did-{seed}")


def _did(leads: pd.DataFrame, calls: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    of = leads.loc[leads.index.repeat(calls)]
    hours = rng.integers(-5 * 24, 6 * 24, len(of))
    at = of["created_at"] + pd.to_timedelta(hours, unit="h")
    return pd.DataFrame(
        {
            "event_id": [f"{lead_id}-{i}" for i, lead_id in enumerate(of["lead_id"])],
            "lead_id": of["lead_id"].to_numpy(),
            "occurred_at": at.to_numpy(),
            "ingested_at": (at + pd.Timedelta(hours=2)).where(rng.uniform(size=len(of)) < 0.5),
            "type": rng.choice(KINDS, len(of)),
            "channel": rng.choice(["web", "phone"], len(of)),
        }
    )


@pytest.fixture(scope="module")
def lead_lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Return a lake that knows leads, interactions and outcomes; read only."""
    lake = Lake(tmp_path_factory.mktemp("leads") / "lake", threads=1)
    fill_leads(lake)
    return lake
