/*
 * store_folder.c - the folder driver: files found by pattern, archives of JSON lines, or a maildir, on a local or
 * mounted file system. The model to copy: docs/adding-a-store.md walks through it.
 */
#include "store/folder.h"

#include "base/file.h"

#include <stdlib.h>
#include <unistd.h>

static const struct option folder_options[] = {
    {.name = "path", .type = OPT_PATH, .required = true, .help = "the folder that is the store"},
    {.name = "control",
     .type = OPT_TEXT,
     .required = true,
     .help = "a file in it that is always there: its presence proves that the store is mounted, since an empty mount "
             "point looks like erased data"},
    {.name = "layout",
     .type = OPT_CHOICE,
     .choices = "tree maildir",
     .preset = "tree",
     .help = "files found by pattern, or a maildir with one file a message"},
    {.name = "restricted",
     .type = OPT_TEXT,
     .preset = ".restricted",
     .help = "name of the folder in it where restricted files are put away"},
    {.name = "place",
     .type = OPT_TEXT,
     .help =
         "the name by which contact documents call this store (a bucket's name): their paths are then searched here"},
    {.name = "header",
     .type = OPT_TEXT,
     .preset = "X-Contact-Id",
     .help = "maildir: the header that holds the contact's id"},
    {.name = "threads",
     .type = OPT_INT,
     .preset = "16",
     .choices = "1 64",
     .help = "how many files are removed and read back at the same time: removing one is mostly waiting for the disk"},
    {.name = "artefacts",
     .type = OPT_YAML,
     .help = "list of {kind, key, scope, format, id_field, fields}: what lies where; a tree needs it"},
    {.name = NULL}};

/* ---- configuration ---- */

static bool read_format(const struct yaml *y, struct problems *p, enum folder_format *out)
{
    static const char *const formats[] = {"file", "text", "json", "json_lines"};
    struct str text;
    if (y == NULL || !yaml_string(y, p, &text))
        return y == NULL;
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (str_is(text, formats[i])) {
            *out = (enum folder_format)i;
            return true;
        }
    }
    problem_at(p, y, "'format' cannot be '%.*s'; choose one of: file, text, json, json_lines", STR_ARG(text));
    return false;
}

static void read_scope(const struct yaml *y, struct problems *p, enum scope *out)
{
    struct str text;
    if (y == NULL || !yaml_string(y, p, &text))
        return;
    if (str_is(text, "shared"))
        *out = SCOPE_SHARED;
    else if (!str_is(text, "contact"))
        problem_at(p, y, "'scope' cannot be '%.*s'; choose one of: contact, shared", STR_ARG(text));
}

static enum status read_fields(struct store *store, const struct yaml *y, struct problems *p, struct folder_entry *e,
                               struct err *err)
{
    if (y == NULL || !yaml_expect(y, YAML_LIST, p))
        return OK;
    e->fields = ARENA_ARRAY(&store->arena, struct str, y->count);
    if (e->fields == NULL && y->count > 0)
        return ARENA_FULL(err, &store->arena);
    for (const struct yaml *item = y->first; item != NULL; item = item->next)
        if (yaml_string(item, p, &e->fields[e->fields_n]))
            e->fields_n++;
    return OK;
}

static void check_entry(const struct yaml *y, const struct folder_entry *e, struct problems *p)
{
    bool lines = e->format == FOLDER_JSON_LINES;
    if (lines && (e->id_field.n == 0 || e->id_field.n >= 256))
        problem_at(p, y, "json_lines needs 'id_field': the field that holds the contact's id");
    if (!lines && e->id_field.n > 0)
        problem_at(p, y, "'id_field' belongs to the format json_lines");
    if (!lines && !e->key.has_id)
        problem_at(p, y, "'key' must contain {contact_id}; only json_lines archives belong to several contacts");
    if (e->fields_n > 0 && e->format != FOLDER_JSON && !lines)
        problem_at(p, y, "'fields' needs the format json or json_lines");
}

