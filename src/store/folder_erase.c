/*
 * folder_erase.c - whole files removed: first all of a call, then their folders synced, then each read back. Only what
 * is gone from disk and from sight is answered as gone.
 */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void folder_erase_begin(struct folder_erasure *e, const struct folder *f, int root, struct store_call *call)
{
    *e = (struct folder_erasure){.f = f, .root = root, .call = call, .sync = {.root = root}};
}

/* False: answered. */
static bool remove_one(struct folder_erasure *e, const struct folder_spot *s, struct folder_removal *r)
{
    if (s->reach != REACH_FOUND)
        return true;
    if (folder_held(e->call, r->artefact))
        return false;
    e->call->calls++;
    if (unlinkat(s->dir, s->name, 0) != 0 && errno != ENOENT) {
        folder_answer_reach(r->artefact, folder_reach_of_errno(errno));
        return false;
    }
    folder_sync_add(&e->sync, s->dir);
    r->linked = r->linked || s->st.st_nlink > 1;
    return true;
}

enum status folder_erase_add(struct folder_erasure *e, struct str path, struct artefact *artefact, struct err *err)
{
    CLEANUP(folder_places_close) struct folder_places p;
    void *removals = e->removals;
    if (!arena_grow(e->call->a, &removals, &e->cap, e->n + 1, sizeof(*e->removals)))
        return ARENA_FULL(err, e->call->a);
    e->removals = removals;
    folder_places_open(e->f, e->root, path, &p);
    enum reach reach = folder_places_reach(&p);
    struct folder_removal r = {.artefact = artefact, .path = path};
    if (reach != REACH_FOUND) {
        folder_answer_reach(artefact, reach);
    } else if (remove_one(e, &p.open, &r) && remove_one(e, &p.away, &r)) {
        store_answer(artefact, OUT_UNKNOWN, "removed, but it did not read back as gone");
        e->removals[e->n++] = r;
    }
    return OK;
}

static bool part_names_contact(const struct key_part *part)
{
    for (size_t i = 0; i < part->n; i++)
        if (part->tokens[i].type == KEY_ID)
            return true;
    return false;
}

/* A folder named after the contact still names it when it is empty: it goes too, from the innermost out. Folders of dates
 * stay, because somebody may just be writing into them. */
static void trim_named_folders(int root, struct str under, struct str path, const struct key_pattern *p)
{
    char full[PATH_MAX];
    int front = under.n ? snprintf(full, sizeof(full), "%.*s/", STR_ARG(under)) : 0;
    for (size_t part = p->n - 1; part > 0; part--) {
        size_t end = path.n;
        while (end > 0 && path.p[end - 1] != '/')
            end--;
        if (end == 0 || p->parts[part - 1].any_depth || !part_names_contact(&p->parts[part - 1]))
            return;
        path.n = end - 1;
        if (front < 0 || snprintf(full + front, sizeof(full) - (size_t)front, "%.*s", STR_ARG(path)) < 0 ||
            unlinkat(root, full, AT_REMOVEDIR) != 0)
            return; /* not empty: other artefacts are still to go */
    }
}

static enum status answer_gone(struct folder_erasure *e, const struct folder_removal *r, struct err *err)
{
    CLEANUP(folder_places_close) struct folder_places p;
    folder_places_open(e->f, e->root, r->path, &p);
    if (folder_places_reach(&p) != REACH_ABSENT)
        return OK;
    store_answer(r->artefact, OUT_GONE, NULL);
    if (r->linked)
        TRY(store_residual(e->call, r->artefact, "hard link", TIME_NONE, err));
    const struct folder_entry *entry = folder_entry_of(e->f, r->artefact->kind, r->path);
    struct key_values any = {.day = KEY_ANY_DAY};
    if (entry != NULL && key_pattern_match(&entry->key, &any, r->path)) {
        trim_named_folders(e->root, STR_NONE, r->path, &entry->key);
        trim_named_folders(e->root, e->f->restricted, r->path, &entry->key);
    }
    return OK;
}

enum status folder_erase_end(struct folder_erasure *e, struct err *err)
{
    bool synced = folder_sync_end(&e->sync);
    size_t n = e->n;
    e->n = 0;
    for (size_t i = 0; i < n && synced; i++)
        TRY(answer_gone(e, &e->removals[i], err));
    return OK;
}
