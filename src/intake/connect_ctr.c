/*
 * connect_ctr.c - contact records of Amazon Connect: the exported record (format 2017-03-10 and later) and the Contact
 * shape of DescribeContact. Records are delivered at least once and again after every change; LastUpdateTimestamp says
 * which is newest (admin guide, ctr-data-model).
 */
#include "intake/connect.h"

static bool is_described(const struct json *j)
{
    return json_get(j, "Id") != NULL && json_get(j, "Arn") != NULL && json_get(j, "InitiationMethod") != NULL &&
           json_get(j, "InitiationTimestamp") != NULL;
}

static bool ctr_recognise(const struct json *j)
{
    if (json_get(j, "AWSContactTraceRecordFormatVersion") != NULL || is_described(j))
        return true;
    bool record = json_get(j, "InstanceARN") != NULL && json_get(j, "InitiationTimestamp") != NULL;
    return record && json_get(j, "LastUpdateTimestamp") != NULL && json_get(j, "EventType") == NULL;
}

/* Name, else what the ARN ends in. Queue and agent are null in many records. */
static enum status name_or_arn(struct draft *d, const struct json *object, const char *name, const char *marker,
                               struct str *out, struct err *err)
{
    struct str arn;
    TRY(draft_object(d, object, &object, err));
    TRY(draft_text(d, member(object, name), out, err));
    if (out->n > 0)
        return OK;
    TRY(draft_text(d, member(object, "ARN"), &arn, err));
    *out = arn_part(arn, marker);
    return OK;
}

static enum status take_queue_and_agent(struct draft *d, const struct json *j, struct err *err)
{
    struct str name, id;
    TRY(name_or_arn(d, member(j, "Queue"), "Name", "/queue/", &name, err));
    draft_set(d, FACT_QUEUE, name);
    TRY(name_or_arn(d, member(j, "Agent"), "Username", "/agent/", &name, err));
    draft_set(d, FACT_AGENT, name);
    /* DescribeContact gives ids only. They are no newer than a name: version 0 gives way to the record's. */
    TRY(draft_text(d, json_path(j, "QueueInfo.Id"), &id, err));
    draft_set_at(d, FACT_QUEUE, id, 0);
    TRY(draft_text(d, json_path(j, "AgentInfo.Id"), &id, err));
    draft_set_at(d, FACT_AGENT, id, 0);
    return OK;
}

static enum status take_times(struct draft *d, const struct json *j, struct err *err)
{
    const struct json *initiated = member(j, "InitiationTimestamp");
    TRY(draft_take_time(d, FACT_STARTED, initiated, err));
    TRY(draft_take_time(d, FACT_CREATED, initiated, err));
    const struct json *agent = member(j, "Agent");
    if (agent == NULL)
        agent = member(j, "AgentInfo"); /* DescribeContact */
    TRY(connect_end(d, member(j, "DisconnectTimestamp"), agent, err));
    d->contact.live = !d->contact.facts.end_stated;
    return OK;
}

static enum status ctr_read(const struct json *document, const struct intake_context *context, struct arena *a,
                            struct intake_result *out, struct err *err)
{
    struct draft d;
    draft_init(&d, document, context, a);
    if (document->type != JSON_OBJECT)
        return FAIL(err, E_INVALID, "expected an object");
    bool described = is_described(document);
    int64_t version;
    TRY(draft_id(&d, document, described ? "Id" : "ContactId", err));
    TRY(connect_source(&d, document, described ? "Arn" : "InstanceARN", err));
    TRY(draft_time(&d, member(document, "LastUpdateTimestamp"), &version, NULL, err));
    d.version_ms = version != TIME_NONE ? version : 0;
    TRY(connect_links(&d, document, err));
    TRY(connect_channel(&d, document, err));
    TRY(take_times(&d, document, err));
    TRY(take_queue_and_agent(&d, document, err));
    TRY(connect_people(&d, document, err));
    TRY(connect_artefacts(&d, document, err));
    return draft_finish(&d, out, err);
}

const struct intake_format intake_connect_ctr = {
    .name = "connect-ctr",
    .help = "contact records of Amazon Connect, exported or as DescribeContact gives them",
    .shape = STREAM_JSON,
    .options = connect_options,
    .source_type = "amazon-connect",
    .recognise = ctr_recognise,
    .read = ctr_read,
    .check = connect_options_check,
};
