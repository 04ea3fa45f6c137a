"""What the cells of other programs' exports become, and that none of them is lost (R1)."""

import pytest

from libs.common.leadcolumns import as_lead, mapping


def lead(**row: str) -> dict[str, object]:
    return as_lead(row, mapping(list(row)))


@pytest.mark.parametrize(
    ("said", "ours"),
    [("AC Repair", "hvac"), ("Drain cleaning", "plumbing"), ("Gutters", "gutters"), ("roof ac", "roof_ac")],
)
def test_a_service_is_of_the_trade_that_its_words_speak_of_and_is_kept_as_it_was(said: str, ours: str) -> None:
    found = lead(name="Rosa", service=said)

    assert (found["trade"], found["extra"]) == (ours, {"service": said})


def test_who_has_a_customer_and_a_contact_is_called_by_the_contact_and_loses_neither() -> None:
    assert lead(Customer="Peña LLC", Contact="Rosa Peña", Source="Radio", **{"Lead Source": "Angi"}) == {
        "person_name": "Rosa Peña",
        "source": "radio",
        "channel": "import",
        "extra": {"Customer": "Peña LLC", "Lead Source": "Angi"},
    }


def test_an_address_is_of_one_place_and_that_of_the_bill_where_a_row_has_no_other() -> None:
    columns = ("name", "Billing Street", "Billing City", "Service Street", "Service City", "Service State")
    mapped = mapping(columns)
    billed = dict(zip(columns, ("Rosa", "PO Box 7", "Memphis", "", "Nashville", "TN"), strict=True))

    found = as_lead(billed, mapped)

    assert found["address"] == {"line1": "PO Box 7", "city": "Memphis"}
    assert found["extra"] == {"Service City": "Nashville", "Service State": "TN"}
    assert mapping(("name", "Service State")).unknown == ["Service State"]  # of no address: it may be anything


def test_what_the_user_says_of_a_column_goes_before_what_its_neighbour_is_called() -> None:
    row = {"name": "Rosa", "Street": "1 A St", "Job at": "2 B St", "Zip": "37201"}

    found = as_lead(row, mapping(list(row), {"Job at": "line1"}))

    assert (found["address"], found["extra"]) == ({"line1": "2 B St", "postal_code": "37201"}, {"Street": "1 A St"})


@pytest.mark.parametrize(
    ("typed", "country", "code"),
    [("2134", "", "02134"), ("2134-1234", "", "02134-1234"), ("2134", "AU", "2134"), ("37201", "", "37201")],
)
def test_a_zip_code_has_the_zeros_that_a_spreadsheet_took_from_it(typed: str, country: str, code: str) -> None:
    found = lead(name="Rosa", zip=typed, country=country)

    assert found["address"] == {"postal_code": code} | ({"country": country} if country else {})


def test_who_is_not_to_be_called_is_not_called_after_they_were_imported() -> None:
    told = lead(name="Rosa", **{"Do Not Call": "Yes", "Email Opt Out": "FALSE"})
    assert told == {"person_name": "Rosa", "channel": "import", "consent": {"phone": False}}
    assert lead(name="Rosa", **{"Do not contact": "x"})["do_not_contact"] is True
    assert lead(name="Rosa", **{"Do Not Call": "before nine"})["extra"] == {"Do Not Call": "before nine"}


def test_a_cell_of_numbers_and_addresses_gives_each_and_none_for_what_stands_for_none() -> None:
    assert lead(
        name="Rosa", phone="615.555.0101 / 615.555.0102 or 615.555.0103", email="Rosa <a@b.example>, Bo <c@d.example>"
    ) == {
        "person_name": "Rosa",
        "channel": "import",
        "phones": ["615.555.0101", "615.555.0102", "615.555.0103"],
        "emails": ["a@b.example", "c@d.example"],
    }
    assert lead(name="Rosa", phone="none", email="mailto:a@b.example")["emails"] == ["a@b.example"]
    assert "phones" not in lead(name="Rosa", phone="none")
