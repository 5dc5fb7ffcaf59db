"""What can be wrong with asking for a job now."""

from service.errors import ConflictError


class JobUnfinishedError(ConflictError):
    """The job has no result: it is not done, or ended without one."""

    code = "job-not-done"


class JobFinishedError(ConflictError):
    """The job is at its end already."""

    code = "job-finished"
