"""The names that columns have in exports of Salesforce, HubSpot, Pipedrive, Zoho, Odoo, ERPNext, Meta and our own."""

#: field of a lead → its columns' names, lower case, letters and digits only
ALIASES: dict[str, str] = {
    "person_name": "personname fullname name contactname leadname customername yourname clientname contact customer",
    "first_name": "firstname givenname forename",
    "last_name": "lastname surname familyname",
    "company": "company companyname organization organizationname organisation partnername accountname account "
    "business",
    "phones": "phone phones phonenumber mobile mobilephone mobileno mobilenumber cell cellphone telephone tel "
    "personphone homephone workphone businessphone daytimephone otherphone contactnumber "
    "contactphonenumber whatsappnumber",
    "emails": "email emails emailaddress mail emailfrom personemail workemail secondaryemail contactemail",
    "line1": "street streetaddress address address1 addressline addressline1 street1 mailingstreet serviceaddress",
    "line2": "street2 address2 addressline2 apartment unit suite",
    "city": "city town mailingcity",
    "region": "state stateregion region province stateidname stateprovince mailingstate",
    "postal_code": "postalcode zip zipcode postcode zippostalcode mailingpostalcode",
    "country": "country countryidname countryregion",
    "channel": "channel leadorigin leadchannel origin howreceived",
    "source": "source leadsource originalsource sourceidname sourceid utmsource platform howdidyouhearaboutus",
    "campaign": "campaign campaignname utmcampaign campaignidname",
    "trade": "trade service servicetype",
    "request": "request description message comments notes note personnote dealtitle howcanwehelp whatdoyouneed "
    "enquiry inquiry whichservicedoyouneed jobdescription projectdescription subject",
    "interest_level": "interestlevel interest rating leadrating temperature",
    "received_at": "receivedat createdtime createdat createddate createdate created datecreated submittedat timestamp",
    "customer_type": "customertype propertytype",
    "external_id": "id leadid prospectid externalid recordid leadno",
    #: known to us, of no field: kept beside the lead as they are
    "extra": "title website industry numberofemployees status leadstatus annualrevenue lifecyclestage contactowner "
    "leadowner owner converted dealvalue dealcurrencyofvalue dealpipeline dealstage dealowner personlabel "
    "type stageidname expectedrevenue probability tagidsname territory requesttype adid adname adsetid "
    "adsetname campaignid formid formname isorganic totalvisits totaltime pageviews specialization "
    "occupation",
}
FIELD_OF = {alias: field for field, aliases in ALIASES.items() for alias in aliases.split()}
#: a column that means something else beside another: Odoo's "name" is what is wanted, the person is in "contact_name"
BESIDE = {("name", "contactname"): "request", ("name", "emailfrom"): "request", ("customer", "name"): "extra"}
