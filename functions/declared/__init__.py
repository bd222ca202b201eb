"""What is declared: reads it, names its faults, and compares it with what there is."""
