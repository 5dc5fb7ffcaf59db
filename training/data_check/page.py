"""A data check as one HTML file that needs nothing else."""

from importlib.resources import files

from features.catalog import described
from training.data_check.check import DataCheck
from training.data_check.finding import percent
from training.data_check.plots import weekly, weekly_svg


def page(check: DataCheck) -> str:
    """Return the whole check as HTML: findings, purchases a week, labels, and every feature."""
    from jinja2 import Environment, StrictUndefined

    text = (files("training") / "data_check" / "page.html").read_text("utf-8")
    # Names of columns and attributes are the shop's own: they are escaped.
    jinja = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    jinja.filters["percent"] = percent
    weeks = weekly(check.days, check.today)
    return jinja.from_string(text).render(
        check=check,
        plot=weekly_svg(weeks),
        inputs={
            model: sorted(some, key=lambda each: (-each.auc, each.name))
            for model, some in check.inputs.items()
        },
        meaning=_meaning,
    )


def _meaning(name: str) -> str:
    feature = described(name)
    return feature.en if feature else ""
