"""One thin module for each Lambda: an event in, one call, small JSON out."""
