"""The command `agentcast` from its first moment: Ctrl-C while it is loaded leaves no traceback."""


def main() -> int:
    """As the `main` of the command; that much is loaded first that most of a second may go by."""
    try:
        from entrypoints.cli.app import main
    except KeyboardInterrupt:
        return 130
    return main()
