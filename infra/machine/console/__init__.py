"""The console: a page on loopback where one can look at everything; nothing of it is deployed."""
