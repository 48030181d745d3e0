"""A table of requests, good and bad, with the answers that AWS documents, and where it does."""
