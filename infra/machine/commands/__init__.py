"""The commands of the command line, a module for each group; `infra.cli` is their door."""
