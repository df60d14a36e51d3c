"""Limits that hold: who was admitted when, in a store that deciders share. Nothing here knows a rule or a request."""
