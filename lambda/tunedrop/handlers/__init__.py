"""One thin module a Lambda: event in, call, JSON out."""
