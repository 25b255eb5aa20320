"""The API's description (OpenAPI 3.1), made of the application itself, and a page that shows it."""
