"""The adapter: the IM vendor's webhook in, the decider's verdict out."""
