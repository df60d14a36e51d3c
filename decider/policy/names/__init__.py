"""What a reader sees in a name: its folded form, its length and scripts, what it hides."""

from decider.policy.names.folding import Folded, fold
from decider.policy.names.hidden import hides_characters
from decider.policy.names.writing import length, mixes_scripts, scripts

__all__ = ["Folded", "fold", "hides_characters", "length", "mixes_scripts", "scripts"]
