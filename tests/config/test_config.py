"""The config: what is wrong in it and where, where it is looked for, what is shown of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vcolint.config.load import find_config, load_config, settle
from vcolint.config.show import show_settings
from vcolint.errors import ConfigError
from vcolint.model.settings import Config

FULL = """\
files: [routes/, infra/]
exclude: ["**/legacy/**"]
select: [VCO1, VCO2, primary-without-backup]
ignore: [redundant-destination]
per-file-ignores: {"lab/**": [VCO107]}
ignore-entries:
  alicloud_vpn_gateway_vco_route.hq: [VCO303]
  vco-a 10.0.0.0/8: [VCO107]
severity: {primary-without-backup: error}
options: {broad-destination: {min-prefix-length: 10}}
fail-on: warning
live: [snapshots/*.json]
live-mode: reconcile
redundancy: ecmp
quotas: {routes-per-connection: 20}
facts:
  vpc-cidrs: [10.0.0.0/16]
  ssl-client-pools: [192.168.255.0/24]
  customer-gateway-ips: {vco-a: 42.104.22.210}
  bgp-tunnel-cidrs: [169.254.11.0/30]
  remote-subnets: {vco-a: [192.168.0.0/24]}
  forbidden-destinations: [10.200.0.0/16]
  allowed-destinations: {vco-a: [192.168.0.0/16], "*": [172.16.0.0/12]}
  connections: [vco-a, vco-b]
domains:
  hangzhou: {connections: [vco-a, vco-b], redundancy: active-standby}
terraform:
  var-files: [prod.tfvars]
  workspace: prod
  environments: {stage: {root: infra, var-files: [stage.tfvars]}}
promises: [{network: 10.0.0.0/8, carried-by: [vco-a]}, {network: 10.1.0.0/16, survives: true, name: office}]
language: en
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Loads a config from its text, and settles the rules by it."""
    monkeypatch.chdir(tmp_path)

    def loaded(text: str | bytes) -> Config:
        Path("c.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
        config = load_config("c.yaml")
        settle(config)
        return config

    return loaded


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("slect: [VCO1]", '1:1: unknown key "slect"; did you mean "select"?'),
        ("a: b\nfiles: [x]", '1:1: unknown key "a"; use one of files, exclude, select, '),
        ("fail_on: error", '1:1: unknown key "fail_on"; did you mean "fail-on"?'),
        ("fail-on: err", '1:10: "fail-on" cannot be the text "err"; did you mean "error"?'),
        ("live-mode: recon", '1:12: "live-mode" cannot be the text "recon"; did you mean "reconcile"?'),
        ("redundancy: ha", '1:13: "redundancy" cannot be the text "ha"; use one of auto, active-standby, ecmp, none'),
        ("select: [VCO1, foo]", '1:16: unknown rule "foo"'),
        ("select: VCO1", '1:9: "select" must be a list, not the text "VCO1"'),
        ("select: [5]", '1:10: an item of "select" must be text, not the number 5'),
        ("# é\nignore: [duplicate-entri]", '2:10: unknown rule "duplicate-entri"; did you mean "duplicate-entry"?'),
        ('per-file-ignores: {"lab/**": [VCO999]}', '1:31: unknown rule "VCO999"'),
        ("ignore-entries: {x: [VCO999]}", '1:22: unknown rule "VCO999"'),
        ("severity: {VCO504: eror}", '1:20: "severity.VCO504" cannot be the text "eror"; did you mean "error"?'),
        ("severity: {VCO599: error}", '1:12: unknown rule "VCO599"'),
        ("options: {broad-destinatio: {}}", '1:11: unknown rule "broad-destinatio"; did you mean "broad-destination"?'),
        (
            "options: {VCO107: {min-prefix-lenth: 8}}",
            '1:20: VCO107 broad-destination has no option "min-prefix-lenth"; did you mean "min-prefix-length"?',
        ),
        ("options: {VCO201: {a: 1}}", '1:20: VCO201 duplicate-entry has no option "a"'),
        ("quotas: {routes-per-conn: 1}", '1:10: unknown key "routes-per-conn"; did you mean "routes-per-connection"?'),
        ("quotas: {routes-per-connection: 0}", '1:33: "quotas.routes-per-connection" must be a whole number, at least 1, not the number 0'),
        (
            "quotas: {routes-per-connection: yes}",
            '1:33: "quotas.routes-per-connection" must be a whole number, at least 1, not the text "yes"',
        ),
        ("facts: {vpc-cidr: []}", '1:9: unknown key "vpc-cidr"; did you mean "vpc-cidrs"?'),
        (
            "facts: {vpc-cidrs: [10.0.0.0/33]}",
            '1:21: an item of "facts.vpc-cidrs" must be an IPv4 CIDR block without host bits, such as 10.0.0.0/8, not the text "10.0.0.0/33"',
        ),
        ("facts: {vpc-cidrs: [10.0.0.1/8]}", '1:21: an item of "facts.vpc-cidrs" must be an IPv4 CIDR block without host bits, '),
        ("facts: {vpc-cidrs: 10.0.0.0/8}", '1:20: "facts.vpc-cidrs" must be a list, not the text "10.0.0.0/8"'),
        ("facts: {customer-gateway-ips: [1.2.3]}", '1:32: an item of "facts.customer-gateway-ips" must be an IPv4 address, not the text "1.2.3"'),
        (
            "facts: {allowed-destinations: [10.0.0.0/8]}",
            '1:31: "facts.allowed-destinations" must be a mapping, not a list',
        ),
        (
            "domains: {a: {connections: [vco-a]}, b: {connections: [vco-a]}}",
            '1:56: "vco-a" is already in the domain "a"',
        ),
        ("domains: {a: {connection: []}}", '1:15: unknown key "connection"; did you mean "connections"?'),
        ("terraform: {var-file: [a]}", '1:13: unknown key "var-file"; did you mean "var-files"?'),
        ("select: [VCO1]\nselect: [VCO2]", '2:1: duplicate key "select"'),
        ("1: 2", "1:1: a key must be text, not the number 1"),
        ("promises: [{network: 10.0.0.1/8, survives: true}]", '1:22: "promises.network" must be an IPv4 CIDR block without host bits, such as '),
        ("domains: {a: {}}", '1:14: "domains.a" has no "connections"'),
        ("[]", "1:1: the file must be a mapping, not a list"),
        ("{}\n---\n{}", "3:1: the file must be one YAML document"),
        ("files: [", "1:9: expected a value"),
        ("files:\n" + "- " * 10_000, "2:399: nested more than 200 levels deep"),
        ("files: [a]\n\0", "2:1: a character that YAML does not allow"),
        ("a: 1".encode("utf-16"), "1:1: UTF-16 text: convert it with iconv"),
        (
            b"\xef\xbb\xbffiles: []\nsel\xc3\xa9ct: \xe9t",
            "2:9: byte 0xe9 is not UTF-8; if the file is in GB18030, convert it with iconv -f GB18030 -t UTF-8 OLD > NEW",
        ),
        ("quotas: {routes-per-connection: " + "9" * 5000 + "}", '1:33: "quotas.routes-per-connection" must be a whole '),
        (
            "files: &a [x]\nexclude: [" + "*a, " * 10 + "*a]",
            '1:8: an item of "exclude" must be text, not a list',
        ),
    ],
)  # fmt: skip
def test_what_is_wrong(load: Any, text: str | bytes, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert str(caught.value).startswith(f"c.yaml:{message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "{}", "\ufeff{}", "facts: {vpc-cidrs: []}", "domains: {}"]
)
def test_nothing_is_the_defaults(load: Any, text: str) -> None:
    given, plain = load(text), load("{}")
    read_from: dict[str, Any] = {"content": "", "place_of": None}
    assert given._replace(**read_from) == plain._replace(**read_from)


@pytest.mark.parametrize("text", [FULL, "", "exclude: ['*', '\\x1b', \"\\e[31m\\u202e\"]"])
def test_what_is_shown_is_a_config_that_says_the_same(load: Any, text: str) -> None:
    config = load(text)
    rules = settle(config)
    shown = show_settings(config, rules.rules, rules.selected)
    assert all(line.isprintable() for line in shown.splitlines())
    again = load(shown)
    other = settle(again)
    assert (other.selected, other.rules) == (rules.selected, rules.rules)
    assert show_settings(again, other.rules, other.selected) == shown


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(FULL)), length=st.integers(0, 20), new=st.text(max_size=3))
def test_any_text_is_a_config_or_says_where_it_is_none(load: Any, at: int, length: int, new: str) -> None:
    text = FULL[:at] + new + FULL[at + length :]
    wrong = None
    try:
        load(text.encode("utf-8", "surrogatepass"))
    except ConfigError as error:
        wrong = str(error)
    assert wrong is None or (wrong.startswith("c.yaml:") and wrong.isprintable())


def test_the_nearest_one_up_to_the_root_of_the_repository(tmp_path: Path) -> None:
    inside = tmp_path / "repository" / "a" / "b"
    inside.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    (tmp_path / "vcolint.yaml").touch()
    assert find_config(str(inside)) is None
    for folder in (inside.parents[1], inside.parent, inside):
        (folder / ".vcolint.yaml").touch()
        found = find_config(str(inside))
        assert found is not None
        assert Path(found).resolve() == folder / ".vcolint.yaml"
    (inside / "vcolint.yaml").touch()
    assert find_config(str(inside)) == str(inside / "vcolint.yaml")
