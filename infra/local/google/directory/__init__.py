"""The simulated Directory, directory_v1: users and their aliases."""
