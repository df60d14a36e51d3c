"""The policy engine: documents in, decisions out. It knows no server, no environment and no clock."""
