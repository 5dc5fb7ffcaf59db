"""`shuke customers`: what was said of a person, and their rights under PIPL and GDPR."""

from pathlib import Path
from typing import Annotated

import typer

from shuke.moments import From, To

app = typer.Typer(
    no_args_is_help=True, help="See a customer's scores over time; export or erase a customer."
)

CustomerId = Annotated[str, typer.Argument(help="Id of the customer.")]


@app.command("history")
def history(
    customer_id: CustomerId,
    model: Annotated[str, typer.Option(help="Customer model.")] = "churn_60d",
    since: From = None,
    until: To = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Scores, at most.")] = 20,
    top_k: Annotated[int, typer.Option(min=1, max=20, help="Moves told of each change.")] = 3,
    lang: Annotated[str, typer.Option(help="Language of the moves: en or zh-CN.")] = "en",
    plot: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Also draw the value over time, as SVG.")
    ] = None,
) -> None:
    """Show what a model said of a customer over time, newest first, and why it changed."""
    from features.clock import utc
    from service.bootstrap import build
    from service.score_history import Asked
    from shuke.audited import note_people
    from shuke.show import history as shown
    from shuke.show import language, line

    app_ = build()
    asked = Asked(
        since=since and utc(since),
        until=until and utc(until),
        limit=limit,
        moves=top_k,
        lang=language(lang),
    )
    found = app_.history.of(customer_id, model, asked)
    note_people(app_, "customers history", "customer", [customer_id])
    shown(f"{model} of {customer_id}", found)
    if plot is not None:
        from monitoring.reports import write
        from shuke.history_plot import drawn

        line(f"Plot: {write(plot, drawn(model, found.scores))}")


@app.command("export")
def export(
    customer_id: CustomerId,
    to: Annotated[Path, typer.Option(dir_okay=False, help="File to write, as JSON.")],
) -> None:
    """Write all that is held of a customer into one file that only you may read."""
    from service.audit import at_the_machine
    from service.bootstrap import build
    from shuke.files import write_private_json
    from shuke.show import line

    found = build().rights.export(customer_id, at_the_machine("customers export"))
    line(f"All that is held of {customer_id}: {write_private_json(to, found)}")


@app.command("erase")
def erase(
    customer_id: CustomerId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: it cannot be undone.")] = False,
) -> None:
    """Remove a customer from lake, features, online store, score logs and records.

    Copies kept elsewhere, backups and exports among them, are yours to remove.
    """
    from service.audit import at_the_machine
    from service.bootstrap import build
    from shuke.show import line, table

    if not yes:
        typer.confirm(f"Erase {customer_id}? It cannot be undone", abort=True)
    receipt = build().rights.erase(customer_id, at_the_machine("customers erase"))
    table("Removed", ("place", "rows"), sorted(receipt.removed.items()))
    line(f"Receipt {receipt.digest}")
    line(f"{receipt.subject} erased at {receipt.at:%Y-%m-%d %H:%M:%S} UTC")
    line(f"Line {receipt.audit_line} of the audit log, {receipt.audit_hash}")
