"""What a process does about its memory once it is up."""

import gc


def settle() -> None:
    """Take what is there for good out of the collector's rounds: each would look at all of it."""
    gc.collect()
    gc.freeze()
