"""Other programs' exports become leads without hand work, and what has no place is kept and told (R1)."""

from zoneinfo import ZoneInfo

import pytest

from libs.common.errors import Invalid
from libs.common.leadaliases import ALIASES, FIELD_OF
from libs.common.leadcolumns import as_lead, mapping
from libs.common.leadvalues import Where


def lead(**row: str) -> dict[str, object]:
    return as_lead(row, mapping(list(row)))


EXPORTS = {  # a shortened row as each program writes it → the lead it means
    "Salesforce": (
        {
            "FirstName": "Rosa",
            "LastName": "Peña",
            "Phone": "615 555 0100",
            "MobilePhone": "",
            "Company": "Peña Bakery",
            "Street": "12 Elm St",
            "State": "TN",
            "PostalCode": "37201",
            "LeadSource": "Web",
            "Rating": "Hot",
            "Title": "Owner",
        },
        {
            "person_name": "Rosa Peña",
            "company": "Peña Bakery",
            "phones": ["615 555 0100"],
            "source": "web",
            "address": {"line1": "12 Elm St", "region": "TN", "postal_code": "37201"},
            "channel": "import",
            "interest_level": "high",
            "extra": {"Title": "Owner"},
        },
    ),
    "HubSpot": (
        {
            "First Name": "Rosa",
            "Last Name": "Peña",
            "Phone Number": "1",
            "State/Region": "TN",
            "Original Source": "Organic Search",
        },
        {
            "person_name": "Rosa Peña",
            "phones": ["1"],
            "address": {"region": "TN"},
            "channel": "import",
            "source": "organic search",
        },
    ),
    "Pipedrive": (
        {
            "Person - Name": "Rosa Peña",
            "Person - Email": "a@b.example, c@d.example",
            "Deal - Title": "Heat pump",
            "Person - Note": "Soon",
        },
        {
            "person_name": "Rosa Peña",
            "emails": ["a@b.example", "c@d.example"],
            "request": "Heat pump\nSoon",
            "channel": "import",
        },
    ),
    "Odoo": (
        {
            "name": "Heat pump",
            "contact_name": "Rosa Peña",
            "street": "12 Elm St",
            "street2": "Unit 4",
            "country_id/name": "United States",
        },
        {
            "person_name": "Rosa Peña",
            "request": "Heat pump",
            "channel": "import",
            "address": {"line1": "12 Elm St, Unit 4", "country": "US"},
        },
    ),
    "ERPNext": (
        {"ID": "CRM-1", "Full Name": "Rosa Peña", "Mobile No": "1", "Phone": "2", "Lead Owner": "bo@b.example"},
        {
            "external_id": "CRM-1",
            "person_name": "Rosa Peña",
            "phones": ["1", "2"],
            "channel": "import",
            "extra": {"Lead Owner": "bo@b.example"},
        },
    ),
    "Meta": (
        {
            "id": "l:1",
            "created_time": "2026-01-01T00:15:00-06:00",
            "campaign_name": "HVAC",
            "platform": "fb",
            "ad_id": "ag:2",
            "which_service_do_you_need?": "ac_repair",
            "full_name": "Rosa Peña",
            "phone_number": "p:+16155550100",
        },
        {
            "external_id": "l:1",
            "received_at": "2026-01-01T00:15:00-06:00",
            "campaign": "HVAC",
            "source": "facebook",
            "request": "ac_repair",
            "person_name": "Rosa Peña",
            "phones": ["+16155550100"],
            "channel": "import",
            "extra": {"ad_id": "ag:2"},
        },
    ),
    "Jobber": (
        {
            "J-ID": "1001",
            "Display Name": "Rosa Peña",
            "First Name": "Rosa",
            "Last Name": "Peña",
            "Main Phone #s": "615 555 0100",
            "Mobile Phone #s": "615 555 0101",
            "E-mails": "a@b.example",
            "Service Street 1": "12 Elm St",
            "Service City": "Nashville",
            "Service Zip code": "37201",
            "Billing Street 1": "PO Box 7",
            "Billing City": "Memphis",
            "Created Date": "Nov 30, 2026",
        },
        {
            "external_id": "1001",
            "person_name": "Rosa Peña",
            "phones": ["615 555 0100", "615 555 0101"],
            "emails": ["a@b.example"],
            "address": {"line1": "12 Elm St", "city": "Nashville", "postal_code": "37201"},
            "received_at": "2026-11-30T00:00:00+00:00",
            "channel": "import",
            "extra": {"Display Name": "Rosa Peña", "Billing Street 1": "PO Box 7", "Billing City": "Memphis"},
        },
    ),
    "ServiceTitan": (
        {
            "Lead Number": "77",
            "Customer Name": "Rosa Peña",
            "Customer Phone Number": "615 555 0100",
            "Customer Email": "a@b.example",
            "Location Address": "12 Elm St",
            "Location Zip": "37201",
            "Summary": "No heat",
            "Created On": "11/30/2026 3:15:22 PM",
        },
        {
            "external_id": "77",
            "person_name": "Rosa Peña",
            "phones": ["615 555 0100"],
            "emails": ["a@b.example"],
            "address": {"line1": "12 Elm St", "postal_code": "37201"},
            "request": "No heat",
            "received_at": "2026-11-30T15:15:22+00:00",
            "channel": "import",
        },
    ),
    "Housecall Pro": (
        {
            "First Name": "Rosa",
            "Last Name": "Peña",
            "Additional Emails": "a@b.example",
            "Address_1 Street Line 1": "12 Elm St",
            "Address_1 Postal Code": "37201",
        },
        {
            "person_name": "Rosa Peña",
            "emails": ["a@b.example"],
            "address": {"line1": "12 Elm St", "postal_code": "37201"},
            "channel": "import",
        },
    ),
    "a book of addresses": (
        {
            "Given Name": "Rosa",
            "E-mail 1 - Value": "a@b.example",
            "Phone 1 - Value": "615 555 0100",
        },
        {
            "person_name": "Rosa",
            "emails": ["a@b.example"],
            "phones": ["615 555 0100"],
            "channel": "import",
        },
    ),
    "a list of requests": (
        {"Request #": "4411", "Client name": "Rosa", "Client phone": "615 555 0100", "Request details": "No heat"},
        {
            "external_id": "4411",
            "person_name": "Rosa",
            "phones": ["615 555 0100"],
            "request": "No heat",
            "channel": "import",
        },
    ),
    "a web form that asks for no name": (
        {
            "ProspectID": "1de8",
            "LeadOrigin": "Landing Page Submission",
            "LeadSource": "Google",
            "TotalVisits": "3",
            "Specialization": "Select",
        },
        {
            "external_id": "1de8",
            "person_name": "Enquiry 1de8",
            "channel": "web",
            "source": "google",
            "extra": {"TotalVisits": "3"},
        },
    ),
}


