"""What can go wrong with models and scores."""

from features.errors import InputError, ShukeError, StateError


class UnknownModelError(InputError):
    """No model, or no version of it, has this name."""

    code = "unknown-model"


class NoChampionError(StateError):
    """The model has versions, or is about to have, but none was promoted."""

    code = "no-champion"


class NoPreviousChampionError(StateError):
    """There is nothing to roll back to."""

    code = "no-previous-champion"


class ScoresMissingError(StateError):
    """No scores of this model were logged yet."""

    code = "scores-missing"


class BundleError(ShukeError):
    """A bundle is incomplete, damaged or contradicts itself."""

    code = "bundle-broken"
