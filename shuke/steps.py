"""The steps that commands and the demo share, each with its progress bar."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from features.errors import (
    CutoffError,
    EmptyDataError,
    InputError,
    ShukeError,
    TableMissingError,
)
from shuke.progress import counting, sharing

if TYPE_CHECKING:
    from features.lake.ledger import ImportReport
    from features.store import BuildReport
    from monitoring.drift import DriftSummary
    from service.bootstrap import App
    from service.nightly import NightlyReport
    from shuke.people import Place
    from training.train import TrainingResult
    from training.trials import Tuned


def import_journey(app: "App", households: int | None = None) -> list["ImportReport"]:
    """Import Complete Journey, or its first `households`."""
    from features.lake.complete_journey import import_complete_journey

    with counting("Importing Complete Journey") as advance:
        return import_complete_journey(app.lake, households=households, progress=advance)


def build_features(
    app: "App", moments: Sequence[datetime], *, training: bool = True
) -> "BuildReport":
    """Build the features of `moments` and, for `training`, those it will ask for."""
    from training.train import names, plan_features

    plan = plan_features(app.lake, names()) if training else {}
    with counting("Building features") as advance:
        return app.store.build(moments, progress=advance, services=plan)


def materialize(app: "App", as_of: datetime) -> int:
    """Put the features of one moment online and return how many customers that is."""
    with counting("Filling the online store") as advance:
        return app.store.materialize(as_of, progress=advance)


class Tuning(NamedTuple):
    """What the search of one model may take; None leaves the default."""

    trials: int | None = None
    seconds: float | None = None


def train_models(
    app: "App", asked: Sequence[str] = (), *, fresh: bool = False, tuning: Tuning | None = None
) -> list["TrainingResult"]:
    """Train the models asked for; where none is named, every model the data allow.

    Parameters
    ----------
    tuning
        Search the settings of each model first.

    Raises
    ------
    EmptyDataError, CutoffError, TableMissingError
        The data do not allow a model that was named, or any model at all.
    """
    from shuke.audited import note_models
    from shuke.show import line
    from training.train import names, train_together

    results: dict[str, TrainingResult] = {}
    refused: dict[str, ShukeError] = {}
    wanted = names([name.replace("-", "_") for name in asked])
    for model in wanted:
        if model in results:
            continue
        try:
            found = tune_model(app, model, tuning) if tuning else None
            with sharing(f"Training {model}") as tell:
                done = train_together(
                    model,
                    app.lake,
                    app.store,
                    app.registry,
                    tell,
                    fresh=fresh,
                    config=found.config if found else None,
                    texts=found.texts() if found else None,
                )
            results |= done
            new = {m: r.version for m, r in done.items() if r.promoted and not r.reused}
            note_models(app.audit, "train", new, forced=False, reason="its gate is passed")
        except (EmptyDataError, CutoffError, TableMissingError) as error:
            if asked:
                raise
            refused[model] = error
    if refused and not results:
        raise next(iter(refused.values()))
    for model, why in refused.items():
        line(f"{model} not trained: {why}")
    return [results[model] for model in wanted if model in results]


def tune_model(app: "App", model: str, tuning: Tuning) -> "Tuned":
    """Search the settings of one model and say what was found."""
    from shuke.show import line
    from training.space import Search
    from training.train_tuned import tuned

    given = {name: bound for name, bound in tuning._asdict().items() if bound is not None}
    search = Search.model_validate(given)
    with sharing(f"Searching settings of {model}") as tell:
        found = tuned(model, app.lake, app.store, search, tell)
    line(found.said())
    return found


def run_night(
    app: "App", as_of: datetime | None = None, *, ensure_staff: bool = False
) -> "NightlyReport":
    """Score everyone, route the newest leads, write today's lists."""
    from service.nightly import nightly

    with sharing("Scoring, routing, listing") as tell:
        return nightly(app, as_of, ensure_staff=ensure_staff, progress=tell)


