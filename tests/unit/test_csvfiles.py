"""A CSV of unknown origin is read as its writer meant it, or refused so that the user knows what to do."""

import csv
from io import BytesIO, StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common import csvrecords
from libs.common.csvfiles import BadRow, CsvFile, Row, Unreadable, read_csv, safe_cell


def rows(data: str | bytes, encoding: str = "utf-8") -> list[Row | BadRow]:
    return list(read(data, encoding))


def read(data: str | bytes, encoding: str = "utf-8") -> CsvFile:
    return read_csv(BytesIO(data.encode(encoding) if isinstance(data, str) else data))


ROSA = {"name": "Rosa Peña", "phone": "615 555 0100"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encoding_delimiter_and_line_ends_are_found(encoding: str, delimiter: str, end: str) -> None:
    text = end.join([f"name{delimiter}phone", f"Rosa Peña{delimiter}615 555 0100", ""])

    assert rows(text, encoding) == [Row(2, ROSA)]


def test_the_quotes_and_dashes_of_windows_are_no_letters_of_another_system() -> None:
    told = "O’Brien – “Žofia” — Škoda, Hawai’i, 5”x7”, Mon–Fri, café…"

    assert rows(f"name;x\n{told};1\n".encode("cp1252")) == [Row(2, {"name": told, "x": "1"})]


def test_excels_own_first_line_names_the_delimiter() -> None:
    assert rows("sep=;\nname;phone\nRosa Peña;615 555 0100") == [Row(3, ROSA)]


def test_quotes_keep_delimiters_line_ends_and_quotes() -> None:
    text = 'name,request\n"Peña, Rosa","Heat pump\r\n""the big one"""\nBo,\n'

    assert rows(text) == [
        Row(2, {"name": "Peña, Rosa", "request": 'Heat pump\r\n"the big one"'}),
        Row(4, {"name": "Bo", "request": ""}),
    ]


def test_delimiters_in_a_quoted_column_name_are_not_counted() -> None:
    assert read('"Name, first; last";Phone\nRosa;1\n').columns == ("Name, first; last", "Phone")


def test_lines_that_are_not_right_are_named_and_the_others_read() -> None:
    text = 'a,b\n1,2\n3\n4,5,6\n"7,8\n9,10\n11,"1"2\n12,\x00\n\n,\n13,14,,\n'

    assert rows(text) == [
        Row(2, {"a": "1", "b": "2"}),
        BadRow(3, "has 1 cells where the header has 2"),
        BadRow(4, "has 3 cells where the header has 2"),
        BadRow(5, "',' expected after '\"'"),
        Row(6, {"a": "9", "b": "10"}),
        BadRow(7, "',' expected after '\"'"),
        BadRow(8, "has characters that are no text in b"),
        Row(11, {"a": "13", "b": "14"}),
    ]


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    sound = [f"{number},x" for number in range(500)]

    found = rows("\n".join(["a,b", '"open,x', *sound, '"open at the end,x']))

    assert [one for one in found if isinstance(one, BadRow)] == [
        BadRow(2, "a quote is opened and never closed"),
        BadRow(503, "a quote is opened and never closed"),
    ]
    assert [one.values["a"] for one in found if isinstance(one, Row)] == [str(number) for number in range(500)]


def test_a_broken_byte_in_a_file_that_is_utf8_costs_its_own_row() -> None:
    data = "name\nRosa Peña\n".encode() + b"Ren\xe9\n" + "Jürgen\n".encode()

    assert rows(data) == [
        Row(2, {"name": "Rosa Peña"}),
        BadRow(3, "has characters that are no text in name"),
        Row(4, {"name": "Jürgen"}),
    ]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\r\n \n\n", "empty"),
        (b"PK\x03\x04\x14\x00\x06\x00", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\xff\xfe\x00\x00a\x00\x00\x00", "UTF-32"),
        (b"\n <!DOCTYPE html><table>", "web page"),
        ("<table><tr>".encode("utf-16"), "web page"),
        (b'[{"name": "Rosa"}]', "JSON"),
        (b'{\n  "name": "Rosa"\n}\n', "JSON"),
        ("name\nRosé\n".encode("mac_roman"), "Macintosh"),
        ("name\nZoë\n".encode("mac_roman"), "Macintosh"),
        ("name\nBärbel\n".encode("cp437"), "DOS"),
        (b"name\n\x81\x8d\x8f\n", "not text"),
        ("name,phone\n".encode("utf-16") + b"\x00", "not text"),
        (b"name,,phone\n", "Column 2 has no name"),
        (b"name,Phone,phone \n", "phone is there twice"),
        (b"Rosa,rosa@pena.example\n", "first line holds data"),
        (b"Rosa,(615) 555-0100\n", "first line holds data"),
        (b'"name,phone\nRosa,1\n', "header cannot be read"),
        (b"na\x00me,phone\n", "not text"),
    ],
)
def test_what_is_no_csv_is_refused_in_plain_words(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read(data)


def test_more_rows_than_agreed_are_refused_before_the_first_is_used() -> None:
    with pytest.raises(Unreadable, match="more than 3 rows"):
        read_csv(BytesIO(b"a\n1\n2\n3\n4\n"), most_rows=3)


@pytest.mark.parametrize("blank", [b"\n", b"\r\n", b" \t\n", b",,\n"])
def test_blank_lines_are_passed_and_not_taken_apart_however_many_there_are(
    blank: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_apart = list[int]()
    reader = csv.reader
    monkeypatch.setattr(csvrecords.csv, "reader", lambda *a, **b: (taken_apart.append(1), reader(*a, **b))[1])

    assert list(read_csv(BytesIO(b"name,phone\n" + blank * 1000 + b"Ann,1\n"), most_rows=10)) == [
        Row(1002, {"name": "Ann", "phone": "1"})
    ]
    assert len(taken_apart) == 4, "the header and the row, once to be counted and once to be read"


def test_rows_are_counted_no_further_than_they_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    taken_apart = list[int]()
    reader = csv.reader
    monkeypatch.setattr(csvrecords.csv, "reader", lambda *a, **b: (taken_apart.append(1), reader(*a, **b))[1])

    with pytest.raises(Unreadable, match="more than 3 rows"):
        read_csv(BytesIO(b"a\n" + b"1\n" * 1000), most_rows=3)
    assert len(taken_apart) == 5


def test_lines_in_quotes_are_no_rows() -> None:
    three = b'a\n"1\n\n\n"\n2\n3\n'

    assert len(list(read_csv(BytesIO(three), most_rows=3))) == 3


def test_a_file_without_rows_has_columns_still() -> None:
    assert read("name,phone\n").columns == ("name", "phone")
    assert rows("name,phone\n") == []


def test_columns_that_only_excel_saw_are_left_out() -> None:
    assert rows("name,phone,,\nRosa Peña,615 555 0100,,\n") == [Row(2, ROSA)]


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_spreadsheet_runs_what_a_customer_typed(start: str) -> None:
    assert safe_cell(start) == f"'{start}"
    assert safe_cell(f"a{start}") == f"a{start}"


@given(st.binary(max_size=300) | st.text(alphabet='a,";\n\r\t \x00é', max_size=80).map(str.encode))
def test_whatever_the_bytes_are_they_are_read_or_refused(data: bytes) -> None:
    try:
        found = rows(data)
    except Unreadable:
        return
    lines = [one.line for one in found]
    assert lines == sorted(set(lines))


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('",;\t\r\n'), max_size=12)


@given(st.lists(st.tuples(cells, cells.filter(str.strip)), max_size=8), st.sampled_from([",", ";", "\t"]))
def test_what_a_csv_writer_wrote_is_read_again(table: list[tuple[str, str]], delimiter: str) -> None:
    text = StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([("one", "two"), *table])

    assert [list(row.values.values()) for row in rows(text.getvalue()) if isinstance(row, Row)] == [
        list(pair) for pair in table
    ]
