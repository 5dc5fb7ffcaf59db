"""How leads of the same source, campaign or store fared so far, by what was known at midnight.

A target encoding over time: a rate holds only outcomes known before the last midnight (UTC) at or
before the scoring moment, and never the lead's own. Counts are kept by group and day, so that any
lead at any moment is a few lookups: one structure serves training, the night and a request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from features.transforms.base import Tables
from features.transforms.knowledge import told_at
from features.transforms.lead_policy import GROUPS, POLICY

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

OVERALL = "lead_conversion"
STEPS = ("told_at", "settled_at", "converted_at")
_EVERYTHING = "everything"
_DAY = timedelta(days=1) // timedelta(microseconds=1)
_DAYS = 1 << 24  # more days than any moment has; group codes stand above them in one key
_NEVER = _DAYS - 1


def lead_facts(tables: Tables) -> ir.Table:
    """Return when each step of each lead became known.

    Returns
    -------
    ibis.Table
        lead_id, the columns of `GROUPS` and, naive UTC: `told_at` (the lead itself),
        `settled_at` (that it is over: its expiry, or its decision if it does not expire) and
        `converted_at` (that it converted in time; NULL for all others). As in the labels, an
        open lead counts neither way: were wins known at once and losses at expiry, a new group
        would look like a good one.
    """
    leads = tables.table("leads")
    told = told_at(leads, "created_at")
    columns = {
        name: leads[name] if name in leads.columns else ibis.null("string")
        for name in GROUPS.values()
    }
    facts = leads.select("lead_id", "expires_at", **columns, told_at=told)
    if not tables.has("lead_outcomes"):
        return facts.mutate(
            settled_at=_later(facts.expires_at, facts.told_at),
            converted_at=ibis.null("timestamp(6)"),
        ).drop("expires_at")
    outcomes = tables.table("lead_outcomes")
    decided = outcomes.select(
        of_lead=outcomes.lead_id,
        decided_at=outcomes.decided_at,
        known_at=told_at(outcomes, "decided_at"),
        won=outcomes.outcome == "converted",
    )
    both = facts.left_join(decided, facts.lead_id == decided.of_lead)
    over = ibis.coalesce(both.expires_at, both.known_at)
    won = both.won & (both.expires_at.isnull() | (both.decided_at < both.expires_at))
    return both.select(
        "lead_id",
        *GROUPS.values(),
        "told_at",
        settled_at=_later(over, both.told_at),
        converted_at=won.ifelse(
            _later(_later(over, both.known_at), both.told_at), ibis.null("timestamp(6)")
        ),
    )


def _later(one: ir.Value, other: ir.Value) -> ir.Value:
    """Return the later of two moments, NULL where the first is."""
    return (one < other).ifelse(other, one)


@dataclass(frozen=True)
class Tally:
    """Events of one kind by group of leads and day, ready to be counted up to any midnight.

    Attributes
    ----------
    keys
        Group code and day in one number, ascending, each once.
    until
        `until[i]` events lie before `keys[i]`; one longer than `keys`.
    """

    keys: Ints
    until: Ints

    @classmethod
    def of(cls, codes: Ints, days: Ints) -> Self:
        """Count events; a day of `_NEVER` is no event and a negative code no group."""
        happened = (days < _NEVER) & (codes >= 0)
        keys, counts = np.unique(codes[happened] * _DAYS + days[happened], return_counts=True)
        return cls(keys, np.concatenate([[0], np.cumsum(counts)]))

    def before(self, codes: Ints, days: Ints) -> Floats:
        """Return how many events each group has on days before, shape of `codes`."""
        upto = self.until[np.searchsorted(self.keys, codes * _DAYS + days)]
        return (upto - self.until[np.searchsorted(self.keys, codes * _DAYS)]).astype(np.float64)


@dataclass(frozen=True)
class LeadHistory:
    """Counts of leads captured, settled and converted, by group and day.

    Attributes
    ----------
    tallies
        By group: one `Tally` for each of `STEPS`.
    codes
        By group: value -> code.
    leads
        Every lead, so that what it adds to its own groups can be taken out.
    of_lead, days
        By group the code of each lead's; and the day of each of its `STEPS`.
    """

    tallies: Mapping[str, tuple[Tally, ...]]
    codes: Mapping[str, "pd.Index[str]"]
    leads: "pd.Index[str]"
    of_lead: Mapping[str, Ints]
    days: tuple[Ints, ...]

    @classmethod
    def of(cls, facts: pd.DataFrame) -> Self:
        """Count the leads of `lead_facts`."""
        days = tuple(_days(facts[step]) for step in STEPS)
        of_lead = {_EVERYTHING: np.zeros(len(facts), dtype=np.int64)}
        codes = {_EVERYTHING: pd.Index([_EVERYTHING], dtype="object")}
        for group, column in GROUPS.items():
            named, values = pd.factorize(facts[column].astype("object"))
            of_lead[group] = named.astype(np.int64)
            codes[group] = pd.Index(values, dtype="object")
        tallies = {
            group: tuple(Tally.of(named, each) for each in days) for group, named in of_lead.items()
        }
        return cls(tallies, codes, pd.Index(facts["lead_id"], dtype="object"), of_lead, days)

    def features(
        self, asked: pd.DataFrame, prior_conversions: float = POLICY.prior_conversions
    ) -> pd.DataFrame:
        """Return the history of each lead's groups as of the midnight before its scoring moment.

        Parameters
        ----------
        asked
            lead_id, as_of (aware UTC) and the columns of `GROUPS`, None where missing.
        prior_conversions
            Weight of the overall conversion in every group's, see `LeadPolicy`.

        Returns
        -------
        pandas.DataFrame
            On the index of `asked`, float64: `lead_conversion` (overall; missing before the first
            lead is settled), and by group `lead_<group>_leads` (captured so far) and
            `lead_<group>_lift`, (converted + a) / (settled * overall + a) with a =
            `prior_conversions`: the posterior mean, under a gamma prior with mean 1, of how many
            times as often as leads in general those of the group convert; and
            `lead_<group>_conversion`, that times the overall conversion. Counts and conversions
            drift with the shop, what sets a group apart drifts less. Missing where the lead
            names no such group; a lift also before the first lead converts.
        """
        days = _days(asked["as_of"])
        own = self.leads.get_indexer(pd.Index(asked["lead_id"], dtype="object"))
        everything = pd.Series(_EVERYTHING, index=asked.index)
        _, settled, converted = self._counts(_EVERYTHING, everything, days, own)
        overall = _ratio(converted, settled)
        columns = {OVERALL: overall}
        for group, column in GROUPS.items():
            named = asked[column].notna().to_numpy()
            leads, settled, converted = self._counts(group, asked[column], days, own)
            lift = (converted + prior_conversions) / (settled * overall + prior_conversions)
            columns[f"lead_{group}_leads"] = np.where(named, leads, np.nan)
            columns[f"lead_{group}_conversion"] = np.where(named, lift * overall, np.nan)
            columns[f"lead_{group}_lift"] = np.where(named & (overall > 0), lift, np.nan)
        return pd.DataFrame(columns, index=asked.index)

    def _counts(self, group: str, values: "pd.Series[str]", days: Ints, own: Ints) -> list[Floats]:
        """Return what each row's group counts before its day, without the lead itself.

        Parameters
        ----------
        own
            Position of each row's lead in `leads`, -1 where it is not there.
        """
        codes = self.codes[group].get_indexer(pd.Index(values, dtype="object"))
        # A value nobody had yet gets a code of its own, which no event has.
        codes = np.where(codes < 0, len(self.codes[group]), codes).astype(np.int64)
        mine = (own >= 0) & (np.append(self.of_lead[group], -1)[own] == codes)
        return [
            tally.before(codes, days) - (mine & (np.append(at, _NEVER)[own] < days))
            for tally, at in zip(self.tallies[group], self.days, strict=True)
        ]


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Return part / whole, missing where the whole is nothing."""
    missing = np.full(len(part), np.nan)
    return np.asarray(np.divide(part, whole, out=missing, where=whole > 0), np.float64)


def _days(moments: "pd.Series[pd.Timestamp]") -> Ints:
    """Return whole days since 1970 (UTC); `_NEVER` where there is no moment."""
    utc = pd.to_datetime(moments, utc=True).astype("datetime64[us, UTC]")
    days = utc.astype("int64").to_numpy() // _DAY
    return np.where(utc.isna().to_numpy(), _NEVER, days)
