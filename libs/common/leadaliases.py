"""The names that columns have in exports of Salesforce, HubSpot, Pipedrive, Zoho, Odoo, ERPNext, Meta and our own, of
Jobber, Housecall Pro and ServiceTitan, of address books and web forms."""

#: field of a lead → its columns' names, lower case, letters and digits only
ALIASES: dict[str, str] = {
    "person_name": "personname fullname name contactname leadname customername yourname clientname contact customer "
    "displayname whatsyourname whatisyourname",
    "first_name": "firstname givenname forename namefirst",
    "last_name": "lastname surname familyname namelast",
    "company": "company companyname organization organizationname organisation partnername accountname account "
    "business",
    "phones": "phone phones phonenumber phonenumbers mobile mobilephone mobileno mobilenumber cell cellphone telephone "
    "tel personphone homephone workphone businessphone daytimephone otherphone contactnumber "
    "contactphonenumber whatsappnumber",
    "emails": "email emails emailaddress emailid mail emailfrom personemail workemail secondaryemail contactemail",
    "line1": "street streetaddress address address1 addressline addressline1 street1 streetline1",
    "line2": "street2 address2 addressline2 streetline2 apartment unit suite",
    "city": "city town",
    "region": "state stateregion region province stateidname stateprovince",
    "postal_code": "postalcode zip zipcode postcode zippostalcode",
    "country": "country countryidname countryregion",
    "channel": "channel leadorigin leadchannel origin howreceived",
    "source": "source leadsource originalsource sourceidname sourceid utmsource platform howdidyouhearaboutus",
    "campaign": "campaign campaignname utmcampaign campaignidname",
    "trade": "trade service servicetype",
    "request": "request description message comments notes note personnote dealtitle howcanwehelp whatdoyouneed "
    "enquiry inquiry whichservicedoyouneed jobdescription projectdescription subject opportunity summary "
    "requesttitle requestdetails callreason customernotes internalnotes whatcanwehelpyouwith howcanwehelpyou",
    "interest_level": "interestlevel interest rating leadrating temperature",
    "received_at": "receivedat createdtime createdat createdon createddate createdate created datecreated dateadded "
    "submittedat leadsubmittime entrydate leaddate requesteddate requestdate timestamp",
    "customer_type": "customertype propertytype",
    "do_not_contact": "donotcontact",
    "no_calls": "nocalls donotcall",
    "no_emails": "noemails donotemail emailoptout hasoptedoutofemail emailoptedout unsubscribed",
    "external_id": "id jid leadid prospectid externalid recordid leadno leadnumber bookingid bookingnumber requestid "
    "requestnumber entryid",
    #: known to us, of no field: kept beside the lead as they are
    "extra": "title website industry numberofemployees status leadstatus annualrevenue lifecyclestage contactowner "
    "leadowner owner converted dealvalue dealcurrencyofvalue dealpipeline dealstage dealowner personlabel "
    "type stageidname expectedrevenue probability tagidsname territory requesttype adid adname adsetid "
    "adsetname campaignid formid formname isorganic totalvisits totaltime pageviews specialization "
    "occupation",
}
FIELD_OF = {alias: field for field, aliases in ALIASES.items() for alias in aliases.split()}
#: a column that means something else beside another: Odoo's "name" is what is wanted, the person is in "contact_name"
BESIDE = {
    ("name", "contactname"): "request",
    ("name", "emailfrom"): "request",
    ("customer", "name"): "extra",
    ("displayname", "firstname"): "extra",
    ("state", "region"): "extra",  # as in our own lists: of the enquiry, not of its address
}
ADDRESS = ("line1", "line2", "city", "region", "postal_code", "country")
REACHED = ("phones", "emails")
_PERSON = (*REACHED, "first_name", "last_name")
#: what stands before a name, and of which fields it is then: "Customer Phone Number", "Main Phone #s"
BEFORE: dict[str, tuple[str, ...]] = {
    word: fields
    for words, fields in (
        ("customer client contact person lead user primary main your whatsyour whatisyour", _PERSON),
        ("home mobile cell work business company daytime evening other alt alternate secondary additional", REACHED),
    )
    for word in words.split()
}
#: what stands before the parts of an address, that of the work first; one counts where it has a street
PLACES = (
    *("service", "location", "property", "site", "jobsite"),
    *("", "address", "address1", "customer", "client", "primary"),
    *("billing", "mailing", "home", "work", "business", "company"),
)
