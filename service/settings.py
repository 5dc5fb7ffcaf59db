"""Where the service keeps its records and how it answers."""

from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.idempotency import POLICY as KEYS
from service.idempotency import IdempotencyPolicy
from service.jobs.policy import POLICY as JOBS
from service.live.policy import POLICY
from service.rate_limits import RATES, RatePolicy


class Settings(BaseSettings):
    """Settings of the service room, read at entry points only.

    Attributes
    ----------
    home
        The one folder that holds all state of a tenant.
    database_url
        SQLAlchemy URL of the records; empty keeps them in SQLite under `home`.
    database_patience_seconds
        How long a request waits for the records: for a connection, for another writer, for an
        answer. After that it is answered 503 and may be repeated.
    host, port
        Where the API listens.
    workers
        Processes of `shuke serve` that answer requests. With more than one, what `worker` leaves
        to `shuke serve` is done once, by their parent, which answers none: events are folded, jobs
        done and webhooks sent in one place, whatever the database is. Each process has its own
        models, figures (`/metrics`) and, without `rate_limit_url`, its own count of calls.
    shutdown_seconds
        How long requests under way may take after SIGTERM.
    registry_look_seconds
        How often the registry is asked for promotions.
    max_body_bytes
        Largest request body taken.
    body_limits
        Other limits, by path; as JSON in the environment.
    job_retention_days
        How long a job that is at its end stays, with its files.
    max_feature_age_days
        Features older than this make a score `stale`.
    worker
        Who folds events and does jobs: `inline`, threads of `shuke serve`; `separate`,
        `shuke worker`. Empty is `inline` while the records are in SQLite, where one process is
        enough, else `separate`.
    flush_seconds
        Events go to the lake after this long at the latest.
    inbox_retention_days
        How long an event in the lake stays known by its id, so that it is not taken again.
    data_key
        Keys of phone numbers and e-mail addresses, the newest first, with commas between; empty
        keeps them in the file `data.key` under `home`, made when first needed.
    idempotency_in_flight_seconds
        A call under an idempotency key that has not finished after so long is taken for dead.
    rate_limit_calls, rate_limit_seconds
        Calls a key may make in a window of so many seconds.
    rate_limit_attempts
        Keys not known to be right that an address may try in a minute.
    rate_limit_url
        ``redis://host:port/db`` counts for all processes together; empty, each for itself.
    webhook_allow_private
        Whether an endpoint may be added that lies within the own network, and then without TLS.
    """

    model_config = SettingsConfigDict(env_prefix="SHUKE_", extra="ignore")

    home: Path = Path("var")
    database_url: str = ""
    database_patience_seconds: float = Field(10.0, gt=0)
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = Field(1, ge=1)
    shutdown_seconds: int = Field(20, ge=1)
    registry_look_seconds: float = Field(1.0, gt=0)
    max_body_bytes: int = 1_000_000
    body_limits: dict[str, int] = {"/v1/jobs/scores": 32_000_000}
    job_retention_days: float = Field(JOBS.keep / timedelta(days=1), gt=0)
    max_feature_age_days: float = 3.0
    worker: Literal["", "inline", "separate"] = ""
    flush_seconds: float = Field(POLICY.flush_after, gt=0)
    inbox_retention_days: float = Field(POLICY.keep / timedelta(days=1), ge=1)
    data_key: SecretStr = SecretStr("")
    idempotency_in_flight_seconds: float = Field(KEYS.in_flight / timedelta(seconds=1), gt=0)
    rate_limit_calls: int = Field(RATES.calls, ge=1)
    rate_limit_seconds: int = Field(RATES.seconds, ge=1)
    rate_limit_attempts: int = Field(RATES.attempts, ge=1)
    rate_limit_url: str = ""
    webhook_allow_private: bool = False

    @property
    def idempotency_policy(self) -> IdempotencyPolicy:
        """How long idempotency keys are known and in flight."""
        return IdempotencyPolicy(in_flight=timedelta(seconds=self.idempotency_in_flight_seconds))

    @property
    def rate_policy(self) -> RatePolicy:
        """How often a key may call and an address may try."""
        return RatePolicy(
            calls=self.rate_limit_calls,
            seconds=self.rate_limit_seconds,
            attempts=self.rate_limit_attempts,
        )

    @property
    def records_url(self) -> str:
        """URL of the records database."""
        return self.database_url or f"sqlite:///{(self.home / 'records.db').as_posix()}"

    @property
    def job_dir(self) -> Path:
        """Folder of the jobs' files; the same for all who run or serve jobs."""
        return self.home / "jobs"

    @property
    def folds_inline(self) -> bool:
        """Whether `shuke serve` folds events and does jobs itself."""
        embedded = self.records_url.startswith("sqlite")
        return self.worker == "inline" or (self.worker == "" and embedded)

    @property
    def version(self) -> str:
        """Version of the installed package; `0+unknown` when run from a bare checkout."""
        try:
            return version("shuke")
        except PackageNotFoundError:
            return "0+unknown"
