"""All SQL: the engine, the tables, the repositories and the migrations."""
