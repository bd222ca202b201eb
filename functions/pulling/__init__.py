"""How a watch is read: one pull at a time, page after page, told before it is saved."""
