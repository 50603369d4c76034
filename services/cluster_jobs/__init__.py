"""What runs as a Job or a test inside the cluster: passwords, waiting for the database, a try of the whole."""
