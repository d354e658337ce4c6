"""The command line: a file a command, which parses into values, calls, shows, and sets the exit code."""
