"""Values of the core as card JSON."""
