"""A recorded fleet replayed through the whole platform, and judged."""

from foreworn.replay.run import Replayed, check_stretch, run_replay

__all__ = ["Replayed", "check_stretch", "run_replay"]
