"""Generators of product data and pages."""
