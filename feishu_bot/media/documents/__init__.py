"""Readers of documents, for use inside the reading process: bytes in, numbered parts out."""