@pytest.mark.parametrize("program", EXPORTS)
def test_an_export_needs_no_hand_work(program: str) -> None:
    row, meant = EXPORTS[program]

    assert mapping(list(row)).unknown == []
    assert lead(**row) == meant


def test_our_own_field_names_are_understood() -> None:
    assert {FIELD_OF[field.replace("_", "")] for field in ALIASES if field not in ("line1", "line2", "extra")} == {
        field for field in ALIASES if field not in ("line1", "line2", "extra")
    }


def test_no_name_stands_for_two_fields() -> None:
    assert sum(len(aliases.split()) for aliases in ALIASES.values()) == len(FIELD_OF)


def test_a_column_nobody_knows_is_told_and_its_cells_are_kept() -> None:
    columns = mapping(["Name", "Shoe size"])

    assert columns.unknown == ["Shoe size"]
    assert as_lead({"Name": "Rosa", "Shoe size": "38"}, columns)["extra"] == {"Shoe size": "38"}


def test_the_users_own_map_wins() -> None:
    columns = mapping(["Who", "Name", "Notes"], {"Who": "person_name", "Name": "company", "Notes": "extra"})

    assert as_lead({"Who": "Rosa", "Name": "Peña Bakery", "Notes": "x"}, columns) == {
        "person_name": "Rosa",
        "company": "Peña Bakery",
        "channel": "import",
        "extra": {"Notes": "x"},
    }


def test_a_map_that_cannot_be_meant_is_refused_with_every_fault() -> None:
    with pytest.raises(Invalid) as refusal:
        mapping(["Name"], {"Nome": "person_name", "Name": "shoe_size"})

    assert [fault.pointer for fault in refusal.value.errors] == ["/Nome", "/Name"]


