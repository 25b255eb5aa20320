"""What `sites.toml` can say."""
