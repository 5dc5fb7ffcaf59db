"""`shuke score`, `what-if` and `nightly`: scores for some, with other inputs, and for all."""

import math
from typing import Annotated

import typer

from features.errors import InputError
from shuke.moments import AsOf


def score(
    model: Annotated[str, typer.Argument(help="Model, for example churn_60d.")],
    ids: Annotated[list[str], typer.Argument(help="Customer ids (lead ids for lead_score).")],
    as_of: AsOf = None,
    top_k: Annotated[int, typer.Option(min=0, max=20, help="Reasons for each score.")] = 3,
    lang: Annotated[str, typer.Option(help="Language of the reasons: en or zh-CN.")] = "en",
) -> None:
    """Score a few customers or leads now, or as of a past moment, with reasons."""
    from features.clock import utc
    from service.bootstrap import build
    from shuke.audited import note_scores
    from shuke.show import language, scores
    from shuke.steps import build_features

    app, said_in = build(), language(lang)
    moment = None if as_of is None else utc(as_of)
    if moment is not None:
        build_features(app, [moment], training=False)
    found = app.scorer.many(model, ids, as_of=moment, top_k=top_k, lang=said_in)
    note_scores(app, "score", found)
    scores(found)


def what_if(
    model: Annotated[str, typer.Argument(help="Customer model, for example churn_60d.")],
    customer_id: Annotated[str, typer.Argument(help="Whose score.")],
    changes: Annotated[
        list[str], typer.Argument(help="FEATURE=NUMBER, or FEATURE= for not known; several.")
    ],
    top_k: Annotated[int, typer.Option(min=0, max=20, help="Reasons of each kind.")] = 3,
    lang: Annotated[str, typer.Option(help="Language of the reasons: en or zh-CN.")] = "en",
) -> None:
    """Compare a customer's score with the one other inputs would give; nothing is logged.

    This changes what the model reads, not the world; features that go together with a changed one
    stay as they are.
    """
    from service.bootstrap import build
    from shuke.audited import note_people
    from shuke.show import language, supposed

    said_in, asked = language(lang), dict(_change(told) for told in changes)
    app = build()
    found = app.scorer.what_if(model, customer_id, asked, top_k=top_k, lang=said_in)
    note_people(app, "what-if", "customer", [customer_id])
    supposed(found)


def nightly(
    as_of: AsOf = None,
    staff: Annotated[
        bool, typer.Option(help="Make a manager and three guides for stores that have nobody.")
    ] = False,
) -> None:
    """Score everyone, route the newest leads, write today's retention list and tasks."""
    from features.clock import utc
    from service.bootstrap import build
    from shuke.show import night
    from shuke.steps import run_night

    moment = None if as_of is None else utc(as_of)
    night(run_night(build(), moment, ensure_staff=staff))


def _change(told: str) -> tuple[str, float | None]:
    """Return ``recency_days=5`` as a name and a number."""
    name, _, number = told.partition("=")
    try:
        value = float(number) if number else None
    except ValueError:
        value = math.nan
    if "=" not in told or (value is not None and not math.isfinite(value)):
        raise InputError(
            "Not a change", where=told, todo="Write FEATURE=NUMBER, for example recency_days=5."
        )
    return name, value
