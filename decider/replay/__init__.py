"""Decides again, by another policy, what the journal says was decided: `decider replay`."""
