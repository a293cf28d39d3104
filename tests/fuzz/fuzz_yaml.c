/* fuzz_yaml.c - what the YAML reader takes without a problem, libyaml's documents hold too: same shape, same texts. */
#include "base/yaml.h"
#include "tests/fuzz/lib/fuzz.h"

#include <yaml.h>

static void same_node(const struct yaml *ours, yaml_document_t *d, int theirs);

static void same_map(const struct yaml *ours, yaml_document_t *d, yaml_node_t *node)
{
    const struct yaml *child = ours->first;
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        yaml_node_t *key = yaml_document_get_node(d, p->key);
        HOLDS(child != NULL && key->type == YAML_SCALAR_NODE);
        HOLDS(str_eq(child->key, (struct str){(char *)key->data.scalar.value, key->data.scalar.length}));
        same_node(child, d, p->value);
        child = child->next;
    }
    HOLDS(child == NULL);
}

static void same_node(const struct yaml *ours, yaml_document_t *d, int theirs)
{
    yaml_node_t *node = yaml_document_get_node(d, theirs);
    HOLDS(node != NULL && ours->line >= 1 && ours->column >= 1);
    HOLDS((size_t)ours->line == node->start_mark.line + 1 && (size_t)ours->column == node->start_mark.column + 1);
    if (ours->type == YAML_SCALAR) {
        HOLDS(node->type == YAML_SCALAR_NODE);
        HOLDS(str_eq(ours->text, (struct str){(char *)node->data.scalar.value, node->data.scalar.length}));
    } else if (ours->type == YAML_LIST) {
        HOLDS(node->type == YAML_SEQUENCE_NODE);
        const struct yaml *child = ours->first;
        for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++) {
            HOLDS(child != NULL);
            same_node(child, d, *i);
            child = child->next;
        }
        HOLDS(child == NULL);
    } else {
        HOLDS(node->type == YAML_MAPPING_NODE);
        same_map(ours, d, node);
    }
}

static void agrees(struct str text, const struct yaml *ours)
{
    yaml_parser_t parser;
    yaml_document_t d;
    HOLDS(yaml_parser_initialize(&parser));
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.n);
    HOLDS(yaml_parser_load(&parser, &d));
    HOLDS(yaml_document_get_root_node(&d) != NULL);
    same_node(ours, &d, 1);
    yaml_document_delete(&d);
    yaml_parser_delete(&parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct arena a;
    struct problems p;
    struct buf report;
    struct yaml *ours = NULL;
    arena_init(&a, 16 << 20);
    buf_init(&report, 16 << 20);
    problems_init(&p, &a, STR("f"));
    yaml_parse(text, &a, &ours, &p);
    problems_print(&p, &report);
    HOLDS(!report.failed && (p.count == 0) == (report.n == 0));
    if (p.count == 0 && ours)
        agrees(text, ours);
    buf_release(&report);
    arena_release(&a);
    return 0;
}
