"""Admission: from a message to a started run, one at a time for each dataset."""
