"""The decision journal: one JSON line for each decision, written off the request path."""
