"""The documented alerts tell a release that is ill from one of the same name that is well, in another namespace."""

import subprocess
from pathlib import Path

import pytest
import yaml

import alerts

pytestmark = pytest.mark.alerts

RULES = {rule["alert"]: rule for rule in alerts.documented()}
MINUTES = 27 * 60
ALWAYS = f"x{MINUTES}"

# Series with their values where a release is ill and where it is well; labels of the alert but the namespace.
CASES: dict[str, tuple[dict[str, tuple[str, str]], dict[str, str]]] = {
    "requests fail": (
        {
            'flask_http_request_total{service="catalog-read-product",pod="a",status="200"}': (f"0+98{ALWAYS}",) * 2,
            'flask_http_request_total{service="catalog-read-product",pod="b",status="503"}': (
                f"0+2{ALWAYS}",
                f"0+0{ALWAYS}",
            ),
        },
        {"service": "catalog-read-product"},
    ),
    "a service lacks ready pods": (
        {'kube_deployment_status_replicas_available{deployment="catalog-add-product"}': (f"0{ALWAYS}", f"1{ALWAYS}")},
        {"deployment": "catalog-add-product"},
    ),
    "slow": (
        {
            f'flask_http_request_duration_seconds_bucket{{service="catalog-add-product",pod="{pod}",le="{bound}"}}': (
                f"0+{ill}{ALWAYS}",
                f"0+{well}{ALWAYS}",
            )
            for pod in "ab"
            for bound, ill, well in (("1", 9, 10), ("2.5", 10, 10), ("+Inf", 10, 10))
        },
        {"service": "catalog-add-product"},
    ),
    "the volume fills": (
        {
            'kubelet_volume_stats_available_bytes{persistentvolumeclaim="data-catalog-mysql-0"}': (
                f"14{ALWAYS}",
                f"16{ALWAYS}",
            ),
            'kubelet_volume_stats_capacity_bytes{persistentvolumeclaim="data-catalog-mysql-0"}': (f"100{ALWAYS}",) * 2,
        },
        {"persistentvolumeclaim": "data-catalog-mysql-0"},
    ),
    # Where it is well, an attempt failed and the next one did its work.
    "a Job gave up": (
        {
            'kube_job_failed{job_name="catalog-backup-1",condition="true"}': (f"1{ALWAYS}", f"0{ALWAYS}"),
            'kube_job_failed{job_name="catalog-backup-1",condition="false"}': (f"0{ALWAYS}", f"1{ALWAYS}"),
            'kube_job_status_failed{job_name="catalog-backup-1"}': (f"1{ALWAYS}",) * 2,
        },
        {"job_name": "catalog-backup-1", "condition": "true"},
    ),
    "MySQL is away": (
        {'kube_statefulset_status_replicas_ready{statefulset="catalog-mysql"}': (f"0{ALWAYS}", f"1{ALWAYS}")},
        {"statefulset": "catalog-mysql"},
    ),
    "MySQL restarts": (
        {
            'kube_pod_container_status_restarts_total{pod="catalog-mysql-0",container="mysql"}': (
                f"0x{MINUTES - 40} 1x10 2x10 3x20",
                f"7{ALWAYS}",
            )
        },
        {"pod": "catalog-mysql-0", "container": "mysql"},
    ),
    # The kubelet gives the sum of a pod's containers under a name that is empty.
    "MySQL runs out of memory": (
        {
            'container_memory_working_set_bytes{pod="catalog-mysql-0",container="mysql"}': (
                f"96{ALWAYS}",
                f"90{ALWAYS}",
            ),
            'container_memory_working_set_bytes{pod="catalog-mysql-0",container=""}': (f"99{ALWAYS}",) * 2,
            'kube_pod_container_resource_limits{pod="catalog-mysql-0",container="mysql",resource="memory"}': (
                f"100{ALWAYS}",
            )
            * 2,
            'kube_pod_container_resource_limits{pod="catalog-mysql-0",container="mysql",resource="cpu"}': (
                f"1{ALWAYS}",
            )
            * 2,
        },
        {"pod": "catalog-mysql-0", "container": "mysql"},
    ),
    # Where it is well, people sign in as often, and one of them mistypes now and then.
    "many sign-ins fail": (
        {
            'catalog_sign_ins_total{method="account",pod="a",result="success"}': (f"0+60{ALWAYS}",) * 2,
            'catalog_sign_ins_total{method="account",pod="a",result="refused"}': (f"0+10{ALWAYS}", f"0+1{ALWAYS}"),
            'catalog_sign_ins_total{method="account",pod="b",result="throttled"}': (f"0+10{ALWAYS}", f"0+1{ALWAYS}"),
        },
        {},
    ),
    "many requests lack a valid token": (
        {
            f'catalog_auth_refusals_total{{service="catalog-add-product",pod="{pod}",reason="missing"}}': (
                f"0+40{ALWAYS}",
                f"0+3{ALWAYS}",
            )
            for pod in "ab"
        },
        {"service": "catalog-add-product"},
    ),
    # Where it is ill, none has ever been made.
    "no backup for 26 hours": (
        {
            'kube_cronjob_status_last_successful_time{cronjob="catalog-backup"}': (
                f"_{ALWAYS}",
                f"{2 * 3600}{ALWAYS}",
            ),
            'kube_cronjob_created{cronjob="catalog-backup"}': (f"0{ALWAYS}",) * 2,
        },
        {"cronjob": "catalog-backup"},
    ),
}


def test_each_documented_alert_is_tried() -> None:
    assert CASES.keys() == RULES.keys()


@pytest.mark.parametrize("name", CASES)
def test_an_alert_fires_for_the_release_that_is_ill_alone(name: str, tmp_path: Path) -> None:
    series, labels = CASES[name]
    inputs = [
        {"series": text.replace("{", f'{{namespace="{namespace}",'), "values": values}
        for text, both in series.items()
        for namespace, values in zip(("ill", "well"), both, strict=True)
    ]
    expected = {
        "eval_time": f"{MINUTES}m",
        "alertname": name,
        "exp_alerts": [{"exp_labels": labels | {"namespace": "ill"}}],
    }
    trial = {"interval": "1m", "input_series": inputs, "alert_rule_test": [expected]}
    (tmp_path / "rules.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "all", "rules": [RULES[name]]}]}), encoding="utf-8"
    )
    file = tmp_path / "trial.yml"
    file.write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "tests": [trial]}), encoding="utf-8")
    done = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
