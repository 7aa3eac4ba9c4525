"""A recorded fleet replayed through the whole platform, and judged."""

from foreworn.replay.run import Replayed, run_replay

__all__ = ["Replayed", "run_replay"]
