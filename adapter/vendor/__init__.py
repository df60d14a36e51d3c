"""The vendor's webhook as it stands on the wire; nothing outside knows its names or its JSON."""
