"""From the files of a channel to features, target and rows."""
