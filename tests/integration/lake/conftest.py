from tests.integration.shuke.conftest import shuke

__all__ = ["shuke"]
