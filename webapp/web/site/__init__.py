"""What the public may see of a site, and the widget's files."""
