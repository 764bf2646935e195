"""The administrator's page: Flask's views and templates over `core.administration`."""
