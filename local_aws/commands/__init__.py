"""The commands of `python -m local_aws`, one a file: each adds its parser and runs."""