static enum status read_entry(struct store *store, const struct yaml *y, struct problems *p, struct folder_entry *e,
                              struct err *err)
{
    static const char *const known[] = {"kind", "key", "scope", "format", "id_field", "fields", NULL};
    struct str kind, key;
    struct err why;
    if (!yaml_expect(y, YAML_MAP, p))
        return OK;
    yaml_unknown(y, known, p);
    read_scope(yaml_get(y, "scope"), p, &e->scope);
    (void)yaml_string(yaml_get(y, "id_field"), p, &e->id_field);
    TRY(read_fields(store, yaml_get(y, "fields"), p, e, err));
    if (!yaml_string(yaml_get(y, "kind"), p, &kind) || !yaml_string(yaml_get(y, "key"), p, &key)) {
        problem_at(p, y, "an artefact needs 'kind' and 'key'");
        return OK;
    }
    if (!kind_parse(kind, &e->kind))
        problem_at(p, yaml_get(y, "kind"), "there is no kind of artefact '%.*s'", STR_ARG(kind));
    enum status s = key_pattern_parse(key, &store->arena, &e->key, &why);
    if (s == E_INVALID)
        problem_at(p, yaml_get(y, "key"), "'key': %s", why.text);
    else if (s != OK)
        return ARENA_FULL(err, &store->arena);
    else if (read_format(yaml_get(y, "format"), p, &e->format))
        check_entry(y, e, p);
    return OK;
}

static enum status declare(struct store *store, const struct folder_entry *e, struct err *err)
{
    struct store_kind kind = {e->kind, EFFECT_ERASE, e->scope, STAGE_FREE, 0, 0};
    if (e->format != FOLDER_JSON_LINES)
        kind.effects |= EFFECT_RESTRICT;
    if (e->fields_n > 0)
        kind.effects |= EFFECT_PSEUDONYMISE;
    return store_kind_add(store, &kind, err);
}

static enum status read_entries(struct store *store, const struct yaml *list, struct problems *p, struct folder *f,
                                struct err *err)
{
    if (!yaml_expect(list, YAML_LIST, p))
        return OK;
    f->entries = ARENA_ARRAY(&store->arena, struct folder_entry, list->count);
    if (f->entries == NULL && list->count > 0)
        return ARENA_FULL(err, &store->arena);
    for (const struct yaml *y = list->first; y != NULL; y = y->next) {
        struct folder_entry *e = &f->entries[f->entries_n];
        size_t before = p->count;
        TRY(read_entry(store, y, p, e, err));
        if (p->count > before)
            continue;
        TRY(declare(store, e, err));
        f->entries_n++;
    }
    return OK;
}

static enum status folder_configure(struct store *store, struct problems *p, struct err *err)
{
    const struct options *o = &store->options;
    struct folder *f = ARENA_NEW(&store->arena, struct folder);
    if (f == NULL)
        return ARENA_FULL(err, &store->arena);
    *f = (struct folder){.path = arena_str(&store->arena, option_text(o, "path")),
                         .control = option_text(o, "control"),
                         .restricted = option_text(o, "restricted"),
                         .place = option_text(o, "place"),
                         .header = option_text(o, "header"),
                         .threads = (size_t)option_of(o, "threads")->number,
                         .maildir = str_is(option_text(o, "layout"), "maildir")};
    store->own = f;
    size_t at;
    const struct option_value *artefacts = option_of(o, "artefacts");
    if (f->control.n > 0 && !folder_path_safe(f->control))
        problem_at(p, option_of(o, "control")->node, "'control' must be a path inside the folder");
    if (!folder_path_safe(f->restricted) || str_find(f->restricted, '/', &at))
        problem_at(p, option_of(o, "restricted")->node, "'restricted' must be one plain name");
    if (f->maildir && artefacts->node != NULL)
        problem_at(p, artefacts->node, "a maildir holds e-mail only: remove 'artefacts'");
    else if (f->maildir)
        return store_kind_add(store, &(struct store_kind){KIND_EMAIL, EFFECT_ERASE, SCOPE_CONTACT, STAGE_FREE, 0, 0},
                              err);
    else if (artefacts->node == NULL)
        problem_at(p, option_of(o, "path")->node, "'artefacts' is missing: say what lies where");
    else
        return read_entries(store, artefacts->node, p, f, err);
    return OK;
}