def test_a_list_of_something_else_is_refused() -> None:
    with pytest.raises(Invalid, match="tells whose enquiry it is") as refused:
        mapping(["sku", "price"])
    assert [fault.pointer for fault in refused.value.errors] == ["/file"]


@pytest.mark.parametrize("nothing", ["", "  ", "Select", "UNKNOWN", "N/A", "[not provided]"])
def test_what_web_forms_write_for_nothing_is_nothing(nothing: str) -> None:
    assert lead(name="Rosa", source=nothing, shoe_size=nothing) == {"person_name": "Rosa", "channel": "import"}


def test_a_name_is_never_taken_for_nothing() -> None:
    assert lead(name="Unknown")["person_name"] == "Unknown"


def test_a_row_without_a_name_stays_without_where_the_file_has_names() -> None:
    assert "person_name" not in lead(id="7", name="", email="a@b.example")


@pytest.mark.parametrize(
    ("word", "ours"),
    [("Phone call", "phone"), ("Walk-In", "walk_in"), ("E-mail", "email"), ("Lead Import", "import"), ("API", "api")],
)
def test_channels_are_ours(word: str, ours: str) -> None:
    found = lead(name="Rosa", channel=word)

    assert (found["channel"], found.get("extra")) == (ours, None)


def test_a_channel_or_level_we_have_no_word_for_is_kept_as_it_was() -> None:
    assert lead(name="Rosa", channel="Fax", interest_level="7") == {
        "person_name": "Rosa",
        "channel": "import",
        "extra": {"channel": "Fax", "interest_level": "7"},
    }


def test_a_country_we_have_no_code_for_is_kept_and_costs_nobody_the_row() -> None:
    assert lead(name="Rosa", city="Graz", country="Österreich") == {
        "person_name": "Rosa",
        "channel": "import",
        "address": {"city": "Graz"},
        "extra": {"country": "Österreich"},
    }
    assert lead(name="Rosa", city="Graz", country="at")["address"] == {"city": "Graz", "country": "AT"}


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2026-03-02T09:30:00Z", "2026-03-02T09:30:00+00:00"),
        ("2026-03-02 09:30", "2026-03-02T09:30:00-06:00"),
        ("3/2/2026 2:05 PM", "2026-03-02T14:05:00-06:00"),
        ("3/2/2026, 2:05:09pm", "2026-03-02T14:05:09-06:00"),
        ("3/2/26 14:05", "2026-03-02T14:05:00-06:00"),
        ("Mar 2, 2026", "2026-03-02T00:00:00-06:00"),
        ("02-Mar-2026", "2026-03-02T00:00:00-06:00"),
        ("Mon, 2 March 2026 14:05", "2026-03-02T14:05:00-06:00"),
        ("2026-03-02 14:05:00 UTC", "2026-03-02T14:05:00+00:00"),
        ("2026-03-02 14:05:00 -0600", "2026-03-02T14:05:00-06:00"),
        ("2026-03-02 2:05 PM", "2026-03-02T14:05:00-06:00"),
        ("1772460300", "2026-03-02T14:05:00+00:00"),
        ("1772460300000", "2026-03-02T14:05:00+00:00"),
        ("soon", "soon"),
    ],
)
def test_times_get_the_branchs_zone_and_nonsense_stays_for_the_lead_to_refuse(typed: str, instant: str) -> None:
    row = {"name": "Rosa", "received_at": typed}

    assert as_lead(row, mapping(list(row)), lambda _: Where(ZoneInfo("America/Chicago")))["received_at"] == instant


def test_several_phones_in_a_cell_are_several_and_an_extension_is_none() -> None:
    assert lead(name="Rosa", phone="615 555 0100; '+16155550101, 615 555 0100", mobile="615 555 0102, ext. 7") == {
        "person_name": "Rosa",
        "channel": "import",
        "phones": ["615 555 0100", "+16155550101", "615 555 0102, ext. 7"],
    }


def test_trades_and_customer_types_are_codes() -> None:
    found = lead(name="Rosa", trade="Heating & Cooling", customer_type="Light Commercial")

    assert (found["trade"], found["fit"]) == ("hvac", {"customer_type": "light_commercial"})
