"""How Spark is reached and what it may take."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class SparkSettings(BaseSettings):
    """Settings of the Spark engine, read at entry points only.

    Attributes
    ----------
    master
        Where Spark runs: `local[cores]` in this machine, or the address of a cluster.
    driver_memory
        What the driver's JVM may take; in local mode that is all of Spark.
    shuffle_partitions
        Into how many parts a join or a sum is dealt at most; Spark merges the small ones.
    conf
        Further Spark properties; they win. As JSON in `SHUKE_SPARK_CONF`.
    """

    model_config = SettingsConfigDict(env_prefix="SHUKE_SPARK_", extra="ignore")

    master: str = "local[2]"
    driver_memory: str = "1g"
    shuffle_partitions: int = 8
    conf: dict[str, str] = {}

    @property
    def is_local(self) -> bool:
        """Whether Spark runs inside this machine."""
        return self.master.startswith("local")
