"""How Watchkeeper touches the world: Google's and the machine's side of functions/."""
