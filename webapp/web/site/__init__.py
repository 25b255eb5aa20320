"""A site's public configuration, and the widget's files."""
