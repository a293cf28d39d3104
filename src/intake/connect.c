/* connect.c - the parts that Amazon Connect's documents share. */
#include "intake/connect.h"

#include "intake/subjects.h"

const struct option connect_options[] = {
    SUBJECTS_OPTION,
    {.name = "detail_types",
     .type = OPT_LIST,
     .help = "EventBridge detail-types of contact events, '*' matches anything; default \"Amazon Connect Contact "
             "Event*\"."},
    {.name = NULL},
};

void connect_options_check(const struct options *options, struct problems *p)
{
    subjects_check(options, p);
}

struct str arn_part(struct str arn, const char *marker)
{
    struct str m = str_of(marker), head, tail;
    const char *at = arn.n > 0 ? memmem(arn.p, arn.n, m.p, m.n) : NULL;
    if (at == NULL)
        return STR_NONE;
    struct str part = {at + m.n, arn.n - (size_t)(at - arn.p) - m.n};
    if (str_split(part, '/', &head, &tail))
        part = head;
    return part.n > 0 ? part : STR_NONE;
}

enum status connect_source(struct draft *d, const struct json *object, const char *name, struct err *err)
{
    struct str arn;
    TRY(draft_text(d, member(object, name), &arn, err));
    struct str instance = arn_part(arn, ":instance/");
    bool bare = !str_starts(arn, STR("arn:"));
    d->contact.source = instance.n > 0 || !bare ? instance : arn;
    return OK;
}

/* WhatsApp and SMS arrive as channel CHAT; only the subtype tells. The key is spelled ValueString and valueString. */
static enum status subtype_of(struct draft *d, const struct json *contact, struct str *out, struct err *err)
{
    const struct json *all, *one;
    *out = STR_NONE;
    TRY(draft_object(d, member(contact, "SegmentAttributes"), &all, err));
    one = member(all, "connect:Subtype");
    if (one != NULL && one->type == JSON_OBJECT)
        one = member(one, "ValueString");
    return draft_text(d, one, out, err);
}

enum status connect_channel(struct draft *d, const struct json *contact, struct err *err)
{
    struct str channel, subtype, method;
    TRY(draft_text(d, member(contact, "Channel"), &channel, err));
    TRY(draft_lower(d, channel, &channel, err));
    TRY(subtype_of(d, contact, &subtype, err));
    if (str_eq_nocase(subtype, STR("connect:SMS")))
        channel = STR("sms");
    else if (str_eq_nocase(subtype, STR("connect:WhatsApp")))
        channel = STR("whatsapp");
    draft_set(d, FACT_CHANNEL, channel);
    TRY(draft_text(d, member(contact, "InitiationMethod"), &method, err));
    TRY(draft_lower(d, method, &method, err));
    draft_set(d, FACT_DIRECTION, method);
    return OK;
}

/* Recordings and notes are written until the after-contact work is over. A contact that is not disconnected has not
 * ended, whatever its agent's work says. */
enum status connect_end(struct draft *d, const struct json *disconnected, const struct json *agent, struct err *err)
{
    int64_t end, worked;
    bool doubt = false;
    TRY(draft_time(d, disconnected, &end, &doubt, err));
    TRY(draft_time(d, member(agent, "AfterContactWorkEndTimestamp"), &worked, NULL, err));
    draft_end_given(d, disconnected);
    draft_set_end(d, end != TIME_NONE && worked > end ? worked : end, doubt);
    return OK;
}

enum status connect_links(struct draft *d, const struct json *contact, struct err *err)
{
    static const char *const related[] = {"PreviousContactId", "NextContactId", "RelatedContactId"};
    struct str id;
    TRY(draft_text(d, member(contact, "InitialContactId"), &id, err));
    if (id.n > ID_BYTES_MAX)
        return draft_wrong(d, member(contact, "InitialContactId"), "the id is longer than 256 bytes", err);
    draft_set(d, FACT_INITIAL, id);
    for (size_t i = 0; i < ARRAY_LEN(related); i++) {
        TRY(draft_text(d, member(contact, related[i]), &id, err));
        TRY(draft_related(d, id, err));
    }
    const struct json *list;
    TRY(draft_array(d, member(contact, "NextContacts"), &list, err)); /* DescribeContact names several */
    for (const struct json *next = list != NULL ? list->first : NULL; next != NULL; next = next->next) {
        TRY(draft_text(d, member(next, "ContactId"), &id, err));
        TRY(draft_related(d, id, err));
    }
    return OK;
}

static enum status take_endpoint(struct draft *d, const struct json *endpoint, struct err *err)
{
    struct str type, address;
    TRY(draft_object(d, endpoint, &endpoint, err));
    TRY(draft_text(d, member(endpoint, "Type"), &type, err));
    TRY(draft_text(d, member(endpoint, "Address"), &address, err));
    if (str_eq_nocase(type, STR("TELEPHONE_NUMBER")))
        return draft_identifier(d, SUBJECT_PHONE, address, NULL, err);
    if (str_eq_nocase(type, STR("EMAIL_ADDRESS")))
        return draft_identifier(d, SUBJECT_EMAIL, address, NULL, err);
    return OK; /* a VoIP or flow endpoint is no person's address */
}

static enum status take_recipients(struct draft *d, const struct json *contact, struct err *err)
{
    static const char *const lists[] = {"ToList", "CcList"};
    const struct json *recipients, *list;
    TRY(draft_object(d, member(contact, "AdditionalEmailRecipients"), &recipients, err));
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        TRY(draft_array(d, member(recipients, lists[i]), &list, err));
        for (const struct json *one = list != NULL ? list->first : NULL; one != NULL; one = one->next) {
            struct str address;
            TRY(draft_text(d, member(one, "Address"), &address, err));
            TRY(draft_identifier(d, SUBJECT_EMAIL, address, NULL, err));
        }
    }
    return OK;
}

/* Names and values that a task was created with; values that are objects describe the flow, not the contact. */
static enum status take_details(struct draft *d, const struct json *contact, struct err *err)
{
    const struct json *details;
    TRY(draft_object(d, member(contact, "ContactDetails"), &details, err));
    for (const struct json *m = details != NULL ? details->first : NULL; m != NULL; m = m->next) {
        struct str value;
        if (m->type == JSON_OBJECT || m->type == JSON_ARRAY)
            continue;
        TRY(draft_scalar(d, m, &value, err));
        struct str name = arena_fmt(d->a, "ContactDetails.%.*s", STR_ARG(m->key));
        if (name.p == NULL)
            return ARENA_FULL(err, d->a);
        TRY(draft_attribute(d, name, value, err));
    }
    return OK;
}

enum status connect_people(struct draft *d, const struct json *contact, struct err *err)
{
    const struct json *attributes;
    struct str customer;
    TRY(draft_object(d, member(contact, "Attributes"), &attributes, err));
    if (attributes != NULL)
        TRY(draft_attributes(d, attributes, err));
    TRY(take_details(d, contact, err));
    if (attributes != NULL || d->contact.facts.attributes_n > 0)
        draft_carried(d, FACT_ATTRIBUTES);
    TRY(draft_text(d, member(contact, "CustomerId"), &customer, err));
    TRY(draft_identifier(d, SUBJECT_CUSTOMER_ID, customer, NULL, err));
    TRY(take_endpoint(d, member(contact, "CustomerEndpoint"), err));
    TRY(take_recipients(d, contact, err));
    return subjects_from_attributes(d, err);
}
