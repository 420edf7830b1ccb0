"""PostgreSQL: tables, migrations, and the adapters of our ports on them."""
