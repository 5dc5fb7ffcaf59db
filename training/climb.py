"""A family led down the ladder until every member stands: full model, pooled model, rule."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from features.clock import naive
from features.errors import CutoffError, EmptyDataError
from models_registry.bundle import Bundle
from models_registry.registry import Registry
from models_registry.rungs import Rung, Shortage
from training.challenge import challenge, champion_of
from training.config import LeadConfig, ModelConfig
from training.cutoffs import closed
from training.dataset import Context, Dataset
from training.gate import Verdict, decide
from training.labels import leads_known_by
from training.ladder import (
    DOWN,
    LADDER,
    Facts,
    Ladder,
    facts_of,
    minimum,
    narrowed,
    on_short_history,
    shrunk,
    too_short,
)
from training.lineage import lineage
from training.pipelines.base import Pipeline, conditions, inside, whose
from training.pipelines.timing import OfTiming
from training.proof import measurable, proof
from training.rule_rung import everything, rule_bundle, rule_evaluation
from training.stores import with_main_stores
from training.together import Measured

Progress = Callable[[float], None]
PipelineOf = Callable[[ModelConfig], Pipeline]

UNPROVEN = Shortage("proof")


@dataclass(frozen=True)
class Climb:
    """One training of a family.

    Attributes
    ----------
    asked
        The member whose absence is an error.
    """

    asked: str
    ctx: Context
    registry: Registry
    pipeline_of: PipelineOf
    ladder: Ladder = LADDER
    _rows: dict[str, Dataset] = field(default_factory=dict, repr=False)
    _lacks: dict[str, Shortage] = field(default_factory=dict, repr=False)
    _failed: dict[str, list[str]] = field(default_factory=dict, repr=False)

    def measure(self, members: Sequence[ModelConfig], tell: Progress) -> list[Measured]:
        """Fit and measure each member, shortest horizon first, on the highest rung it may stand on.

        Members on one rung read one curve. One whose horizon is too long for the history, or that
        does not pass, goes down alone: together, a shop would lose what its curve proved on one
        horizon to what it could not prove on another. One of which not even one outcome is known
        is left out.

        Raises
        ------
        EmptyDataError, CutoffError, TableMissingError
            Not even a rule can be fitted of the one that is asked for.
        """
        self._check(next(config for config in members if config.model == self.asked))
        found: list[Measured] = []
        left = list(members)
        for place, rung in enumerate(DOWN):
            tried = list(self._tried(rung, left))
            settled = self._settled(rung, tried)
            found += settled
            stand = {one.config.model for one in settled}
            left = [config for config in left if config.model not in stand]
            tell((place + 1) / len(DOWN) if left else 1.0)
            if not left:
                break
        return found

    def _check(self, config: ModelConfig) -> None:
        """Refuse at once what not even a rule can be fitted of, before others are."""
        used = on_short_history(config, self.ladder)
        if not isinstance(used, LeadConfig):
            closed(used.windows, self.ctx.lake.first_moment(), self.ctx.today)

    def _tried(self, rung: Rung, members: Sequence[ModelConfig]) -> Iterator[Measured]:
        if rung == "rule":
            yield from self._rules(members)
            return
        newest: Bundle | None = None
        for config in members:
            made = self._fitted(rung, config)
            if made is None:
                continue
            pipeline, used, dataset, fitted = made
            newest = newest or fitted
            evaluation = pipeline.evaluate(fitted, dataset)
            verdict = proof(fitted, pipeline, dataset.test, self.ladder.level).verdict()
            if rung == "full":
                champion = champion_of(self.registry, config.model)
                rest = (dataset, evaluation, pipeline.evaluate, config)
                verdict = (
                    decide(evaluation, config.gate) & verdict & challenge(champion, fitted, *rest)
                )
            else:
                verdict = verdict & self._below(rung, config)
            kept = fitted
            if isinstance(pipeline, OfTiming) and newest is not fitted:
                kept = pipeline.adopt(fitted, newest, dataset)
            yield Measured(used, dataset, kept, evaluation, verdict)

    def _fitted(
        self, rung: Rung, config: ModelConfig
    ) -> tuple[Pipeline, ModelConfig, Dataset, Bundle] | None:
        """Fit a member on a rung of trees; None where the data do not allow it, with the reason."""
        dataset = self._dataset(rung, config)
        if dataset is None:
            return None
        pipeline, population = self.pipeline_of(config), conditions(config.population)
        known, test = inside(dataset.known, population), inside(dataset.test, population)
        facts = facts_of(known, whose(known), pipeline.happened(known), pipeline.kind)
        lacks = minimum(config, rung, self.ladder).lacks(facts)
        if lacks is None and not measurable(pipeline.happened(test), pipeline.kind):
            lacks = UNPROVEN
        if lacks is not None:
            self._lacks.setdefault(config.model, lacks)
            return None
        if rung == "full":
            return pipeline, config, dataset, pipeline.fit(dataset)
        used = shrunk(config, len(known if dataset.spells is None else dataset.spells))
        small, pipeline = narrowed(dataset, config), self.pipeline_of(used)
        bundle = pipeline.fit(small)
        meta = replace(bundle.meta, rung=rung, shortage=self._lacks[config.model])
        return pipeline, used, small, replace(bundle, meta=meta)

    def _dataset(self, rung: Rung, config: ModelConfig) -> Dataset | None:
        """Return the rows of a member with a test; where the history is short, by shorter ones."""
        if config.model not in self._rows:
            used = config if rung == "full" else on_short_history(config, self.ladder)
            pipeline = self.pipeline_of(used)
            try:
                if moments := pipeline.moments(self.ctx.lake, self.ctx.today):
                    self.ctx.store.build((), services=moments)
                dataset = with_main_stores(pipeline.prepare(self.ctx), self.ctx.lake)
                self._rows[config.model] = self._told(dataset, config)
            except (CutoffError, EmptyDataError) as error:
                self._lacks.setdefault(config.model, self._shortage(config, error))
        return self._rows.get(config.model)

    def _rules(self, members: Sequence[ModelConfig]) -> Iterator[Measured]:
        for config in members:
            used = on_short_history(config, self.ladder)
            pipeline = self.pipeline_of(used)
            lacks = self._lacks[config.model]
            dataset = self._rows.get(config.model)
            try:
                dataset = dataset or self._told(pipeline.settled(self.ctx), config)
            except (CutoffError, EmptyDataError):
                if config.model == self.asked:
                    raise
                continue
            unseeing = rule_bundle(pipeline, used, dataset, lacks)
            evaluation = rule_evaluation(unseeing, pipeline, dataset.test)
            bundle = rule_bundle(pipeline, used, everything(dataset), lacks)
            yield Measured(used, dataset, bundle, evaluation, self._below("rule", config))

    def _settled(self, rung: Rung, tried: list[Measured]) -> list[Measured]:
        """Return those that stand on this rung; of the others it is kept why they go down.

        A full champion is never replaced by a lower rung while the data allow a full model: a
        new one that fails is registered, and the champion stays.
        """
        stands = [
            one
            for one in tried
            if rung == "rule"
            or one.verdict.passed
            or (rung == "full" and self._full_champion(one.config))
        ]
        for one in tried:
            if one not in stands:
                self._lacks.setdefault(one.config.model, UNPROVEN)
                self._failed.setdefault(one.config.model, []).extend(
                    f"passed: the {rung} model is left out, as {reason.removeprefix('failed: ')}"
                    for reason in one.verdict.reasons
                    if reason.startswith("failed")
                )
        return stands

    def _below(self, rung: Rung, config: ModelConfig) -> Verdict:
        """Return whether a lower rung may answer, and why it does."""
        lacks = self._lacks[config.model]
        if lacks.unit == "proof" and self._full_champion(config):
            said = "failed: the champion is a full model, and the data still allow one"
            return Verdict(False, (said,))
        why = f"passed: {lacks.said(rung)}"
        return Verdict(True, (why, *self._failed.get(config.model, ())))

    def _full_champion(self, config: ModelConfig) -> bool:
        champion = champion_of(self.registry, config.model)
        return champion is not None and champion.meta.rung == "full"

    def _told(self, dataset: Dataset, config: ModelConfig) -> Dataset:
        said = lineage(self.ctx.lake, config, self.ctx.today)
        return replace(dataset, lineage={**said, **dataset.lineage})

    def _shortage(self, config: ModelConfig, error: Exception) -> Shortage:
        lake, today = self.ctx.lake, self.ctx.today
        if not isinstance(config, LeadConfig):
            if isinstance(error, CutoffError):
                return too_short(config.windows, lake.first_moment(), today)
            lines = lake.table("order_lines")
            seen = lines.filter(lines.ordered_at < naive(today))
            persons = int(lake.con.execute(seen.customer_id.nunique()))
            facts = Facts("customers", persons, persons)
        else:
            settled = leads_known_by(lake.frame("leads"), lake.frame("lead_outcomes"), today)
            won = int(settled["converted"].sum())
            facts = Facts("leads", len(settled), min(won, len(settled) - won))
        return minimum(config, "full", self.ladder).lacks(facts) or UNPROVEN
