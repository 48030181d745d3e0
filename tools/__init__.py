"""Programs of the Makefile and of maintainers: pages, schemas, limits, the image, the account."""
