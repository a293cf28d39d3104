/* subjects.c - attributes that identify a person. */
#include "intake/subjects.h"

static const struct yaml *node_of(const struct options *options)
{
    const struct yaml *node = options != NULL ? option_of(options, "subjects")->node : NULL;
    return node != NULL && node->type == YAML_MAP ? node : NULL;
}

void subjects_check(const struct options *options, struct problems *p)
{
    const struct yaml *node = option_of(options, "subjects")->node;
    if (node == NULL || !yaml_expect(node, YAML_MAP, p))
        return;
    for (const struct yaml *y = node->first; y != NULL; y = y->next) {
        enum subject_type type;
        struct str text;
        if (yaml_string(y, p, &text) && !subject_type_parse(text, &type))
            problem_at(p, y, "'%.*s' is no kind of identifier; choose one of: phone, email, customer_id, external_id, "
                       "social_id", STR_ARG(text));
    }
}

bool subjects_type(const struct options *options, struct str name, enum subject_type *out)
{
    const struct yaml *node = node_of(options);
    for (const struct yaml *y = node != NULL ? node->first : NULL; y != NULL; y = y->next)
        if (y->type == YAML_SCALAR && str_eq(y->key, name))
            return subject_type_parse(y->text, out);
    return false;
}

/* An identifier is kept as a keyed hash only, so its attribute goes. */
enum status subjects_from_attributes(struct draft *d, struct err *err)
{
    struct leg *leg = &d->contact.facts;
    size_t kept = 0;
    if (node_of(d->context->options) == NULL)
        return OK;
    for (size_t i = 0; i < leg->attributes_n; i++) {
        enum subject_type type;
        if (subjects_type(d->context->options, leg->attributes[i].name, &type))
            TRY(draft_identifier(d, type, leg->attributes[i].value, NULL, err));
        else
            leg->attributes[kept++] = leg->attributes[i];
    }
    leg->attributes_n = kept;
    return OK;
}
