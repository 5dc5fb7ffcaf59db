"""`shuke worker`: folds accepted events, and says how far it is."""

from typing import Annotated

import typer

app = typer.Typer(help="Fold events into features and lake, or see how far that is.")


@app.callback(invoke_without_command=True)
def worker(context: typer.Context) -> None:
    """Fold accepted events into the features online and the lake until Ctrl-C.

    One worker folds at a time; another one waits for its turn.
    """
    if context.invoked_subcommand is None:
        from service.bootstrap import build
        from shuke.secrets import require_secrets
        from shuke.steps import fold_events

        require_secrets()
        fold_events(build())


@app.command("status")
def status() -> None:
    """Show what waits: for a worker, for the lake, or set aside because it cannot be folded."""
    from features.clock import now
    from service.bootstrap import build
    from service.worker import is_working
    from shuke.show import table

    records = build().records
    with records.transaction(read_only=True) as work:
        backlog = work.inbox.backlog()
    waited = (now() - backlog.oldest_pending).total_seconds() if backlog.oldest_pending else 0.0
    rows = [
        ("a worker folds", "yes" if is_working(records) else "no"),
        ("events waiting", f"{backlog.pending:,}"),
        ("longest wait, seconds", f"{waited:,.1f}"),
        ("online, on their way to the lake", f"{backlog.online:,}"),
        ("set aside", f"{backlog.failed:,}"),
    ]
    table("Worker", ("", "now"), rows)


@app.command("failed")
def failed(
    limit: Annotated[int, typer.Option(min=1, help="How many, at most.")] = 20,
) -> None:
    """List events that were set aside, and why."""
    from service.bootstrap import build
    from service.repository.inbox import State
    from shuke.show import table

    with build().records.transaction(read_only=True) as work:
        some = work.inbox.some(State.FAILED, limit)
    rows = [(e.event_id, f"{e.ingested_at:%Y-%m-%d %H:%M}", e.error) for e in some]
    table("Set aside", ("event", "accepted", "why"), rows)


@app.command("retry")
def retry() -> None:
    """Let events that were set aside be tried again."""
    from service.bootstrap import build
    from shuke.show import line

    with build().records.transaction() as work:
        again = work.inbox.retry()
    line(f"{again:,} events will be tried again")