/* The folder is opened anew by every call: a descriptor that is kept would go on seeing what was unmounted. */
static enum status folder_open(struct store *store, struct err *err)
{
    (void)store;
    (void)err;
    return OK;
}

static void folder_close(struct store *store)
{
    (void)store;
}

/* ---- check ---- */

/* The part of a pattern that is always the same must be reachable, or nothing is ever found behind it. */
static enum status check_entry_place(const struct folder_entry *e, int root, struct store_call *call,
                                     struct store_check *out, struct err *err)
{
    CLEANUP(buf_release) struct buf prefix;
    buf_init(&prefix, PATH_MAX);
    key_pattern_prefix(&e->key, &(struct key_values){.day = KEY_ANY_DAY}, &prefix);
    struct str dir = buf_view(&prefix);
    while (dir.n > 0 && dir.p[dir.n - 1] != '/')
        dir.n--;
    if (dir.n <= 1)
        return OK;
    dir.n--;
    struct folder_spot s;
    folder_spot_open(root, STR_NONE, dir, &s);
    bool there =
        s.reach == REACH_FAILED && S_ISDIR(s.st.st_mode) && faccessat(s.dir, s.name, R_OK | W_OK | X_OK, 0) == 0;
    bool absent = s.reach == REACH_ABSENT, link = s.reach == REACH_LINK;
    folder_spot_close(&s);
    if (there)
        return OK;
    return store_finding(call, out, absent, err, "%s: folder %.*s %s", kind_name(e->kind), STR_ARG(dir),
                         absent ? "is not there yet"
                         : link ? "is behind a symbolic link, which is never followed: name the real folder in 'path'"
                                : "cannot be read and written");
}

static enum status folder_check(struct store *store, struct store_call *call, struct store_check *out, struct err *err)
{
    const struct folder *f = store->own;
    CLEANUP(fd_close) int root = -1;
    TRY(folder_root_open(f, &root, err));
    TRY(store_finding(call, out, true, err, "mounted: control file %.*s is there", STR_ARG(f->control)));
    bool writable = faccessat(root, ".", R_OK | W_OK | X_OK, 0) == 0;
    TRY(store_finding(call, out, writable, err, "folder %.*s %s", STR_ARG(f->path),
                      writable ? "can be read and written" : "is missing read or write permission, or is read-only"));
    for (size_t i = 0; i < f->entries_n; i++)
        TRY(check_entry_place(&f->entries[i], root, call, out, err));
    return OK;
}

/* ---- find, change and verify ---- */

static bool folder_owns(const struct store *store, const struct locator *locator)
{
    return folder_owns_place(store->own, locator->place);
}

static enum status folder_find(struct store *store, struct store_call *call, const struct store_target *targets,
                               size_t n, const struct store_sink *sink, struct store_seen *seen, struct err *err)
{
    const struct folder *f = store->own;
    CLEANUP(fd_close) int root = -1;
    TRY(folder_root_open(f, &root, err));
    bool *blind = ARENA_ARRAY(call->a, bool, n);
    if (blind == NULL)
        return ARENA_FULL(err, call->a);
    TRY(f->maildir ? folder_maildir_find(f, root, call, targets, n, sink, blind, err)
                   : folder_tree_find(store, root, call, targets, n, sink, blind, err));
    for (size_t i = 0; i < n; i++)
        seen[i].sight = blind[i] ? SIGHT_UNKNOWN : SIGHT_WHOLE;
    return OK;
}

/* An artefact with its locator read, in order of path so that an archive's artefacts stand together. */
struct piece { struct artefact *artefact; struct str path, id; };

