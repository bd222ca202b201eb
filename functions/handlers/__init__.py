"""What handlers do with an event, one module each: they decide, and ports do."""
