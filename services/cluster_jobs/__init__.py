"""Programs that run as Jobs in the cluster: creating passwords, waiting for the database, the smoke test."""