static int by_path_and_id(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    int order = str_cmp(x->path, y->path);
    return order != 0 ? order : str_cmp(x->id, y->id);
}

static enum status make_pieces(struct store_call *call, struct artefact **artefacts, size_t n, struct piece **out,
                               size_t *out_n, struct err *err)
{
    struct piece *pieces = ARENA_ARRAY(call->a, struct piece, n);
    size_t pieces_n = 0;
    if (pieces == NULL)
        return ARENA_FULL(err, call->a);
    for (size_t i = 0; i < n; i++) {
        struct piece *piece = &pieces[pieces_n];
        piece->artefact = artefacts[i];
        if (folder_locator_read(artefacts[i]->locator, call->a, &piece->path, &piece->id))
            pieces_n++;
        else
            store_answer(artefacts[i], OUT_UNKNOWN, "its locator cannot be read");
    }
    qsort(pieces, pieces_n, sizeof(*pieces), by_path_and_id);
    *out = pieces;
    *out_n = pieces_n;
    return OK;
}

static const struct folder_entry *archive_of(const struct folder *f, const struct piece *piece)
{
    struct key_values any = {.day = KEY_ANY_DAY};
    for (size_t i = 0; i < f->entries_n; i++) {
        const struct folder_entry *e = &f->entries[i];
        if (e->format == FOLDER_JSON_LINES && e->kind == piece->artefact->kind &&
            key_pattern_match(&e->key, &any, piece->path))
            return e;
    }
    return NULL;
}

static void answer_lines(struct artefact *artefact, const struct folder_lines *l, enum reach reach)
{
    if (reach == REACH_DENIED)
        store_answer(artefact, OUT_UNKNOWN, "no permission to look");
    else if (reach != REACH_FOUND)
        folder_answer_reach(artefact, reach);
    else if (l->unclear)
        store_answer(artefact, OUT_UNKNOWN, "a line of the archive that is not JSON may be about the contact");
    else if (l->count == 0)
        store_answer(artefact, OUT_ABSENT, NULL);
    else
        store_answer(artefact,
                     artefact->effect == EFFECT_PSEUDONYMISE && l->left == 0 ? OUT_PSEUDONYMISED : OUT_PRESENT, NULL);
}

/* Pieces of one archive and kind. effect NONE: read back. Equal ids (of two sources) are one contact's lines here. */
static enum status archive_pieces(const struct folder *f, int root, struct store_call *call, enum effect effect,
                                  struct piece *pieces, size_t n, struct err *err)
{
    const struct folder_entry *entry = archive_of(f, &pieces[0]);
    struct folder_lines *lines = ARENA_ARRAY(call->a, struct folder_lines, n);
    size_t lines_n = 0;
    enum reach reach = REACH_FOUND;
    if (lines == NULL)
        return ARENA_FULL(err, call->a);
    if (entry == NULL) {
        for (size_t i = 0; i < n; i++)
            store_answer(pieces[i].artefact, OUT_UNKNOWN, "the archive is no longer in the configuration");
        return OK;
    }
    for (size_t i = 0; i < n; i++)
        if (lines_n == 0 || !str_eq(lines[lines_n - 1].id, pieces[i].id))
            lines[lines_n++] = (struct folder_lines){.id = pieces[i].id, .artefact = pieces[i].artefact};
    TRY(effect == EFFECT_NONE ? folder_lines_count(root, pieces[0].path, entry, call, lines, lines_n, &reach, err)
                              : folder_lines_change(root, pieces[0].path, entry, call, effect, lines, lines_n, err));
    for (size_t i = 0; i < n; i++) {
        const struct folder_lines *l = folder_lines_of(lines, lines_n, pieces[i].id);
        if (effect == EFFECT_NONE)
            answer_lines(pieces[i].artefact, l, reach);
        else if (l->artefact != pieces[i].artefact)
            store_answer(pieces[i].artefact, l->artefact->outcome, l->artefact->note.p);
    }
    return OK;
}

