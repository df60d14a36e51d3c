"""The decider: a gRPC service that holds the policy for creating topics. Importing it loads nothing."""
