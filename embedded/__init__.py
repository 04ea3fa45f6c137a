"""Every service in one process: SQLite files, the in-process bus, one WSGI application."""
