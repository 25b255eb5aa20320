"""HTTP: the API, the widget's files, our own pages, and their guards."""
