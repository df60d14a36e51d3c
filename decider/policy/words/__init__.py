"""Word lists: which entries a reader would find in a name."""

from decider.policy.words.index import WordIndex, Words

__all__ = ["WordIndex", "Words"]
