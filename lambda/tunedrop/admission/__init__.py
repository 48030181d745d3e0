"""The door: from a message to a claimed run, one at a time for each dataset."""
