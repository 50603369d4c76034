"""Runs any service: app factory, server, settings, logs, metrics and common responses. Knows no application."""
