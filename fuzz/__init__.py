"""Fuzz targets. Each runs under atheris, and over its corpus in the ordinary tests."""
