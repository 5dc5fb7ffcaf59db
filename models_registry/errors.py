"""What can go wrong with models and scores."""

from features.errors import InputError, ShukeError, StateError, UnreachableError


class UnknownModelError(InputError):
    """No model, or no version of it, has this name."""

    code = "unknown-model"


class NoChampionError(StateError):
    """The model has versions, or is about to have, but none was promoted."""

    code = "no-champion"


class NoPreviousChampionError(StateError):
    """There is nothing to roll back to."""

    code = "no-previous-champion"


class GateNotPassedError(StateError):
    """The version did not pass its gate, or nobody held it against one."""

    code = "gate-not-passed"


class FamilyTornError(StateError):
    """Models that only hold together would be split."""

    code = "family-torn"


class RegistryAwayError(UnreachableError):
    """The registry of models, or the place of their files, does not answer now."""

    code = "registry-away"


class ScoresMissingError(StateError):
    """No scores of this model were logged yet."""

    code = "scores-missing"


class BundleError(ShukeError):
    """A bundle is incomplete, damaged or contradicts itself."""

    code = "bundle-broken"
