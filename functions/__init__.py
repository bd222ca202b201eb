"""What Watchkeeper decides: values in, values out; no I/O, no clock, no Google library."""
