/* role.c - roles and what they may do (product.md section 6). No role has all; who deletes does not approve. */
#include "engine/actor.h"

struct role {
    const char *name;
    const char *permissions; /* separated by spaces */
};

static const struct role roles[] = {
    {"viewer", "contact.view schedule.view run.view store.view"},
    {"supervisor", "contact.view contact.delete request.view schedule.view run.view store.view"},
    {"privacy-operator", "contact.view contact.view_scrubbed contact.delete request.view request.manage schedule.view "
                         "run.view run.start store.view"},
    {"privacy-approver", "contact.view contact.view_scrubbed request.view schedule.view run.view store.view approve "
                         "audit.view"},
    {"legal", "contact.view hold.view hold.apply hold.release request.view schedule.view run.view audit.view"},
    {"auditor",
     "contact.view contact.view_scrubbed request.view hold.view schedule.view run.view store.view audit.view "
     "audit.export"},
    {"administrator",
     "contact.view schedule.view schedule.edit run.view run.start store.view store.manage user.manage"},
};

const char *const role_names[] = {"viewer", "supervisor", "privacy-operator", "privacy-approver",
                                  "legal",  "auditor",    "administrator",    NULL};

static const struct role *role_of(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(roles); i++)
        if (str_is(name, roles[i].name))
            return &roles[i];
    return NULL;
}

bool role_known(struct str role)
{
    return role_of(role) != NULL;
}

bool role_may(struct str role, const char *permission)
{
    const struct role *r = role_of(role);
    /* Whoever has a shell on this machine has the configuration and the keys too; a second person he is not. */
    if (str_is(role, ROLE_LOCAL))
        return strcmp(permission, "approve") != 0;
    if (!r)
        return false;
    struct str rest = str_of(r->permissions), one;
    while (str_split(rest, ' ', &one, &rest))
        if (str_is(one, permission))
            return true;
    return str_is(rest, permission);
}
