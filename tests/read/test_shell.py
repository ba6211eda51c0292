"""Shell scripts that call the `aliyun` CLI: `vcolint.read.shell`."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vcolint.model.reading import Reading
from vcolint.read import shell
from vcolint.text.source import Remark, Source, SyntaxFault
from vcolint.text.value import Location, Reference, Unknown, Value

CALL = "aliyun vpc CreateVcoRouteEntry --VpnConnectionId vco-a --NextHop vco-a --Weight 100"
ROUTE = f"{CALL} --RouteDest 10.1.0.0/16"
KNOWN = {"VpnConnectionId": "vco-a", "NextHop": "vco-a", "Weight": 100, "RouteDest": "10.1.0.0/16"}
LATER = "known only when the script runs: "


def read(text: str) -> Reading:
    return shell.read(Source("a.sh", text))


def read_or_fault(text: str) -> Reading | SyntaxFault:
    try:
        return read(text)
    except SyntaxFault as fault:
        return fault


def fields(reading: Reading) -> list[dict[str, Any]]:
    return [{name: value.value for name, value in one.fields.items()} for one in reading.records]


def dests(text: str) -> list[Any]:
    """The destinations; of unknown ones, the reason."""
    reading = read(text)
    assert reading.problems == []
    return [value.reason if isinstance(value, Unknown) else value for value in reading.column("RouteDest")]


def references(text: str, field: str = "RouteDest") -> list[Reference | None]:
    return [value.reference for value in read(text).column(field) if isinstance(value, Unknown)]


def problems(text: str) -> list[tuple[str, str, tuple[int, int], int | None, str | None]]:
    return [
        (one.kind, one.message, (one.location.line, one.location.column), one.entry, one.field)
        for one in read(text).problems
    ]


def at(line: int, column: int, end_column: int, end_line: int | None = None) -> Location:
    return Location("a.sh", line, column, end_line or line, end_column)


# -- one command ------------------------------------------------------------------------------------------


def test_values_and_places() -> None:
    reading = read(
        "aliyun vpc CreateVcoRouteEntry --RegionId cn-hangzhou --RouteDest '10.1.0.0/16' --Weight=100"
    )
    assert (reading.kind, reading.files) == ("cli", ["a.sh"])
    one = reading.records[0]
    assert one.location == at(1, 1, 93)
    assert one.fields == {
        "RegionId": Value("cn-hangzhou", at(1, 43, 54)),
        "RouteDest": Value("10.1.0.0/16", at(1, 67, 80)),
        "Weight": Value(100, at(1, 90, 93)),
    }
    assert (one.address, one.action, one.last_line) == (None, None, None)


def test_text_is_kept() -> None:
    assert read(ROUTE).texts == {"a.sh": ROUTE}
    assert read("ls").texts == {"a.sh": "ls"}


def test_columns_count_characters() -> None:
    value = read(f"echo 深圳 🚇; {CALL} --RouteDest 10.1.0.0/16").records[0].fields["RouteDest"]
    assert value.location == at(1, 108, 119)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_continued_lines(end: str) -> None:
    reading = read(f"  {CALL} \\{end}    --RouteDest \\{end}  10.1.0.0/16{end}ls{end}")
    assert fields(reading) == [KNOWN]
    assert reading.records[0].location == at(1, 3, 14, 3)
    assert reading.records[0].fields["RouteDest"].location == at(3, 3, 14)


def test_all_fields() -> None:
    more = "--RegionId cn-x --Description 'a  b' --OverlayMode Ipsec --ClientToken t --DryRun true"
    assert fields(read(f"{ROUTE} {more}")) == [
        KNOWN
        | {
            "RegionId": "cn-x",
            "Description": "a  b",
            "OverlayMode": "Ipsec",
            "ClientToken": "t",
            "DryRun": True,
        }
    ]


def test_kebab_case() -> None:
    text = (
        "aliyun vpc create-vco-route-entry --biz-region-id cn-x --vpn-connection-id vco-a --next-hop vco-a"
        " --route-dest 10.1.0.0/16 --weight 100 --overlay-mode Ipsec --client-token t --dry-run false"
    )
    assert problems(text) == []
    assert fields(read(text)) == [
        KNOWN | {"RegionId": "cn-x", "OverlayMode": "Ipsec", "ClientToken": "t", "DryRun": False}
    ]


def test_region_of_the_cli_stands_in_for_the_parameter() -> None:
    reading = read(f"{ROUTE} --region cn-x")
    assert reading.records[0].fields["RegionId"] == Value("cn-x", at(1, 118, 122))
    assert fields(read(f"{ROUTE} --region cn-x --RegionId cn-y"))[0]["RegionId"] == "cn-y"


@pytest.mark.parametrize("flag", ["--dryrun", "--cli-dry-run"])
def test_call_that_sends_nothing_is_a_dry_run(flag: str) -> None:
    assert fields(read(f"{ROUTE} {flag}")) == [KNOWN | {"DryRun": True}]


def test_flags_of_the_cli_are_no_fields() -> None:
    more = "--profile prod -p x --output cols=RouteDest --force --endpoint=vpc.x --OwnerAccount me -q - --"
    text = f"aliyun --profile y vpc CreateVcoRouteEntry {more} {ROUTE.partition('CreateVcoRouteEntry ')[2]}"
    assert (fields(read(text)), problems(text)) == ([KNOWN], [])


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("10.1.0.0/16", "10.1.0.0/16"),
        ("'10.1.0.0/16'", "10.1.0.0/16"),
        ('"10.1.0.0/16"', "10.1.0.0/16"),
        ("10.1.'0'.\"0\"/16", "10.1.0.0/16"),
        ("10.1.0.0\\/16", "10.1.0.0/16"),
        ("$'10.1.0.0/16'", "10.1.0.0/16"),
        ('$"10.1.0.0/16"', "10.1.0.0/16"),
        ("10.1.\\\n0.0/16", "10.1.0.0/16"),
        ("'$x'", "$x"),
        ('"\\$x"', "$x"),
        ("\\$x", "$x"),
        ('"a\\b"', "a\\b"),
        ("a#b", "a#b"),
        ("10.1`# x`.0.0/16", "10.1.0.0/16"),
    ],
)
def test_quoting(written: str, value: str) -> None:
    assert dests(f"{CALL} --RouteDest {written} --force") == [value]
    assert dests(f"{CALL} --RouteDest={written} --force") == [value]


@pytest.mark.parametrize(
    "text",
    [
        f"sudo -E /usr/local/bin/{ROUTE}",
        f"time {ROUTE}",
        f"! {ROUTE}",
        f"retry 3 {ROUTE}",
        f"X=1 {ROUTE}",
        f"x=$({ROUTE})",
        f'echo "$({ROUTE})"',
        f"({ROUTE})",
        f"{{ {ROUTE}; }}",
        f"if true; then {ROUTE}; fi",
        f"case $1 in a) {ROUTE};; esac",
        f"[[ $a == b ]] && {ROUTE} || exit 1",
        f"((ls; {ROUTE}) | jq .) > out",
        f"x=`echo \\`date\\``; {ROUTE}",
        f"x=`ls # don't \\` x`; {ROUTE}",
        f"`# in front` {CALL} `# second line` \\\n  --RouteDest `# it's the office` 10.1.0.0/16 ` #`",
        f"for i; do {ROUTE}; done",
        f"for i\ndo\n{ROUTE}\ndone",
        f"(( i++ )); {ROUTE} | jq . > out 2>&1 &",
        f"f() {{ {ROUTE}; }}",
        f"function f {{ {ROUTE}; }}",
        f"diff <({ROUTE}) x",
        f"cat <<X\n{ROUTE}\nX\n{ROUTE}",
        f"cat <<-'X Y'\n\t{ROUTE}\n\tX Y\n{ROUTE}",
        f"cat <<X <<Y\n{ROUTE}\nX\n{ROUTE}\nY\n{ROUTE}",
        f"cat <<< x\n{ROUTE}",
        f"a=({CALL})\n{ROUTE}",
        f"x=`{ROUTE}`",
        f'echo "`{ROUTE}`"',
        f"$ALIYUN {ROUTE.partition(' ')[2]}",
        f"A='aliyun --profile x'\n$A {ROUTE.partition(' ')[2]}",
    ],
)
def test_where_a_call_may_stand(text: str) -> None:
    assert fields(read(text)) == [KNOWN]
    assert problems(text) == []


@pytest.mark.parametrize(
    "text",
    [
        f"# {ROUTE}",
        f"ls # {ROUTE}",
        f"echo {ROUTE}",
        f"echo '{ROUTE}'",
        f"printf '%s' {ROUTE}",
        f"alias x='{ROUTE}'",
        f"cat <<X\n{ROUTE}\n",
        "aliyun vpc CreateVcoRouteEntry --help",
        "aliyun help vpc CreateVcoRouteEntry",
        "aliyun ecs CreateVcoRouteEntry --RouteDest 10.1.0.0/16",
        "aliyun vpc CreateVpnRouteEntry --RouteDest CreateVcoRouteEntries",
        "aliyun vpc DeleteVcoRouteEntry --RouteDest 10.1.0.0/16 # not CreateVcoRouteEntry",
    ],
)
def test_what_is_no_call(text: str) -> None:
    assert (read(text).records, problems(text)) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        f"bash -c '{ROUTE}'",
        f'ssh host "{ROUTE}"',
        f"ssh host bash <<X\n{ROUTE}\nX",
        f"C='{ROUTE}'\n$C",
        f"C=({ROUTE})\n${{C[@]}}",
        f"C=($({ROUTE}))",
        f"vpc {ROUTE.partition('vpc ')[2]}",
        f"run {ROUTE.partition('vpc ')[2]}",
        f"alias x='{ROUTE}'",
    ],
)
def test_call_that_is_not_read_is_listed(text: str) -> None:
    reading = read(f"ls\n{text}")
    reason = "vcolint does not read a call that is text or runs through another command"
    assert (reading.records, reading.problems) == ([], [])
    assert [(one.address, one.reason, one.location.line) for one in reading.unlisted] == [(None, reason, 2)]


def test_call_that_is_read_is_not_listed_too() -> None:
    for text in (ROUTE, f"x=$({ROUTE})", f'echo "$({ROUTE})"', f"log '{CALL.partition(' --')[0]} failed'"):
        assert read(text).unlisted == []


# -- problems ---------------------------------------------------------------------------------------------


def test_unknown_parameter() -> None:
    assert problems(f"{ROUTE} --RouteDst 1 --PublishVpc=true") == [
        ("schema", 'unknown property --RouteDst; did you mean "--RouteDest"?', (1, 109), 0, None),
        ("schema", "unknown property --PublishVpc", (1, 122), 0, None),
    ]
    assert [one[1] for one in problems(f"{ROUTE} --regionid 1")] == [
        'unknown property --regionid; did you mean "--RegionId"?'
    ]


def test_flag_in_lower_case_may_be_one_of_the_cli() -> None:
    assert problems(f"{ROUTE} --new-flag 1 --weigth 2") == []


def test_missing_fields() -> None:
    assert problems("ls; aliyun vpc CreateVcoRouteEntry --Weight 0") == [
        ("schema", "VpnConnectionId is missing", (1, 5), 0, "VpnConnectionId"),
        ("schema", "RouteDest is missing", (1, 5), 0, "RouteDest"),
        ("schema", "NextHop is missing", (1, 5), 0, "NextHop"),
    ]


def test_parameter_without_a_value() -> None:
    assert problems(f"{CALL} --RouteDest --force") == [
        ("schema", "--RouteDest has no value", (1, 85), 0, "RouteDest")
    ]


def test_parameter_that_is_given_twice() -> None:
    reading = read(f"{ROUTE} --Weight 0")
    one = reading.problems[0]
    assert (one.kind, one.message, one.location) == (
        "duplicate-key",
        "Weight is given twice",
        at(1, 109, 117),
    )
    assert one.related == (("first given here", at(1, 72, 80)),)
    value = reading.column("Weight")[0]
    assert isinstance(value, Unknown)
    assert value.reported


def test_weight_that_is_no_number() -> None:
    text = "aliyun vpc CreateVcoRouteEntry --VpnConnectionId a --NextHop a --RouteDest b --Weight high"
    assert problems(text) == [
        ("schema", 'Weight must be an integer, not the text "high"', (1, 87), 0, "Weight")
    ]


# -- variables --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        'D=10.1.0.0/16\n{call} --RouteDest "$D"',
        "D=10.1.0.0/16; {call} --RouteDest ${{D}}",
        'D="10.1.0.0/16"\nexport D\n{call} --RouteDest="$D"',
        "export D=10.1.0.0/16\n{call} --RouteDest $D",
        "readonly D='10.1.0.0/16'\n{call} --RouteDest $D",
        'N=10.1 M=0.0\nD="$N.$M/16"\n{call} --RouteDest $D',
        "D=10.9.0.0/16\nD=10.1.0.0/16\n{call} --RouteDest $D",
        "D=10.1.0.0/16\nX=$({call} --RouteDest $D)\nD=10.2.0.0/16",
        "D=10.9.0.0/16\nD=10.1.0.0/16\nfor i in 1 2; do {call} --RouteDest $D; done",
        "D=10.1.0.0/16\nif x; then {call} --RouteDest $D; fi",
        "D=10.1.0.0/16 || exit\n{call} --RouteDest $D",
        "source x\nD=10.1.0.0/16\nfor i in 1 2; do {call} --RouteDest $D; done",
    ],
)
def test_variable_that_is_known(text: str) -> None:
    assert dests(text.format(call=CALL)) == ["10.1.0.0/16"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("{call} --RouteDest $D", "$D"),
        ("{call} --RouteDest ${{D}}", "$D"),
        ('{call} --RouteDest "10.$D.0.0/16"', "10.$D.0.0/16"),
        ("D=x {call} --RouteDest $D", "$D"),
        ("D=x; D+=y; {call} --RouteDest $D", "$D"),
        ("D=x\nif y; then D=z; fi\n{call} --RouteDest $D", "$D"),
        ("D=x\n[ -n y ] && D=z\n{call} --RouteDest $D", "$D"),
        ("D=x\n[ -n y ] ||\n\nD=z\n{call} --RouteDest $D", "$D"),
        ("D=x\nf() {{ D=z; }}\n{call} --RouteDest $D", "$D"),
        ("D=x\nread -r D < y\n{call} --RouteDest $D", "$D"),
        ("D=x\nunset D\n{call} --RouteDest $D", "$D"),
        ("D=x\nprintf -v D y\n{call} --RouteDest $D", "$D"),
        ("D=x\ncommand . y\n{call} --RouteDest $D", "$D"),
        ("D=x\nbuiltin read D\n{call} --RouteDest $D", "$D"),
        ('D=\n: "${{D:=10.1.0.0/16}}"\n{call} --RouteDest "$D"', "$D"),
        ("D=x\necho $((D++))\n{call} --RouteDest $D", "$D"),
        ("D=x\ndeclare -u D=y\n{call} --RouteDest $D", "$D"),
        ("declare -u D\nD=x\n{call} --RouteDest $D", "$D"),
        ("PWD=x\ncd y\n{call} --RouteDest $PWD", "$PWD"),
        ("D=x &\nwait\n{call} --RouteDest $D", "$D"),
        ("D=x\nD=y | cat\n{call} --RouteDest $D", "$D"),
        ("D=x\nsource y\n{call} --RouteDest $D", "$D"),
        ("D=x\n(( D = 3 ))\n{call} --RouteDest $D", "$D"),
        ("D=(x y)\n{call} --RouteDest $D", "$D"),
        ("D=$1\n{call} --RouteDest $D", "$D"),
        ("D='x y'\n{call} --RouteDest=$D", "$D"),
        ("D='*'\n{call} --RouteDest $D", "$D"),
        ("for D in x y; do {call} --RouteDest $D; done", "$D"),
        ("D=x\nfor i in 1 2; do {call} --RouteDest $D; D=y; done", "$D"),
        ("D=x\nfor i in 1 2; do {call} --RouteDest $D; source y; done", "$D"),
        ("while read -r D; do {call} --RouteDest $D; done < x", "$D"),
        ("{call} --RouteDest $1", "$1"),
        ("{call} --RouteDest ${{D:-10.1.0.0/16}}", "${{D:-10.1.0.0/16}}"),
        ("{call} --RouteDest ${{D[0]}}", "${{D[0]}}"),
        ("{call} --RouteDest $(dest a)", "$(dest a)"),
        ("{call} --RouteDest `dest a`", "`dest a`"),
        ("{call} --RouteDest 10.$((1 + 1)).0.0/16", "10.$((1 + 1)).0.0/16"),
        ("{call} --RouteDest 10.$((1 + (2 * 3))).0.0/16", "10.$((1 + (2 * 3))).0.0/16"),
        ("{call} --RouteDest 10.{{1,2}}.0.0/16", "10.{{1,2}}.0.0/16"),
        ("xargs -I{{}} {call} --RouteDest {{}}", "{{}}"),
    ],
)
def test_variable_that_is_not_known(text: str, written: str) -> None:
    assert dests(text.format(call=CALL)) == [LATER + written.format()]


def test_what_another_program_appends() -> None:
    assert dests(f"xargs -n1 {CALL} --RouteDest < x") == [f"{LATER}xargs"]
    assert dests(f"xargs {CALL} < x") == ["may be given by xargs"]


def test_variable_that_holds_several_words_may_hold_what_is_missing() -> None:
    assert dests(f'A="--RouteDest 10.1.0.0/16 --force"\n{CALL} $A') == ["may be given by $A"]


def test_array_of_arguments_may_hold_what_is_missing() -> None:
    reading = read('aliyun vpc CreateVcoRouteEntry "${ARGS[@]}" --RouteDest 10.1.0.0/16')
    reason = repr(Unknown("may be given by ${ARGS[@]}"))
    assert {name: repr(value) for name, value in fields(reading)[0].items()} == {
        "RouteDest": "'10.1.0.0/16'",
        "VpnConnectionId": reason,
        "NextHop": reason,
        "Weight": reason,
    }
    assert reading.records[0].fields["Weight"].location == at(1, 32, 44)
    assert reading.problems == []


def test_value_that_came_from_a_variable_is_not_literal() -> None:
    one = read(f"D=10.1.0.0/16\n{CALL} --RouteDest $D").records[0]
    assert one.fields["RouteDest"] == Value("10.1.0.0/16", at(2, 97, 99), False, False)
    assert one.fields["Weight"].literal


# -- the same unknown value -------------------------------------------------------------------------------


def test_same_variable_is_the_same_value() -> None:
    first, second = references(f'{CALL} --RouteDest $D\n{CALL} --RouteDest "${{D}}"')
    assert first == second == Reference("a.sh", "$D")


@pytest.mark.parametrize(
    "between",
    [
        "D=$(x)",
        "source x",
        "eval x",
        "read D",
        "(( D++ ))",
        "for D in a b; do x; done",
        "unset D",
        "y && D=$z",
    ],
)
def test_variable_that_is_set_between_is_another_value(between: str) -> None:
    first, second = references(f"{CALL} --RouteDest $D\n{between}\n{CALL} --RouteDest $D")
    assert first == Reference("a.sh", "$D")
    assert second is not None
    assert second.address.startswith("$D at line 2:")


def test_other_variable_that_is_set_between_changes_nothing() -> None:
    first, second = references(f"{CALL} --RouteDest $D\nE=1\n{CALL} --RouteDest $D")
    assert first == second


@pytest.mark.parametrize("written", ["$(uuidgen)", "`uuidgen`", "$RANDOM", "10.$RANDOM.0.0/16", "$?"])
def test_what_may_differ_each_time_has_no_identity(written: str) -> None:
    assert references(f"{CALL} --RouteDest {written}\n{CALL} --RouteDest {written}") == [None, None]


@pytest.mark.parametrize("written", ["$1", "$@", "${1}", "${D:-x}", "${!D}"])
def test_only_a_plain_variable_has_an_identity(written: str) -> None:
    assert references(f"{CALL} --RouteDest {written}\n{CALL} --RouteDest {written}") == [None, None]


def test_variable_in_a_function_that_is_set_below_it_is_another_value() -> None:
    first, second = references(f"{CALL} --RouteDest $D\nf() {{ {CALL} --RouteDest $D; }}\nread D\nf\n")
    assert first is not None
    assert first != second


# -- comments ---------------------------------------------------------------------------------------------


def test_remarks() -> None:
    text = (
        "#!/bin/sh\n"
        "#vcolint: ignore-file[VCO1] why  \n"
        f"{ROUTE} # noqa # vcolint: ignore[VCO106]\n"
        f"  {CALL} --RouteDest '# vcolint: no' --Description a#vcolint:no \"# vcolint: no\"\n"
        "cat <<X\n# vcolint: no\nX\n"
        "x=$(ls # vcolint: inner\n)\n"
        f"{ROUTE} `# vcolint: ignore[VCO1]` \\\n  --force"
    )
    assert read(text).remarks == [
        Remark("vcolint: ignore-file[VCO1] why", at(2, 2, 32)),
        Remark("vcolint: ignore[VCO106]", at(3, 118, 141)),
        Remark("vcolint: inner", at(8, 10, 24)),
        Remark("vcolint: ignore[VCO1]", at(10, 112, 133)),
    ]


# -- what is no script ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"ls 'x\n{ROUTE}", (2, 4)),
        (f'ls "x\n{ROUTE}', (2, 4)),
        (f"ls `x\n{ROUTE}", (2, 4)),
        (f"ls ${{x\n{ROUTE}", (2, 4)),
        (f"ls $(x\n{ROUTE}", (2, 4)),
        (f"ls (\n{ROUTE}", (2, 4)),
        (f"(( x\n{ROUTE}", (2, 2)),
        (f"{ROUTE} --Description 'x", (2, 123)),
        (f"A=('\r\nfunction ' {ROUTE}\n", (2, 3)),
    ],
)
def test_what_is_not_closed_cannot_be_read(text: str, place: tuple[int, int]) -> None:
    """Bash would read on to the end of the file, too."""
    source = Source("a.sh", f"{ROUTE} # vcolint: y\n{text}")
    with pytest.raises(SyntaxFault) as caught:
        shell.read(source)
    assert caught.value.message == "this quote or bracket is not closed"
    location = source.location(caught.value.start, caught.value.end)
    assert (location.line, location.column) == place


def test_deep_nesting() -> None:
    for text in ("$(" * 100_000, "(" * 100_000, "${" * 100_000, "{ " * 50_000, '"$(' * 50_000, "((" * 50_000):
        found = read_or_fault(f"{text}\n{ROUTE}\n")
        assert found.start < len(text) if isinstance(found, SyntaxFault) else len(found.records) <= 1


def test_text_that_doubles_is_not_known() -> None:
    assert dests("A=aa\n" + "A=$A$A\n" * 5 + f"{CALL} --RouteDest $A\n") == ["a" * 64]
    assert dests("A=aa\n" + "A=$A$A\n" * 100 + f"{CALL} --RouteDest $A\n") == [f"{LATER}$A"]


def test_many_braces() -> None:
    assert dests(f"{CALL} --RouteDest {{{',' * 100_000}") == ["{" + "," * 100_000]


def test_a_comment_in_backticks_of_many_escapes() -> None:
    comment = "`# " + "\\a" * 20_000
    assert fields(read(f"{ROUTE} {comment}` {comment}\n`")) == [KNOWN]


def test_variables_that_hold_many_words() -> None:
    text = f"A='{'a ' * 2_000}'\n{CALL} --RouteDest x {'$A ' * 20_000}"
    assert dests(text) == ["x"]


def test_long_script() -> None:
    text = "".join(f"D{i}=10.{i % 256}.0.0/16\n{CALL} --RouteDest $D{i}\n" for i in range(2_000))
    assert dests(text) == [f"10.{i % 256}.0.0/16" for i in range(2_000)]


TOKENS = st.sampled_from(
    [
        *"'\"`$(){}[];&|<>\\#=!*?~ \t\n",
        "$(",
        "${",
        "$((",
        "((",
        "))",
        "<<X\n",
        "<<-",
        "X\n",
        "&&",
        ";;",
        "in ",
        "if ",
        "then ",
        "fi\n",
        "for ",
        "do ",
        "done\n",
        "case ",
        "esac\n",
        "function ",
        "f() ",
        "A",
        "A=",
        "A=(",
        "1",
        f"{ROUTE}\n",
        "aliyun vpc CreateVcoRouteEntry",
        " --RouteDest",
        " --Weight",
        "# vcolint: x",
        "\r\n",
        "é",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(TOKENS, max_size=40))
def test_any_text_gives_a_reading(tokens: list[str]) -> None:
    text = "".join(tokens)
    reading = read_or_fault(text)
    if isinstance(reading, SyntaxFault):
        assert 0 <= reading.start < len(text)
        return
    lines = text.replace("\r\n", "\n").split("\n")
    places = [one.location for one in (*reading.records, *reading.problems, *reading.remarks)]
    places += [value.location for one in reading.records for value in one.fields.values()]
    for place in places:
        assert 1 <= place.line <= place.end_line <= len(lines)
        assert (place.line, place.column) <= (place.end_line, place.end_column)
    starts = [one.location[:3] for one in reading.records]
    assert len(set(starts)) == len(starts)


WORD = st.text(st.sampled_from("ab1./ $'\"\\*#;&|<>(){}~"), min_size=1, max_size=12)


@settings(max_examples=200, deadline=None)
@given(WORD, st.sampled_from(["VpnConnectionId", "RouteDest", "NextHop", "Description"]))
def test_quoted_by_shlex_it_comes_back_as_it_was(value: str, field: str) -> None:
    from shlex import quote

    reading = read(f"ls\naliyun vpc CreateVcoRouteEntry --{field} {quote(value)} --force\n")
    assert reading.column(field) == [value] or "${" in value or "{{" in value
    place = reading.records[0].fields[field].location
    assert (place.line, place.column) == (2, 35 + len(field))
    assert place.end_column == place.column + len(quote(value))


# -- what bash does ---------------------------------------------------------------------------------------

STEPS = st.sampled_from(
    [
        "D=1",
        "D=2; E=3",
        "E=$D",
        'E="x$D"',
        "export D=4",
        "D=5 true",
        "D='a b'",
        "D=",
        "D+=6",
        "if true; then D=7; USE; fi",
        "for D in 8 9; do USE; done",
        "for i in 1 2; do USE; D=10$i; done",
        "for i in 1 2; do USE; E=11; done",
        "f() { USE; D=12; }",
        "g() ( USE; E=13 )",
        "f() { local D=14; USE; }",
        "f; g",
        "unset D",
        "read D <<< 15",
        "printf -v D 16",
        "eval D=17",
        'let "D = 18"',
        "(( E = D + 1 ))",
        ": $(( E++ ))",
        ": ${D:=19}",
        "(D=20; USE)",
        "true && D=21",
        "false || D=22; USE",
        "D=$(USE; echo 23)",
        "X=$(USE)",
        "X=`USE`",
        "case $E in *) D=24; USE;; esac",
        "declare -u D=ab",
        "command eval E=25",
        "cat <<X\nD=26\nX",
        "set -- 27; D=$1",
        "D=(28 29)",
        "while read -r D; do USE; done <<X\n30\nX",
        "USE",
    ]
)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, min_size=2, max_size=8))
def test_a_known_value_is_the_one_that_bash_passes(steps: list[str]) -> None:
    number = count()
    call = 'aliyun vpc CreateVcoRouteEntry --Description call{} --RouteDest "$D" --NextHop=$E --Weight 0'
    text = "f() { :; }; g() { :; }\n" + "\n".join([*steps, "USE"])
    text = re.sub("USE", lambda _: call.format(next(number)), text)
    stub = 'aliyun() { printf "%s\\n" "$@" --end >&3; }\n'
    run = subprocess.run(
        ["bash", "-c", f"exec 3>&1 >/dev/null\n{stub}{text}"], capture_output=True, text=True, check=False
    )
    passed = run.stdout.split("--end\n")[:-1]
    assert passed
    read_calls = {one["Description"]: one for one in fields(read(text))}
    for arguments in passed:
        given_by = dict(itertools.pairwise(arguments.split("\n")))
        found = read_calls[given_by["--Description"]]
        assert isinstance(found["RouteDest"], Unknown) or found["RouteDest"] == given_by["--RouteDest"]
        hop = found.get("NextHop")
        assert isinstance(hop, Unknown) or f"--NextHop={hop or ''}" in given_by
