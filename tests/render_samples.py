"""Reports made by hand, for the tests of the renderers."""

from __future__ import annotations

from typing import Any, NamedTuple

from vcolint.report.finding import Edit, Fix, Related, Report, Unchecked
from vcolint.text.value import Location


class Page(NamedTuple):
    """What renderers ask of a rule page."""

    code: str
    name: str
    severity: str
    title: str
    help: str
    body: str
    basis: str = "documented"
    effect: str = "rejected"


class Sample(NamedTuple):
    """What renderers ask of a finding."""

    code: str
    name: str
    severity: str
    basis: str
    effect: str
    message: str
    api_errors: tuple[str, ...]
    entry: dict[str, Any] | None
    address: str | None
    root: str | None
    location: Location
    related: tuple[Related, ...]
    witness: str | None
    fix: Fix | None
    fingerprint: str
    environments: tuple[str, ...] = ()

    @property
    def origin(self) -> Related | None:
        return next((one for one in self.related if one.origin), None)


PAGES = {
    page.code: page
    for page in (
        Page(
            "VCO102",
            "cloud-service-destination",
            "error",
            "No route to the block of Alibaba Cloud's own services",
            "Take a destination that leaves 100.64.0.0/10 out; split the block around it where the office "
            "really uses addresses on both sides.",
            "# No route to the block of Alibaba Cloud's own services\n\nText with `code` and <b>.\n",
        ),
        Page(
            "VCO201",
            "duplicate-entry",
            "error",
            "Every route once",
            "Drop the later entry.",
            "# Every route once\n",
        ),
        Page("VCO303", "overlapping-destinations", "note", "Overlaps", "", ""),
    )
}

FILES = {
    "routes/hz.yaml": (
        "RegionId: cn-hangzhou\n"
        "Routes:\n"
        "  - {RouteDest: 100.64.1.0/24, Weight: 100}\n"
        '\t- {Description: "总部 \x1b[31m\u202e", RouteDest: 10.0.0.1/8}  # ##[error]x\n'
        "  - RouteDest: 10.0.0.0/8\n"
        "    Weight: 100\n"
    ),
    "dos, 100%: x.csv": "RouteDest,Weight\r\n10.0.0.0/8,100\r\n10.0.0.0/8,100\r\n",
    "big.json": "[" + '{"RouteDest":"10.0.0.0/8","Weight":100},' * 50 + "]",
    "main.tf": 'resource "alicloud_vpn_gateway_vco_route" "a" {\n  route_dest = var.secret\n}\n',
}


def at(file: str, text: str, number: int = 0) -> Location:
    """Where the text stands in the file: its `number`th time, counted from 0, within one line."""
    content = FILES[file].replace("\r\n", "\n")
    start = -1
    for _ in range(number + 1):
        start = content.index(text, start + 1)
    line = content.count("\n", 0, start) + 1
    column = start - content.rfind("\n", 0, start)
    return Location(file, line, column, line, column + len(text))


SENSITIVE = at("main.tf", "var.secret")


def finding(
    code: str,
    location: Location,
    message: str,
    *,
    severity: str = "error",
    effect: str = "rejected",
    **more: Any,
) -> Sample:
    """A finding with the rest filled in."""
    fields: dict[str, Any] = {
        "code": code,
        "name": PAGES[code].name if code in PAGES else "some-rule",
        "severity": severity,
        "basis": "documented",
        "effect": effect,
        "message": message,
        "api_errors": (),
        "entry": None,
        "address": None,
        "root": None,
        "location": location,
        "related": (),
        "witness": None,
        "fix": None,
        "fingerprint": f"{code}-{location.file}-{location.line}-{location.column}",
    }
    return Sample(**fields | more)


def report(findings: list[Sample], unchecked: list[Unchecked] | None = None, **more: Any) -> Report:
    """A report over FILES and PAGES."""
    rules = {one.code: Page(one.code, one.name, one.severity, "", "", "") for one in findings} | PAGES
    settings: dict[str, Any] = {"files": 3, "entries": 14, "rules": rules, "text_of": FILES.get}
    return Report(findings, unchecked or [], **settings | more)


def sample() -> Report:
    """A report with something of everything."""
    csv = "dos, 100%: x.csv"
    hz = "routes/hz.yaml"
    return report(
        [
            finding(
                "VCO303",
                at("big.json", '"10.0.0.0/8"', 30),
                "10.0.0.0/8 overlaps 10.1.0.0/16",
                severity="note",
                effect="misroutes",
                witness="10.1.0.1",
                related=tuple(Related(f"place {i}", at("big.json", '"10.0.0.0/8"', i)) for i in range(6)),
            ),
            finding(
                "VCO201",
                at(csv, "10.0.0.0/8", 1),
                "10.0.0.0/8 is a duplicate",
                related=(Related("the first one", at(csv, "10.0.0.0/8")),),
                fix=Fix("drop the entry", False, (Edit(Location(csv, 3, 1, 4, 1), ""),)),
            ),
            finding(
                "VCO001", Location("gone.yaml", 1, 1, 1, 1), "cannot be read: No such file", effect="input"
            ),
            finding(
                "VCO103",
                SENSITIVE,
                "(sensitive) is not an IPv4 CIDR block",
                address='module.m["x"].alicloud_vpn_gateway_vco_route.a',
                root="infra",
            ),
            finding(
                "VCO102",
                at(hz, "100.64.1.0/24"),
                "100.64.1.0/24 lies inside 100.64.0.0/10, which Alibaba Cloud keeps for its own services",
                effect="breaks-tunnel",
                entry={
                    "RegionId": "cn-hangzhou",
                    "RouteDest": "100.64.1.0/24",
                    "NextHop": {"unknown": "var.x"},
                },
            ),
            finding(
                "VCO104",
                at(hz, "10.0.0.1/8"),
                "10.0.0.1/8 is 10.0.0.0/8",
                fix=Fix("write 10.0.0.0/8", True, (Edit(at(hz, "10.0.0.1/8"), "10.0.0.0/8"),)),
            ),
            finding(
                "VCO709",
                Location(hz, 5, 5, 6, 16),
                'no description: "%0A::error::\x1b[31m ]]> <script>|`[a](b)',
                severity="warning",
                effect="hygiene",
            ),
        ],
        [
            Unchecked(
                "main.tf",
                20,
                "alicloud_vpn_gateway_vco_route.b",
                "RouteDest",
                "known after apply: var.office",
            ),
            Unchecked(
                "main.tf",
                30,
                "alicloud_vpn_gateway_vco_route.c",
                "RouteDest",
                "known after apply: var.office",
            ),
            Unchecked("main.tf", 40, "module.m", None, "the module cannot be read"),
        ],
        suppressed=1,
        baselined=2,
        sensitive=frozenset({SENSITIVE}),
    )
