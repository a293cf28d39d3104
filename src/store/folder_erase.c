/*
 * folder_erase.c - whole files removed: first all of a call, then their folders synced, then each read back. Only what
 * is gone from disk and from sight is answered as gone.
 */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* False: answered. */
static bool remove_one(struct folder_hand *hand, struct folder_way *way, const struct folder_spot *s, struct folder_file *file)
{
    if (s->reach != REACH_FOUND)
        return true;
    if (folder_held(&hand->call, file->artefact))
        return false;
    hand->call.calls++;
    if (unlinkat(s->dir, s->name, 0) != 0 && errno != ENOENT) {
        folder_answer_reach(file->artefact, folder_reach_of_errno(errno));
        return false;
    }
    way->synced = way->synced || folder_sync_add(&hand->sync, s->dir);
    file->linked = file->linked || s->st.st_nlink > 1;
    return true;
}

static void remove_file(struct folder_hand *hand, struct folder_file *file)
{
    struct folder_places p;
    if (store_call_late(&hand->call)) {
        store_answer(file->artefact, OUT_RETRY, "out of time");
        return;
    }
    folder_ways_places(&hand->ways, file->path, &p);
    enum reach reach = folder_places_reach(&p);
    if (reach != REACH_FOUND) {
        folder_answer_reach(file->artefact, reach);
        return;
    }
    if (!remove_one(hand, &hand->ways.open, &p.open, file) || !remove_one(hand, &hand->ways.away, &p.away, file))
        return;
    store_answer(file->artefact, OUT_UNKNOWN, "removed, but it did not read back as gone");
    file->removed = true;
}

enum status folder_erase_remove(struct folder_files *x, struct err *err)
{
    return folder_files_each(x, remove_file, err);
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

static void read_back(struct folder_hand *hand, struct folder_file *file)
{
    struct folder_places p;
    if (!file->removed)
        return;
    folder_ways_places(&hand->ways, file->path, &p);
    file->absent = folder_places_reach(&p) == REACH_ABSENT;
}

static enum status answer_gone(const struct folder_files *x, const struct folder_file *file, struct err *err)
{
    store_answer(file->artefact, OUT_GONE, NULL);
    if (file->linked)
        TRY(store_residual(x->call, file->artefact, "hard link", TIME_NONE, err));
    const struct folder_entry *entry = folder_entry_of(x->f, file->artefact->kind, file->path);
    struct key_values any = {.day = KEY_ANY_DAY};
    if (entry != NULL && key_pattern_match(&entry->key, &any, file->path)) {
        trim_named_folders(x->root, STR_NONE, file->path, &entry->key);
        trim_named_folders(x->root, x->f->restricted, file->path, &entry->key);
    }
    return OK;
}

enum status folder_erase_end(struct folder_files *x, struct err *err)
{
    enum status s = folder_sync_end(&x->sync) ? folder_files_each(x, read_back, err) : OK;
    for (size_t i = 0; i < x->n && s == OK; i++)
        if (x->files[i].absent)
            s = answer_gone(x, &x->files[i], err);
    x->n = 0;
    return s;
}
