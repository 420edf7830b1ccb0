"""The API's routes, one module per resource; they translate between HTTP and the rest."""
