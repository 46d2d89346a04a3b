"""Several runs become one report, with their evidence; what contradicts itself is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reports.__main__ import main
from reports.load import load
from reports.merge import merge
from reports.model import Results
from reports.schema import InvalidResultsError
from reports.write import write_all
from tests.reports import sample

if TYPE_CHECKING:
    from pathlib import Path


def _part(folder: Path, *, suffix: str) -> Results:
    """A run of its own: the sample with other clusters, and a file of evidence."""
    results = sample.results()
    for cluster in results.clusters:
        cluster.name += suffix
    for case in results.cases:
        case.cluster += suffix
    write_all(results, folder)
    (folder / "evidence").mkdir(exist_ok=True)
    (folder / "evidence" / f"pod{suffix}.yaml").write_text("kind: Pod\n", encoding="utf-8")
    return results


def test_runs_become_one_report(tmp_path: Path) -> None:
    first, second = _part(tmp_path / "a", suffix="-host"), _part(tmp_path / "b", suffix="-uml")
    assert main([str(tmp_path / "a"), str(tmp_path / "b"), "--into", str(tmp_path / "both")]) == 0
    found = load(tmp_path / "both")
    assert [cluster.name for cluster in found.clusters] == [c.name for c in (*first.clusters, *second.clusters)]
    assert len(found.cases) == len(first.cases) + len(second.cases)
    assert {file.name for file in (tmp_path / "both" / "evidence").iterdir()} >= {"pod-host.yaml", "pod-uml.yaml"}
    assert (tmp_path / "both" / "report.html").exists()


def test_the_worst_exit_code_counts(tmp_path: Path) -> None:
    good, bad = _part(tmp_path / "a", suffix="-host"), _part(tmp_path / "b", suffix="-uml")
    good.run.exit_code, bad.run.exit_code = 0, 1
    write_all(good, tmp_path / "a")
    write_all(bad, tmp_path / "b")
    assert merge([tmp_path / "a", tmp_path / "b"], tmp_path / "both").run.exit_code == 1


def test_a_violation_is_worse_than_a_broken_environment(tmp_path: Path) -> None:
    broken, bad = _part(tmp_path / "a", suffix="-host"), _part(tmp_path / "b", suffix="-uml")
    broken.run.exit_code, bad.run.exit_code = 6, 1
    write_all(broken, tmp_path / "a")
    write_all(bad, tmp_path / "b")
    assert merge([tmp_path / "a", tmp_path / "b"], tmp_path / "both").run.exit_code == 1


def test_parts_of_a_run_keep_their_evidence_where_it_is(tmp_path: Path) -> None:
    part = tmp_path / "run" / "parts" / "1.30.14"
    results = _part(part, suffix="")
    results.cases[0].evidence = [{"path": "evidence/pod.yaml", "title": "the pod"}]
    write_all(results, part)
    found = merge([part], tmp_path / "run", run_id="run", command="pytest suites")
    assert (found.run.id, found.run.command) == ("run", "pytest suites")
    paths = {file["path"] for case in found.cases for file in case.evidence}
    assert "parts/1.30.14/evidence/pod.yaml" in paths
    assert (tmp_path / "run" / "parts/1.30.14/evidence/pod.yaml").exists()
    assert not (tmp_path / "run" / "evidence").exists()


def test_a_cluster_in_two_runs_is_refused(tmp_path: Path) -> None:
    _part(tmp_path / "a", suffix="")
    _part(tmp_path / "b", suffix="")
    with pytest.raises(InvalidResultsError, match="More than one run has the cluster"):
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "both")


def test_several_runs_need_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path), str(tmp_path)])
    assert "--into" in capsys.readouterr().err
