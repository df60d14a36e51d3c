"""The contract as Python: stubs generated from `proto/decider/v1` by `make generate`."""
