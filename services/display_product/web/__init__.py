"""What the pages owe to HTTP and browsers, whatever they show."""
