"""What Google lets one watch: one module per API that builds calls as values and reads answers."""
