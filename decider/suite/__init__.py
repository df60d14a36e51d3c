"""Tests of a policy, written beside it: `*_test.yaml`, run by `decider test`."""
