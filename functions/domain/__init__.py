"""The nouns of Watchkeeper and the rules that hold between them: values in, values out."""
