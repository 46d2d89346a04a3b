"""The hooks of pytest that this project uses. What they do is in fixtures/; see docs/architecture.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures import hooks, options

if TYPE_CHECKING:
    from collections.abc import Generator

    from fixtures.run import SuiteRun


class _Sink:
    """Takes every report in; a hook of its own, as this one is not told whose session it is."""

    def __init__(self, run: SuiteRun) -> None:
        self._run = run

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._run.take(report)


pytest_plugins = [
    "fixtures.cluster",
    "fixtures.extended",
    "fixtures.kubelet_settings",
    "fixtures.namespace",
    "fixtures.objects",
    "fixtures.pods",
    "fixtures.room",
    "fixtures.static_pods",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add_options(parser)


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    return hooks.answer_at_once(config)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    run = hooks.begin(config)
    if run is not None:
        config.pluginmanager.register(_Sink(run))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: hooks.WorkerNode) -> None:
    hooks.hand_over(node)


def pytest_report_header(config: pytest.Config) -> list[str]:
    return hooks.header(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    hooks.one_case_a_cluster(metafunc)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    hooks.select_and_order(config, items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    return hooks.run_case(item, nextitem)


def pytest_runtest_setup(item: pytest.Item) -> None:
    hooks.open_record(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return hooks.judge_phase(item, call, (yield))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    hooks.end(session, exitstatus)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    hooks.summarize(terminalreporter, config)


def pytest_unconfigure(config: pytest.Config) -> None:
    hooks.abandon(config)
