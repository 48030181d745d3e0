"""The commands of `tunedrop`, one a file: each adds its parser and runs."""
