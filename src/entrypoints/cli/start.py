"""The entry point of `agentcast`: Ctrl-C during imports prints no traceback."""


def main() -> int:
    """Imports the real `main`, which may take most of a second."""
    try:
        from entrypoints.cli.app import main
    except KeyboardInterrupt:
        return 130
    return main()
