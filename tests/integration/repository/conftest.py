from tests.records_urls import postgres_url, records, sqlite_url, url

__all__ = ["postgres_url", "records", "sqlite_url", "url"]
