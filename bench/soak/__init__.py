"""Replicas that are killed, frozen, cut off and restarted while a thousand questions come."""
