from adapters.process.environment import mark_of, process_environment
from domain.ids import TaskId
from ports.process import Command

SERVER = {
    "PATH": "/bin",
    "LANG": "C.UTF-8",
    "LC_TIME": "de_DE",
    "HOME": "/home/server",
    "OPENAI_API_KEY": "sk-server",
    "AGENTCAST_TASK_ID": "task_outer",
}


def test_only_listed_variables_and_those_that_are_asked_for_are_passed_on() -> None:
    command = Command(
        argv=("env",),
        cwd="/",
        task_id=TaskId("task_1"),
        pty=True,
        env={"LANG": "en_GB.UTF-8"},
        env_passthrough=("OPENAI_API_KEY", "NOT_SET"),
    )

    assert process_environment(command, server=SERVER, home="/tmp/home") == {
        "PATH": "/bin",
        "TERM": "xterm-256color",
        "PYTHONUNBUFFERED": "1",
        "HOME": "/tmp/home",
        "LANG": "en_GB.UTF-8",
        "LC_TIME": "de_DE",
        "OPENAI_API_KEY": "sk-server",
        "AGENTCAST_TASK_ID": "task_1",
    }


def test_a_command_may_choose_its_home_but_not_its_task() -> None:
    command = Command(
        argv=("env",),
        cwd="/",
        task_id=TaskId("task_1"),
        pty=False,
        env={"HOME": "/mine", "AGENTCAST_TASK_ID": "task_2"},
    )

    assert process_environment(command, server={}, home="/tmp/home") == {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TERM": "dumb",
        "PYTHONUNBUFFERED": "1",
        "HOME": "/mine",
        "AGENTCAST_TASK_ID": "task_1",
    }


def test_the_mark_is_what_the_environment_holds() -> None:
    assert mark_of(TaskId("task_1")) == b"AGENTCAST_TASK_ID=task_1"
