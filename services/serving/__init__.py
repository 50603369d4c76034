"""Runs any service: app factory, server, settings, logs, metrics and common responses. Knows nothing of products."""
