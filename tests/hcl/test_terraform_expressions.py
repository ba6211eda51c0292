"""Expressions and functions of Terraform, against what `terraform console` says."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcolint.hcl.configuration import Files
from vcolint.hcl.expressions import Scope, Surroundings, Work
from vcolint.hcl.syntax import parse
from vcolint.hcl.values import EvaluationError, HclValue, NotSupportedError, Sensitive, unmark
from vcolint.text.source import Source, SyntaxFault
from vcolint.text.value import Reference, Unknown

RECORDED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "terraform-console.json").read_text()
)
ANSWERED = [(row["expression"], row["json"]) for row in RECORDED if "json" in row]
REFUSED = [row["expression"] for row in RECORDED if "error" in row]
LEFT_OUT = [row["expression"] for row in RECORDED if "unknown" in row]


class World(Surroundings):
    """What expressions see here: `u` is unknown, `s` is sensitive, `m` holds both a known value and `u`."""

    def __init__(self, folder: Path) -> None:
        files = Files(folder, "", folder, Work(1_000_000), {})
        super().__init__(files.work, files.functions)
        unknown = Unknown("known after apply: u", Reference("root", "u"))
        self.names: dict[str, HclValue] = {
            "u": unknown,
            "s": Sensitive("secret"),
            "m": {"k": "a", "x": unknown},
        }

    def root(self, name: str) -> HclValue:
        try:
            return self.names[name]
        except KeyError:
            raise EvaluationError("no such name") from None


def evaluate(expression: str, folder: Path | None = None) -> HclValue:
    body = parse(Source("x.tf", f"x = {expression}\n"))
    return body.attributes["x"].expression.evaluate(Scope(World(folder or Path("/nowhere")), {}))


def as_json(expression: str) -> str | None:
    """The value as `jsonencode` writes it; None where it is refused or not known."""
    try:
        value = evaluate(f"jsonencode({expression})")
    except (EvaluationError, NotSupportedError):
        return None
    value, _ = unmark(value)
    return value if isinstance(value, str) else None


@pytest.mark.parametrize(("expression", "wanted"), ANSWERED)
def test_the_recorded_answer(expression: str, wanted: str) -> None:
    assert as_json(expression) == wanted


@pytest.mark.parametrize("expression", REFUSED + LEFT_OUT)
def test_no_answer_where_terraform_has_none_or_ours_would_be_a_guess(expression: str) -> None:
    assert as_json(expression) is None


# What terraform 1.11.4 knows of unknown values, by plan.
KNOWN = {
    'coalesce("a", u)': '"a"',
    'coalesce(null, "a", u)': '"a"',
    'try(m.k, "f")': '"a"',
    'lookup(m, "k", "d")': '"a"',
    'lookup(m, "none", "d")': '"d"',
    'merge(m, {y = "b"})["k"]': '"a"',
    '{for k, v in m : k => v}["k"]': '"a"',
    'concat(["a"], [u])[0]': '"a"',
    'flatten([["a"], "b"])[0]': '"a"',
    'element(["a", u], 0)': '"a"',
    '["a", u][0]': '"a"',
    'length([u, "a"])': "2",
    "values(m)[0]": '"a"',
    'zipmap(["a"], ["b"])["a"]': '"b"',
}
UNKNOWN = [
    'coalesce(u, "a")',
    'try(u, "f")',
    "can(u)",
    'join(",", ["a", u])',
    '"x${u}"',
    '"${u}/24"',
    'u == "a" ? "x" : "x"',
    'u == null ? "x" : "y"',
    'compact(["a", u])[0]',
    'tolist(toset(["a", u]))[0]',
    'split("/", "${u}/24")[1]',
    'startswith("x${u}", "x")',
    'lookup(m, "x", "d")',
    'try(upper(u), "f")',
    'try(tonumber("x"), u, "f")',
    "cidrsubnet(u, 8, 3)",
    "jsonencode({a = u})",
    'contains(["a", u], "a")',
    'contains(["b", u], "a")',
    "uuid()",
    'try(timestamp(), "f")',
    'formatdate("D", timestamp())',
    "nobody_knows_this()",
    "[for x in u : x][0]",
    "u[*]",
    "{(u) = 1}",
    "!u",
    "-u",
    "u + 1",
    "u[0]",
]


@pytest.mark.parametrize(("expression", "wanted"), KNOWN.items())
def test_known_beside_something_unknown(expression: str, wanted: str) -> None:
    assert json.dumps(evaluate(expression)) == wanted


@pytest.mark.parametrize("expression", UNKNOWN)
def test_unknown_and_no_fallback_is_taken(expression: str) -> None:
    assert isinstance(evaluate(expression), Unknown)


@pytest.mark.parametrize(
    "expression",
    [
        "u",
        '"${u}"',
        "tostring(u)",
        "[u][0]",
        "element([u], 5)",
        "one([u])",
        'm["x"]',
        "m.x",
        "values(m)[1]",
        "true ? u : null",
        "concat([], [u])[0]",
        'lookup(m, "x")',
        "[for x in [u] : x][0]",
        "([m][*].x)[0]",
    ],
)
def test_what_is_handed_on_keeps_its_identity(expression: str) -> None:
    value = evaluate(expression)
    assert isinstance(value, Unknown)
    assert value.reference == Reference("root", "u")
    assert value.reason == "known after apply: u"


@pytest.mark.parametrize(
    "expression", ['"x${u}"', "upper(u)", "[u, u] == [u, u]", "u ? 1 : 2", "trimspace(u)"]
)
def test_what_is_made_of_it_is_another_value(expression: str) -> None:
    value = evaluate(expression)
    assert isinstance(value, Unknown)
    assert value.reference is None


@pytest.mark.parametrize(
    ("expression", "address"),
    [
        ("u.a", "u.a"),
        ('u["a"]', "u.a"),
        ("u[0]", "u[0]"),
        ('u["0"]', "u[0]"),
        ("u.0", "u[0]"),
        ('u["a b"].c', 'u["a b"].c'),
        ('u["00"]', 'u["00"]'),
        ('u["a\\"b"]', 'u["a\\"b"]'),
    ],
)
def test_a_part_of_something_unknown_is_always_the_same(expression: str, address: str) -> None:
    value = evaluate(expression)
    assert isinstance(value, Unknown)
    assert value.reference == Reference("root", address)


@pytest.mark.parametrize(
    "expression",
    [
        '"x${s}"',
        "upper(s)",
        "[s][0]",
        "s == 1",
        "true ? s : null",
        'join(",", [s])',
        "s",
        'replace(s, "a", "b")',
    ],
)
def test_sensitive_stays_sensitive(expression: str) -> None:
    assert isinstance(evaluate(expression), Sensitive)


@pytest.mark.parametrize(
    "expression",
    [
        "s + 1",
        "-s",
        "tonumber(s)",
        "cidrsubnet(s, 1, 1)",
        "s ? 1 : 2",
        "m[s]",
        "[1][s]",
        "{(s) = 1}",
        "jsondecode(s)",
        "parseint(s, 10)",
        "{for x in [s, s] : x => 1}",
        "yamldecode(s).x",
        "s.x",
        "range(s)",
        "regex(s, s)",
        "index([1], s)",
        "u[s]",
        "u[s].x",
    ],
)
def test_no_message_shows_what_is_sensitive(expression: str) -> None:
    try:
        value, _ = unmark(evaluate(expression))
        message = value.reason if isinstance(value, Unknown) else ""
    except (EvaluationError, NotSupportedError) as error:
        message = str(error)
    assert "secret" not in message


# -- hostile expressions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 20_000 + "1" + ")" * 20_000,
        "[" * 20_000 + "1" + "]" * 20_000,
        "-" * 20_001 + "1",
        " + ".join(["1"] * 5_000),
        "u" + ".a" * 10_000,
        "u" + "[0]" * 10_000,
        "true ? 1 : " * 5_000 + "2",
        '"${' * 500 + "1" + '}"' * 500,
    ],
    ids=["brackets", "lists", "signs", "sum", "attributes", "indexes", "conditionals", "templates"],
)
def test_deep_nesting_is_unknown(expression: str) -> None:
    try:
        value = evaluate(expression)
    except SyntaxFault:
        return
    assert isinstance(value, Unknown)
    assert value.reason == "nested too deeply"


THOUSAND = "range(1000)"
# Each line holds nine times the one before.
BOMB = "a: &a x\\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "expression",
    [
        f"[for a in {THOUSAND} : [for b in {THOUSAND} : [for c in {THOUSAND} : c]]]",
        f"setproduct({THOUSAND}, {THOUSAND}, {THOUSAND})",
        'format("%1000000000s", "x")',
        f'formatlist("%9999s", [for x in {THOUSAND} : x])',
        f'join("", [for x in {THOUSAND} : join("", [for y in {THOUSAND} : "xxxxxxxxxx"])])',
        'regex("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")',
        'regexall("a*a*a*a*a*a*a*b", join("", [for x in range(1000) : "a"]))',
        "1e999999999",
        f'yamldecode("{BOMB}")',
        'jsondecode(join("", [for x in range(1000) : "[[[[[[[[[["]))',
        'jsondecode("1e999999999")',
    ],
)
def test_what_would_take_for_ever_meets_an_end(expression: str) -> None:
    assert as_json(expression) is None


@pytest.mark.parametrize("document", [BOMB, "[" * 201 + "]" * 201])
def test_yaml_beyond_our_limits_is_no_mistake_that_try_may_pass_over(document: str) -> None:
    with pytest.raises(NotSupportedError):
        evaluate(f'try(yamldecode("{document}"), "f")')


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_is_an_expression_or_a_fault(text: str) -> None:
    fault: SyntaxFault | None = None
    try:
        body = parse(Source("x.tf", f"x = {text}\n"))
    except SyntaxFault as error:
        fault = error
    if fault is not None:
        assert 0 <= fault.start <= fault.end <= len(text) + 6
        return
    for attribute in body.attributes.values():
        try:
            attribute.expression.evaluate(Scope(World(Path("/nowhere")), {}))
        except (EvaluationError, NotSupportedError):
            continue


ARGUMENTS = (
    "null",
    '""',
    '"a"',
    "-1",
    "1.5",
    "true",
    "[]",
    '["a", 1]',
    "{}",
    '{a = "x"}',
    "u",
    "s",
    "[u]",
    "[s]",
    "{a = u}",
    "m",
)


@pytest.mark.parametrize(
    "name", sorted({*World(Path()).functions, "try", "can", "nonsensitive", "issensitive"})
)
def test_no_argument_makes_a_function_fail(name: str) -> None:
    chosen = random.Random(name)
    calls = [f"{name}()", *(f"{name}({one})" for one in ARGUMENTS)]
    calls += [
        f"{name}({', '.join(chosen.choices(ARGUMENTS, k=count))})" for count in (2, 3, 4) for _ in range(40)
    ]
    calls += [f"{name}({one}...)" for one in ARGUMENTS]
    for one in calls:
        try:
            value = evaluate(one)
        except (EvaluationError, NotSupportedError) as error:
            value = str(error)
        if name != "nonsensitive" and not isinstance(value, Sensitive):
            assert "secret" not in repr(value), one


# -- against the real one ------------------------------------------------------------------------------


class Generator:
    """Random expressions whose parts fit together more often than not."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def text(self, depth: int) -> str:
        if depth <= 0:
            return self.pick('"a"', '"10.1.0.0/16"', '"é b"', '""', '"5"', '"true"', "null")
        d = depth - 1
        return self.pick(
            f'"${{{self.any(d)}}}-x"',
            f"upper({self.text(d)})",
            f"replace({self.text(d)}, {self.text(0)}, {self.text(0)})",
            f'join("-", {self.list(d)})',
            f"cidrsubnet({self.text(d)}, {self.number(0)}, {self.number(d)})",
            f'format("%s/%v", {self.any(d)}, {self.any(d)})',
            f"substr({self.text(d)}, {self.number(0)}, {self.number(0)})",
            f"coalesce({self.text(d)}, {self.text(d)})",
            f"lookup({self.map(d)}, {self.text(0)}, {self.text(d)})",
            f"{self.bool(d)} ? {self.text(d)} : {self.any(d)}",
            f"try({self.text(d)}, {self.text(d)})",
            f"element({self.list(d)}, {self.number(d)})",
            f'"%{{ if {self.bool(d)} }}{self.pick("a", "b ")}%{{ else ~}} c%{{ endif }}"',
            f'"%{{ for x in {self.list(d)} }}${{x}};%{{ endfor }}"',
        )

    def number(self, depth: int) -> str:
        if depth <= 0:
            return self.pick("0", "1", "2.5", "-3", "24", '"7"')
        d = depth - 1
        return self.pick(
            f"({self.number(d)} {self.pick('+', '-', '*', '%')} {self.number(d)})",
            f"length({self.list(d)})",
            f"max({self.number(d)}, {self.number(d)})",
            f"floor({self.number(d)})",
            f"index({self.list(d)}, {self.text(0)})",
            f"{self.bool(d)} ? {self.number(d)} : {self.number(d)}",
            f"parseint({self.text(d)}, 10)",
        )

    def bool(self, depth: int) -> str:
        if depth <= 0:
            return self.pick("true", "false", '"true"')
        d = depth - 1
        return self.pick(
            f"{self.any(d)} == {self.any(d)}",
            f"({self.number(d)} < {self.number(d)})",
            f"!({self.bool(d)})",
            f"({self.bool(d)} && {self.bool(d)})",
            f"contains({self.list(d)}, {self.text(0)})",
            f"can({self.any(d)})",
            f"startswith({self.text(d)}, {self.text(0)})",
        )

    def list(self, depth: int) -> str:
        if depth <= 0:
            return self.pick(
                "[]", '["b", "a"]', "[1, 2]", '["a", 1]', '[["a"], ["b"]]', '[{k = "a"}, {k = "b"}]'
            )
        d = depth - 1
        return self.pick(
            f"[{self.any(d)}, {self.any(d)}]",
            f"concat({self.list(d)}, {self.list(d)})",
            f"[for i, x in {self.list(d)} : {self.pick('x', 'i', 'upper(x)')}]",
            f"[for k, x in {self.map(d)} : x if {self.bool(d)}]",
            f"flatten({self.list(d)})",
            f"distinct({self.list(d)})",
            f"keys({self.map(d)})",
            f"values({self.map(d)})",
            f"sort({self.list(d)})",
            f"toset({self.list(d)})",
            f"tolist({self.list(d)})",
            f"setproduct({self.list(d)}, {self.list(d)})",
            f"{self.list(d)}[*]",
            f"split({self.text(0)}, {self.text(d)})",
            f"slice({self.list(d)}, 0, {self.number(0)})",
            f"{self.bool(d)} ? {self.list(d)} : {self.list(d)}",
            f"compact({self.list(d)})",
            f"reverse({self.list(d)})",
        )

    def map(self, depth: int) -> str:
        if depth <= 0:
            return self.pick("{}", '{a = "x"}', "{a = 1, b = 2}", '{a = "x", b = true}', "{a = {c = 1}}")
        d = depth - 1
        return self.pick(
            f"{{a = {self.any(d)}, b = {self.any(d)}}}",
            f"merge({self.map(d)}, {self.map(d)})",
            f"{{for i, x in {self.list(d)} : i => x}}",
            f"{{for x in {self.list(d)} : x => {self.any(d)}...}}",
            f"zipmap({self.list(d)}, {self.list(d)})",
            f"tomap({self.map(d)})",
            f"{self.bool(d)} ? {self.map(d)} : {self.map(d)}",
        )

    def any(self, depth: int) -> str:
        return self.random.choice([self.text, self.number, self.bool, self.list, self.map])(depth)


