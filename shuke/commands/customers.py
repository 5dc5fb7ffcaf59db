"""`shuke customers`: a person's rights under PIPL and GDPR."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Give a customer a copy of their data, or erase it.")

CustomerId = Annotated[str, typer.Argument(help="Id of the customer.")]


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
