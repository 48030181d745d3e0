"""What the next training job tries, which one stops early, and when the search is over."""