def console(expressions: list[str], folder: Path) -> list[str | None]:
    """What the real one says, as JSON; None where it refuses. It gives up at the first that it cannot even
    begin with, so those are looked for by halves."""
    asked = "".join(f'try(jsonencode({one}), "refused!")\n' for one in expressions)
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1"}
    done = subprocess.run(
        ["terraform", "console"],
        input=asked,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        check=False,
    )
    lines = [line for line in done.stdout.split("\n") if line]
    if done.returncode == 0 and len(lines) == len(expressions):
        return [None if line == '"refused!"' else _unquoted(line) for line in lines]
    if len(expressions) == 1:
        return [None]
    half = len(expressions) // 2
    return console(expressions[:half], folder) + console(expressions[half:], folder)


def _unquoted(line: str) -> str:
    """The console shows text as HCL quotes it, but for what it shows bare."""
    if not line.startswith('"'):
        return line
    shown: str = json.loads(line)
    return shown.replace("$${", "${").replace("%%{", "%{")


def bare(text: str) -> str:
    """JSON whose numbers and words may be text: the side of a condition that is not taken has a say in that,
    and where it cannot be evaluated its type is not ours to know."""
    return re.sub(r'"(-?[0-9.]+|true|false)"', r"\1", text)


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
def test_generated_expressions_give_what_the_real_one_gives(tmp_path: Path) -> None:
    generator = Generator(20)
    expressions = [generator.any(depth) for depth in (1, 2, 3) for _ in range(25)]
    answers = console(expressions, tmp_path)
    ours = [as_json(expression) for expression in expressions]
    # A value of ours is the real one's, or the real one has none: what it refuses matters to nobody.
    wrong = [
        (expression, answer, mine)
        for expression, answer, mine in zip(expressions, answers, ours, strict=True)
        if mine is not None and answer is not None and bare(mine) != bare(answer)
    ]
    assert wrong == []
    assert sum(mine is not None and mine == answer for answer, mine in zip(answers, ours, strict=True)) > 25


@pytest.mark.parametrize("call", ["upper()", 'upper("a", "b")', "join()", "lookup({})", "cidrsubnets()"])
def test_a_wrong_number_of_arguments_is_unknown_whatever_they_are(call: str) -> None:
    with pytest.raises(NotSupportedError):
        evaluate(call)
