"""What champion and challenger said of the same subject at the same moment, row by row."""

from dataclasses import dataclass
from datetime import datetime

import ibis.expr.types as ir
import pandas as pd

from models_registry.errors import ScoresMissingError
from models_registry.score_log import ScoreLog
from monitoring.populations import JUDGED

_SAID = ("value", "band", "model_version", "scored_at", "horizon_days")
_SIDES = ("_champion", "_challenger")


@dataclass(frozen=True)
class Pairs:
    """Reads both logs; a pair is a subject both models judged: no cold starts, no unknown ones.

    Attributes
    ----------
    score_log, shadow_log
        What was answered, and what challengers said meanwhile.
    challenger
        Version of `model` whose scores are paired.
    """

    model: str
    challenger: str
    score_log: ScoreLog
    shadow_log: ScoreLog

    def nights(self) -> list[tuple[datetime, str]]:
        """Return (as_of, champion version) of every night both scored, the oldest first."""
        champions = {
            as_of: version
            for as_of, version in self.score_log.batches(self.model)
            if version != self.challenger
        }
        scored = [as_of for as_of, v in self.shadow_log.batches(self.model) if v == self.challenger]
        return [(as_of, champions[as_of]) for as_of in scored if as_of in champions]

    def night(self, as_of: datetime, champion: str) -> pd.DataFrame:
        """Return the pairs of one night: `subject`, and what each said under `_champion`, ..."""
        ours = self.score_log.batch(self.model, as_of, champion)
        theirs = self.shadow_log.batch(self.model, as_of, self.challenger)
        return _paired(_judged(ours), _judged(theirs), ["subject"])

    def online(self) -> pd.DataFrame:
        """Return the pairs of all requests, as `night` does; both bear the champion's time."""
        try:
            theirs, ours = self.shadow_log.online(), self.score_log.online()
        except ScoresMissingError:
            return _paired(_NOBODY, _NOBODY, ["subject"])
        theirs = theirs.filter(theirs.model == self.model, theirs.model_version == self.challenger)
        ours = ours.filter(ours.model == self.model, ours.model_version != self.challenger)
        return _paired(_judged(ours), _judged(theirs), ["subject", "scored_at"])


def newest_challenger(shadow_log: ScoreLog, model: str) -> str | None:
    """Return the version that scored last in the shadow, by night or online; None if none did."""
    said = [(_last(shadow_log.batch(model)), v) for _, v in shadow_log.batches(model)[-1:]]
    try:
        lines = shadow_log.online()
    except ScoresMissingError:
        lines = None
    if lines is not None:
        mine = lines.filter(lines.model == model)
        last = mine.group_by("model_version").agg(at=mine.scored_at.max()).to_pandas()
        said += list(zip(last["at"], last["model_version"], strict=True))
    return str(max(said)[1]) if said else None


def _last(batch: ir.Table) -> pd.Timestamp:
    return pd.Timestamp(batch.scored_at.max().to_pandas())


def _judged(scores: ir.Table) -> pd.DataFrame:
    judged = scores.filter(scores.status.isin(JUDGED), scores.value.notnull())
    subject = judged.lead_id.coalesce(judged.customer_id)
    found: pd.DataFrame = judged.select(*_SAID, subject=subject).to_pandas()
    return found


def _paired(ours: pd.DataFrame, theirs: pd.DataFrame, on: list[str]) -> pd.DataFrame:
    # Asked twice in one request, a subject has the same score twice.
    once = [side.drop_duplicates(on) for side in (ours, theirs)]
    pairs = once[0].merge(once[1], on=on, suffixes=_SIDES, validate="one_to_one")
    return pairs if "scored_at" in on else pairs.rename(columns={"scored_at_champion": "scored_at"})


_NOBODY = pd.DataFrame(columns=[*_SAID, "subject"])