/* What is done to it by itself, or, of whole files to be removed or read back, noted for the threads. */
static enum status one_piece(struct folder_files *x, enum effect effect, const struct piece *p, struct err *err)
{
    if (x->f->maildir)
        return effect == EFFECT_NONE ? folder_maildir_verify(x->root, x->call, p->path, p->artefact, err)
                                     : folder_maildir_change(x->root, x->call, p->path, p->artefact, err);
    if (effect == EFFECT_NONE || effect == EFFECT_ERASE)
        return folder_files_add(x, p->path, p->artefact, err);
    return folder_file_change(x->f, x->root, x->call, effect, p->path, p->artefact, err);
}

static enum status in_order(struct folder_files *x, enum effect effect, struct piece *pieces, size_t pieces_n, struct err *err)
{
    size_t end;
    for (size_t i = 0; i < pieces_n; i = end) {
        end = i + 1;
        while (pieces[i].id.p != NULL && end < pieces_n && pieces[end].id.p != NULL &&
               str_eq(pieces[i].path, pieces[end].path) && pieces[i].artefact->kind == pieces[end].artefact->kind)
            end++;
        if (store_call_late(x->call))
            for (size_t k = i; k < end; k++)
                store_answer(pieces[k].artefact, OUT_RETRY, "out of time");
        else if (str_eq(pieces[i].path, x->f->control))
            store_answer(pieces[i].artefact, OUT_REFUSED, "it is the store's control file");
        else if (pieces[i].id.p != NULL)
            TRY(archive_pieces(x->f, x->root, x->call, effect, &pieces[i], end - i, err));
        else if (!x->f->maildir && folder_is_archive(x->f, pieces[i].path))
            store_answer(pieces[i].artefact, OUT_REFUSED, "an archive is never removed for one contact");
        else
            TRY(one_piece(x, effect, &pieces[i], err));
    }
    return OK;
}

static enum status whole_files(struct folder_files *x, enum effect effect, struct err *err)
{
    struct err later;
    if (effect == EFFECT_NONE)
        return folder_files_each(x, folder_file_verify, err);
    enum status s = folder_erase_remove(x, err);
    enum status ended = folder_erase_end(x, s == OK ? err : &later);
    return s == OK ? ended : s;
}

static enum status each_piece(const struct folder *f, struct store_call *call, enum effect effect,
                              struct artefact **artefacts, size_t n, struct err *err)
{
    CLEANUP(fd_close) int root = -1;
    struct piece *pieces = NULL;
    size_t pieces_n = 0;
    struct folder_files x;
    TRY(folder_root_open(f, &root, err));
    TRY(make_pieces(call, artefacts, n, &pieces, &pieces_n, err));
    folder_files_begin(&x, f, root, call);
    TRY(in_order(&x, effect, pieces, pieces_n, err));
    return x.n > 0 ? whole_files(&x, effect, err) : OK;
}

static enum status folder_change(struct store *store, struct store_call *call, enum effect effect,
                                 struct artefact **artefacts, size_t n, struct err *err)
{
    return each_piece(store->own, call, effect, artefacts, n, err);
}

static enum status folder_verify(struct store *store, struct store_call *call, struct artefact **artefacts, size_t n,
                                 struct err *err)
{
    return each_piece(store->own, call, EFFECT_NONE, artefacts, n, err);
}

const struct store_driver store_folder = {.name = "folder",
                                          .help = "a directory tree, archives of JSON lines in it, or a maildir",
                                          .options = folder_options,
                                          .find_batch_max = 500,
                                          .change_batch_max = 1000,
                                          .verify_batch_max = 1000,
                                          .retry_horizon_ms = 7 * DAY_MS,
                                          .configure = folder_configure,
                                          .open = folder_open,
                                          .close = folder_close,
                                          .check = folder_check,
                                          .owns = folder_owns,
                                          .find = folder_find,
                                          .change = folder_change,
                                          .verify = folder_verify};
