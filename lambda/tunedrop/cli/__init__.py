"""The `tunedrop` command: Tunedrop for people at a terminal. No Lambda imports it."""
