"""What every answer of the desk goes through: errors as JSON, headers, the access log, the built pages."""