def watch(app: "App", model: str, as_of: datetime | None = None) -> "DriftSummary":
    """Compare a scoring with what its model learnt from, and tell who wants to know of drift."""
    from monitoring.drift import drift
    from monitoring.settings import Settings
    from monitoring.verdict import Verdict

    settings = Settings(home=app.settings.home)
    with counting(f"Comparing {model} with training"):
        summary = drift(
            model,
            lake=app.lake,
            store=app.store,
            registry=app.registry,
            score_log=app.score_log,
            settings=settings,
            as_of=as_of,
        )
    if summary.verdict is Verdict.DRIFT:
        tell_drift(app, summary, as_of)
    return summary


def tell_drift(app: "App", summary: "DriftSummary", as_of: datetime | None = None) -> int:
    """Tell receivers of webhooks of drift, once for each batch; return how many deliveries wait."""
    from features.clock import utc
    from service.webhooks.announcing import announce_drift
    from service.webhooks.events import DriftDetected

    wanted = None if as_of is None else utc(as_of)
    batches = [each for each in app.score_log.batches(summary.model) if wanted in (None, each[0])]
    moment, version = batches[-1]
    told = DriftDetected(
        model=summary.model,
        model_version=version,
        as_of=moment,
        share_drifted=summary.share_drifted,
        columns=tuple(column.column for column in summary.drifted),
        current_rows=summary.current_rows,
        reference_rows=summary.reference_rows,
    )
    return announce_drift(app.records, told, app.clock())


def create_key(
    app: "App",
    scopes: Sequence[str],
    name: str,
    *,
    instead: bool = False,
    place: "Place | None" = None,
    lasts: timedelta | None = None,
) -> str:
    """Make an API key and return it; all scopes of its role where none is named.

    Parameters
    ----------
    instead
        Revoke the keys made under this name before.
    place
        Whose rows it sees; None is a service that sees everybody.
    lasts
        How long it holds; None is for ever.

    Raises
    ------
    InputError
        There is no such scope or role, or the role does not have the scope.
    """
    from service import keys
    from service.crm.permissions import granted
    from service.viewers import role_named
    from shuke.people import SERVICE, audited

    place = place or SERVICE
    role = role_named(place.role, place.store_ids, place.staff_id)
    known = sorted(granted(role, None, app.policies.access))
    if unknown := sorted(set(scopes) - set(known)):
        todo = f"Choose of {', '.join(known)}."
        raise InputError(f"No scope of {role} is called {unknown[0]}", todo=todo)
    at = app.clock()
    new = keys.create(
        name,
        [keys.Scope(scope) for scope in scopes or known],
        at,
        at + lasts if lasts else None,
        role=role,
        store_ids=place.store_ids,
        staff_id=place.staff_id,
    )
    with app.records.transaction() as work:
        if instead:
            for key in work.keys.all():
                if key.name == name and key.revoked_at is None:
                    work.keys.revoke(key.key_id, at)
        work.keys.add(new.record)
        audited(app, work, "keys create", "key", new.record.key_id)
    return new.clear


def api_schema() -> str:
    """Return the OpenAPI document of this version, made on a home that is thrown away."""
    from tempfile import TemporaryDirectory

    from service.api.app import create_app
    from service.api.spec import spec_text
    from service.bootstrap import build
    from service.settings import Settings

    with TemporaryDirectory() as folder:
        app = build(Settings(home=Path(folder), database_url=""))
        text = spec_text(create_app(app))
        app.records.close()
    return text


def fold_events(app: "App") -> None:
    """Fold events and do jobs until Ctrl-C or SIGTERM, then leave nothing half done."""
    import signal
    from threading import Event

    from service.audit import at_the_machine
    from service.bootstrap import build_courier, build_job_runner, build_worker
    from service.logs import configure_logs
    from service.memory import settle
    from service.policy_audit import note_policies
    from service.worker import all_in_background
    from shuke.show import line

    configure_logs()
    note_policies(app.audit, app.policies, at_the_machine("worker"))
    stop = Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    settle()
    line("Folding events, doing jobs, delivering webhooks; Ctrl-C stops it")
    with all_in_background(build_job_runner(app), build_courier(app)):
        build_worker(app).run(stop)
