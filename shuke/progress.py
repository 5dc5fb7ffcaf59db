"""Progress bars for whatever takes more than two seconds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

Advance = Callable[[int], None]
Tell = Callable[[float], None]


@contextmanager
def counting(title: str, total: int | None = None) -> Iterator[Advance]:
    """Show a bar on stderr while the block runs; the block says how much more is done.

    Parameters
    ----------
    total
        How much there is to do; without it the bar pulses and counts.
    """
    with _progress(MofNCompleteColumn()) as progress:
        task = progress.add_task(title, total=total)
        yield lambda count: progress.advance(task, count)
        done = max(progress.tasks[0].completed, 1)
        progress.update(task, total=done, completed=done)


@contextmanager
def sharing(title: str) -> Iterator[Tell]:
    """Show a bar on stderr while the block runs; the block says the share done, 0 to 1."""
    with _progress(TaskProgressColumn()) as progress:
        task = progress.add_task(title, total=1.0)
        yield lambda share: progress.update(task, completed=share)
        progress.update(task, completed=1.0)


def _progress(done: MofNCompleteColumn | TaskProgressColumn) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<36}"),
        BarColumn(bar_width=24),
        done,
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
