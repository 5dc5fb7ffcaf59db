"""What commands at the machine tell the audit log: reads of people, and changes of models."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models_registry.score import Score
    from service.audit import AuditTrail
    from service.bootstrap import App


@contextmanager
def audit_trail() -> Iterator["AuditTrail"]:
    """Open the audit log alone: a rollback should not wait for what it does not need."""
    from features.clock import now
    from service.audit import AuditTrail
    from service.repository.records import Records
    from service.settings import Settings

    records = Records(Settings().records_url)
    records.migrate()
    try:
        yield AuditTrail(records, now)
    finally:
        records.close()


def note_models(
    trail: "AuditTrail", command: str, versions: Mapping[str, str], **details: object
) -> None:
    """Tell who changed which models to which version; a reason is kept as it was given."""
    from service.audit import Action, at_the_machine

    occasion = at_the_machine(command)
    with trail.records.transaction() as work:
        for model, version in versions.items():
            trail.within(
                work,
                occasion,
                Action.MODEL_CHANGE,
                subject=f"model:{model}",
                details={"version": version, **details},
            )


def note_people(
    app: "App",
    command: str,
    kind: str,
    ids: Sequence[str],
    *,
    into_file: bool = False,
    **more: object,
) -> None:
    """Tell who was read, or left as a file; nobody leaves no line."""
    from service.audit import Action, at_the_machine

    if ids:
        action = Action.EXPORT if into_file else Action.READ
        app.audit.people(at_the_machine(command), action, kind, list(ids), **more)


def note_scores(app: "App", command: str, scores: Sequence["Score"]) -> None:
    """Tell who was scored; somebody nobody knows was not read."""
    from models_registry.score import Status

    known = [score for score in scores if score.status is not Status.UNKNOWN_CUSTOMER]
    for kind in ("lead", "customer"):
        ids = {each.lead_id or each.customer_id for each in known if _kind(each) == kind}
        note_people(app, command, kind, sorted(one for one in ids if one))


def _kind(score: "Score") -> str:
    return "lead" if score.lead_id else "customer"
